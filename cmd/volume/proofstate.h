/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of the volumes of an archive from their last proofs, and its form as text: docs/proof.md.  Foreign bytes. */
#ifndef CMD_VOLUME_PROOFSTATE_H
#define CMD_VOLUME_PROOFSTATE_H

#include "cmd/volume/judgement.h"
#include "cmd/volume/standing.h"

#include <stddef.h>
#include <stdio.h>

#define PROOFSTATE_VERSION 1u

struct proofstate_row {
	char *path;                      /* absolute; any bytes but NUL */
	uint64_t bytes;                  /* as it stood when it was looked at, */
	char mtime[STANDING_TEXT_BYTES]; /* as standing_time has it */
	enum judgement verdict;
	int64_t looked, since; /* nanoseconds since 1970: the last look, and the first one that has come to this verdict */
	bool hashed;           /* the XXH64 that it had when it was sound is known, and it has that size and time still */
	uint64_t xxh64;
};

/* Begin with PROOFSTATE_NONE. */
struct proofstate {
	struct proofstate_row *rows; /* in the order of their paths' bytes */
	size_t count, room;
};

#define PROOFSTATE_NONE ((struct proofstate){.rows = NULL})

/* Idempotent. */
void proofstate_free(struct proofstate *s);

/* NULL: there is none.  Lent until the next proofstate_put or proofstate_drop. */
const struct proofstate_row *proofstate_find(const struct proofstate *s, const char *path);

/* In the place of what is known of the same path, if anything is; all of row is copied.  XE_FAILED without memory. */
int proofstate_put(struct proofstate *s, const struct proofstate_row *row, struct err *e) __attribute__((warn_unused_result));

/* Takes the index-th row out. */
void proofstate_drop(struct proofstate *s, size_t index);

/* Fills s, which is empty, with what the len bytes at data say.  XE_FAILED: they are no such text, not of this version, or not what was
 * written; no memory.  s is to be freed either way. */
int proofstate_parse(struct proofstate *s, const void *data, size_t len, struct err *e) __attribute__((warn_unused_result));

/* *text: *len bytes, malloc'ed, the caller's.  XE_FAILED without memory. */
int proofstate_print(const struct proofstate *s, char **text, size_t *len, struct err *e) __attribute__((warn_unused_result));

#endif
