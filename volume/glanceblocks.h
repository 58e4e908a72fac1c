/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of a volume, as they lie in memory, and what they tell of its sessions.  For volume/glance. */
#ifndef VOLUME_GLANCEBLOCKS_H
#define VOLUME_GLANCEBLOCKS_H

#include "format/block.h"
#include "volume/glance.h"

/* Begin with {.g = g}. */
struct glanceblocks {
	struct glance *g; /* label, blocks' sizes and damage are entered there as they are seen */
	struct glance_session *all;
	size_t count, room;
	uint32_t *slots; /* of all, by session: index + 1, 0: free */
	size_t slot_count;
	uint64_t seen;       /* blocks */
	uint64_t last_begin; /* how many were, when a session began last */
	uint64_t searched;   /* bytes of what might have been blocks */
	bool follows;        /* a block, or the volume's beginning, stands before what comes next */
};

/* Takes the blocks among the len bytes at data that begin behind the first skip bytes: those that were cut, and the row of blocks that a
 * file's data in it may hold, are passed over.  end: nothing follows.  *used: where what was not looked at begins, a block that is cut;
 * len at the end.  Without an end the header behind a block must be there, too.  XE_FAILED. */
int glanceblocks_take(struct glanceblocks *b, const uint8_t *data, size_t len, size_t skip, bool end, size_t *used, struct err *e)
	__attribute__((warn_unused_result));

/* Enters what is known into b->g.  whole: all blocks were seen; else the first of them, before in number, are those from the volume's
 * beginning on, and the others those up to its end.  XE_FAILED. */
int glanceblocks_settle(struct glanceblocks *b, bool whole, uint64_t before, struct err *e) __attribute__((warn_unused_result));

/* Idempotent; g stays. */
void glanceblocks_free(struct glanceblocks *b);

/* Does a block stand somewhere in these bytes?  As far as headers tell. */
bool glanceblocks_has(const uint8_t *data, size_t len);

#endif
