/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes that a thread of its own does, by two marks: nothing until so much waits, then all at the speed of what takes it, until less than so
 * much is left.  For a tape drive, which streams or stands, and wears out where it has to stop, go back and start anew for every block. */
#ifndef BASE_OUTQUEUE_H
#define BASE_OUTQUEUE_H

#include "base/err.h"

#include <stddef.h>

struct outqueue_marks {
	uint64_t low;  /* bytes; below that it stands, 0: when nothing is left */
	uint64_t high; /* at that, which is all that there is room for, it starts; > low */
};

struct outqueue;

/* write does one write to fd, whole: io_write, io_write_tape.  fd must stay until outqueue_free.  NULL without memory or thread. */
struct outqueue *outqueue_new(const struct outqueue_marks *marks, int fd, int (*write)(int fd, const void *data, size_t n, struct err *e));

/* Copies n bytes, to be one write; waits until there is room for them.  Returns what a write before has failed with; XE_FAILED without memory.
 * One thread at a time, here and below. */
int outqueue_write(struct outqueue *q, const void *data, size_t n, struct err *e) __attribute__((warn_unused_result));

/* Whatever the marks, until all is written. */
int outqueue_drain(struct outqueue *q, struct err *e) __attribute__((warn_unused_result));

/* What waits is written, unless a write has failed.  NULL is fine. */
void outqueue_free(struct outqueue *q);

#endif
