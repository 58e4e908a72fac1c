/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several items became: records to be written, and their bytes. */
#ifndef PIPELINE_ARENA_H
#define PIPELINE_ARENA_H

#include "volume/outrecord.h"

/* {0} is an empty one. */
struct arena {
	uint8_t *data; /* never moves while something is in it */
	size_t cap, used;
	struct outrecord *records; /* their bytes are in data, or an item's */
	size_t record_count, record_cap;
};

void arena_free(struct arena *a);

/* Lets go of everything but the memory. */
void arena_empty(struct arena *a);

/* Room for bytes; only where no byte is in use.  False without memory. */
bool arena_grow(struct arena *a, size_t bytes);

/* Are so many bytes free? */
bool arena_has(const struct arena *a, size_t bytes);

/* Another record.  False without memory. */
bool arena_add(struct arena *a, const struct outrecord *r);

#endif
