/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The units of a batch, as xflate plan finds them. */
#ifndef CMD_VOLUME_BATCHUNITS_H
#define CMD_VOLUME_BATCHUNITS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Volumes that are converted together, in order. */
struct batch_unit {
	size_t first;             /* of its volumes among all */
	const char *const *paths; /* behind those of the unit, */
	size_t count;
	size_t after_count;        /* those that its jobs go on with, */
	const char *const *before; /* and where they were before, the nearest last: where each volume is a unit by itself */
	size_t before_count;
	const char **near;  /* it holds all of these then, else NULL */
	uint64_t bytes;     /* of them, 0 if unknown */
	struct err *unread; /* why it could not be looked at, if the system could not, or what it lacks may be such a one; else NULL */
};

struct batchunits {
	const char **paths; /* of all, unit by unit; they are the caller's */
	char **labels;      /* what the first label in each says that it is called; NULL: that could not be seen */
	size_t path_count;
	struct batch_unit *all;
	size_t count;
	uint64_t bytes;
};

/* Looks at the volumes at paths, count of them, which must stay.  What cannot be looked at is a unit by itself: unread
 * tells why, or its conversion does.  by_volume: each volume is a unit, with its neighbours.
 * XE_FAILED without memory; u is to be freed either way. */
int batchunits_find(struct batchunits *u, const char *const *paths, size_t count, bool by_volume, struct err *e)
	__attribute__((warn_unused_result));

/* Idempotent. */
void batchunits_free(struct batchunits *u);

#endif
