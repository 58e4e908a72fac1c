/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files of a job did not come: FileIndexes begin with 1 and are consecutive in every job.
 * formats/volume-corrections.md B7 */
#ifndef PIPELINE_MISSING_H
#define PIPELINE_MISSING_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MISSING_RANGES 4096u /* of one job; of further ones the files are counted only */

struct missing_range {
	int32_t first, last;
};

/* Of one job; begin with all zero. */
struct missing {
	bool begun;		      /* set it when the job's start was seen: files before the first one are missing, too */
	int32_t highest;	      /* FileIndex so far */
	struct missing_range *ranges; /* ascending */
	size_t count;
	uint64_t unlisted; /* files of further ranges */
};

void missing_free(struct missing *m);

/* A record of this FileIndex (> 0) is here.  XE_FAILED without memory. */
int missing_see(struct missing *m, int32_t file_index, struct err *e) __attribute__((warn_unused_result));

/* The job's end says how many files it had: what garbage claimed beyond that was none. */
int missing_end(struct missing *m, uint32_t job_files, struct err *e) __attribute__((warn_unused_result));

uint64_t missing_files(const struct missing *m);

#endif
