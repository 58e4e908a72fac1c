/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first folders of a view: one for each job, by its unique name, and by-time/CLIENT/FILESET/TIME, the merged state after each job; and what
 * is behind them, as trees of names. */
#ifndef MOUNT_DOORS_H
#define MOUNT_DOORS_H

#include "index/fileindex.h"
#include "mount/nametree.h"

struct doors;

/* Reads the jobs of the index, which must stay until doors_free (NULL is fine).  tell is for names of theirs.  NULL: e tells. */
struct doors *doors_new(struct fileindex *x, uint64_t max_memory, nametree_tell *tell, void *arg, struct err *e);
void doors_free(struct doors *d);

/* Jobs; doors, which are numbered 1 to doors_count. */
size_t doors_jobs(const struct doors *d);
size_t doors_count(const struct doors *d);

/* The tree of the first folders.  A node of it with a file_index is a door, its row the door's number. */
struct nametree *doors_tree(const struct doors *d);

/* The tree behind a door; its rows are jobs as doors_job_id has them.  For nametree_free.  NULL: e tells. */
struct nametree *doors_read(const struct doors *d, size_t door, uint64_t max_bytes, nametree_tell *tell, void *arg, struct err *e);

/* The job's id in the index. */
int64_t doors_job_id(const struct doors *d, uint32_t row);

/* When the state behind a door was, seconds since 1970; 0: not known, or of door 0, which there is not. */
int64_t doors_time(const struct doors *d, size_t door);

/* "job NAME", "CLIENT FILESET as of TIME" */
void doors_describe(const struct doors *d, size_t door, char *text, size_t text_bytes);

#endif
