/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which other volumes of a set one is to be converted with where it is converted by itself: those where a job of it was last, or goes on next.
 * Pure, from glances.  formats/volume-format.md 1.9, 2.3 */
#ifndef VOLUME_NEIGHBOURS_H
#define VOLUME_NEIGHBOURS_H

#include "volume/glance.h"

/* Of one volume: indexes of volumes, ascending. */
struct neighbours_of {
	const size_t *before, *after;
	size_t before_count, after_count;
};

struct neighbours {
	struct neighbours_of *all; /* of each volume */
	size_t *indexes;           /* of all of them, owned */
};

#define NEIGHBOURS_NONE ((struct neighbours){NULL, NULL})

/* all: count volumes in their order.  Fills n, which neighbours_free empties in any case.  XE_FAILED without memory. */
int neighbours_find(struct neighbours *n, const struct glance *const *all, size_t count, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void neighbours_free(struct neighbours *n);

#endif
