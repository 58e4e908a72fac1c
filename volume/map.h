/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where every block was and where it is now: what a director's catalog must be told.  Text, described in
 * docs/map-format.md; the last line is a checksum over all before it. */
#ifndef VOLUME_MAP_H
#define VOLUME_MAP_H

#include "volume/packing.h"

struct map;

/* Writes to fd, which stays the caller's.  For map_free (NULL is fine).  NULL without memory. */
struct map *map_new(int fd);
void map_free(struct map *m);

/* A line each, in the order of the data: a volume, its blocks as they were read and as they were written, bytes and blocks of
 * both.  Errors wait for map_finish. */
void map_begin_volume(struct map *m, const struct volume_info *v);
void map_old_block(struct map *m, const struct item *block);
void map_new_block(struct map *m, const struct packed_block *b);
void map_end_volume(struct map *m, uint64_t old_bytes, uint64_t new_bytes, uint64_t old_blocks, uint64_t new_blocks);

/* What was written so far stays: map_rewind goes back to here, as if nothing had come since.  Only where fd is a regular file.
 * Tells of any write error since map_new; what map_rewind has for one waits for the next.  XE_FAILED. */
int map_mark(struct map *m, struct err *e) __attribute__((warn_unused_result));
void map_rewind(struct map *m);

/* The checksum line; tells of any write error since map_new.  XE_FAILED. */
int map_finish(struct map *m, struct err *e) __attribute__((warn_unused_result));

#endif
