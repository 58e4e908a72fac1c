/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/recent.h"

#include <stdlib.h>

static void free_record(struct recent_record *r)
{
	if (r == NULL)
		return;
	free(r->pieces);
	free(r->data);
	free(r);
}

void recent_free(struct recent *r)
{
	for (unsigned i = 0; i < RECENT_RECORDS; i++)
		free_record(r->records[i]);
	*r = (struct recent){0};
}

static struct recent_record *nth(const struct recent *r, unsigned i)
{
	return r->records[(r->first + i) % RECENT_RECORDS];
}

static size_t kept(const struct recent *r)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < r->count; i++)
		bytes += nth(r, i)->data_cap;
	return bytes;
}

/* The memory of the last one that goes is used again. */
struct recent_record *recent_new(struct recent *r, size_t limit)
{
	struct recent_record *fresh = NULL;
	while (r->count > 0 && (r->count == RECENT_RECORDS || kept(r) >= limit)) {
		free_record(fresh);
		fresh = nth(r, 0);
		r->records[r->first] = NULL;
		r->first = (r->first + 1) % RECENT_RECORDS;
		r->count--;
	}
	if (fresh == NULL)
		fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return NULL;
	fresh->lo = fresh->hi = 0;
	fresh->count = fresh->len = 0;
	r->records[(r->first + r->count++) % RECENT_RECORDS] = fresh;
	return fresh;
}

static bool has_room(struct recent_record *record, size_t bytes)
{
	if (record->count == record->cap) {
		size_t cap = record->cap ? record->cap * 2 : 4;
		struct recent_piece *grown = realloc(record->pieces, cap * sizeof *grown);
		if (grown == NULL)
			return false;
		record->pieces = grown;
		record->cap = cap;
	}
	if (bytes <= record->data_cap - record->len)
		return true;
	uint8_t *grown = realloc(record->data, record->len + bytes);
	if (grown == NULL)
		return false;
	record->data = grown;
	record->data_cap = record->len + bytes;
	return true;
}

bool recent_add(struct recent_record *record, uint64_t at, struct span data)
{
	if (data.len == 0)
		return true;
	if (!has_room(record, data.len))
		return false;
	record->lo = record->count == 0 || at < record->lo ? at : record->lo;
	record->hi = record->count == 0 || at + data.len > record->hi ? at + data.len : record->hi;
	record->pieces[record->count++] = (struct recent_piece){at, data.len};
	memcpy(record->data + record->len, data.data, data.len);
	record->len += data.len;
	return true;
}

const struct recent_record *recent_at(const struct recent *r, uint64_t ordinal)
{
	for (unsigned i = r->count; i-- > 0;) {
		if (nth(r, i)->ordinal == ordinal)
			return nth(r, i);
	}
	return NULL;
}

/* The last one that begins at or before this byte. */
static const struct recent_record *begun_by(const struct recent *r, uint64_t at)
{
	const struct recent_record *best = NULL;
	for (unsigned i = 0; i < r->count; i++) {
		const struct recent_record *one = nth(r, i);
		if (one->count > 0 && one->lo <= at && (best == NULL || one->ordinal > best->ordinal))
			best = one;
	}
	return best;
}

bool recent_has(const struct recent *r, uint64_t at, uint64_t n, uint64_t *from, uint64_t *to)
{
	const struct recent_record *last = begun_by(r, at);
	if (last == NULL)
		return false;
	*from = *to = last->ordinal;
	/* Between two that follow each other there is nothing but a hole. */
	for (uint64_t hi = last->hi; hi < at + n; *to = last->ordinal) {
		last = recent_at(r, last->ordinal + 1);
		if (last == NULL)
			return false;
		hi = last->count > 0 ? last->hi : hi;
		if (last->count > 0 && last->lo >= at + n)
			return true;
	}
	return true;
}
