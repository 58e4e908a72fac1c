/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A KEK in shares for several people, of whom some must come together:
 *
 *   xflate-share 1 3f2a91c0 3 5 2 8f3a 91c0 ... 0c1d2e
 *
 * version, the split's own number (random: shares of different splits do not go together), how many are needed, how many
 * there are, which one this is, its bytes, and the CRC-24 of the line (sumline.h).  Digits and letters may be typed in any
 * case and grouping, and the line may be broken.  Shared are the KEK's bytes and behind them the first 4 of their SHA-256, so
 * that it is known whether what comes out is what went in. */
#ifndef KEYS_SHARE_H
#define KEYS_SHARE_H

#include "base/secret.h"
#include "keys/keylist.h"
#include "keys/sumline.h"

#define SHARE_KEK_MAX_BYTES 64u
#define SHARE_CHECK_BYTES 4u
#define SHARE_SET_CHARS 8u

struct share {
	char set[SHARE_SET_CHARS + 1];
	uint8_t threshold, total, x;
	uint8_t bytes[SHARE_KEK_MAX_BYTES + SHARE_CHECK_BYTES];
	size_t len;
	const char *source; /* where it was read, and the line */
	size_t line;
};

/* In pages of secrets. */
struct shares {
	struct share *share;
	size_t count;
	struct secret pages;
};

#define SHARES_NONE ((struct shares){.share = NULL})

/* Idempotent. */
void shares_free(struct shares *s);

/* Of 2 to 255 shares 2 or more are needed.  XE_KEY: the KEK is empty or longer than SHARE_KEK_MAX_BYTES; XE_USAGE: other
 * numbers; XE_FAILED. */
int shares_split(struct shares *s, const struct secret *kek, unsigned total, unsigned threshold, struct err *e)
	__attribute__((warn_unused_result));

/* The line, with its newline. */
void share_text(const struct share *share, struct sumline *line);

/* Adds the shares in a text; lines that begin with # count for nothing.  faults has each line that was mistyped, or is no
 * share.  source is borrowed.  XE_FAILED. */
int shares_read(struct shares *s, struct keylist *faults, const char *source, struct span text, struct err *e)
	__attribute__((warn_unused_result));

/* The KEK again.  All shares must be of one split; more than are needed must fit, too.  XE_KEY says which share is of
 * another split, or how many more of which are needed.  XE_DAMAGE: they do not fit together. */
int shares_join(const struct shares *s, struct secret *kek, struct err *e) __attribute__((warn_unused_result));

#endif
