/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of several inputs belong together: a session that has blocks on one and goes on on another makes them, and what stands
 * between, one set.  Where a session begins, with its start label, nothing goes on: that is a copy, or the job once more.
 * formats/volume-format.md 1.9 */
#ifndef VOLUME_KIN_H
#define VOLUME_KIN_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kin;

/* paths must stay until kin_free (NULL is fine).  NULL without memory. */
struct kin *kin_new(const char *const *paths, size_t count);
void kin_free(struct kin *k);

/* *at: the first input from `from` on where a session goes on that wanted says yes to, or that cannot be looked at ahead of its
 * time (a pipe, a tape, one whose reading fails half-way: it may hold the rest); the count of inputs if there is none.  An input
 * that is no volume, or not there, has no sessions: what is wrong with it is told when its turn comes.  Reads headers only, each
 * input once.  XE_FAILED without memory. */
int kin_next(struct kin *k, size_t from, bool (*wanted)(const void *arg, uint32_t session_id, uint32_t session_time), const void *arg,
	     size_t *at, struct err *e) __attribute__((warn_unused_result));

/* *there: one of the inputs, but for that of number `besides` (the count of inputs, or more: for none), has blocks of this session, from
 * its beginning or later, or cannot be looked at ahead of its time.  Errors as above. */
int kin_has(struct kin *k, size_t besides, uint32_t session_id, uint32_t session_time, bool *there, struct err *e)
	__attribute__((warn_unused_result));

/* *end: behind the last input where, over one or several others, a session of those from first to last goes on.  Errors as
 * above. */
int kin_end(struct kin *k, size_t first, size_t last, size_t *end, struct err *e) __attribute__((warn_unused_result));

#endif
