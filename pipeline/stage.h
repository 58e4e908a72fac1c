/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two stages that a record passes, inflate and deflate: a pure function of one record.
 * formats/volume-format.md 4.3, 4.4, 5 */
#ifndef PIPELINE_STAGE_H
#define PIPELINE_STAGE_H

#include "codec/codec.h"
#include "format/relabel.h"
#include "pipeline/arena.h"

/* What is done to the records of one volume. */
struct stage_policy {
	bool inflate, deflate;
	const struct codec *codec; /* deflate */
	int level;
	bool recompress;  /* also records that are in that codec already */
	bool bare;        /* in streams 4, 7, 12 without a header, not in 29, 30, 31 */
	size_t plain_max; /* plain bytes of one compressed record, not 0 */
	enum product target;
	enum relabel_owner owner; /* labels of the other product's sessions become this one's, and so do numbers of digests */
	bool strict;              /* records kept as they are must be readable by target, too */
};

/* Records compressed with codec (NULL: none is), for readers of target; form: whose streams are used for them.  The rest is zero. */
struct stage_policy stage_policy_for(const struct codec *codec, int level, enum product target, enum product form);

enum stage_status {
	STAGE_DONE,
	STAGE_ROOM,    /* the arena is too small: try again with stage_room bytes free */
	STAGE_DAMAGE,  /* the record is not what its format says: stage_reason */
	STAGE_MISSING, /* parts of the record are not there, and it would have to change its stream */
	STAGE_FOREIGN, /* kept as it is, target could not read it: stage_reason */
	STAGE_MEMORY,
};

/* What became of one item. */
struct converted {
	enum stage_status status;
	size_t first, count; /* records of the arena; none but for STAGE_DONE */
	bool changed, inflated, deflated;
	bool doubled;             /* the plain data repeats the record's own address: a wound of Bareos's autoxflate, left as it is */
	bool number_kept;         /* would the record have its stream number still? */
	const struct codec *from; /* of compressed input, else NULL */
	uint64_t inflate_in, inflate_out; /* record bytes: header, address and all */
	uint64_t deflate_in, deflate_out;
	struct counted counted;      /* of a digest's record, where its file is whole in the slot (pipeline/sums.h) */
	struct session_label *label; /* of the start or the end of a session, if it can be read; else NULL */
	char *reason;                /* a copy of stage_reason, or NULL.  Both malloc'ed, and the slot's */
};

/* Working memory of one thread, for stage_ctx_free (NULL is fine).  NULL without memory. */
struct stage_ctx;
struct stage_ctx *stage_ctx_new(void);
void stage_ctx_free(struct stage_ctx *ctx);

/* item: an ITEM_RECORD, FileIndex and stream as read.  Fills c; adds to the arena what the item became, or nothing. */
enum stage_status stage_apply(struct stage_ctx *ctx, const struct stage_policy *policy, const struct item *item, struct arena *arena,
			      struct converted *c);

/* Of the last call that returned STAGE_DAMAGE or STAGE_FOREIGN; STAGE_ROOM. */
/* Behind STAGE_ROOM, when nothing in the arena is in use any more: room for the next try.  False without memory. */
bool stage_make_room(const struct stage_ctx *ctx, struct arena *arena);
const char *stage_reason(const struct stage_ctx *ctx);
size_t stage_room(const struct stage_ctx *ctx);

/* The plain data of a record, its address apart; valid until ctx is used again.  STAGE_DAMAGE: it is not all there, or does
 * not decode; STAGE_MEMORY. */
enum stage_status stage_plain(struct stage_ctx *ctx, const struct item *item, struct span *address, struct span *plain);

/* Length of the record whose first bytes item has, as its compression header says; 0 if it has none to believe.  item: of a headed
 * stream. */
uint64_t stage_declared_bytes(const struct item *item);

#endif
