/* SPDX-License-Identifier: GPL-3.0-or-later */
/* catalog bsr --index: jobs, files and where they lie, out of an index instead of the volumes. */
#ifndef CMD_CATALOG_BSRINDEX_H
#define CMD_CATALOG_BSRINDEX_H

#include "catalog/wanted.h"
#include "index/choosing.h"
#include "index/located.h"

/* Begins with all zero but the path. */
struct bsrindex {
	const char *path; /* NULL: none was given */
	struct fileindex *index;
	int64_t *jobs; /* numbers of those in wanted, in their order */
	size_t job_room;
	struct located located;
};

/* Opens it: its jobs are added to w, two of one session both.  As fileindex_open, and XE_FAILED without memory. */
int bsrindex_open(struct bsrindex *b, uint64_t max_memory, struct wanted *w, struct err *e) __attribute__((warn_unused_result));

/* Files that the choice takes become those of their jobs in w, with the first name of each link: of the jobs that one of names is, or, where there
 * are none, of all.  globs as choosing_files has them. */
int bsrindex_pick(struct bsrindex *b, struct wanted *w, const char *const *names, size_t name_count, struct choice *choice,
		  const char *const *globs, size_t glob_count, struct err *e) __attribute__((warn_unused_result));

/* A job of w, and those of its files (NULL: all), are located; behind the last: the volumes are looked at.  As located_job, and
 * located_check. */
int bsrindex_locate(struct bsrindex *b, const struct wanted *w, const struct wanted_job *j, const struct indexes *files, struct err *e)
	__attribute__((warn_unused_result));
int bsrindex_check(struct bsrindex *b, struct err *e) __attribute__((warn_unused_result));

/* Places of damage on the volumes that were located. */
uint64_t bsrindex_damage(const struct bsrindex *b);

/* Idempotent. */
void bsrindex_close(struct bsrindex *b);

#endif
