/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocks that were read, so that those are known again that stand on the volumes once more, however far behind.  Used by
 * the assembler alone. */
#ifndef VOLUME_PASTBLOCKS_H
#define VOLUME_PASTBLOCKS_H

#include "base/buf.h"
#include "format/block.h"

/* A set of fingerprints, six bytes for a block on average: open addressing, 0 is a free place.  Begin with all zero. */
struct pastblocks {
	uint32_t *prints;
	size_t cap, count; /* cap: 0 or a power of two */
};

/* Idempotent. */
void pastblocks_free(struct pastblocks *p);

/* What tells a block of h->len plain bytes from others: its session, its number, its length and its content. */
uint32_t pastblocks_print(const uint8_t *block, const struct block_header *h, bool has_checksum);

/* The same, whatever its content: of a damaged one that may stand there once more without its wound. */
uint32_t pastblocks_place(const struct block_header *h);

bool pastblocks_had(const struct pastblocks *p, uint32_t print);

/* Remembers one.  Memory for it is charged to pool; where there is none, it will not be known again. */
void pastblocks_add(struct pastblocks *p, uint32_t print, struct buf_pool *pool);

#endif
