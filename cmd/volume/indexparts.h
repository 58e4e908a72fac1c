/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wanted of volumes in an index: which blocks of which of them are to be read, and in which order. */
#ifndef CMD_VOLUME_INDEXPARTS_H
#define CMD_VOLUME_INDEXPARTS_H

#include "index/fileindex.h"
#include "pipeline/options.h"

struct indexparts_volume;
struct indexparts_part;

/* Begin with all zero but the index. */
struct indexparts {
	struct fileindex *index; /* lent */
	struct indexparts_volume *volumes;
	size_t volume_count, volume_room;
	size_t found;  /* the last that was asked for */
	size_t *order; /* indexes of volumes, as they are to be read */
	size_t order_room;
	size_t *way; /* those of the job at hand, in its order */
	size_t way_count, way_room;
	struct indexparts_part *parts;
	size_t part_count, part_room;
	/* What indexparts_inputs made of all that: */
	const char **inputs;
	struct reader_range *ranges;
	size_t input_count, range_count;
};

/* The job whose files come next.  XE_USAGE: its volumes stand in another order than those of a job before; XE_FAILED without memory, and errors
 * of the index. */
int indexparts_job(struct indexparts *p, int64_t job, struct err *e) __attribute__((warn_unused_result));

/* One of its files is wanted.  XE_DAMAGE, XE_FAILED. */
int indexparts_file(struct indexparts *p, const struct fileindex_file *f, struct err *e) __attribute__((warn_unused_result));

/* Where a block stands in the order of what is read, > 0; only for comparing. */
uint64_t indexparts_rank(struct indexparts *p, const struct fileindex_place *place);

/* Is nothing wanted? */
bool indexparts_none(const struct indexparts *p);

/* The run's inputs become those volumes that something wanted lies on: of its paths, or, where it has none, as the index knows them; its
 * ranges the blocks.  What it then points to stays until indexparts_free.  XE_USAGE, XE_FAILED, and what the index and inputs have for an
 * error. */
int indexparts_inputs(struct indexparts *p, struct filter_options *run, struct err *e) __attribute__((warn_unused_result));

/* Bytes that are to be read at most, for progress. */
uint64_t indexparts_bytes(const struct indexparts *p);

/* Idempotent. */
void indexparts_free(struct indexparts *p);

#endif
