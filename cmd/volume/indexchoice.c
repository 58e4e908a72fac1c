/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/indexchoice.h"

#include "index/choosing.h"
#include "volume/naming.h"

#include <stdio.h>

struct lookup {
	struct fileindex *x;
	const char *wanted_job;
	struct fileindex_job job;
	unsigned jobs; /* that are called so */
	struct indexparts *parts;
	bool nameless;
};

/* ---- which job ---- */

static int see_job(void *arg, const struct fileindex_job *j, struct err *e)
{
	struct lookup *l = arg;
	const struct session_label *label = j->begun ? &j->start : &j->end;
	const struct naming_job names = {j->session_id, j->session_time, label->job_id, label->job,
					 label->job_name[0] ? label->job_name : NULL};
	(void)e;
	if (j->files == 0 || (l->wanted_job && !naming_is_job(l->wanted_job, &names)))
		return 0;
	l->job = *j;
	l->jobs++;
	return 0;
}

static int find_job(struct lookup *l, struct err *e)
{
	int rc = fileindex_jobs(l->x, see_job, l, e);
	if (rc != 0 || l->jobs == 1)
		return rc;
	if (l->jobs > 1)
		return err_set(e, XE_USAGE,
			       "%u jobs of the index are called so: say with --job which one is wanted, by its id or as "
			       "SESSIONID/SESSIONTIME",
			       l->jobs);
	return l->wanted_job ? err_set(e, XE_USAGE, "%s: no such job is in the index", l->wanted_job)
			     : err_set(e, XE_USAGE, "the index holds no job");
}

/* ---- where its files lie ---- */

static int see_file(void *arg, const struct fileindex_file *f, struct err *e)
{
	struct lookup *l = arg;
	l->nameless = l->nameless || (f->flags & FILEINDEX_NAMELESS);
	return indexparts_file(l->parts, f, e);
}

static int look_up(struct lookup *l, const struct choosing *files, struct err *e)
{
	int rc = find_job(l, e);
	if (rc == 0)
		rc = indexparts_job(l->parts, l->job.id, e);
	if (rc == 0)
		rc = choosing_files(files, &l->job.id, 1, see_file, l, e);
	if (rc == 0 && indexparts_none(l->parts))
		rc = err_set(e, XE_FAILED, "nothing that is wanted of the job is in the index");
	return rc;
}

int indexchoice_prepare(struct indexchoice *c, struct filter_options *run, const char *job, const char *const *globs, size_t glob_count,
			struct choice *choice, struct err *e)
{
	struct lookup l = {
		.x = fileindex_open(c->path, FILEINDEX_READ, 0, e),
		.wanted_job = job,
		.parts = &c->parts,
	};
	const struct choosing files = {l.x, choice, globs, glob_count};
	c->parts.index = l.x;
	choice_ready(choice);
	int rc = l.x ? look_up(&l, &files, e) : e->code;
	if (rc == 0)
		rc = indexparts_inputs(&c->parts, run, e);
	snprintf(c->job, sizeof c->job, "%u/%u", l.job.session_id, l.job.session_time);
	c->missing = l.job.missing;
	c->nameless = l.nameless;
	choice_job(choice, c->job);
	fileindex_free(l.x);
	c->parts.index = NULL;
	return rc;
}

uint64_t indexchoice_bytes(const struct indexchoice *c)
{
	return indexparts_bytes(&c->parts);
}

void indexchoice_free(struct indexchoice *c)
{
	indexparts_free(&c->parts);
	*c = (struct indexchoice){.path = c->path};
}
