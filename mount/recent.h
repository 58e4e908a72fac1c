/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of a file that were decoded last, for who reads on in them: by readahead and several readers at once, in any order. */
#ifndef MOUNT_RECENT_H
#define MOUNT_RECENT_H

#include "base/bytes.h"

#define RECENT_RECORDS 64u

struct recent_piece {
	uint64_t at; /* in the file */
	size_t len;
};

struct recent_record {
	uint64_t ordinal;
	uint64_t lo, hi; /* between its lowest and highest byte; both 0: it has none */
	struct recent_piece *pieces;
	size_t count, cap;
	uint8_t *data; /* of the pieces, one behind the other */
	size_t len, data_cap;
};

/* All zero at the beginning. */
struct recent {
	struct recent_record *records[RECENT_RECORDS];
	unsigned first, count; /* in a ring: the oldest first */
};

/* Idempotent. */
void recent_free(struct recent *r);

/* An empty record to fill, valid until the next one; the oldest go until what is kept is below limit bytes.  NULL without memory. */
struct recent_record *recent_new(struct recent *r, size_t limit);

/* Copies a piece to it.  False without memory. */
bool recent_add(struct recent_record *record, uint64_t at, struct span data);

/* Are all records here that have some of these bytes of a file whose records are in order?  Those with the ordinals from *from to *to, both
 * included, then. */
bool recent_has(const struct recent *r, uint64_t at, uint64_t n, uint64_t *from, uint64_t *to);

/* NULL if it is not here. */
const struct recent_record *recent_at(const struct recent *r, uint64_t ordinal);

#endif
