/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file's content, kept until all of it has come: for those who have to know its size, its holes and whether it is right before they
 * write the first byte.  What is small stays in memory, the rest goes to a file without a name. */
#ifndef RESTORE_SPOOL_H
#define RESTORE_SPOOL_H

#include "base/bytes.h"
#include "base/err.h"

#define SPOOL_MEMORY_BYTES ((size_t)4 << 20)

/* Data in a file: from offset on, bytes; ascending, none touches the next. */
struct spool_extent {
	uint64_t offset, bytes;
};

struct spool {
	const char *folder; /* where files without a name are made; lent */
	uint8_t *memory;
	size_t cap;
	int fd; /* -1: all is in memory */
	struct spool_extent *extents;
	size_t count, room;
	uint64_t end;
};

#define SPOOL_NONE(where) ((struct spool){.folder = where, .fd = -1})

/* Idempotent. */
void spool_free(struct spool *s);

/* Empty again, for the next file. */
void spool_empty(struct spool *s);

#define SPOOL_UNFIT 1               /* of spool_write */
#define SPOOL_DISORDERLY_MAX 32768u /* pieces of a file that do not touch, when one comes before another; each costs a look at all */

/* Data at this byte.  0; or XE_FAILED (< 0): no memory, no space in folder; or SPOOL_UNFIT: further than any file in folder can reach, or
 * too many pieces in no order. */
int spool_write(struct spool *s, uint64_t at, struct span data, struct err *e) __attribute__((warn_unused_result));

/* n bytes from byte at on, which were written; XE_FAILED. */
int spool_read(const struct spool *s, uint64_t at, void *data, size_t n, struct err *e) __attribute__((warn_unused_result));

#endif
