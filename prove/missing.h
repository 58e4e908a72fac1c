/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files of a job did not come: FileIndexes begin with 1 and are consecutive in every job.
 * formats/volume-format.md 3.4 */
#ifndef PROVE_MISSING_H
#define PROVE_MISSING_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MISSING_RANGES 4096u /* of one job; of further ones the files are counted only */

struct missing_range {
	int32_t first, last;
	bool hurt; /* there was damage between the files around it */
};

/* Of one job; begin with all zero. */
struct missing {
	bool begun;                   /* set it when the job's start was seen: files before the first one are missing, too */
	int32_t highest;              /* FileIndex so far */
	struct missing_range *ranges; /* ascending */
	size_t count, cap;
	uint64_t unlisted; /* files of further ranges, hurt or not */
};

void missing_free(struct missing *m);

/* Something of this FileIndex (> 0) is here, or is told otherwise.  hurt: there was damage since the last call, or before the first:
 * then what is before it may be lost, too.  XE_FAILED without memory. */
int missing_see(struct missing *m, int32_t file_index, bool hurt, struct err *e) __attribute__((warn_unused_result));

/* The job's end says how many files it had: what garbage claimed beyond that was none. */
int missing_end(struct missing *m, uint32_t job_files, bool hurt, struct err *e) __attribute__((warn_unused_result));

/* All of them; and those that were left out in order, without damage near. */
uint64_t missing_files(const struct missing *m);
uint64_t missing_unhurt(const struct missing *m);

#endif
