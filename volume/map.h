/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where every block was and where it is now, and of which volumes: what a director's catalog must be told.  Text, described in
 * docs/map-format.md; the last line is a checksum over all before it. */
#ifndef VOLUME_MAP_H
#define VOLUME_MAP_H

#include "volume/packing.h"

/* One line may stand for several blocks of a session as soon as they are no more than this part of all bytes so far: then the lines of
 * a side grow with the logarithm of its bytes, 2^19 (1 + ln (bytes / (2^19 * block))) of them at most.  Each block has its own line as
 * long as all together are less than 2^19 of its size. */
#define MAP_LINES_SHIFT 19u

struct map;

/* Writes to fd, which stays the caller's.  For map_free (NULL is fine).  NULL without memory. */
struct map *map_new(int fd);
void map_free(struct map *m);

/* The volumes that follow are a set of their own; its jobs are counted anew. */
void map_begin_set(struct map *m);

/* A volume, which goes to medium to; its blocks as they were read and as they were written, in the order of the data.  v: what is known
 * of it by then; it must stay until map_end_volume, as must all jobs.  Errors wait for map_mark and map_finish. */
void map_begin_volume(struct map *m, const struct volume_info *v, const struct medium *to);
void map_old_block(struct map *m, const struct item *block);
void map_new_block(struct map *m, const struct volume_info *v, const struct packed_block *b);

/* What is known of a job by now.  Jobs that have no block on the volume are passed over. */
void map_learn_job(struct map *m, const struct job *job);

struct map_side_end {
	uint64_t bytes, blocks, files; /* files: what a catalog calls VolFiles at this end */
	const char *encryption;        /* cipher and key id, "": none */
	const char *digest;            /* XXH64 of the volume, 16 hex digits; "": it has none */
};

void map_end_volume(struct map *m, const struct map_side_end *old, const struct map_side_end *now, uint64_t damaged);

/* What was written so far stays: map_rewind goes back to here, as if nothing had come since.  Only where fd is a regular file.
 * Tells of any write error since map_new; what map_rewind has for one waits for the next.  XE_FAILED. */
int map_mark(struct map *m, struct err *e) __attribute__((warn_unused_result));
void map_rewind(struct map *m);

/* The exit status that tells what became of these volumes, and the checksum line; tells of any write error since map_new.
 * XE_FAILED. */
int map_finish(struct map *m, int status, struct err *e) __attribute__((warn_unused_result));

#endif
