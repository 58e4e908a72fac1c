/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of jobs become a tree of names, one job after the other: newer ones count, marks of deleted files take away.
 * formats/restore-format.md 1.7, 7.2, 7.5 */
#ifndef MOUNT_JOBTREE_H
#define MOUNT_JOBTREE_H

#include "index/fileindex.h"
#include "mount/nametree.h"

/* What is added, in which way. */
struct jobtree {
	struct nametree *tree;
	struct fileindex *index;
	struct nametree *bases; /* files of base jobs, which a job may name as unchanged; NULL: there are none */
	bool merged; /* several jobs, the oldest first: what is there already is of older ones, and marks of deleted files count */
	nametree_tell *tell;
	void *arg;
};

/* Adds the files of a job, whose number among the tree's rows is row.  Errors as those of the index and the tree. */
int jobtree_add(const struct jobtree *j, int64_t job, uint32_t row, struct err *e) __attribute__((warn_unused_result));

#endif
