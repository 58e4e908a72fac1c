/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the content of one file lies: which of its records has which bytes.  However many there are, at most BYTEMAP_STRIDES places are
 * known: when those are used up, every other one is forgotten, and what lies between two is read on the way. */
#ifndef MOUNT_BYTEMAP_H
#define MOUNT_BYTEMAP_H

#include "base/err.h"
#include "crypt/pkirecord.h"
#include "format/backupread.h"

#include <stdbool.h>
#include <stddef.h>

#define BYTEMAP_STRIDES 16384u /* of 160 bytes: 2.6 MB for a file of any size */

/* A record: in which input, at which address its block begins, where in the block its header stands; its stored length. */
struct bytemap_place {
	uint32_t input, offset, len;
	/* Inside what its client encrypted: the block of cipher text that it begins in stands behind skip bytes of the record, it itself behind drop
	 * bytes of what becomes of that; and the block before, or the initial vector. */
	uint32_t skip;
	uint64_t addr;
	bool inside;
	uint8_t drop, before[PKI_IV_MAX_BYTES];
};

/* Records that follow each other: bytes of the file from lo to hi (not included) are in them, and nowhere else if the file is in order. */
struct bytemap_stride {
	struct bytemap_place place; /* of the first */
	uint64_t ordinal;           /* its number among the file's data records: 0, 1, 2... */
	uint64_t lo, hi;
	uint64_t next;            /* where data without an address goes on */
	struct backupread backup; /* as it stands before it, where BackupRead made the data */
};

/* All zero at the beginning. */
struct bytemap {
	struct bytemap_stride *strides;
	size_t count, cap;
	unsigned records; /* in each stride, 0: 1 */
	unsigned in_last; /* in the last one so far */
	uint64_t end;     /* behind the highest byte */
	bool backwards;   /* some record has bytes before those of an earlier one: the later ones count */
};

/* Idempotent. */
void bytemap_free(struct bytemap *m);

/* The next record, all of stride but hi and lo as it stands before the record; lo == hi: it has no data.  XE_FAILED without memory. */
int bytemap_add(struct bytemap *m, const struct bytemap_stride *record, struct err *e) __attribute__((warn_unused_result));

/* The stride to begin with for what lies at bytes at to at + n, and the ordinal behind the last record that may have some of it.  NULL: no
 * record has. */
const struct bytemap_stride *bytemap_find(const struct bytemap *m, uint64_t at, uint64_t n, uint64_t *end);

/* Is this, as far as is known, the place of the record of this ordinal? */
bool bytemap_fits(const struct bytemap *m, uint64_t ordinal, const struct bytemap_place *place);

#endif
