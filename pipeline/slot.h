/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one thread has at hand: some items of the reader, and the records that the stages made of them.  Converting goes
 * on until the slot's arena is full; the rest is converted when the slot's turn to be written has come and the arena can
 * be used again, so memory stays bounded however far the data inflates. */
#ifndef PIPELINE_SLOT_H
#define PIPELINE_SLOT_H

#include "pipeline/cipher.h"
#include "pipeline/stage.h"
#include "volume/observer.h"

#define SLOT_ITEMS 1024u

struct slot {
	struct item *items;
	struct converted *done; /* what a worker made of each item */
	size_t item_count, done_count;
	struct buf **bufs; /* held for the items */
	size_t buf_count;
	struct arena arena;
	struct sums *sums; /* NULL: none are wanted */
	const struct stage_policy *policy;
	const struct cipher_volume *cipher; /* what the volume is encrypted with, or NULL */
	struct err err;                     /* found while reading: surfaces behind the items, */
	size_t input;                       /* in this input */
};

/* s: zeroed; observer: who is to see its items, lent, or NULL.  False without memory; slot_free then, too. */
bool slot_init(struct slot *s, const struct observer *observer);
void slot_free(struct slot *s);

/* Lets go of everything but the memory. */
void slot_empty(struct slot *s);

/* Keeps the bytes of an item that was added. */
void slot_hold(struct slot *s, struct buf *b);

/* Converts items from done_count on, until all are done or the arena is full.  pass: records are only counted. */
void slot_convert(struct slot *s, struct stage_ctx *ctx, bool pass);

#endif
