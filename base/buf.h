/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counted buffers from a pool: the reader fills them, workers and the writer hold them as long as they need the bytes.
 * Freed buffers are kept for reuse, because fresh pages cost more than most conversions. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf_pool;

struct buf {
	uint8_t *data;
	size_t cap; /* bytes at data */
	struct buf_pool *pool;
	struct buf *next; /* in the pool's list of free buffers */
	_Atomic unsigned refs;
};

/* keep_bytes: how much freed memory the pool holds back for reuse.  NULL without memory. */
struct buf_pool *buf_pool_new(size_t keep_bytes);

#define BUF_LIMIT_BYTES ((uint64_t)1 << 30) /* of a new pool */

/* How many bytes may be charged to it in all.  buf_new neither asks nor charges: those do who keep what a volume claims to
 * need.  What is only passed on is not counted, for how much of it there is depends on how fast others take it. */
void buf_pool_limit(struct buf_pool *pool, uint64_t bytes);
uint64_t buf_pool_limit_bytes(const struct buf_pool *pool);

/* Would bytes more be within the limit?  Any thread. */
bool buf_pool_allows(const struct buf_pool *pool, uint64_t bytes);

/* Counts memory that is kept, and no longer. */
void buf_pool_charge(struct buf_pool *pool, uint64_t bytes);
void buf_pool_discharge(struct buf_pool *pool, uint64_t bytes);

/* All its buffers must have been returned.  NULL is fine. */
void buf_pool_free(struct buf_pool *pool);

/* A buffer of at least cap bytes with one reference, content undefined.  NULL without memory.  Any thread. */
struct buf *buf_new(struct buf_pool *pool, size_t cap);

/* One reference more.  Any thread. */
void buf_ref(struct buf *b);

/* Drops one reference; the last one returns the buffer to its pool.  NULL is fine.  Any thread. */
void buf_unref(struct buf *b);

#endif
