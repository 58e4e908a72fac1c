/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is this a good block?  Its checksum, its records' headers and the key that opens it say so, and what the other blocks of
 * its session were like.  formats/volume-format.md 1.3 and 2.3, bacula-encryption.md 1.1 */
#ifndef VOLUME_JUDGE_H
#define VOLUME_JUDGE_H

#include "volume/opener.h"
#include "volume/readahead.h"

#define JUDGE_SESSIONS 64u
#define JUDGE_REASON_BYTES 160u

/* One volume's sessions, as far as its good blocks told of them: the last JUDGE_SESSIONS. */
struct judge {
	struct opener *opener; /* NULL: encrypted blocks stay closed; borrowed, as is pool */
	struct buf_pool *pool;
	struct readahead *ahead; /* what is known of blocks before they are asked for; borrowed, NULL: nothing */
	struct judge_session {
		uint32_t id, time;
		bool checksum;
	} known[JUDGE_SESSIONS];
	unsigned next; /* counts those that were ever known */
};

/* What is found at one place of a volume, by the judge or before anything comes to it.  The items of source and reader carry it as
 * it is. */
struct judge_verdict {
	bool checksum;                   /* the block carries one, */
	bool checksum_right;             /* and it fits the whole of the block */
	bool reversed;                   /* as Bareos 19.2.4/5 on FreeBSD made it, see block_checksum_reversed */
	bool encrypted;                  /* records cannot be read */
	bool opened;                     /* was encrypted; what is handed out is plain, header and checksum are as they were stored */
	bool shut;                       /* there are keys for it, and none opens it */
	size_t sane_bytes;               /* header and records before the first that breaks the rules; all if none does */
	char reason[JUDGE_REASON_BYTES]; /* why it is no good block; "" if it is one, or is encrypted */
};

/* Sets the reason; one that is too long is cut. */
void judge_say(struct judge_verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Looks at the h->len bytes at block.  *plain: what it holds, if it was opened, else NULL; the caller's, on errors, too.
 * XE_FAILED without memory, XE_KEY if there are no keys. */
int judge_block(struct judge *j, const uint8_t *block, const struct block_header *h, struct judge_verdict *v, struct buf **plain,
		struct err *e) __attribute__((warn_unused_result));

/* Had the volume a good block of this session (BB02, BB03)? */
bool judge_knows(const struct judge *j, const struct block_header *h);

/* Here is one (BB02, BB03). */
void judge_remember(struct judge *j, const struct block_header *h);

#endif
