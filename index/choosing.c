/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/choosing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asking {
	const struct choosing *c;
	int (*each)(void *arg, const struct fileindex_file *f, struct err *e);
	void *arg;
};

static int see_file(void *arg, const struct fileindex_file *f, struct err *e)
{
	const struct asking *a = arg;
	return choice_takes_file(a->c->choice, f->stat.name, f->file_index) ? a->each(a->arg, f, e) : 0;
}

/* The globs of a choice are about whole names, which a slash in front says. */
static int find_globs(struct asking *a, const int64_t *jobs, size_t job_count, struct err *e)
{
	size_t count = a->c->glob_count;
	char **patterns = calloc(count ? count : 1, sizeof *patterns);
	int rc = patterns ? 0 : err_memory(e, count * sizeof *patterns, "patterns");
	for (size_t i = 0; rc == 0 && i < count; i++) {
		size_t n = strlen(a->c->globs[i]) + 2;
		patterns[i] = malloc(n);
		rc = patterns[i] ? 0 : err_memory(e, n, "a pattern");
		if (rc == 0)
			snprintf(patterns[i], n, "/%s", a->c->globs[i]);
	}
	const struct fileindex_query q = {(const char *const *)patterns, count, jobs, job_count};
	if (rc == 0)
		rc = fileindex_find(a->c->index, &q, see_file, a, e);
	for (size_t i = 0; patterns && i < count; i++)
		free(patterns[i]);
	free(patterns);
	return rc;
}

int choosing_files(const struct choosing *c, const int64_t *jobs, size_t job_count,
		   int (*each)(void *arg, const struct fileindex_file *f, struct err *e), void *arg, struct err *e)
{
	struct asking a = {c, each, arg};
	int rc = 0;
	if (c->globs)
		return find_globs(&a, jobs, job_count, e);
	for (size_t i = 0; rc == 0 && i < job_count; i++)
		rc = fileindex_files(c->index, jobs[i], see_file, &a, e);
	return rc;
}
