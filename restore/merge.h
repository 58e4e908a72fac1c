/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several jobs as one tree: which of them has the version of each name that counts.  Names go in as a hash (of 128 bits, with a seed of its own
 * for each run): 10^8 files are some gigabytes.  Pure.  formats/restore-format.md 7.2, 7.3, 7.5 */
#ifndef RESTORE_MERGE_H
#define RESTORE_MERGE_H

#include "format/filestat.h"
#include "restore/chain.h"
#include "restore/extra.h"

struct merge;

/* max_bytes: for the names of all jobs.  NULL without memory. */
struct merge *merge_new(uint64_t max_bytes);
void merge_free(struct merge *m);

/* One attributes record of a job, in the order of its records. */
struct merge_file {
	size_t job;                  /* the caller's number of it: 0, 1, 2... */
	int32_t file_index;          /* of the record's header */
	const struct filestat *stat; /* copied as far as it is wanted */
	bool update;                 /* of stream 37: the content is that of an older job */
	bool chosen;                 /* it is wanted, if it counts */
};

/* What an update says; m's. */
struct merge_update {
	uint32_t mode, uid, gid;
	int64_t atime, mtime;
	struct extra extras[EXTRA_MAX]; /* copies */
	size_t extra_count;
};

/* *update: of an update, for merge_keep_extra; else NULL.  XE_FAILED without memory, or beyond max_bytes, here and below. */
int merge_add(struct merge *m, const struct merge_file *file, struct merge_update **update, struct err *e)
	__attribute__((warn_unused_result));

/* What belongs to the file, as struct extra has it: copied. */
int merge_keep_extra(struct merge *m, struct merge_update *update, uint32_t stream, struct span data, struct err *e)
	__attribute__((warn_unused_result));

/* Which version of each name counts, once all have come.  order: count jobs, as chain_choose puts them; the first bases of them are base
 * jobs. */
int merge_decide(struct merge *m, const size_t *order, size_t count, size_t bases, struct err *e) __attribute__((warn_unused_result));

enum merge_fate {
	MERGE_UNKNOWN, /* no attributes of this FileIndex were added */
	MERGE_OUT,     /* another version counts, or none, or it was not chosen */
	MERGE_IN,
};

/* What becomes of a file. */
struct merge_verdict {
	enum merge_fate fate;
	const char *name;                  /* the one under which it is wanted; NULL: its own */
	const struct merge_update *update; /* what came later of its attributes, and nothing else of it; NULL: nothing */
};

/* Behind merge_decide.  What it points to is m's. */
struct merge_verdict merge_verdict(const struct merge *m, size_t job, int32_t file_index);

/* What one job of the chain brings. */
struct merge_share {
	uint64_t files, folders; /* that come from it; files: everything else, links included */
	uint64_t marks;          /* of deleted files in it, */
	uint64_t unmet_marks;    /* of names that no older job has */
	uint64_t updates;        /* attributes without content that count */
	uint64_t bytes;          /* of its files, as their attributes say */
	uint64_t orphans;        /* of them: updates and files of a base job whose content is in no older one that is here */
	uint64_t replaced;       /* files of older jobs that are not there any more, for one of their folders is no folder any more */
};

/* Behind merge_decide; all zero for a job that is out. */
struct merge_share merge_share(const struct merge *m, size_t job);

#endif
