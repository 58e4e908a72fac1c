/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs of an extraction: which of them is at hand, and what is kept of each. */
#ifndef RESTORE_EXTRACT_LANE_H
#define RESTORE_EXTRACT_LANE_H

#include "restore/extract_end.h"

/* Is the item's job wanted?  Then it is the one at hand.  Of one job alone: XE_USAGE where a second one begins that fits; XE_FAILED without
 * memory, and what closing a file of the one before has for an error. */
int extract_lane_choose(struct extract *x, const struct item *item, bool *ours, struct err *e) __attribute__((warn_unused_result));

/* Would it be?  False where that is not known yet. */
bool extract_lane_is_ours(const struct extract *x, const struct job *job);

/* What becomes of a file of the one at hand; always MERGE_UNKNOWN where there is no plan. */
struct merge_verdict extract_lane_verdict(const struct extract *x, int32_t file_index);

/* The next file of the one at hand; 0: none. */
void extract_lane_open(struct extract *x, int32_t file_index);

/* All records have come: closes what is open in any of them.  Errors as extract_close_file. */
int extract_lane_finish(struct extract *x, struct err *e) __attribute__((warn_unused_result));

void extract_lane_free(struct extract *x);

#endif
