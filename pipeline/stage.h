/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two stages that a record passes, inflate and deflate: a pure function of one record.
 * formats/volume-format.md 4.3, 4.4, 5 */
#ifndef PIPELINE_STAGE_H
#define PIPELINE_STAGE_H

#include "codec/codec.h"
#include "format/relabel.h"
#include "volume/outrecord.h"

/* What is done to the records of one volume. */
struct stage_policy {
	bool inflate, deflate;
	const struct codec *codec; /* deflate */
	int level;
	bool force;       /* also records that are in that codec already */
	bool bare;        /* in streams 4, 7, 12 without a header, not in 29, 30, 31 */
	size_t plain_max; /* plain bytes of one compressed record */
	enum product target;
	enum relabel_owner owner; /* labels of the other product's sessions become this one's, and so do numbers of digests */
	bool strict;              /* records kept as they are must be readable by target, too */
};

/* Output bytes of several records.  Never moves while something is in it. */
struct arena {
	uint8_t *data;
	size_t cap, used;
};

/* Working memory of one thread, for stage_ctx_free (NULL is fine).  NULL without memory. */
struct stage_ctx;
struct stage_ctx *stage_ctx_new(void);
void stage_ctx_free(struct stage_ctx *ctx);

enum stage_status {
	STAGE_DONE,
	STAGE_ROOM,    /* the arena is too small: try again with at least result->room bytes free */
	STAGE_DAMAGE,  /* the record is not what its format says: result->reason */
	STAGE_MISSING, /* parts of the record are not there, and it would have to change its stream */
	STAGE_FOREIGN, /* kept as it is, target could not read it */
	STAGE_MEMORY,
};

#define STAGE_RECORDS 320 /* the longest record in the shortest pieces: RECORD_MAX_BYTES / 65536 */

struct stage_result {
	struct outrecord records[STAGE_RECORDS]; /* data in the arena, or the item's own */
	size_t count;
	bool changed, inflated, deflated;
	const struct codec *from;         /* of compressed input, else NULL */
	uint64_t inflate_in, inflate_out; /* record bytes: header, address and all */
	uint64_t deflate_in, deflate_out;
	bool doubled;     /* the plain data repeats the record's own address: a wound of Bareos's autoxflate, left as it is */
	bool number_kept; /* would the record have its stream number still? */
	size_t room;
	char reason[JUDGE_REASON_BYTES];
};

/* item: an ITEM_RECORD, FileIndex and stream as read.  Fills result; the arena holds the new bytes. */
enum stage_status stage_apply(struct stage_ctx *ctx, const struct stage_policy *policy, const struct item *item, struct arena *arena,
			      struct stage_result *result);

/* The plain data of a record, its address apart; valid until ctx is used again.  False if it does not decode, or if there
 * is no memory for it: then stage_short_of_memory tells so from now on. */
bool stage_plain(struct stage_ctx *ctx, const struct item *item, struct span *address, struct span *plain);
bool stage_short_of_memory(const struct stage_ctx *ctx);

#endif
