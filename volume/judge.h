/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is this a good block?  Its checksum, its records' headers and the key that opens it say so, and what the other blocks of
 * its session were like.  formats/volume-format.md 1.3 and 2.3, bacula-encryption.md 1.1 */
#ifndef VOLUME_JUDGE_H
#define VOLUME_JUDGE_H

#include "volume/opener.h"

#define JUDGE_SESSIONS 64u
#define JUDGE_FAULT_BYTES 80u

/* One volume's sessions, as far as its good blocks told of them: the last JUDGE_SESSIONS. */
struct judge {
	struct opener *opener; /* NULL: encrypted blocks stay closed; borrowed, as is pool */
	struct buf_pool *pool;
	struct judge_session {
		uint32_t id, time;
		bool checksum;
	} known[JUDGE_SESSIONS];
	unsigned next; /* counts those that were ever known */
};

struct judge_verdict {
	const char *fault;            /* why it is no good block; NULL if it is one, or is encrypted */
	bool checksum;                /* the block carries one, */
	bool checksum_right;          /* and it fits the whole of the block */
	bool reversed;                /* as Bareos 19.2.4/5 on FreeBSD made it, see block_checksum_reversed */
	bool encrypted;               /* records cannot be read */
	bool opened;                  /* was encrypted, and plain is what it holds */
	bool shut;                    /* there are keys for it, and none opens it */
	size_t sane_bytes;            /* header and records before the first that breaks the rules; all if none does */
	struct buf *plain;            /* the caller's; NULL unless opened */
	char text[JUDGE_FAULT_BYTES]; /* of fault, where it is made of numbers */
};

/* Looks at the h->len bytes at block.  On errors v->plain is the caller's, too.  XE_FAILED without memory, XE_KEY if there
 * are no keys. */
int judge_block(struct judge *j, const uint8_t *block, const struct block_header *h, struct judge_verdict *v, struct err *e)
	__attribute__((warn_unused_result));

/* Had the volume a good block of this session (BB02, BB03)? */
bool judge_knows(const struct judge *j, const struct block_header *h);

/* Here is one (BB02, BB03). */
void judge_remember(struct judge *j, const struct block_header *h);

#endif
