/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of the block at hand: whole ones are handed out, parts are joined per session.  The half of the assembler that
 * minds records, and the state of both; assembler.c minds blocks, and alone uses it. */
#ifndef VOLUME_JOINER_H
#define VOLUME_JOINER_H

#include "volume/gap.h"
#include "volume/pastblocks.h"
#include "volume/reading.h"
#include "volume/session.h"

struct assembler {
	const struct reader_options *o;
	struct buf_pool *pool;
	struct session_table sessions;
	struct recall_files files; /* to read parts again */
	uint32_t largest;
	unsigned damages, damages_before; /* bad blocks so far, and before this volume */
	struct pastblocks past;
	unsigned passed_over; /* how often blocks were, */
	unsigned damages_by_then;

	/* The volume at hand */
	struct volume *volume;
	uint64_t began;          /* address in its input */
	bool label_taken;        /* its label was handed out */
	bool data_seen;          /* something of a session was */
	bool first_block;        /* no block of a job was read yet */
	struct block_trace last; /* block that was read, on this volume or the one before */
	bool before_seen;        /* and that was looked up where the one before is not of the set */

	/* The block being taken apart */
	const struct source_item *block;
	bool in_block, block_announced, repeat_checked, gap_checked;
	bool again;     /* it ended the volume before, too: nothing of it is taken */
	struct gap gap; /* in its records: rest ends there */
	bool gap_told;
	uint32_t record_at; /* offset of the record at hand in the block */
	struct rd rest;
	struct session *session; /* of the last record of the block */

	struct session *cut; /* at the end of a volume: the session to look at next */
	struct buf *lent;    /* buffer of a joined record, until the next call */
};

/* The session of a record of the block at hand, in BB01 its own.  NULL without memory for it. */
struct session *joiner_session(struct assembler *a, const struct record_header *h, struct err *e);

/* An item of the block at hand, at the record at hand. */
struct item joiner_item_here(const struct assembler *a, enum item_kind kind);

/* Damage of len bytes there, and of s (NULL: of the session at hand). */
struct item joiner_damage(const struct assembler *a, const struct session *s, uint64_t len, const char *reason);

/* What a record of s is, whose header h stands in the block at hand with part of its data behind it: its beginning, or, where
 * h->stream < 0, more of it.  Returns 1 if item was filled, 0 if not, < 0 on error (memory, or as recall_read).  Where the record that
 * waits must be told of first, a->rest is back before h. */
int joiner_begin(struct assembler *a, struct session *s, const struct record_header *h, struct span part, struct item *item, struct err *e)
	__attribute__((warn_unused_result));
int joiner_go_on(struct assembler *a, struct session *s, const struct record_header *h, struct span part, struct item *item, struct err *e)
	__attribute__((warn_unused_result));

/* The record of s that waits, whose rest was passed over; the one at hand is back.  Returns as above. */
int joiner_leave(struct assembler *a, struct session *s, struct span part, struct item *item, struct err *e)
	__attribute__((warn_unused_result));

/* The record of s that waits at the end of a volume, whole if its rest was read ahead.  Returns 1, or < 0 as above. */
int joiner_cut(struct assembler *a, struct session *s, struct item *item, struct err *e) __attribute__((warn_unused_result));

/* May damage be why the record of s that waits at the end of a volume has no rest? */
bool joiner_is_hurt(const struct assembler *a, const struct session *s);

/* The buffer lent with the last item goes back. */
void joiner_release(struct assembler *a);

#endif
