/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Has this run made something under this path?  16 to 32 bytes for each that it has. */
#ifndef RESTORE_SEEN_H
#define RESTORE_SEEN_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct seen {
	uint64_t *slots; /* 0: free */
	size_t slot_count, used;
};

#define SEEN_NONE ((struct seen){NULL, 0, 0})

/* Idempotent. */
void seen_free(struct seen *s);

/* XE_FAILED without memory. */
int seen_add(struct seen *s, const char *path, struct err *e) __attribute__((warn_unused_result));

bool seen_has(const struct seen *s, const char *path);

#endif
