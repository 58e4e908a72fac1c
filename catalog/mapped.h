/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a map, or a look at the volumes themselves, tells of a volume: its bytes, and where on it each job lies, before and after a
 * conversion.  docs/map-format.md, formats/catalog-facts.md 2 */
#ifndef CATALOG_MAPPED_H
#define CATALOG_MAPPED_H

#include "format/label.h"

enum mapped_side { MAPPED_OLD, MAPPED_NEW, MAPPED_SIDES };

/* Blocks of one session, in order; those of others may lie between them.  Addresses are those of JobMedia: of the first byte, and of
 * the last one (formats/volume-format.md 3.6). */
struct mapped_range {
	uint64_t start, end;
	uint64_t data_start; /* of the first of them that holds data; 0: none */
	int32_t first, last; /* lowest and highest FileIndex of data, 0: none */
	uint64_t blocks;     /* 0: there are none */
};

struct mapped_session {
	uint32_t id, time;
	uint32_t job_id; /* as its label has it; 0: not known */
	char job[LABEL_NAME_BYTES];
	/* What the labels on volumes tell, and maps do not: */
	int64_t began;            /* microseconds since 1970; 0: its start is not here */
	char type, level, status; /* 0: not known; of the status: its end is not here */
	struct mapped_range side[MAPPED_SIDES];
	struct mapped_range *runs; /* of the new side, in order, those that hold data */
	size_t run_count, run_room;
	bool unordered; /* some run has lower FileIndexes than the one before */
};

struct mapped_bytes {
	bool tape;
	uint64_t bytes, blocks; /* the label's included */
	uint64_t files;         /* of a tape; of a file bytes >> 32 */
	bool labelled;          /* it begins with a block that is its label, */
	uint64_t label_end;     /* which ends at this address */
	uint64_t last;          /* address where the volume ends */
	uint32_t longest;       /* block, bytes; 0: not known */
	char form[8];           /* "BB02"; "": not known */
	char encryption[64];    /* "none", or cipher and key id; "": not known */
	char digest[17];        /* XXH64 of its bytes; "": not known */
};

struct mapped_volume {
	const char *path; /* of the map, borrowed */
	unsigned version; /* of the map */
	char name[LABEL_NAME_BYTES], new_name[LABEL_NAME_BYTES];
	unsigned chain; /* volumes of one chain in one map share it */
	bool product_known;
	enum product product;
	char media_type[LABEL_NAME_BYTES], pool[LABEL_NAME_BYTES];
	uint64_t label_time; /* seconds since 1970, 0: not known */
	uint64_t damage;     /* places that were lost or passed on damaged */
	int exit_status;     /* of the run; -1: not known */
	struct mapped_bytes side[MAPPED_SIDES];
	struct mapped_session **sessions; /* in the order of their first blocks */
	size_t session_count, session_room;
	void *by_number; /* private: a tree of sessions */
};

/* More runs of a volume than this are joined two by two: what is told stays right, and finer than any catalog needs. */
#define MAPPED_RUNS_MAX ((size_t)1 << 20)

struct mapped_volume *mapped_new(void);
/* NULL is fine. */
void mapped_free(struct mapped_volume *v);

/* The session, or NULL; and made if there is none: NULL without memory. */
struct mapped_session *mapped_find(const struct mapped_volume *v, uint32_t id, uint32_t time);
struct mapped_session *mapped_session(struct mapped_volume *v, uint32_t id, uint32_t time);

/* Adds blocks (of the session 0, 0: the label) to a side.  XE_FAILED without memory. */
int mapped_add(struct mapped_volume *v, enum mapped_side side, uint32_t id, uint32_t time, const struct mapped_range *blocks, struct err *e)
	__attribute__((warn_unused_result));

struct mapped_list {
	struct mapped_volume **volumes; /* ours */
	size_t count, room;
};

/* Idempotent. */
void mapped_list_free(struct mapped_list *l);

/* Adds v, which becomes the list's, or is freed; NULL is what mapped_new gave without memory.  XE_FAILED then. */
int mapped_list_add(struct mapped_list *l, struct mapped_volume *v, struct err *e) __attribute__((warn_unused_result));

#endif
