/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of jobs become a tree of names, one job after the other: newer ones count, marks of deleted files take away.
 * formats/restore-format.md 1.7, 7.2, 7.5 */
#ifndef MOUNT_JOBTREE_H
#define MOUNT_JOBTREE_H

#include "index/fileindex.h"
#include "mount/nametree.h"

/* Adds the files of a job, whose number among the tree's rows is row.  merged: others are in the tree already, or will be: what is there twice
 * is no twin, and marks of deleted files count.  Errors as those of the index and the tree. */
int jobtree_add(struct nametree *t, struct fileindex *x, int64_t job, uint32_t row, bool merged, nametree_tell *tell, void *arg,
		struct err *e) __attribute__((warn_unused_result));

#endif
