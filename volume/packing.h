/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How blocks are written, and what is told of them. */
#ifndef VOLUME_PACKING_H
#define VOLUME_PACKING_H

#include "volume/item.h"

/* A block as written, for the map. */
struct packed_block {
	const struct job *job; /* NULL: the volume label */
	uint64_t addr, end;    /* volume-format.md 3.6 */
	uint32_t len, number;
	int32_t first_index, last_index; /* of data in it, 0 if none */
	struct span data;                /* all of it; lent */
};

struct packer_options {
	uint32_t max_block; /* bytes; 0: the largest of the input so far, at least BLOCK_DEFAULT_BYTES */
	void (*on_block)(void *arg, const struct packed_block *b);
	/* Encrypts a whole, sealed block of len bytes in place, where its form says that it is to be. */
	int (*encrypt)(void *arg, uint8_t *block, size_t len, struct err *e);
	void *arg;
};

#endif
