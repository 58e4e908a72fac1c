/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where files of jobs lie on volumes, as an index knows it, told as maps and a look at the volumes tell it (catalog/mapped.h): of the new side,
 * what bootstraps are made of.
 *
 * An index knows where blocks begin, and of few where they end: an end is the byte before the next block that is known to begin, or
 * the highest that a block can reach.  It may so be too high, never too low (formats/catalog-facts.md 4.2). */
#ifndef INDEX_LOCATED_H
#define INDEX_LOCATED_H

#include "catalog/indexes.h"
#include "catalog/mapped.h"
#include "index/fileindex.h"

/* Begin with all zero but the index. */
struct located {
	struct fileindex *index; /* lent */
	const char *path;        /* the index's, lent: what volumes are told to be known from */
	struct mapped_list list; /* volumes, in the order in which jobs go over them */
	int64_t *ids;            /* theirs in the index */
	size_t id_room;
	size_t *way; /* places in the list of the job's volumes, in its order */
	size_t way_count, way_room;
};

/* Adds the job's volumes, and where files (NULL: all of it) lie on them: those that the index has.  XE_USAGE: the job goes over two volumes in
 * another order than a job before; XE_FAILED without memory, and errors of the index. */
int located_job(struct located *l, const struct fileindex_job *job, const struct indexes *files, struct err *e)
	__attribute__((warn_unused_result));

/* Are the volumes still what the index knows, and such as a daemon finds what is on them?  Those that are not where they were seen last are not
 * asked.  XE_USAGE: one is not. */
int located_check(struct located *l, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void located_free(struct located *l);

#endif
