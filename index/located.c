/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/located.h"

#include "base/array.h"
#include "catalog/measure.h"
#include "format/block.h"
#include "index/volumeid.h"
#include "medium/medium.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TO_ITS_END INT64_MAX /* a file goes on on another volume */

void located_free(struct located *l)
{
	mapped_list_free(&l->list);
	free(l->ids);
	free(l->way);
	*l = (struct located){.index = l->index, .path = l->path};
}

/* ---- volumes and their order ---- */

static struct mapped_volume *new_volume(const struct located *l, const struct fileindex_volume *row)
{
	struct mapped_volume *v = mapped_new();
	if (v == NULL)
		return NULL;
	v->path = l->path;
	v->chain = 1;
	memcpy(v->name, row->name, sizeof v->name);
	memcpy(v->new_name, row->name, sizeof v->new_name);
	memcpy(v->media_type, row->media_type, sizeof v->media_type);
	memcpy(v->pool, row->pool, sizeof v->pool);
	v->product = row->product;
	v->label_time = row->label_time > 0 ? (uint64_t)row->label_time / 1000000 : 0;
	v->damage = row->damages;
	return v;
}

static void move_last(struct located *l, size_t to)
{
	size_t last = l->list.count - 1;
	struct mapped_volume *v = l->list.volumes[last];
	int64_t id = l->ids[last];
	memmove(l->list.volumes + to + 1, l->list.volumes + to, (last - to) * sizeof(struct mapped_volume *));
	memmove(l->ids + to + 1, l->ids + to, (last - to) * sizeof *l->ids);
	l->list.volumes[to] = v;
	l->ids[to] = id;
}

/* Behind the one before it of this job, where that is. */
static int add_volume(struct located *l, const struct fileindex_volume *row, size_t *at, struct err *e)
{
	int64_t *ids = array_reach(l->ids, &l->id_room, l->list.count, sizeof *ids);
	if (ids == NULL)
		return err_memory(e, l->list.count * sizeof *ids, "volumes");
	l->ids = ids;
	*at = l->way_count > 0 ? l->way[l->way_count - 1] + 1 : l->list.count;
	int rc = mapped_list_add(&l->list, new_volume(l, row), e);
	if (rc != 0)
		return rc;
	ids[l->list.count - 1] = row->id;
	move_last(l, *at);
	return 0;
}

static int see_volume(void *arg, const struct fileindex_volume *row, struct err *e)
{
	struct located *l = arg;
	size_t at = 0;
	while (at < l->list.count && l->ids[at] != row->id)
		at++;
	int rc = at == l->list.count ? add_volume(l, row, &at, e) : 0;
	size_t *way = rc == 0 ? array_reach(l->way, &l->way_room, l->way_count, sizeof *way) : NULL;
	if (way == NULL)
		return rc != 0 ? rc : err_memory(e, l->way_count * sizeof *way, "volumes");
	l->way = way;
	if (l->way_count > 0 && way[l->way_count - 1] >= at)
		return err_set(e, XE_USAGE, "the jobs go over the volumes %s and %s in different orders: one run for each job",
			       l->list.volumes[way[l->way_count - 1]]->name, row->name);
	way[l->way_count++] = at;
	return 0;
}

/* ---- stretches of blocks ---- */

/* Of one volume on the job's way: blocks that follow each other, as far as files are wanted that lie there. */
struct stretch {
	uint64_t start, last_at; /* where its first and its last block begin; TO_ITS_END */
	int32_t first, last;     /* FileIndex; 0: there is none */
	int32_t closed;          /* the last one of those before it, */
	uint64_t closed_end;     /* which end here */
};

struct locating {
	struct located *l;
	const struct fileindex_job *job;
	bool whole;   /* all of the job: what has no row lies between the rest */
	size_t found; /* where on its way the last file was */
	struct stretch *stretches;
};

static int size_of(const struct locating *w, int64_t volume, struct fileindex_volume *row, struct err *e)
{
	int rc = fileindex_volume(w->l->index, volume, row, e);
	return rc == 0 ? err_set(e, XE_DAMAGE, "a volume has no row: the index is damaged; make it anew") : rc < 0 ? rc : 0;
}

struct bound {
	const struct locating *w;
	struct fileindex_place at;
	uint64_t end; /* no block that begins at at reaches farther, */
	bool told;    /* as another one tells that begins behind it */
};

/* The first file of a job behind a FileIndex that begins behind this block. */
static int bound_by(struct bound *b, int64_t job, int32_t file_index, struct err *e)
{
	struct fileindex_place next;
	int rc = fileindex_place_behind(b->w->l->index, job, file_index, &b->at, &next, e);
	bool tells = rc == 1 && next.volume == b->at.volume && next.addr > b->at.addr && next.addr - 1 <= b->end;
	b->end = tells ? next.addr - 1 : b->end;
	b->told = b->told || tells;
	return rc < 0 ? rc : 0;
}

static int bound_by_job(void *arg, const struct fileindex_job *j, struct err *e)
{
	struct bound *b = arg;
	return j->id != b->w->job->id && j->files > 0 ? bound_by(b, j->id, 0, e) : 0;
}

/* Where the block that begins at at may end. */
static int end_of(const struct locating *w, const struct fileindex_place *at, int32_t file_index, uint64_t *end, struct err *e)
{
	struct fileindex_volume row;
	struct bound b = {.w = w, .at = *at, .end = at->addr + BLOCK_MAX_BYTES - 1};
	int rc = size_of(w, at->volume, &row, e);
	if (rc == 0 && row.size > at->addr && row.size - 1 < b.end)
		b.end = row.size - 1;
	if (rc == 0 && row.last_at == at->addr && row.last_bytes > 0) {
		b.end = at->addr + row.last_bytes - 1;
		b.told = true;
	}
	if (rc == 0 && !b.told)
		rc = bound_by(&b, w->job->id, file_index, e);
	/* Nothing of the job stands behind it here: others may. */
	if (rc == 0 && !b.told)
		rc = fileindex_volume_jobs(w->l->index, at->volume, bound_by_job, &b, e);
	*end = b.end;
	return rc;
}

/* Where the volume ends. */
static int end_of_volume(const struct locating *w, const struct fileindex_place *at, uint64_t *end, struct err *e)
{
	struct fileindex_volume row;
	int rc = size_of(w, at->volume, &row, e);
	*end = rc == 0 && row.size > at->addr ? row.size - 1 : TO_ITS_END;
	return rc;
}

static int add_run(const struct locating *w, size_t step, const struct mapped_range *run, struct err *e)
{
	return mapped_add(w->l->list.volumes[w->l->way[step]], MAPPED_NEW, w->job->session_id, w->job->session_time, run, e);
}

/* The stretch becomes a run; what is not wanted between it and the one before becomes one, too, for runs that follow each other are one. */
static int close_stretch(struct locating *w, size_t step, struct err *e)
{
	struct stretch *s = &w->stretches[step];
	const struct fileindex_place last = {w->l->ids[w->l->way[step]], s->last_at == TO_ITS_END ? s->start : s->last_at};
	uint64_t end = 0;
	if (s->first == 0)
		return 0;
	int rc = s->last_at == TO_ITS_END ? end_of_volume(w, &last, &end, e) : end_of(w, &last, s->last, &end, e);
	const struct mapped_range between = {s->start, s->start, 0, s->closed + 1, s->first - 1, 1};
	const struct mapped_range run = {s->start, end, 0, s->first, s->last, 1};
	if (rc == 0 && s->closed > 0 && between.first <= between.last && s->start > s->closed_end + 1)
		rc = add_run(w, step, &between, e);
	if (rc == 0)
		rc = add_run(w, step, &run, e);
	*s = (struct stretch){.closed = s->last, .closed_end = end};
	return rc;
}

static bool goes_on(const struct locating *w, const struct stretch *s, uint64_t from, int32_t file_index)
{
	return w->whole || from <= s->last_at || file_index <= s->last + 1;
}

/* Of a file, what lies on one volume: from the block that begins at from to the one that begins at last_at. */
static int add_part(struct locating *w, size_t step, int32_t file_index, uint64_t from, uint64_t last_at, struct err *e)
{
	struct stretch *s = &w->stretches[step];
	int rc = s->first > 0 && !goes_on(w, s, from, file_index) ? close_stretch(w, step, e) : 0;
	if (rc != 0)
		return rc;
	if (s->first == 0) {
		s->start = from;
		s->first = file_index;
	}
	s->start = from < s->start ? from : s->start;
	s->last_at = last_at > s->last_at ? last_at : s->last_at;
	s->last = file_index;
	return 0;
}

/* Which one on the way it is, mostly that of the file before; way_count if the job does not go there. */
static size_t step_of(struct locating *w, int64_t volume)
{
	const struct located *l = w->l;
	if (w->found < l->way_count && l->ids[l->way[w->found]] == volume)
		return w->found;
	w->found = 0;
	while (w->found < l->way_count && l->ids[l->way[w->found]] != volume)
		w->found++;
	return w->found;
}

static int see_file(void *arg, const struct fileindex_extent *f, struct err *e)
{
	struct locating *w = arg;
	size_t first = step_of(w, f->first.volume), last = step_of(w, f->last.volume);
	if (first > last || last >= w->l->way_count)
		return err_set(e, XE_DAMAGE, "FileIndex %d lies on volumes that its job does not: the index is damaged; make it anew",
			       f->file_index);
	if (first == last && f->last.addr < f->first.addr)
		return err_set(e, XE_DAMAGE, "FileIndex %d ends before it begins: the index is damaged; make it anew", f->file_index);
	int rc = 0;
	for (size_t i = first; rc == 0 && i <= last; i++)
		rc = add_part(w, i, f->file_index, i == first ? f->first.addr : 0, i == last ? f->last.addr : TO_ITS_END, e);
	return rc;
}

/* ---- jobs ---- */

static int see_files(struct locating *w, const struct indexes *files, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < files->count; i++) {
		rc = fileindex_extents(w->l->index, w->job->id, files->ranges[i].first, files->ranges[i].last, see_file, w, e);
	}
	return rc;
}

int located_job(struct located *l, const struct fileindex_job *job, const struct indexes *files, struct err *e)
{
	struct locating w = {.l = l, .job = job, .whole = files == NULL};
	l->way_count = 0;
	int rc = fileindex_job_volumes(l->index, job->id, see_volume, l, e);
	w.stretches = calloc(l->way_count + 1, sizeof *w.stretches);
	if (rc == 0 && w.stretches == NULL)
		rc = err_memory(e, l->way_count * sizeof *w.stretches, "volumes");
	if (rc == 0)
		rc = files ? see_files(&w, files, e) : fileindex_extents(l->index, job->id, 0, INT32_MAX, see_file, &w, e);
	for (size_t i = 0; rc == 0 && i < l->way_count; i++)
		rc = close_stretch(&w, i, e);
	free(w.stretches);
	return rc;
}

/* ---- what is there now ---- */

static int check_volume(struct located *l, size_t at, struct err *e)
{
	struct fileindex_volume row, there;
	struct mapped_list looked_at = {0};
	enum volumeid_state state = VOLUMEID_GONE;
	int rc = fileindex_volume(l->index, l->ids[at], &row, e);
	char *path = rc == 1 ? strdup(row.path) : NULL;
	if (rc == 1 && path == NULL)
		rc = err_memory(e, 0, "a path");
	rc = rc > 0 ? volumeid_look(l->index, path, NULL, &state, &there, e) : rc;
	/* A folder that no catalog follows is new to the index; tapes are not asked. */
	bool is_there = state != VOLUMEID_GONE && medium_rereadable(path);
	bool is_known = state == VOLUMEID_SAME || state == VOLUMEID_GROWN;
	if (rc == 0 && is_there)
		rc = measure_form(path, e);
	/* A label of old tells no time; then the volume has to. */
	if (rc == 0 && is_there && row.label_time == 0)
		rc = measure_label(path, &looked_at, e);
	if (rc == 0 && is_there && !is_known)
		rc = err_set(e, XE_USAGE,
			     "the index does not know this volume as it is now: xflate find --index DB --update brings it up to date");
	if (rc == 0 && is_known && there.id != l->ids[at])
		rc = err_set(
			e, XE_USAGE,
			"volume %s stands behind another one in this file, where no daemon finds it: xflate -o FOLDER/ takes them apart",
			l->list.volumes[at]->name);
	/* Who looked has noted where. */
	e->volume[0] = '\0';
	if (rc < 0)
		err_volume(e, path ? path : l->path);
	mapped_list_free(&looked_at);
	free(path);
	return rc;
}

int located_check(struct located *l, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < l->list.count; i++)
		rc = check_volume(l, i, e);
	return rc;
}
