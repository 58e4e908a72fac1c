/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May one set of volumes take the place of another?  It is sound (as verify says it), and it holds the same jobs, files and plain
 * content (as compare says it). */
#ifndef CMD_VOLUME_SUCCESSOR_H
#define CMD_VOLUME_SUCCESSOR_H

#include "base/progress.h"
#include "cmd/volume/keyoptions.h"
#include "pipeline/options.h"

#include <stdbool.h>

struct successor_run {
	const struct filter_options *options; /* of these: threads, max_memory; repair: what is mended in the new ones */
	const struct keyoptions *keys;        /* opened; new ones, if there are any, are those of the new volumes */
	enum progress_mode progress;
	bool may_be_longer; /* the new ones may hold more: jobs were written to them since */
};

struct successor_result {
	size_t jobs;
	uint64_t files, bytes; /* of plain content, in the new volumes */
	uint64_t added;        /* files that only they have */
};

/* Reads count new volumes, then count old ones and the new ones again; what is wrong is told as it is found.  *result: what was found,
 * of a run that came to its end.  XE_DAMAGE: no; and what reading volumes has for an error. */
int successor_prove(const struct successor_run *run, const char *const *old, const char *const *new, size_t count,
		    struct successor_result *result, struct err *e) __attribute__((warn_unused_result));

#endif
