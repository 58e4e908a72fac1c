/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an index of volumes looks like as a file system: a folder for each job, and by-time/CLIENT/FILESET/TIME, the state of a fileset after
 * each of its jobs.  Whatever stands there has a number of its own, which stays: what was read to tell it is forgotten and read again as memory
 * goes.  Any thread. */
#ifndef MOUNT_VIEW_H
#define MOUNT_VIEW_H

#include "index/fileindex.h"
#include "mount/nametree.h"

#include <sys/stat.h>

#define VIEW_ROOT 1u /* number of the root */

struct view_options {
	struct fileindex *index;
	uint64_t max_memory; /* bytes for names; what is over it is forgotten, the longest unused first */
	void *arg;
	void (*tell)(void *arg, const char *text); /* what is shown other than it is, names as on the volume; any thread, one at a time */
};

struct view;

/* Knows all jobs then, and none of their files.  What options names must stay until view_free (NULL is fine).  NULL: e tells. */
struct view *view_new(const struct view_options *options, struct err *e);
void view_free(struct view *v);

/* How many jobs there are. */
size_t view_jobs(const struct view *v);

/* The number of what is called so in a folder.  1: found, 0: there is none; < 0: the index cannot be read, here and below. */
int view_look_up(struct view *v, uint64_t folder, const char *name, uint64_t *number, struct err *e) __attribute__((warn_unused_result));

/* Its stat, as lstat gives it; st_ino is its number.  1, 0, as above. */
int view_stat(struct view *v, uint64_t number, struct stat *st, struct err *e) __attribute__((warn_unused_result));

/* What is in a folder, from the one behind `after` on (0: the first; else a next that each got of this folder, or it is 0); each returns false
 * when it has enough.  1, 0, as above. */
int view_list(struct view *v, uint64_t folder, uint64_t after, bool (*each)(void *arg, const char *name, uint64_t number, uint64_t next),
	      void *arg, struct err *e) __attribute__((warn_unused_result));

/* The row of it: *file gets a copy, for view_file_free.  1; 0: there is none; as above. */
struct view_file {
	struct fileindex_file row; /* name, link and extended are its own */
	struct fileindex_job job;
	uint64_t size; /* as view_stat has it */
	struct view_volume {
		char *path, *name;
		int64_t label_time;
	} * volumes; /* from the one where the file begins to the one behind its last */
	size_t volume_count, last_volume;
};
int view_file(struct view *v, uint64_t number, struct view_file *file, struct err *e) __attribute__((warn_unused_result));

/* *of: the number of what has its access lists and extended attributes: itself, but for a file of which later ones came alone.  1; 0: it has
 * none; as above. */
int view_extras(struct view *v, uint64_t number, uint64_t *of, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void view_file_free(struct view_file *file);

#endif
