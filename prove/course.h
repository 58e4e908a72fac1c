/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of a job: what its records add up to, which of its files did not come and whether damage accounts for that, how its files
 * are called, whether it began and ended.  Kept by who hands the items on in their order; whoever writes or judges reads it, and
 * concludes from it in the same words. */
#ifndef PROVE_COURSE_H
#define PROVE_COURSE_H

#include "prove/missing.h"
#include "prove/totals.h"
#include "volume/finding.h"

#define COURSE_ENDLESS "has no end here: it was cancelled, goes on elsewhere, or was cut off"

struct course_name {
	int32_t of; /* FileIndex; 0: of none */
	char *text;
	size_t cap;
};

/* Begin with all zero but the job. */
struct course {
	const struct job *job; /* as its last item knew it */
	bool begun, ended;     /* the start and the end of its last run were read */
	struct totals totals;
	struct missing missing;
	struct course_name name;      /* in the last attributes, */
	struct course_name lost_name; /* and in the last ones that were lost with their block */
	int32_t last_index;           /* FileIndex of the last record */
	uint64_t wounds;              /* records and places of it that were damaged, */
	uint64_t wounds_before;       /* and with all lost blocks, when the highest FileIndex so far came */
};

/* Idempotent. */
void course_free(struct course *c);

/* A record, before anything is done with it, and behind that.  label: its own, if it is that of a session and can be read.  lost_blocks:
 * how many were lost so far, of whatever job.  XE_FAILED without memory, here and below. */
int course_record(struct course *c, const struct item *item, const struct session_label *label, uint64_t lost_blocks, struct err *e)
	__attribute__((warn_unused_result));
void course_record_done(struct course *c, const struct item *item);

/* Something of a file, whole or not. */
int course_see(struct course *c, const struct item *item, uint64_t lost_blocks, struct err *e) __attribute__((warn_unused_result));

/* A file in a block that is left out: it is told of.  name: "" if it is not known. */
int course_lose_file(struct course *c, int32_t file_index, const char *name, uint64_t lost_blocks, struct err *e)
	__attribute__((warn_unused_result));

/* The file's name, "" if it is not one of the last.  Lent until more comes. */
const char *course_file(const struct course *c, int32_t file_index);

/* That the files of missing.ranges[range] did not come, to be told when no more comes where damage accounts for it, or all else does.
 * on: the last volume. */
struct finding course_missing(const struct course *c, size_t range, const struct volume_info *on);

#endif
