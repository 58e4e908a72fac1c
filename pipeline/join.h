/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressed records that the network layer cut: a client's message above 999996 bytes arrives as several records, of
 * which only the first has a compression header, or begins as a zlib stream does.  Nothing is lost by it but the restore:
 * the pieces, joined, decode.  They may lie on several volumes of a set.  Of plain data with an address the last piece has
 * none.
 * formats/volume-format.md 5.3 */
#ifndef PIPELINE_JOIN_H
#define PIPELINE_JOIN_H

#include "volume/reader.h"

struct joiner;

/* Stands between reader and whoever decodes.  reader and pool must stay until joiner_free (NULL is fine).  NULL without memory. */
struct joiner *joiner_new(struct reader *reader, struct buf_pool *pool);
void joiner_free(struct joiner *j);

/* The set goes on on volumes that the reader does not hand out: pieces that it may end in the midst of are refused, XE_USAGE. */
void joiner_goes_on(struct joiner *j);

/* As reader_next, but such pieces come as the one record they were, marked as joined.  Pieces that do not fit together
 * come as they are. */
int joiner_next(struct joiner *j, struct item *item, struct err *e) __attribute__((warn_unused_result));

#endif
