/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one thread has at hand: some items of the reader, and the records that the stages made of them.  Converting goes
 * on until the slot's arena is full; the rest is converted when the slot's turn to be written has come and the arena can
 * be used again, so memory stays bounded however far the data inflates. */
#ifndef PIPELINE_SLOT_H
#define PIPELINE_SLOT_H

#include "pipeline/cipher.h"
#include "pipeline/stage.h"

#define SLOT_ITEMS 1024u

/* What a worker made of one item. */
struct converted {
	enum stage_status status;
	size_t first, count; /* records of the slot */
	bool changed, doubled, number_kept;
	const struct codec *from;
	uint64_t inflate_in, inflate_out, deflate_in, deflate_out;
	struct session_label *label; /* of the start or the end of a session, if it can be read; else NULL */
	char *reason;                /* NULL but for damage.  Both malloc'ed, and the slot's */
};

struct slot {
	struct item *items;
	struct converted *done;
	size_t item_count, done_count;
	struct buf **bufs; /* held for the items */
	size_t buf_count;
	struct outrecord *records;
	size_t record_count, record_cap;
	struct arena arena;
	const struct stage_policy *policy;
	const struct cipher_volume *cipher; /* what the volume is encrypted with, or NULL */
	struct err err;                     /* found while reading: surfaces behind the items, */
	size_t input;                       /* in this input */
};

/* s: zeroed.  False without memory; slot_free then, too. */
bool slot_init(struct slot *s);
void slot_free(struct slot *s);

/* Lets go of everything but the memory. */
void slot_empty(struct slot *s);

/* Keeps the bytes of an item that was added. */
void slot_hold(struct slot *s, struct buf *b);

/* Converts items from done_count on, until all are done or the arena is full.  pass: records are only counted. */
void slot_convert(struct slot *s, struct stage_ctx *ctx, bool pass);

#endif
