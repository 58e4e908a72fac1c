/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/plan.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

/* ---- maps to volumes ---- */

static int check_map(const struct mapped_volume *v, struct err *e)
{
	err_volume(e, v->name);
	if (!label_director_allows(v->name) || !label_director_allows(v->new_name))
		return err_set(e, XE_USAGE, "%s: no director allows such a Volume Name; it has none in a catalog", v->path);
	if (v->damage > 0 || v->exit_status > 0)
		return err_set(
			e, XE_DAMAGE,
			"%s: the run that wrote this map lost something or passed damage on: the new volume is not what the catalog says "
			"of the old one; convert again from a sound copy; catalog bsr makes bootstraps of what is there",
			v->path);
	e->volume[0] = '\0';
	return 0;
}

static bool same_ranges(const struct mapped_volume *a, const struct mapped_volume *b)
{
	if (a->session_count != b->session_count)
		return false;
	for (size_t i = 0; i < a->session_count; i++) {
		const struct mapped_session *s = a->sessions[i];
		const struct mapped_session *t = mapped_find(b, s->id, s->time);
		if (t == NULL)
			return false;
		const struct mapped_range *x = &s->side[MAPPED_NEW], *y = &t->side[MAPPED_OLD];
		if (x->start != y->start || x->end != y->end || x->first != y->first || x->last != y->last || x->blocks != y->blocks)
			return false;
	}
	return true;
}

/* Was what b converted what a wrote? */
static bool follows(const struct mapped_volume *a, const struct mapped_volume *b)
{
	const struct mapped_bytes *x = &a->side[MAPPED_NEW], *y = &b->side[MAPPED_OLD];
	return x->tape == y->tape && x->bytes == y->bytes && x->blocks == y->blocks && same_ranges(a, b) &&
	       (!x->digest[0] || !y->digest[0] || strcmp(x->digest, y->digest) == 0);
}

/* ---- chains ---- */

struct making {
	struct plan *plan;
	const struct mapped_list *maps;
	size_t *chain; /* of each of them: index of the first one in it */
};

static void find_chains(struct making *m)
{
	for (size_t i = 0; i < m->maps->count; i++) {
		size_t k = 0;
		const struct mapped_volume *v = m->maps->volumes[i];
		while (m->maps->volumes[k]->path != v->path || m->maps->volumes[k]->chain != v->chain)
			k++;
		m->chain[i] = k;
	}
}

static void join_chains(struct making *m, size_t a, size_t b)
{
	size_t from = m->chain[b], to = m->chain[a];
	for (size_t i = 0; i < m->maps->count; i++) {
		if (m->chain[i] == from)
			m->chain[i] = to;
	}
}

/* A session on one of the maps' volumes. */
struct seat {
	uint32_t time, id;
	size_t map;
};

static int by_session(const void *a, const void *b)
{
	const struct seat *x = a, *y = b;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->map < y->map ? -1 : x->map > y->map;
}

/* Volumes that share a job are of one chain, though each has a map of its own. */
static int join_by_sessions(struct making *m, struct err *e)
{
	size_t count = 0, n = 0;
	for (size_t i = 0; i < m->maps->count; i++)
		count += m->maps->volumes[i]->session_count;
	struct seat *seats = calloc(count + 1, sizeof *seats);
	if (seats == NULL)
		return err_memory(e, count * sizeof *seats, "the sessions");
	for (size_t i = 0; i < m->maps->count; i++) {
		const struct mapped_volume *v = m->maps->volumes[i];
		for (size_t k = 0; k < v->session_count; k++)
			seats[n++] = (struct seat){v->sessions[k]->time, v->sessions[k]->id, i};
	}
	qsort(seats, count, sizeof *seats, by_session);
	for (size_t i = 1; i < count; i++) {
		const struct seat *x = &seats[i - 1], *y = &seats[i];
		if (x->time == y->time && x->id == y->id && m->chain[x->map] != m->chain[y->map])
			join_chains(m, x->map, y->map);
	}
	free(seats);
	return 0;
}

static struct plan_volume *named(struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->volumes[i].to->new_name, name) == 0)
			return &p->volumes[i];
	}
	return NULL;
}

/* A volume that an earlier map wrote. */
static int add_again(struct making *m, struct plan_volume *before, size_t index, struct err *e)
{
	const struct mapped_volume *v = m->maps->volumes[index];
	err_volume(e, v->name);
	if (before->to->path == v->path)
		return err_set(e, XE_USAGE, "%s has this volume twice", v->path);
	if (!follows(before->to, v))
		return err_set(e, XE_USAGE,
			       "what %s converted is not what %s wrote: give the maps of a volume in the order in which they were made, "
			       "and no others",
			       v->path, before->to->path);
	e->volume[0] = '\0';
	join_chains(m, before->map, index);
	before->to = v;
	return 0;
}

/* A volume has become one thing, and two have not become one. */
static int refuse_other(const struct plan *p, const struct mapped_volume *v, struct err *e)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct mapped_volume *from = p->volumes[i].from, *to = p->volumes[i].to;
		bool same = strcmp(from->name, v->name) == 0;
		if (!same && strcmp(to->new_name, v->new_name) != 0)
			continue;
		err_volume(e, same ? v->name : v->new_name);
		return err_set(e, XE_USAGE, "%s and %s: %s", from->path, v->path,
			       same ? "this volume was converted twice, and the second time not from what the first one wrote"
				    : "both wrote a volume of this name");
	}
	return 0;
}

static int add_volume(struct making *m, size_t index, struct err *e)
{
	struct plan *p = m->plan;
	const struct mapped_volume *v = m->maps->volumes[index];
	int rc = check_map(v, e);
	struct plan_volume *before = rc == 0 ? named(p, v->name) : NULL;
	if (rc != 0 || before)
		return rc != 0 ? rc : add_again(m, before, index, e);
	rc = refuse_other(p, v, e);
	if (rc != 0)
		return rc;
	struct plan_volume *all = array_reach(p->volumes, &p->room, p->count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (p->count + 1) * sizeof *all, "the plan");
	p->volumes = all;
	all[p->count++] = (struct plan_volume){.from = v, .to = v, .map = index};
	return 0;
}

static int by_chain(const void *a, const void *b)
{
	const struct plan_volume *x = a, *y = b;
	if (x->chain != y->chain)
		return x->chain < y->chain ? -1 : 1;
	return x->map < y->map ? -1 : x->map > y->map;
}

/* Chain by chain, which get numbers without gaps. */
static void number_chains(struct making *m)
{
	struct plan *p = m->plan;
	for (size_t i = 0; i < p->count; i++)
		p->volumes[i].chain = m->chain[p->volumes[i].map];
	if (p->count > 0)
		qsort(p->volumes, p->count, sizeof *p->volumes, by_chain);
	size_t last = SIZE_MAX;
	for (size_t i = 0; i < p->count; i++) {
		p->chains += p->volumes[i].chain != last;
		last = p->volumes[i].chain;
		p->volumes[i].chain = p->chains - 1;
	}
}

int plan_make(struct plan *p, const struct mapped_list *maps, struct err *e)
{
	struct making m = {.plan = p, .maps = maps, .chain = calloc(maps->count + 1, sizeof *m.chain)};
	if (m.chain == NULL)
		return err_memory(e, maps->count * sizeof *m.chain, "the plan");
	find_chains(&m);
	int rc = join_by_sessions(&m, e);
	for (size_t i = 0; rc == 0 && i < maps->count; i++)
		rc = add_volume(&m, i, e);
	if (rc == 0)
		number_chains(&m);
	free(m.chain);
	return rc;
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->volumes[i].row_to);
	free(p->volumes);
	*p = (struct plan){0};
}

/* ---- files that have changed volumes ---- */

static bool has_same_files(const struct plan_volume *v)
{
	bool same = true;
	for (size_t i = 0; same && i < v->from->session_count; i++) {
		const struct mapped_session *s = v->from->sessions[i], *t = mapped_find(v->to, s->id, s->time);
		const struct mapped_range *old = &s->side[MAPPED_OLD];
		same = t && old->first == t->side[MAPPED_NEW].first && old->last == t->side[MAPPED_NEW].last;
	}
	return same;
}

const struct plan_volume *plan_other_files(const struct plan *p)
{
	size_t i = 0;
	while (i < p->count && has_same_files(&p->volumes[i]))
		i++;
	return i < p->count ? &p->volumes[i] : NULL;
}

/* ---- rows ---- */

size_t plan_group(const struct plan_volume *v, size_t first)
{
	size_t n = 0;
	while (first + n < v->row_count && v->rows[first + n].job_id == v->rows[first].job_id)
		n++;
	return n;
}

struct mapped_session *plan_session(const struct plan *p, const struct plan_volume *v, const struct rows_jobmedia *row)
{
	const struct rows_job *job = rows_job(p->rows, row->job_id);
	return job ? mapped_find(v->to, job->session_id, job->session_time) : NULL;
}

/* Files ascend along a job, but a row must have all of its blocks' files whatever is on the volume. */
static struct rows_place covering(const struct mapped_range *first, const struct mapped_range *last)
{
	struct rows_place all = {.first = first->first, .last = first->last, .start = first->start, .end = last->end};
	for (const struct mapped_range *r = first; r <= last; r++) {
		all.first = r->first < all.first ? r->first : all.first;
		all.last = r->last > all.last ? r->last : all.last;
	}
	return all;
}

/* The blocks of the session that hold data, in as many pieces as there are rows, one behind the other: what a storage daemon writes.
 * formats/catalog-facts.md 5.2, partition */
static void cut_session(const struct mapped_session *s, struct plan_row *to, size_t rows)
{
	size_t pieces = rows < s->run_count ? rows : s->run_count;
	for (size_t k = 0; k < rows; k++) {
		to[k].gone = k >= pieces;
		if (to[k].gone)
			continue;
		to[k].to = covering(&s->runs[k * s->run_count / pieces], &s->runs[(k + 1) * s->run_count / pieces - 1]);
	}
	/* Its labels may have blocks of their own before and behind. */
	to[0].to.start = s->side[MAPPED_NEW].start;
	to[pieces - 1].to.end = s->side[MAPPED_NEW].end;
}

static void leave_session(struct plan_row *to, size_t rows)
{
	for (size_t k = 0; k < rows; k++)
		to[k].gone = true;
}

static void plan_job(const struct plan *p, struct plan_volume *v, size_t first, size_t rows, bool whole_volume)
{
	const struct mapped_session *s = plan_session(p, v, &v->rows[first]);
	struct plan_row *to = &v->row_to[first];
	for (size_t k = 0; k < rows; k++) {
		to[k] = (struct plan_row){.to = v->rows[first + k].at};
		if (whole_volume) {
			to[k].to.start = 0;
			to[k].to.end = PLAN_WHOLE_END;
		}
	}
	if (whole_volume || s == NULL)
		return;
	/* Where the rest of a record was all that it had there, that stands on another volume now. */
	if (s->run_count > 0)
		cut_session(s, to, rows);
	else if (s->side[MAPPED_NEW].first == 0)
		leave_session(to, rows);
}

static void find_rows(struct plan_volume *v, const struct rows *rows)
{
	v->media = rows_media_named(rows, v->from->name);
	if (v->media == NULL && strcmp(v->from->name, v->to->new_name) != 0)
		v->media = rows_media_named(rows, v->to->new_name);
	for (size_t i = 0; v->media && i < rows->jobmedia_count; i++) {
		if (rows->jobmedia[i].media_id == v->media->id && v->row_count++ == 0)
			v->rows = &rows->jobmedia[i];
	}
}

int plan_rows(struct plan *p, const struct rows *rows, bool whole_volume, struct err *e)
{
	p->rows = rows;
	for (size_t i = 0; i < p->count; i++) {
		struct plan_volume *v = &p->volumes[i];
		find_rows(v, rows);
		v->row_to = calloc(v->row_count + 1, sizeof *v->row_to);
		if (v->row_to == NULL)
			return err_memory(e, v->row_count * sizeof *v->row_to, "the rows");
		for (size_t k = 0, n; k < v->row_count; k += n) {
			n = plan_group(v, k);
			plan_job(p, v, k, n, whole_volume);
		}
	}
	return 0;
}
