/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the volumes before one leave to it, where that one is converted by itself: the records that they cut, and the block that a drive wrote
 * on both.  Read from their ends, as far back as it takes.  formats/volume-format.md 1.8, 2.3 */
#ifndef VOLUME_BEFORE_H
#define VOLUME_BEFORE_H

#include "volume/reading.h"
#include "volume/session.h"

/* The record that a session has last on the volumes before. */
struct before_record {
	bool found; /* they have blocks of the session; else the rest says nothing, but for hurt */
	bool hurt;  /* something is damaged behind it, or where it may have been */
	int32_t file_index;
	uint32_t stream;
	uint32_t rest; /* bytes of it that are still to come */
};

/* Of the nearest of o->before that has blocks of the session.  XE_USAGE: one of them can be read only once; else what they have for an
 * error, here and below. */
int before_record(const struct reader_options *o, struct buf_pool *pool, uint32_t session_id, uint32_t session_time,
		  struct before_record *r, struct err *e) __attribute__((warn_unused_result));

/* Of the nearest one: the block that it ends with. */
int before_last_block(const struct reader_options *o, struct buf_pool *pool, struct block_trace *t, struct err *e)
	__attribute__((warn_unused_result));

/* Does the record whose rest begins with h begin there? */
bool before_fits(const struct before_record *r, const struct record_header *h);

#endif
