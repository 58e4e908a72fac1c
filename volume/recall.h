/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the parts of a record lie that waits for its rest.  With thousands of jobs open at once, the parts are read again from their
 * files when the record is whole, instead of being kept till then. */
#ifndef VOLUME_RECALL_H
#define VOLUME_RECALL_H

#include "base/bytes.h"
#include "base/err.h"
#include "medium/medium.h"

/* The inputs, one of them open.  Begin with {.paths = ..., .in = MEDIUM_CLOSED}; medium_close(&in) ends it. */
struct recall_files {
	const char *const *paths;
	struct medium_input in;
	size_t input; /* that is open */
};

/* Where a part lies: byte at of an input. */
struct recall_place {
	bool known; /* false: it cannot be read again (pipes, tapes, what was encrypted) */
	size_t input;
	uint64_t at;
};

struct recall;

/* Are so many sessions, each with a record of so many bytes, too many to keep all? */
bool recall_wanted(unsigned sessions, size_t bytes);

/* For recall_free (NULL is fine).  NULL without memory. */
struct recall *recall_new(void);
void recall_free(struct recall *r);

/* Takes down the next part.  place->known.  XE_FAILED without memory. */
int recall_add(struct recall *r, const struct recall_place *place, struct span part, struct err *e) __attribute__((warn_unused_result));

/* Forgets what lies behind the first bytes bytes. */
void recall_cut(struct recall *r, size_t bytes);

/* Reads the first bytes bytes of the parts again.  XE_FAILED, also if they are not what they were. */
int recall_read(const struct recall *r, struct recall_files *files, uint8_t *to, size_t bytes, struct err *e)
	__attribute__((warn_unused_result));

#endif
