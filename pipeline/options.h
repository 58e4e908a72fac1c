/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run of the filter is asked for, and what it tells while it goes on. */
#ifndef PIPELINE_OPTIONS_H
#define PIPELINE_OPTIONS_H

#include "base/outqueue.h"
#include "pipeline/cipher.h"
#include "pipeline/stage.h"
#include "volume/observer.h"
#include "volume/packer.h"
#include "volume/reading.h"

enum on_damage { ON_DAMAGE_STOP, ON_DAMAGE_SKIP, ON_DAMAGE_KEEP };

struct filter_counts {
	uint64_t records, recompressed, damaged, dropped;
	uint64_t joined;              /* records made of pieces that the network layer had cut */
	uint64_t undoubled;           /* records that had their address twice */
	uint64_t bytes_in, bytes_out; /* record data */
	uint64_t inflate_in, inflate_out, deflate_in, deflate_out;
	uint64_t from[CODEC_COUNT]; /* records inflated (or found wanted) by codec */
};

struct filter_volume {
	const struct volume_info *info;
	const struct stage_policy *policy;
	struct filter_counts counts;
	uint64_t blocks_in, blocks_out, volume_out; /* volume_out: bytes written */
	uint64_t reversed;                          /* of blocks_in: a checksum as block_checksum_reversed */
	unsigned jobs;                              /* sessions with records on it */
	uint64_t files_in, files_out;               /* what a catalog calls VolFiles at the end of the volume */
	bool decrypt;                               /* encrypted blocks become clear, or go to another key */
	char encrypted_with[OPENER_CIPHER_BYTES];   /* cipher and key id; "" if it is not */
	char digest_out[DIGEST_TEXT_BYTES];         /* XXH64 of the blocks that were written; "" if it is not wanted, or of a tape */
};

/* What one job had. */
struct filter_job {
	const struct job *job;
	struct filter_counts counts;
	int32_t first_index, last_index; /* the lowest and the highest FileIndex of its records; 0: it has none */
	bool begins_elsewhere;           /* its first record was not its start of session */
	bool ends_elsewhere;             /* and its end was not read, either: it goes on, was cancelled, or is cut off */
};

/* Where a run has come to, in the order of the data. */
enum milestone_kind {
	MILESTONE_VOLUME_START,
	MILESTONE_LABEL,
	MILESTONE_SESSION_START, /* its start, or the first record of one that begins elsewhere */
	MILESTONE_SESSION_END,   /* its end is written */
	MILESTONE_VOLUME_END,    /* and so is all of it; it has no name yet */
};

struct milestone {
	enum milestone_kind kind;
	const struct item *item;            /* where it stands */
	const struct filter_volume *volume; /* at hand */
	const struct filter_job *job;       /* of a session, as far as it has come; else NULL */
	const struct session_label *label;  /* of a session, if it can be read; else NULL */
};

/* Where volumes are written: called in the order of the data by one thread at a time, and never while another is. */
struct filter_callbacks {
	void *arg;
	/* Names where the volume goes: a descriptor that stays open until close_output. */
	int (*open_output)(void *arg, const struct filter_volume *v, struct io *out, struct err *e);
	int (*close_output)(void *arg, const struct filter_volume *v, struct err *e);
	void (*loss)(void *arg,
		     const struct finding *loss); /* what is not in the output, or not whole there, or taken in spite of a wrong checksum */
	void (*note)(void *arg, const struct filter_volume *v, const char *text);
	void (*remark)(void *arg, const struct filter_volume *v, const char *text); /* of what is normal; NULL: not wanted */
	void (*old_block)(void *arg, const struct item *block);                     /* NULL: not wanted */
	void (*new_block)(void *arg, const struct filter_volume *v, const struct packed_block *b);
	int (*milestone)(void *arg, const struct milestone *m, struct err *e); /* < 0 ends the run; NULL: not wanted */
};

struct reshape_name;
struct pace;

struct filter_options {
	const char *const *paths;
	size_t path_count;
	size_t after_count; /* volumes that the set goes on with, as in struct reader_options, as what follows is, too */
	const char *const *before;
	size_t before_count;
	bool inflate, deflate;
	bool recompress; /* also records that are in that codec already */
	bool repair;     /* mend records that the network layer cut, addresses that Bareos's autoxflate doubled, reversed checksums */
	const struct codec *codec;
	int level;
	bool target_given;
	enum product target;
	enum on_damage on_damage;
	bool repack;                      /* into new blocks, though no record is changed: addresses differ between tapes and files */
	bool incomplete_ok;               /* records whose parts lie on other volumes are handed out as they are, and no damage */
	uint32_t max_block;               /* 0: as the input's largest */
	uint64_t max_memory;              /* for what waits, see base/buf.h; 0: BUF_LIMIT_BYTES */
	struct cipher_options cipher;     /* its sources must stay until filter_free */
	bool strong;                      /* hide the host name in the label of what is encrypted */
	unsigned block_format;            /* 2, 3 for BB02, BB03; 0: as they are */
	const struct reshape_name *names; /* volumes that get another name */
	size_t name_count;
	bool keep_layout; /* every block keeps its place, or the run fails; max_block is then a limit for encrypted blocks */
	struct kin *kin;  /* as in struct reader_options: the run is that of the first set */
	size_t kin_at;
	enum relabel_kind label_kind;      /* what Bacula's labels are to make of their volumes */
	const struct sink_form *form;      /* what output folders are to be; NULL: outputs are none */
	const struct reader_range *ranges; /* as in struct reader_options, for an observer: files that lie between are not missing */
	size_t range_count;
	bool inside_files;           /* as there, too */
	struct outqueue_marks marks; /* by which streams and tapes are written; high 0: as blocks come */
	unsigned threads;
	struct pace *pace;                     /* at which is read, of all runs that have it in common; NULL: as fast as it goes */
	struct digest *digest_in, *digest_out; /* NULL: not wanted */
	bool hash_volumes;                     /* the XXH64 of each volume is wanted, as it was and as it is written */
	const struct observer *observer;       /* records go there, and there is no output; NULL: they are written */
	struct filter_callbacks callbacks;
};

#endif
