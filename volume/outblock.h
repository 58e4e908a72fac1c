/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocks that are being filled, one a session: given a size and a number, sealed, encrypted and written when they are
 * full, or when their memory is wanted.  Used by the packer alone. */
#ifndef VOLUME_OUTBLOCK_H
#define VOLUME_OUTBLOCK_H

#include "medium/sink.h"
#include "volume/packing.h"

struct outblock {
	const struct job *job;
	uint8_t *data;              /* cap bytes, owned; header space first; NULL while nothing waits */
	size_t cap, used, capacity; /* capacity: used may become that */
	struct block_form form;
	uint32_t number;                 /* of the next block */
	int32_t first_index, last_index; /* of data in it, 0 if none: its filler says */
	bool on_volume;                  /* a block of the session was written to this volume: */
	uint64_t first_addr, last_end;   /* address of the first, end address of the last */
	struct outblock *older, *newer;  /* among those with memory, by last use */
};

/* All of one packer. */
struct outblocks {
	const struct packer_options *o; /* borrowed, as is sink */
	struct sink *sink;
	uint32_t max_plain;               /* bytes of the largest other block where o says nothing; 0: as the input's */
	uint32_t max_encrypted;           /* bytes of the largest encrypted block where o says nothing */
	size_t waiting;                   /* bytes of memory of all blocks */
	struct outblock *oldest, *newest; /* with memory */
};

/* Begins a block in the form of item's, with room for records behind its header.  XE_FAILED without memory or when another
 * session's block has to be written for it and cannot. */
int outblock_begin(struct outblocks *all, struct outblock *b, const struct item *item, struct err *e) __attribute__((warn_unused_result));

/* What outblock_ensure does when there is more memory to get.  bytes <= b->capacity. */
int outblock_grow(struct outblocks *all, struct outblock *b, size_t bytes, struct err *e) __attribute__((warn_unused_result));

/* Makes room for bytes in all.  Errors as above. */
__attribute__((warn_unused_result)) static inline int outblock_ensure(struct outblocks *all, struct outblock *b, size_t bytes,
								      struct err *e)
{
	return bytes <= b->cap ? 0 : outblock_grow(all, b, bytes, e);
}

/* Writes the block, if there is one; its memory stays for the next.  XE_FAILED. */
int outblock_flush(struct outblocks *all, struct outblock *b, struct err *e) __attribute__((warn_unused_result));

/* Gives its memory back, whatever is in it. */
void outblock_free(struct outblocks *all, struct outblock *b);

#endif
