/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which parts of a volume stand for all of it: places that a seed chooses, one in each of many stretches of the same length, each
 * beginning with a block. */
#ifndef VOLUME_SAMPLING_H
#define VOLUME_SAMPLING_H

#include "volume/reading.h"

#define SAMPLING_PIECE_BYTES ((uint64_t)256 << 10)
#define SAMPLING_PIECES_MIN 16u                 /* of a volume: fewer tell little of how far wrong they may be */
#define SAMPLING_TAIL_BYTES ((uint64_t)1 << 20) /* behind a piece, where the last of its records end */

struct sampling {
	double share; /* of the volume's bytes, 0 to 1 */
	uint64_t seed;
};

/* One is the range, and of it the records that begin in its first SAMPLING_PIECE_BYTES. */
struct sample {
	bool whole;                  /* there are no pieces: all of it is to be read */
	struct reader_range *pieces; /* owned; for struct reader_options, one by one */
	size_t count, room;
	uint64_t of;   /* bytes of the volume, */
	uint64_t read; /* and of the pieces, without what is behind them */
	size_t missed; /* places where no block was found */
};

/* Chooses them in the volume at path.  Where that would be half of it or more, all.  s is zeroed, and to be freed either way.  XE_FAILED;
 * XE_USAGE: parts of it cannot be read, for it is no file. */
int sampling_choose(const char *path, const struct sampling *how, struct sample *s, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void sampling_free(struct sample *s);

#endif
