/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows of an index a choice of files takes. */
#ifndef INDEX_CHOOSING_H
#define INDEX_CHOOSING_H

#include "index/fileindex.h"
#include "restore/choice.h"

struct choosing {
	struct fileindex *index; /* lent, as all of it is */
	struct choice *choice;   /* ready */
	/* What --file says, where that is all that was said: names that begin with something known are looked up.  NULL: the choice has more, and
	 * all files of the jobs are asked. */
	const char *const *globs;
	size_t glob_count;
};

/* Those of these jobs, as fileindex_find and fileindex_files have them.  Errors as theirs, and of each. */
int choosing_files(const struct choosing *c, const int64_t *jobs, size_t job_count,
		   int (*each)(void *arg, const struct fileindex_file *f, struct err *e), void *arg, struct err *e)
	__attribute__((warn_unused_result));

#endif
