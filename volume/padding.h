/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zeros between the blocks of a tape's dump: drives pad blocks to sizes of their own.  formats/volume-format.md 1.6 */
#ifndef VOLUME_PADDING_H
#define VOLUME_PADDING_H

#include "volume/window.h"

/* What the blocks so far tell.  Starts as {0}. */
struct padding {
	bool seen;	      /* a dump of a tape */
	uint64_t bytes;	      /* passed over */
	uint64_t label_bytes; /* of the first block with its padding, */
	uint64_t data_bytes;  /* and of the second */
	uint64_t blocks;      /* good ones */
	uint32_t largest;     /* of those */
	uint64_t last_addr;   /* of the block that was read last, */
	uint32_t last_len;    /* and its length without padding, in bytes */
};

/* A block of len bytes was read at addr.  good: it tells of the sizes that blocks have. */
void padding_block(struct padding *p, uint64_t addr, uint32_t len, bool good);

/* Where the next block may stand behind one of len bytes: len, rounded up if there is padding. */
size_t padding_behind(const struct padding *p, size_t len);

/* Passes over the zeros at w, if they are padding behind the last block: up to where a drive would have begun the next one,
 * and a block or the end is there.  *skipped tells; left alone they are damage.  XE_FAILED on read errors and without
 * memory. */
int padding_skip(struct padding *p, struct window *w, bool *skipped, struct err *e) __attribute__((warn_unused_result));

#endif
