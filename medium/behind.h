/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file written in pieces by threads that have nothing else to do, several at a time, behind who fills them. */
#ifndef MEDIUM_BEHIND_H
#define MEDIUM_BEHIND_H

#include "base/err.h"
#include "base/tasks.h"

#include <stddef.h>
#include <stdint.h>

struct behind;

/* Pieces of so many bytes, from byte `at` of fd on; threads: how many there are to help.  fd, a file of our own, stays until behind_finish, tasks
 * until behind_free.  NULL without memory. */
struct behind *behind_new(struct tasks *tasks, unsigned threads, int fd, uint64_t at, size_t piece_bytes);

/* After behind_finish: what is not written by then may be missing.  NULL is fine. */
void behind_free(struct behind *b);

/* Where the next piece is filled, piece_bytes, until behind_post.  NULL: a write has failed, of any piece before; XE_FAILED. */
uint8_t *behind_room(struct behind *b, struct err *e);

/* Its first n bytes are to be written. */
void behind_post(struct behind *b, size_t n);

/* Everything that was posted is written, and the place of fd is behind it.  Where a write failed the file ends with what is whole of it;
 * later pieces, which are written perhaps, are cut off.  XE_FAILED. */
int behind_finish(struct behind *b, struct err *e) __attribute__((warn_unused_result));

#endif
