/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counted buffers from a pool: the reader fills them, workers and the writer hold them as long as they need the bytes.
 * Freed buffers are kept for reuse, because fresh pages cost more than most conversions. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

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

/* All its buffers must have been returned. */
void buf_pool_free(struct buf_pool *pool);

/* A buffer of at least cap bytes with one reference, content undefined.  NULL without memory.  Any thread. */
struct buf *buf_new(struct buf_pool *pool, size_t cap);

void buf_ref(struct buf *b);

/* Drops one reference; the last one returns the buffer to its pool.  NULL is fine.  Any thread. */
void buf_unref(struct buf *b);

#endif
