/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/arena.h"

#include "base/array.h"

#include <stdlib.h>

void arena_free(struct arena *a)
{
	free(a->data);
	free(a->records);
	*a = (struct arena){0};
}

void arena_empty(struct arena *a)
{
	a->used = a->record_count = 0;
}

bool arena_grow(struct arena *a, size_t bytes)
{
	free(a->data);
	a->data = malloc(bytes);
	a->cap = a->data ? bytes : 0;
	return a->data != NULL;
}

bool arena_has(const struct arena *a, size_t bytes)
{
	return a->data && a->cap - a->used >= bytes;
}

bool arena_add(struct arena *a, const struct outrecord *r)
{
	struct outrecord *records = array_reach(a->records, &a->record_cap, a->record_count, sizeof *records);
	if (records == NULL)
		return false;
	a->records = records;
	a->records[a->record_count++] = *r;
	return true;
}
