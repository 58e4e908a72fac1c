/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rest of records that a volume change cuts, read from the next volumes of the set before their turn. */
#ifndef VOLUME_AHEAD_H
#define VOLUME_AHEAD_H

#include "volume/reading.h"
#include "volume/session.h"

/* Completes the records that wait in sessions from o->paths[from...], as far as they are files, all of them in one pass.  A volume
 * that has nothing of a session is passed over: its job was slower than others.  last: the block read last; drives that warn early
 * write it once more on the next volume.  A record's item then tells where the volumes cut it, and its session that the continuation
 * is to be skipped when it comes.  Left as it was if the rest is not there; torn of its session then says whether there was damage on
 * the way, misfit that something else is there.  Errors: what those files have, XE_FAILED without memory. */
int ahead_complete(struct session_table *sessions, const struct block_trace *last, const struct reader_options *o, size_t from,
		   struct recall_files *files, struct buf_pool *pool, struct err *e) __attribute__((warn_unused_result));

#endif
