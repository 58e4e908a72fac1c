/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/names.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64u

void names_free(struct names *n)
{
	free(n->slots);
	*n = NAMES_NONE;
}

static const char *name_at(const void *rows, size_t stride, size_t row)
{
	return (const char *)rows + row * stride;
}

/* FNV-1a.  The number of slots is a power of two, and at least half of them are free. */
static uint32_t *slot_of(const struct names *n, const void *rows, size_t stride, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		hash = (hash ^ *p) * 0x100000001b3u;
	size_t at = (size_t)(hash ^ hash >> 32) & (n->slot_count - 1);
	while (n->slots[at] && strcmp(name_at(rows, stride, n->slots[at] - 1), name) != 0)
		at = (at + 1) & (n->slot_count - 1);
	return &n->slots[at];
}

size_t names_find(const struct names *n, const void *rows, size_t stride, const char *name)
{
	if (n->slot_count == 0)
		return NAMES_ABSENT;
	uint32_t row = *slot_of(n, rows, stride, name);
	return row ? row - 1 : NAMES_ABSENT;
}

static int widen(struct names *n, const void *rows, size_t stride, struct err *e)
{
	struct names wide = {.slot_count = n->slot_count ? n->slot_count * 2 : FIRST_SLOTS, .used = n->used};
	wide.slots = calloc(wide.slot_count, sizeof *wide.slots);
	if (wide.slots == NULL)
		return err_memory(e, wide.slot_count * sizeof *wide.slots, "names");
	for (size_t i = 0; i < n->slot_count; i++) {
		if (n->slots[i])
			*slot_of(&wide, rows, stride, name_at(rows, stride, n->slots[i] - 1)) = n->slots[i];
	}
	names_free(n);
	*n = wide;
	return 0;
}

int names_add(struct names *n, const void *rows, size_t stride, size_t row, struct err *e)
{
	if (row >= NAMES_MAX)
		return err_set(e, XE_FAILED, "more than %zu names", NAMES_MAX);
	if ((n->used + 1) * 2 > n->slot_count) {
		int r = widen(n, rows, stride, e);
		if (r != 0)
			return r;
	}
	uint32_t *slot = slot_of(n, rows, stride, name_at(rows, stride, row));
	if (*slot == 0) {
		*slot = (uint32_t)row + 1;
		n->used++;
	}
	return 0;
}
