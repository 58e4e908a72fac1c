/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where on its volume what stands: bytes by position, in bins that get wider as the volume goes on, so that a volume of any size takes the same
 * memory.  Filled by who reads the volumes; drawn by volumemap_draw. */
#ifndef CMD_VOLUME_VOLUMEMAP_H
#define CMD_VOLUME_VOLUMEMAP_H

#include "volume/finding.h"
#include "volume/observer.h"

#define VOLUMEMAP_BINS 1024u     /* of a volume, at most, */
#define VOLUMEMAP_BIN_BYTES 512u /* of so many bytes as long as they are enough, else twice, four times... as many */
#define VOLUMEMAP_BIN_JOBS 64u   /* told apart in a bin; the bytes of others are VOLUMEMAP_OTHERS */
#define VOLUMEMAP_NAME_BYTES (LABEL_NAME_BYTES + 32)
#define VOLUMEMAP_REASON_BYTES 160u
#define VOLUMEMAP_MARKS 1000u /* kept of a volume with their reasons; further ones are counted, and in their bins */

/* What is of no job, or of one that has no room. */
enum volumemap_kind {
	VOLUMEMAP_LABEL,     /* blocks with the volume label, or with no record */
	VOLUMEMAP_OTHERS,    /* blocks of jobs beyond VOLUMEMAP_BIN_JOBS */
	VOLUMEMAP_ENCRYPTED, /* blocks whose key is not given */
	VOLUMEMAP_DAMAGED,   /* blocks that cannot be read, and what stands where some should */
	VOLUMEMAP_NOTHING,   /* no blocks: padding, labels of other systems */
	VOLUMEMAP_UNREAD,    /* behind the place where reading ended */
	VOLUMEMAP_KINDS
};

struct volumemap_share {
	uint32_t job; /* its index */
	uint64_t bytes;
};

struct volumemap_bin {
	uint64_t kinds[VOLUMEMAP_KINDS];
	struct volumemap_share *shares;
	uint32_t share_count, share_room;
	uint64_t damages, wounds; /* places */
	uint32_t begins, ends;    /* labels at the beginning and the end of a job's session */
};

/* A place where something is wrong. */
struct volumemap_mark {
	uint64_t at, bytes; /* of the volume; bytes may be 0 */
	bool wound;         /* not damage, but not as it should be */
	char reason[VOLUMEMAP_REASON_BYTES];
};

struct volumemap_volume {
	char *path;
	char name[LABEL_NAME_BYTES]; /* in its label; "" if there is none */
	bool linear;                 /* addresses are bytes; else positions are sums of what was read */
	bool ended, encrypted;       /* it was read to its end; some blocks are, or were, encrypted */
	uint64_t bytes;              /* of the strip: the sum of all bins */
	uint64_t blocks, size;       /* size: of the input, 0: not known */
	uint64_t bin_bytes;
	struct volumemap_bin bins[VOLUMEMAP_BINS];
	struct volumemap_mark *marks; /* in the order of their places when all is done */
	size_t mark_count, mark_room;
	uint64_t damages, wounds; /* all */
	uint64_t unplaced;        /* findings of it that have no place: of a file, or of a job as a whole */

	/* While it is read: */
	uint64_t block_addr, block_at; /* the last block, and where that is in bytes */
	bool behind_damage;            /* the last thing was a block that cannot be read, */
	uint64_t damaged_at;           /* at this address */
};

struct volumemap_job {
	bool here; /* it has blocks */
	char name[VOLUMEMAP_NAME_BYTES];
	uint64_t bytes, blocks;
};

struct volumemap {
	void **volumes; /* struct volumemap_volume, by index; NULL: none */
	size_t volume_room;
	struct volumemap_job *jobs; /* by index */
	size_t job_room;
	uint64_t unplaced; /* findings of no volume */
	struct err err;    /* the first failure: XE_FAILED, out of memory */

	/* volumemap_observer's */
	const struct observer *to;
	struct observer observer;
};

/* Begin with all zero.  In the order of the volumes: blocks, records (labels of sessions alone count), findings, ends.  What fails is in m->err. */
void volumemap_block(struct volumemap *m, const struct item *block);
void volumemap_record(struct volumemap *m, const struct item *record);
void volumemap_finding(struct volumemap *m, const struct finding *f);
void volumemap_end(struct volumemap *m, const struct volume_info *v);

/* Looks on, and gives all to to; findings it gets from elsewhere, too. */
const struct observer *volumemap_observer(struct volumemap *m, const struct observer *to);

/* When all is read, or nothing more will be: what stands behind the place where reading ended, and inputs that it did not come to. */
void volumemap_finish(struct volumemap *m, const char *const *paths, size_t count);

/* Idempotent. */
void volumemap_free(struct volumemap *m);

#endif
