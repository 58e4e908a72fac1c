/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of FileIndexes, as the ranges that they are. */
#ifndef CATALOG_INDEXES_H
#define CATALOG_INDEXES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct indexes_range {
	int32_t first, last;
};

/* Begins with all zero. */
struct indexes {
	struct indexes_range *ranges; /* ascending; between two of them something is missing */
	size_t count, room;
};

/* Idempotent. */
void indexes_free(struct indexes *s);

/* Adds first to last, of which first > 0; nothing if last is below it.  XE_FAILED without memory. */
int indexes_add(struct indexes *s, int32_t first, int32_t last, struct err *e) __attribute__((warn_unused_result));

/* Adds those of first to last that are not in without.  Errors as above. */
int indexes_add_rest(struct indexes *s, int32_t first, int32_t last, const struct indexes *without, struct err *e)
	__attribute__((warn_unused_result));

/* Adds what text says: "5", "5-9", "1,5-9".  XE_USAGE, and as above. */
int indexes_parse(struct indexes *s, const char *text, struct err *e) __attribute__((warn_unused_result));

/* How many they are. */
uint64_t indexes_total(const struct indexes *s);

/* The first range, by its place, that ends at index or behind it; s->count if there is none. */
size_t indexes_from(const struct indexes *s, int32_t index);

/* Is any of first to last among them? */
bool indexes_meet(const struct indexes *s, int32_t first, int32_t last);

#endif
