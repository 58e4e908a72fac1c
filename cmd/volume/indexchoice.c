/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/indexchoice.h"

#include "base/array.h"
#include "cmd/command.h"
#include "index/volumeid.h"
#include "volume/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A volume of the job. */
struct held {
	int64_t id;
	char name[LABEL_NAME_BYTES];
	char *path; /* where the index has seen it */
	bool wanted;
	size_t input; /* its index among the run's */
};

/* Blocks on the at-th volume of the job. */
struct part {
	size_t at;
	uint64_t from, to;
};

struct lookup {
	struct fileindex *x;
	struct choice *choice;
	const char *wanted_job;
	struct fileindex_job job;
	unsigned jobs; /* that are called so */
	struct held *volumes;
	size_t volume_count, volume_room;
	struct part *parts;
	size_t part_count, part_room;
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

static int see_volume(void *arg, const struct fileindex_volume *v, struct err *e)
{
	struct lookup *l = arg;
	struct held *grown = array_reach(l->volumes, &l->volume_room, l->volume_count, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, l->volume_count * sizeof *grown, "volumes");
	l->volumes = grown;
	struct held *h = &grown[l->volume_count++];
	*h = (struct held){.id = v->id, .path = strdup(v->path)};
	memcpy(h->name, v->name, sizeof h->name);
	return h->path ? 0 : err_memory(e, strlen(v->path), "a path");
}

/* ---- where its files lie ---- */

static int add_part(struct lookup *l, size_t at, uint64_t from, uint64_t to, struct err *e)
{
	struct part *grown = array_reach(l->parts, &l->part_room, l->part_count, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, l->part_count * sizeof *grown, "blocks");
	l->parts = grown;
	l->volumes[at].wanted = true;
	/* Files stand in their order, mostly: what touches the part before is one with it. */
	struct part *last = l->part_count > 0 ? &grown[l->part_count - 1] : NULL;
	if (last && last->at == at && from >= last->from && from <= last->to)
		last->to = to > last->to ? to : last->to;
	else
		grown[l->part_count++] = (struct part){at, from, to};
	return 0;
}

static size_t place_of(const struct lookup *l, int64_t volume)
{
	size_t i = 0;
	while (i < l->volume_count && l->volumes[i].id != volume)
		i++;
	return i;
}

static int see_file(void *arg, const struct fileindex_file *f, struct err *e)
{
	struct lookup *l = arg;
	if (!choice_takes_file(l->choice, f->stat.name, f->file_index))
		return 0;
	size_t first = place_of(l, f->first.volume), last = place_of(l, f->last.volume);
	if (first > last || last >= l->volume_count)
		return err_set(e, XE_DAMAGE, "FileIndex %d lies on volumes that its job does not: the index is damaged; make it anew",
			       f->file_index);
	int rc = 0;
	for (size_t at = first; rc == 0 && at <= last; at++)
		rc = add_part(l, at, at == first ? f->first.addr : 0, at == last ? f->last.addr : UINT64_MAX, e);
	return rc;
}

/* The globs of a choice are about whole names, which a slash in front says. */
static int find_globs(struct lookup *l, const char *const *globs, size_t count, struct err *e)
{
	char **patterns = calloc(count, sizeof *patterns);
	int rc = patterns ? 0 : err_memory(e, count * sizeof *patterns, "patterns");
	for (size_t i = 0; rc == 0 && i < count; i++) {
		size_t n = strlen(globs[i]) + 2;
		patterns[i] = malloc(n);
		rc = patterns[i] ? 0 : err_memory(e, n, "a pattern");
		if (rc == 0)
			snprintf(patterns[i], n, "/%s", globs[i]);
	}
	const struct fileindex_query q = {(const char *const *)patterns, count, &l->job.id, 1};
	if (rc == 0)
		rc = fileindex_find(l->x, &q, see_file, l, e);
	for (size_t i = 0; patterns && i < count; i++)
		free(patterns[i]);
	free(patterns);
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->from == y->from ? 0 : x->from < y->from ? -1 : 1;
}

/* Sorted, and none overlaps. */
static void settle_parts(struct lookup *l)
{
	size_t n = 0;
	if (l->part_count > 0)
		qsort(l->parts, l->part_count, sizeof *l->parts, by_place);
	for (size_t i = 0; i < l->part_count; i++) {
		struct part *last = n > 0 ? &l->parts[n - 1] : NULL;
		const struct part next = l->parts[i];
		if (last && last->at == next.at && next.from <= last->to)
			last->to = next.to > last->to ? next.to : last->to;
		else
			l->parts[n++] = next;
	}
	l->part_count = n;
}

/* ---- where its volumes are ---- */

/* What is at path has to be what is in the index. */
static int fits(struct lookup *l, const char *path, int64_t *volume, struct err *e)
{
	enum volumeid_state state;
	struct fileindex_volume known;
	int rc = volumeid_look(l->x, path, NULL, &state, &known, e);
	*volume = rc == 0 && (state == VOLUMEID_SAME || state == VOLUMEID_GROWN) ? known.id : 0;
	if (rc != 0 || *volume > 0)
		return rc;
	err_volume(e, path);
	if (state == VOLUMEID_GONE)
		return err_set(e, XE_FAILED, "it is not there, or cannot be opened; name the volumes where they are now");
	return err_set(e, XE_USAGE,
		       "the index does not know this volume as it is now: xflate find --index DB --update brings it up to date");
}

static int take_given(struct indexchoice *c, struct lookup *l, const struct filter_options *run, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < run->path_count; i++) {
		int64_t volume;
		rc = fits(l, run->paths[i], &volume, e);
		size_t at = rc == 0 ? place_of(l, volume) : l->volume_count;
		if (at < l->volume_count)
			c->inputs[at] = run->paths[i];
	}
	for (size_t at = 0; rc == 0 && at < l->volume_count; at++) {
		if (l->volumes[at].wanted && c->inputs[at] == NULL)
			rc = err_set(e, XE_USAGE,
				     "some of it lies on the volume %s, which is not given; without volumes they are taken from where "
				     "the index has seen them",
				     l->volumes[at].name);
	}
	return rc;
}

static int take_known(struct indexchoice *c, struct lookup *l, struct err *e)
{
	int rc = 0;
	c->owned = calloc(l->volume_count + 1, sizeof *c->owned);
	if (c->owned == NULL)
		return err_memory(e, 0, "the volumes");
	for (size_t at = 0; rc == 0 && at < l->volume_count; at++) {
		struct held *h = &l->volumes[at];
		int64_t volume;
		if (!h->wanted)
			continue;
		rc = fits(l, h->path, &volume, e);
		if (rc == 0 && volume != h->id)
			rc = err_set(e, XE_USAGE, "%s: here is another volume than %s now; name the volumes where they are", h->path,
				     h->name);
		c->inputs[at] = c->owned[c->owned_count++] = h->path;
		h->path = NULL;
	}
	return rc;
}

/* Only those that something wanted lies on. */
static int set_inputs(struct indexchoice *c, struct lookup *l, struct filter_options *run, struct err *e)
{
	size_t n = 0;
	c->ranges = calloc(l->part_count, sizeof *c->ranges);
	if (c->ranges == NULL)
		return err_memory(e, l->part_count * sizeof *c->ranges, "blocks");
	for (size_t at = 0; at < l->volume_count; at++) {
		l->volumes[at].input = n;
		if (l->volumes[at].wanted)
			c->inputs[n++] = c->inputs[at];
	}
	c->input_count = n;
	for (size_t i = 0; i < l->part_count; i++) {
		const struct part *p = &l->parts[i];
		c->ranges[c->range_count++] = (struct reader_range){l->volumes[p->at].input, p->from, p->to};
	}
	run->paths = c->inputs;
	run->path_count = c->input_count;
	run->ranges = c->ranges;
	run->range_count = c->range_count;
	return 0;
}

static int look_up(struct indexchoice *c, struct lookup *l, const char *const *globs, size_t glob_count, struct err *e)
{
	int rc = find_job(l, e);
	if (rc == 0)
		rc = fileindex_job_volumes(l->x, l->job.id, see_volume, l, e);
	if (rc == 0)
		rc = globs ? find_globs(l, globs, glob_count, e) : fileindex_files(l->x, l->job.id, see_file, l, e);
	if (rc == 0 && l->part_count == 0)
		rc = err_set(e, XE_FAILED, "nothing that is wanted of the job is in the index");
	settle_parts(l);
	c->inputs = calloc(l->volume_count + 1, sizeof *c->inputs);
	return rc == 0 && c->inputs == NULL ? err_memory(e, 0, "the volumes") : rc;
}

static void forget(struct lookup *l)
{
	for (size_t i = 0; i < l->volume_count; i++)
		free(l->volumes[i].path);
	free(l->volumes);
	free(l->parts);
	fileindex_free(l->x);
}

int indexchoice_prepare(struct indexchoice *c, struct filter_options *run, const char *job, const char *const *globs, size_t glob_count,
			struct choice *choice, struct err *e)
{
	struct lookup l = {.x = fileindex_open(c->path, FILEINDEX_READ, 0, e), .choice = choice, .wanted_job = job};
	choice_ready(choice);
	int rc = l.x ? look_up(c, &l, globs, glob_count, e) : e->code;
	if (rc == 0)
		rc = run->path_count > 0 ? take_given(c, &l, run, e) : take_known(c, &l, e);
	if (rc == 0)
		rc = set_inputs(c, &l, run, e);
	snprintf(c->job, sizeof c->job, "%u/%u", l.job.session_id, l.job.session_time);
	choice_job(choice, c->job);
	forget(&l);
	return rc;
}

uint64_t indexchoice_bytes(const struct indexchoice *c)
{
	uint64_t n = 0;
	for (size_t i = 0; i < c->range_count; i++) {
		const struct reader_range *r = &c->ranges[i];
		uint64_t size = command_total_bytes(&c->inputs[r->input], 1);
		uint64_t end = r->to < size ? r->to : size;
		n += end > r->from ? end - r->from : 0;
	}
	return n;
}

void indexchoice_free(struct indexchoice *c)
{
	for (size_t i = 0; i < c->owned_count; i++)
		free(c->owned[i]);
	free(c->owned);
	free(c->inputs);
	free(c->ranges);
	*c = (struct indexchoice){.path = c->path};
}
