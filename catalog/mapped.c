/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/mapped.h"

#include "base/array.h"

#include <search.h>
#include <stdlib.h>

struct mapped_volume *mapped_new(void)
{
	struct mapped_volume *v = calloc(1, sizeof *v);
	if (v)
		v->exit_status = -1;
	return v;
}

static void keep(void *node)
{
	(void)node;
}

void mapped_free(struct mapped_volume *v)
{
	if (v == NULL)
		return;
	tdestroy(v->by_number, keep);
	for (size_t i = 0; i < v->session_count; i++) {
		free(v->sessions[i]->runs);
		free(v->sessions[i]);
	}
	free(v->sessions);
	free(v);
}

static int by_number(const void *a, const void *b)
{
	const struct mapped_session *x = a, *y = b;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static struct mapped_session *new_session(struct mapped_volume *v, const struct mapped_session *as)
{
	struct mapped_session **room = array_reach(v->sessions, &v->session_room, v->session_count, sizeof(struct mapped_session *));
	if (room == NULL)
		return NULL;
	v->sessions = room;
	struct mapped_session *s = malloc(sizeof *s);
	if (s == NULL)
		return NULL;
	*s = *as;
	if (tsearch(s, &v->by_number, by_number) == NULL) {
		free(s);
		return NULL;
	}
	v->sessions[v->session_count++] = s;
	return s;
}

struct mapped_session *mapped_find(const struct mapped_volume *v, uint32_t id, uint32_t time)
{
	const struct mapped_session want = {.id = id, .time = time};
	struct mapped_session *const *found = tfind(&want, &v->by_number, by_number);
	return found ? *found : NULL;
}

struct mapped_session *mapped_session(struct mapped_volume *v, uint32_t id, uint32_t time)
{
	const struct mapped_session want = {.id = id, .time = time};
	struct mapped_session *found = mapped_find(v, id, time);
	return found ? found : new_session(v, &want);
}

static void widen(struct mapped_range *r, const struct mapped_range *by)
{
	if (r->blocks == 0)
		r->start = by->start;
	r->end = by->end;
	if (r->data_start == 0)
		r->data_start = by->data_start;
	if (by->first > 0 && (r->first == 0 || by->first < r->first))
		r->first = by->first;
	if (by->last > r->last)
		r->last = by->last;
	r->blocks += by->blocks;
}

static size_t runs_of(const struct mapped_volume *v)
{
	size_t n = 0;
	for (size_t i = 0; i < v->session_count; i++)
		n += v->sessions[i]->run_count;
	return n;
}

static void join_runs(struct mapped_session *s)
{
	size_t to = 0;
	for (size_t i = 0; i < s->run_count; i += 2, to++) {
		s->runs[to] = s->runs[i];
		if (i + 1 < s->run_count)
			widen(&s->runs[to], &s->runs[i + 1]);
	}
	s->run_count = to;
}

static int add_run(struct mapped_volume *v, struct mapped_session *s, const struct mapped_range *blocks, struct err *e)
{
	/* Counted only where it can be so many: an array doubles. */
	if (s->run_count == s->run_room && runs_of(v) >= MAPPED_RUNS_MAX) {
		for (size_t i = 0; i < v->session_count; i++)
			join_runs(v->sessions[i]);
	}
	struct mapped_range *room = array_reach(s->runs, &s->run_room, s->run_count, sizeof *room);
	if (room == NULL)
		return err_memory(e, (s->run_count + 1) * sizeof *room, "the map");
	s->runs = room;
	const struct mapped_range *before = s->run_count > 0 ? &room[s->run_count - 1] : NULL;
	s->unordered = s->unordered || (before && (blocks->first < before->first || blocks->last < before->last));
	s->runs[s->run_count++] = *blocks;
	return 0;
}

int mapped_add(struct mapped_volume *v, enum mapped_side side, uint32_t id, uint32_t time, const struct mapped_range *blocks, struct err *e)
{
	struct mapped_bytes *b = &v->side[side];
	if (blocks->end > b->last)
		b->last = blocks->end;
	if (id == 0 && time == 0) {
		b->label_end = b->labelled ? b->label_end : blocks->end;
		b->labelled = true;
		return 0;
	}
	struct mapped_session *s = mapped_session(v, id, time);
	if (s == NULL)
		return err_memory(e, sizeof *s, "a session of the map");
	struct mapped_range r = *blocks;
	r.data_start = r.first > 0 ? r.start : 0;
	widen(&s->side[side], &r);
	return side == MAPPED_NEW && r.first > 0 ? add_run(v, s, &r, e) : 0;
}

void mapped_list_free(struct mapped_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		mapped_free(l->volumes[i]);
	free(l->volumes);
	*l = (struct mapped_list){0};
}

int mapped_list_add(struct mapped_list *l, struct mapped_volume *v, struct err *e)
{
	struct mapped_volume **room = array_reach(l->volumes, &l->room, l->count, sizeof(struct mapped_volume *));
	if (v == NULL || room == NULL) {
		mapped_free(v);
		return err_memory(e, sizeof *v, "the map");
	}
	l->volumes = room;
	l->volumes[l->count++] = v;
	return 0;
}
