/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which units of an archive a run is to prove, and in which order, so that after so many runs all have been.  Pure. */
#ifndef CMD_VOLUME_PROOFDUE_H
#define CMD_VOLUME_PROOFDUE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define PROOFDUE_NEVER INT64_MIN

struct proofdue_unit {
	uint64_t bytes; /* of its volumes; 0: unknown */
	bool failed;    /* one of them was not sound when it was looked at last */
	int64_t looked; /* when the one that was looked at longest ago was, nanoseconds since 1970; PROOFDUE_NEVER: it was not since it is as it is */
};

/* part / whole of the archive. */
struct proofdue_share {
	uint32_t part, whole; /* whole 0: all of it */
};

#define PROOFDUE_WHOLE_MAX 1000000u

/* "1/30".  False: it is none. */
bool proofdue_read(const char *text, struct proofdue_share *share);

struct proofdue {
	size_t *order; /* indexes of units: all of them, those that are due first; for proofdue_free */
	size_t due;
	size_t failed; /* of these, from the beginning */
};

/* First what failed, all of it, beside the share: a damaged unit must not take the place of others night by night.  Then units by their
 * last proof, those without one first, until their bytes are the share of all bytes: one unit at least, the last one whole.  Of two
 * alike the lower index is first.  So, while nothing changes, whole / part runs prove every unit, and none a second time before all have had
 * their first.  XE_FAILED without memory. */
int proofdue_choose(struct proofdue *d, const struct proofdue_unit *units, size_t count, struct proofdue_share share, struct err *e)
	__attribute__((warn_unused_result));

/* Idempotent. */
void proofdue_free(struct proofdue *d);

#endif
