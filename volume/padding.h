/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zeros between the blocks of a tape's dump: drives pad blocks to sizes of their own, and so does `dd conv=sync`.  How far is
 * learnt from the good blocks; more zeros than that stand where a block was.  formats/volume-format.md 1.6 */
#ifndef VOLUME_PADDING_H
#define VOLUME_PADDING_H

#include "format/block.h"
#include "volume/window.h"

enum padding_kind { PADDING_DATA, PADDING_LABEL, PADDING_FOREIGN }; /* of a block: a volume's label, a tape label of 80 bytes */

/* Room: bytes from where a block begins to where the next one does.  Only of blocks that are followed by another. */
struct padding_rooms {
	bool bare;         /* there are blocks with no padding, of lengths that no drive writes: this is no dump */
	bool foreign_bare; /* tape labels have none */
	uint32_t odd;      /* such a length, 0: none yet; it may be that of all, if only others have padding */
	bool padded;
	unsigned count;      /* of data blocks */
	uint64_t least;      /* room of them, */
	uint64_t least_long; /* of those with more than padding to 1024, */
	uint64_t step;       /* and the largest number that divides all */
	uint64_t label;      /* the label block's, 0: not known */
};

/* What the blocks so far tell.  Starts as {0}. */
struct padding {
	bool seen;      /* a dump of a tape */
	uint64_t bytes; /* passed over */
	struct padding_rooms rooms;
	bool follows;   /* a block was read last, and nothing since: */
	bool last_good; /* it tells of the sizes that blocks have */
	enum padding_kind last;
	uint64_t last_addr; /* its address, */
	uint32_t last_len;  /* and its length without padding, in bytes */
	uint64_t own;       /* how far its padding went, where more zeros follow; 0: they do not */
	uint64_t zeros_end; /* those go up to here, and a block follows; 0: not known */
};

/* What the block of header h is, left bytes of which are at block. */
enum padding_kind padding_kind_of(const uint8_t *block, size_t left, const struct block_header *h);

/* A block of len bytes was read at addr.  good: it tells of the sizes that blocks have. */
void padding_block(struct padding *p, enum padding_kind kind, uint64_t addr, uint32_t len, bool good);

/* Something was read that is no block. */
void padding_lost(struct padding *p);

/* Where the next block may stand behind one of len bytes: len, rounded up if there is padding. */
size_t padding_behind(const struct padding *p, size_t len);

/* Passes over the zeros at w, as far as they are padding behind the last block; *skipped tells whether there were any.  Left alone
 * they are damage.  XE_FAILED on read errors and without memory. */
int padding_skip(struct padding *p, struct window *w, bool *skipped, struct err *e) __attribute__((warn_unused_result));

#endif
