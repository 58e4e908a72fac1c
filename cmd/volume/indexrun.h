/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes are read for an index, or for those who want rows of one: what the verbs share that do so. */
#ifndef CMD_VOLUME_INDEXRUN_H
#define CMD_VOLUME_INDEXRUN_H

#include "base/progress.h"
#include "cmd/volume/pkioptions.h"
#include "index/indexer.h"
#include "pipeline/options.h"

struct indexrun {
	struct filter_options run; /* threads, memory and keys are given; paths, where they are read without an index */
	enum progress_mode progress;
	bool all_digests;
	struct pkioptions *pki;              /* opened: rows are of what clients encrypted as if they had not; NULL: as it is */
	bool quiet_problems;                 /* they were told of before */
	uint64_t damages;                    /* found on what was read */
	size_t read, tails, unchanged, gone; /* volumes: read whole, from where they had ended before, not read, not there */
};

/* All volumes of r->run.paths as one set; rows go to sink.  As filter_run. */
int indexrun_read(struct indexrun *r, const struct indexer_sink *sink, struct err *e) __attribute__((warn_unused_result));

/* Brings the index up to date with these volumes: one transaction for each set of those that have to be read.  As filter_run, and errors of
 * the index. */
int indexrun_update(struct indexrun *r, struct fileindex *x, const char *const *paths, size_t count, struct err *e)
	__attribute__((warn_unused_result));

#endif
