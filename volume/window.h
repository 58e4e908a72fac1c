/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read of one input and not yet passed: bytes [pos, fill) of a counted buffer.  Blocks that were handed out point
 * into it, so when somebody still holds it, the rest moves to a new one. */
#ifndef VOLUME_WINDOW_H
#define VOLUME_WINDOW_H

#include "base/buf.h"
#include "base/digest.h"
#include "medium/medium.h"
#include "volume/readahead.h"
#include "volume/volumehash.h"

#define WINDOW_BYTES ((size_t)128 << 10)

struct window {
	struct medium_input in; /* owned */
	struct buf_pool *pool;
	struct digest *digest;   /* of every byte read; may be NULL */
	struct volumehash *hash; /* of every byte passed over, up to hashed; owned, NULL: not wanted */
	size_t hashed;           /* <= pos */
	struct buf *buf;
	size_t pos, fill;
	bool end;                /* nothing behind fill */
	uint64_t offset;         /* of pos in the input: an address */
	uint64_t first;          /* address that the input begins at */
	uint64_t jumped;         /* of offset: what no bytes stand for, where addresses jump */
	uint64_t bytes;          /* read */
	struct readahead *ahead; /* owned; NULL: nobody reads ahead */
	bool placed;             /* read from any place, by window_go: no more than up to limit but where more is asked for */
	uint64_t limit;
	size_t least;      /* bytes of the next buffer, if WINDOW_BYTES are not enough */
	size_t block_room; /* by_block: asked at a time, grown as its blocks need */
};

/* Takes in over.  pool and digest must stay until window_close, which is idempotent. */
void window_open(struct window *w, struct buf_pool *pool, struct medium_input *in, struct digest *digest);
void window_close(struct window *w);

/* Bytes at window_here. */
static inline size_t window_left(const struct window *w)
{
	return w->fill - w->pos;
}

/* Valid until the next window_have; longer with a reference to w->buf. */
static inline const uint8_t *window_here(const struct window *w)
{
	return w->buf->data + w->pos;
}

/* Passes over n <= window_left bytes. */
static inline void window_advance(struct window *w, size_t n)
{
	w->pos += n;
	w->offset += n;
}

/* From here on pos is where the caller says, and what lies between two places is not read.  The input is rereadable, hash not wanted. */
void window_place(struct window *w);

/* Files that are not placed are read ahead by tasks from here on, before anything is read of them; nothing on other media.  XE_FAILED without
 * memory. */
int window_read_ahead(struct window *w, struct tasks *tasks, unsigned threads, struct err *e) __attribute__((warn_unused_result));

/* pos is at offset, >= that of now; what is asked for ends before limit, or not far behind it.  window_place was called. */
void window_go(struct window *w, uint64_t offset, uint64_t limit);

/* Another volume may begin at this offset, that of a block which was passed over last, and nothing read since.  hash is not NULL, here
 * and below. */
void window_mark(struct window *w, uint64_t offset);

/* XXH64 of the volume that ends at pos, or (at_mark) before what was marked last. */
uint64_t window_end_volume(struct window *w, bool at_mark);

/* What window_have does when n bytes are not there yet. */
int window_read(struct window *w, size_t n, struct err *e) __attribute__((warn_unused_result));

/* Makes n bytes available from pos on, if the input has them: window_left tells.  XE_FAILED on read errors and without
 * memory. */
__attribute__((warn_unused_result)) static inline int window_have(struct window *w, size_t n, struct err *e)
{
	return window_left(w) >= n || w->end ? 0 : window_read(w, n, e);
}

/* Behind the end, with nothing left: does the input go on elsewhere?  window_pass_gap then goes there. */
bool window_gap(const struct window *w, struct medium_gap *gap);
void window_pass_gap(struct window *w, const struct medium_gap *gap);

/* Bytes from the input's beginning to pos, and those that are known to be missing. */
static inline uint64_t window_passed(const struct window *w)
{
	return w->offset - w->jumped;
}

/* What comes next on a medium that is read by_block, a block of *got bytes at w->buf->data; never MEDIUM_LARGER.  XE_FAILED as above. */
int window_next(struct window *w, size_t *got, uint64_t *addr, enum medium_found *found, struct err *e) __attribute__((warn_unused_result));

#endif
