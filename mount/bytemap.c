/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/bytemap.h"

#include <stdlib.h>

void bytemap_free(struct bytemap *m)
{
	free(m->strides);
	*m = (struct bytemap){0};
}

static void widen(struct bytemap_stride *s, uint64_t lo, uint64_t hi)
{
	if (lo == hi)
		return;
	s->lo = s->lo == s->hi || lo < s->lo ? lo : s->lo;
	s->hi = hi > s->hi ? hi : s->hi;
}

/* Two and two become one. */
static void thin_out(struct bytemap *m)
{
	size_t kept = 0;
	for (size_t i = 0; i < m->count; i += 2) {
		m->strides[kept] = m->strides[i];
		if (i + 1 < m->count)
			widen(&m->strides[kept], m->strides[i + 1].lo, m->strides[i + 1].hi);
		kept++;
	}
	m->in_last += m->count % 2 == 0 ? m->records : 0;
	m->count = kept;
	m->records *= 2;
}

static int make_room(struct bytemap *m, struct err *e)
{
	if (m->count == BYTEMAP_STRIDES)
		thin_out(m);
	if (m->count < m->cap)
		return 0;
	size_t cap = m->cap ? m->cap * 2 : 16;
	struct bytemap_stride *grown = realloc(m->strides, cap * sizeof *grown);
	if (grown == NULL)
		return err_memory(e, cap * sizeof *grown, "the places of a file's content");
	m->strides = grown;
	m->cap = cap;
	return 0;
}

static bool last_has_room(const struct bytemap *m)
{
	return m->count > 0 && m->in_last < m->records;
}

int bytemap_add(struct bytemap *m, const struct bytemap_stride *record, struct err *e)
{
	m->records = m->records ? m->records : 1;
	if (record->lo < record->hi) {
		m->backwards = m->backwards || record->lo < m->end;
		m->end = record->hi > m->end ? record->hi : m->end;
	}
	/* Making room may leave some in the last one. */
	int rc = last_has_room(m) ? 0 : make_room(m, e);
	if (rc != 0)
		return rc;
	if (!last_has_room(m)) {
		m->strides[m->count++] = *record;
		m->in_last = 0;
	}
	widen(&m->strides[m->count - 1], record->lo, record->hi);
	m->in_last++;
	return 0;
}

/* How many of the first strides begin at or before this byte. */
static size_t begun_by(const struct bytemap *m, uint64_t at)
{
	size_t low = 0, high = m->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (m->strides[mid].lo <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct bytemap_stride *bytemap_find(const struct bytemap *m, uint64_t at, uint64_t n, uint64_t *end)
{
	size_t first = m->count, behind = 0;
	/* In order, only those between the two ends can have some of it. */
	size_t from = m->backwards ? 0 : begun_by(m, at), to = m->backwards ? m->count : begun_by(m, at + n - 1);
	for (size_t i = from > 0 ? from - 1 : 0; i < to; i++) {
		if (m->strides[i].lo >= at + n || m->strides[i].hi <= at)
			continue;
		first = first < i ? first : i;
		behind = i + 1;
	}
	*end = behind < m->count ? m->strides[behind].ordinal : UINT64_MAX;
	return first < m->count ? &m->strides[first] : NULL;
}

bool bytemap_fits(const struct bytemap *m, uint64_t ordinal, const struct bytemap_place *place)
{
	if (ordinal % m->records != 0 || ordinal / m->records >= m->count)
		return true;
	const struct bytemap_place *known = &m->strides[ordinal / m->records].place;
	return known->input == place->input && known->addr == place->addr && known->offset == place->offset && known->len == place->len &&
	       known->skip == place->skip && known->drop == place->drop;
}
