/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in the folder of a batch, and how it is called: each volume as its input, beside the first of a unit NAME.report.json and
 * NAME.map.  Names follow from the inputs alone, so that the next run finds what this one has left. */
#ifndef CMD_VOLUME_BATCHNAMES_H
#define CMD_VOLUME_BATCHNAMES_H

#include "base/place.h"
#include "cmd/volume/filter_run.h"

#define BATCHNAMES_REPORT ".report.json"
#define BATCHNAMES_MAP ".map"

/* The name of a unit, of its first input; and where what stands beside it goes.  XE_FAILED: too long. */
void batchnames_unit(const char *input, char name[static PLACE_PATH_BYTES]);
int batchnames_side(const char *folder, const char *input, const char *side, char path[static PLACE_PATH_BYTES], struct err *e)
	__attribute__((warn_unused_result));

/* Before anything is read: does everything have a name of its own, and (unless what is done is passed over, or all is replaced) is nothing
 * there yet?  firsts: inputs that units begin with, count of them.  XE_USAGE, XE_FAILED. */
int batchnames_check(const struct filter_request *q, const char *const *firsts, size_t count, struct err *e)
	__attribute__((warn_unused_result));

/* Warns of what killed runs have left in the folder, or others that are at work there: nobody knows which. */
void batchnames_tell_left(const char *folder);

#endif
