/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/asof_index.h"

#include "base/array.h"
#include "cmd/volume/asof_steps.h"

#include <stdlib.h>
#include <string.h>

struct lookup {
	struct asof *a;
	struct fileindex *x;
	int64_t *ids; /* of the survey's jobs in the index */
	size_t room;
	size_t job;    /* at hand */
	bool nameless; /* files without a name are wanted, */
	bool any;      /* and there are such */
};

/* ---- jobs ---- */

static bool may_fit(const struct asof *a, const struct chain_job *c)
{
	return (a->client == NULL || strcmp(a->client, c->label.client) == 0) &&
	       (a->fileset == NULL || strcmp(a->fileset, c->label.fileset) == 0);
}

static int see_job(void *arg, const struct fileindex_job *j, struct err *e)
{
	struct lookup *l = arg;
	struct chain_job c = {.missing = j->missing, .hurt = j->missing + j->damaged};
	struct fileindex_span span = {0};
	size_t at = survey_count(l->a->survey);
	if (j->begun)
		chain_take_label(&c, false, &j->start);
	if (j->ended)
		chain_take_label(&c, true, &j->end);
	int rc = may_fit(l->a, &c) ? fileindex_span(l->x, j->id, &span, e) : 0;
	c.renumbered = span.renumbered;
	c.oldest = span.oldest;
	c.latest = span.latest;
	if (rc == 0)
		rc = survey_put_job(l->a->survey, &c, j->session_id, j->session_time, e);
	int64_t *ids = rc == 0 ? array_reach(l->ids, &l->room, at, sizeof *ids) : NULL;
	if (ids == NULL)
		return rc != 0 ? rc : err_memory(e, at * sizeof *ids, "jobs");
	l->ids = ids;
	ids[at] = j->id;
	return 0;
}

static int see_volume(void *arg, const struct fileindex_volume *v, struct err *e)
{
	const struct lookup *l = arg;
	return survey_put_volume(l->a->survey, l->job, v->name, e);
}

static int look_at_volumes(struct lookup *l, struct err *e)
{
	int rc = 0;
	for (l->job = 0; rc == 0 && l->job < survey_count(l->a->survey); l->job++) {
		if (may_fit(l->a, &survey_chain_jobs(l->a->survey)[l->job]))
			rc = fileindex_job_volumes(l->x, l->ids[l->job], see_volume, l, e);
	}
	return rc;
}

/* ---- files of the chain ---- */

static int see_file(void *arg, const struct fileindex_file *f, struct err *e)
{
	struct lookup *l = arg;
	bool update = f->flags & FILEINDEX_UPDATE;
	survey_put_span(l->a->survey, l->job, indexparts_rank(&l->a->parts, &f->first), indexparts_rank(&l->a->parts, &f->last));
	if (f->flags & FILEINDEX_NAMELESS)
		return 0;
	if (update && f->flags & (FILEINDEX_ACL | FILEINDEX_XATTR))
		return err_set(
			e, XE_USAGE,
			"FileIndex %d of a job has access lists or extended attributes that were saved alone, and which are not in the "
			"index: leave --index out",
			f->file_index);
	return survey_put_file(l->a->survey, l->job, f->file_index, &f->stat, update, e);
}

/* What is wanted, once that is decided. */
static int see_wanted(void *arg, const struct fileindex_file *f, struct err *e)
{
	struct lookup *l = arg;
	enum merge_fate fate = merge_verdict(survey_merge(l->a->survey), l->job, f->file_index).fate;
	bool wanted = fate == MERGE_IN || (fate == MERGE_UNKNOWN && l->nameless);
	l->any = l->any || (wanted && f->flags & FILEINDEX_NAMELESS);
	return wanted ? indexparts_file(&l->a->parts, f, e) : 0;
}

/* The jobs of the chain, one by one. */
static int each_job(struct lookup *l, int (*each)(void *arg, const struct fileindex_file *f, struct err *e), struct err *e)
{
	const struct chain *c = &l->a->chain;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->count; i++) {
		l->job = c->order[i];
		rc = indexparts_job(&l->a->parts, l->ids[l->job], e);
		if (rc == 0 && each)
			rc = fileindex_files(l->x, l->ids[l->job], each, l, e);
	}
	return rc;
}

static int look(struct lookup *l, const struct choice *choice, struct err *e)
{
	l->nameless = !choice_is_part(choice);
	int rc = fileindex_jobs(l->x, see_job, l, e);
	if (rc == 0)
		rc = look_at_volumes(l, e);
	if (rc == 0)
		rc = asof_choose(l->a, e);
	/* All volumes have to be in their order before places on them can be compared. */
	if (rc == 0)
		rc = each_job(l, NULL, e);
	if (rc == 0)
		rc = each_job(l, see_file, e);
	if (rc == 0)
		rc = asof_decide(l->a, e);
	return rc == 0 ? each_job(l, see_wanted, e) : rc;
}

int asof_index_prepare(struct asof *a, struct filter_options *run, struct choice *choice, const char *spool, struct err *e)
{
	struct lookup l = {.a = a, .x = fileindex_open(a->index, FILEINDEX_READ, 0, e)};
	if (l.x == NULL)
		return e->code;
	a->parts.index = l.x;
	int rc = asof_begin(a, run, choice, e);
	if (rc == 0)
		rc = look(&l, choice, e);
	if (rc == 0 && indexparts_none(&a->parts))
		rc = err_set(e, XE_FAILED, "nothing that is wanted is in these jobs");
	if (rc == 0)
		rc = indexparts_inputs(&a->parts, run, e);
	/* As in extract of one job: what has no name looks like the rest of a file that nobody wants. */
	run->inside_files = l.any;
	if (rc == 0)
		asof_plan(a, choice, spool);
	a->parts.index = NULL;
	free(l.ids);
	fileindex_free(l.x);
	return rc;
}
