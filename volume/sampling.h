/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which parts of volumes stand for all of them: places that a seed chooses, one in each of many stretches of the same length, each
 * beginning with a block. */
#ifndef VOLUME_SAMPLING_H
#define VOLUME_SAMPLING_H

#include "volume/reading.h"

#define SAMPLING_PIECE_BYTES ((uint64_t)256 << 10)
#define SAMPLING_PIECES_MIN 32u /* of a volume: fewer tell little of how far wrong they may be */

struct sampling {
	double share; /* of the bytes of each volume, 0 to 1 */
	uint64_t seed;
};

struct sample {
	struct reader_range *ranges; /* owned; for struct reader_options */
	size_t count, room;
	uint64_t bytes, of; /* of the pieces, about; of all volumes */
	size_t missed;      /* places where no block was found */
};

/* Chooses them in the volumes at paths, which are files that can be read at any place.  Where that would be half of a volume or more, all of
 * it.  s is zeroed, and to be freed either way.  XE_FAILED; XE_USAGE: a part of it cannot be read. */
int sampling_choose(const char *const *paths, size_t count, const struct sampling *how, struct sample *s, struct err *e)
	__attribute__((warn_unused_result));

/* Idempotent. */
void sampling_free(struct sample *s);

#endif
