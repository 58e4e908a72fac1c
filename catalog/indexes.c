/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/indexes.h"

#include "base/array.h"
#include "volume/naming.h"

#include <stdlib.h>
#include <string.h>

void indexes_free(struct indexes *s)
{
	free(s->ranges);
	*s = (struct indexes){0};
}

size_t indexes_from(const struct indexes *s, int32_t index)
{
	size_t low = 0, high = s->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->ranges[mid].last < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool indexes_meet(const struct indexes *s, int32_t first, int32_t last)
{
	size_t i = indexes_from(s, first);
	return i < s->count && s->ranges[i].first <= last;
}

/* Puts r in the place of count ranges from the at-th on. */
static int replace(struct indexes *s, size_t at, size_t count, struct indexes_range r, struct err *e)
{
	struct indexes_range *room = array_reach(s->ranges, &s->room, s->count, sizeof *room);
	if (room == NULL)
		return err_memory(e, (s->count + 1) * sizeof *room, "FileIndexes");
	s->ranges = room;
	if (at + count < s->count)
		memmove(room + at + 1, room + at + count, (s->count - at - count) * sizeof *room);
	room[at] = r;
	s->count = s->count + 1 - count;
	return 0;
}

int indexes_add(struct indexes *s, int32_t first, int32_t last, struct err *e)
{
	if (last < first)
		return 0;
	/* The first that it touches, and how many. */
	size_t at = indexes_from(s, first - 1), count = 0;
	struct indexes_range r = {first, last};
	for (; at + count < s->count && s->ranges[at + count].first - 1 <= last; count++) {
		const struct indexes_range *old = &s->ranges[at + count];
		r.first = old->first < r.first ? old->first : r.first;
		r.last = old->last > r.last ? old->last : r.last;
	}
	return replace(s, at, count, r, e);
}

int indexes_add_rest(struct indexes *s, int32_t first, int32_t last, const struct indexes *without, struct err *e)
{
	int rc = 0;
	int64_t from = first;
	for (size_t i = indexes_from(without, first); rc == 0 && i < without->count && without->ranges[i].first <= last; i++) {
		const struct indexes_range *w = &without->ranges[i];
		if (from < w->first)
			rc = indexes_add(s, (int32_t)from, w->first - 1, e);
		from = (int64_t)w->last + 1;
	}
	return rc == 0 && from <= last ? indexes_add(s, (int32_t)from, last, e) : rc;
}

int indexes_parse(struct indexes *s, const char *text, struct err *e)
{
	struct indexes_range r;
	int rc = 0;
	const char *at = text;
	do {
		if (!naming_next_indexes(&at, &r.first, &r.last))
			return err_set(e, XE_USAGE, "%s: not FileIndexes, as 5, 5-9 or 1,5-9", text);
		rc = indexes_add(s, r.first, r.last, e);
	} while (rc == 0 && *at);
	return rc;
}

uint64_t indexes_total(const struct indexes *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->count; i++)
		n += (uint64_t)(s->ranges[i].last - (int64_t)s->ranges[i].first + 1);
	return n;
}
