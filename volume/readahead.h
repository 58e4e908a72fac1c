/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file read ahead of its reader, by threads that have nothing else to do: its bytes, the checksums of its blocks, and what they hold where
 * they are encrypted.  Where blocks will begin is guessed from their headers; a wrong guess costs time and nothing else, for what is told
 * of a block is a function of its bytes alone.  Used by the window and the judge. */
#ifndef VOLUME_READAHEAD_H
#define VOLUME_READAHEAD_H

#include "base/buf.h"
#include "base/tasks.h"
#include "format/block.h"
#include "medium/medium.h"

struct readahead;

/* What was found out about one block before anybody asked. */
struct foreseen {
	size_t at; /* in its buffer */
	struct block_header header;
	uint64_t sum; /* block_checksum, if the header claims one */
	/* Decrypted by this key of this ring, and block_checksum of that; NULL: it was not. */
	struct buf *plain;
	const void *ring;
	unsigned index;
	uint64_t plain_sum;
};

/* The key that fitted the last block, and will fit the next. */
struct readahead_key {
	const void *ring; /* NULL: there is none */
	unsigned index;
	bool (*decrypt)(void *ring, unsigned index, const uint8_t *block, size_t len, uint8_t *plain);
};

/* Of in, a file that is read from its beginning on; in, tasks and pool stay until readahead_free (NULL is fine).  threads: how many there
 * are to help.  NULL without memory. */
struct readahead *readahead_new(struct tasks *tasks, unsigned threads, struct buf_pool *pool, const struct medium_input *in);
void readahead_free(struct readahead *r);

/* A buffer, the caller's reference, with the bytes of the file from `at` on, as many as were read in one piece: [*pos, *fill) of it, rest
 * first, which stand before at and were had already.  False: there is nothing, and the caller is to read himself: an error, the end, more
 * rest than there is room for, no memory.  least: bytes of the largest block so far. */
bool readahead_next(struct readahead *r, uint64_t at, const uint8_t *rest, size_t rest_bytes, size_t least, struct buf **buf, size_t *pos,
		    size_t *fill);

/* What is known of the block with this header at block, in the buffer that readahead_next gave last; NULL: nothing.  Its plain is the
 * caller's to take. */
struct foreseen *readahead_foreseen(struct readahead *r, const uint8_t *block, const struct block_header *h);

/* From here on encrypted blocks are opened with it, too. */
void readahead_use(struct readahead *r, const struct readahead_key *key);

#endif
