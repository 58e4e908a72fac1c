/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/neighbours.h"

#include "base/array.h"
#include "format/block.h"

#include <stdlib.h>

/* A session on a volume. */
struct seat {
	uint64_t key;
	size_t volume;
	const struct glance *g; /* of that */
	const struct glance_session *s;
};

/* That volume wants to know the other one. */
struct pair {
	size_t volume, other;
};

struct pairs {
	struct pair *all;
	size_t count, room;
};

void neighbours_free(struct neighbours *n)
{
	free(n->all);
	free(n->indexes);
	*n = NEIGHBOURS_NONE;
}

static int by_course(const void *a, const void *b)
{
	const struct seat *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->volume > y->volume) - (x->volume < y->volume);
}

static int by_volume(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	if (x->volume != y->volume)
		return x->volume < y->volume ? -1 : 1;
	return (x->other > y->other) - (x->other < y->other);
}

static size_t seats_of(const struct glance *const *all, size_t count, struct seat *seats)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < all[i]->session_count; k++, n++) {
			const struct glance_session *s = &all[i]->sessions[k];
			if (seats)
				seats[n] = (struct seat){(uint64_t)s->time << 32 | s->id, i, all[i], s};
		}
	}
	return n;
}

static int add(struct pairs *p, size_t volume, size_t other, struct err *e)
{
	struct pair *all = array_reach(p->all, &p->room, p->count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (p->count + 1) * sizeof *all, "the volumes' neighbours");
	p->all = all;
	all[p->count++] = (struct pair){volume, other};
	return 0;
}

/* Does the session go from x on to y? */
static bool goes_on(const struct seat *x, const struct seat *y)
{
	return x->key == y->key && !x->s->ends && !y->s->begins;
}

/* May the record that was open before it be open behind it still?  It is one of its file then, and not longer than records are. */
static bool may_hold_a_middle(const struct seat *x)
{
	const struct glance_session *s = x->s;
	bool short_of = x->g->bytes <= RECORD_MAX_BYTES || x->g->session_count + x->g->inner_count > 1;
	return s->rest_behind > 0 && s->rest_behind < s->rest_before && s->first_index == s->last_index && short_of;
}

/* Of the volume at the first of them: those behind, and of the next one, the one before.  The rest of a long record may lie on several. */
static int add_course(struct pairs *p, const struct seat *at, const struct seat *end, struct err *e)
{
	const struct seat *y = at + 1;
	int rc = y < end && goes_on(at, y) ? add(p, y->volume, at->volume, e) : 0;
	for (bool more = true; rc == 0 && more && y < end && goes_on(y - 1, y); y++) {
		rc = add(p, at->volume, y->volume, e);
		more = may_hold_a_middle(y);
	}
	return rc;
}

/* Each once. */
static size_t settle(struct pairs *p)
{
	size_t n = 0;
	if (p->count > 0)
		qsort(p->all, p->count, sizeof *p->all, by_volume);
	for (size_t i = 0; i < p->count; i++) {
		if (n == 0 || by_volume(&p->all[n - 1], &p->all[i]) != 0)
			p->all[n++] = p->all[i];
	}
	return n;
}

static void fill(struct neighbours *n, const struct pairs *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct neighbours_of *of = &n->all[p->all[i].volume];
		bool before = p->all[i].other < p->all[i].volume;
		const size_t **first = before ? &of->before : &of->after;
		size_t *count = before ? &of->before_count : &of->after_count;
		n->indexes[i] = p->all[i].other;
		*first = *count == 0 ? &n->indexes[i] : *first;
		++*count;
	}
}

int neighbours_find(struct neighbours *n, const struct glance *const *all, size_t count, struct err *e)
{
	struct pairs p = {.all = NULL};
	size_t seat_count = seats_of(all, count, NULL);
	struct seat *seats = calloc(seat_count + 1, sizeof *seats);
	*n = (struct neighbours){.all = calloc(count + 1, sizeof *n->all)};
	int rc = seats && n->all ? 0 : err_memory(e, seat_count * sizeof *seats, "the volumes' neighbours");
	if (rc == 0) {
		seats_of(all, count, seats);
		qsort(seats, seat_count, sizeof *seats, by_course);
	}
	for (size_t i = 0; rc == 0 && i < seat_count; i++)
		rc = add_course(&p, &seats[i], seats + seat_count, e);
	p.count = settle(&p);
	n->indexes = rc == 0 ? calloc(p.count + 1, sizeof *n->indexes) : NULL;
	if (rc == 0 && n->indexes == NULL)
		rc = err_memory(e, p.count * sizeof *n->indexes, "the volumes' neighbours");
	if (rc == 0)
		fill(n, &p);
	free(seats);
	free(p.all);
	return rc;
}
