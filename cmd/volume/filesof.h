/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of volumes, told of as they come, without an index. */
#ifndef CMD_VOLUME_FILESOF_H
#define CMD_VOLUME_FILESOF_H

#include "index/indexer.h"

/* Begin with all zero but the first two. */
struct filesof {
	void *arg;
	void (*file)(void *arg, const struct fileindex_file *f, const struct fileindex_job *j, const struct fileindex_volume *first,
		     const struct fileindex_volume *last);
	void **jobs, **volumes; /* that have appeared, by their numbers less one */
	size_t job_count, volume_count;
	int64_t last_job, last_volume;
};

/* Lent by f. */
struct indexer_sink filesof_sink(struct filesof *f);

/* Idempotent. */
void filesof_free(struct filesof *f);

#endif
