/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds names in an array that somebody else owns, whatever its length. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include "base/err.h"

#include <stddef.h>

/* Row i of the array begins i * stride bytes behind rows, its name is a string at the row's beginning. */
struct names {
	uint32_t *slots; /* row + 1, 0: free */
	size_t slot_count, used;
};

#define NAMES_NONE ((struct names){NULL, 0, 0})
#define NAMES_MAX ((size_t)1 << 24)
#define NAMES_ABSENT SIZE_MAX

/* Idempotent; the rows stay. */
void names_free(struct names *n);

/* The first row that was added under this name, or NAMES_ABSENT. */
size_t names_find(const struct names *n, const void *rows, size_t stride, const char *name);

/* Adds rows[row]; nothing happens if its name is there already.  XE_FAILED. */
int names_add(struct names *n, const void *rows, size_t stride, size_t row, struct err *e) __attribute__((warn_unused_result));

#endif
