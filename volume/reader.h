/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of volumes as a row of items: labels, whole records, damage.  Joins the parts of split records per session, over
 * blocks and over volumes.  formats/volume-format.md 2.3, 2.4 */
#ifndef VOLUME_READER_H
#define VOLUME_READER_H

#include "volume/reading.h"

struct reader;

/* What options names, and pool, must stay until reader_free (NULL is fine).  NULL without memory. */
struct reader *reader_new(const struct reader_options *options, struct buf_pool *pool);
void reader_free(struct reader *r);

/* The next item; item->buf is lent until the next call.  XE_FAILED (also for an input that is no volume), XE_KEY, and what
 * medium_open says. */
int reader_next(struct reader *r, struct item *item, struct err *e) __attribute__((warn_unused_result));

/* Index of the input at hand; at the end how many there were. */
size_t reader_input(const struct reader *r);

/* Bytes read so far; any thread. */
uint64_t reader_bytes(const struct reader *r);

#endif
