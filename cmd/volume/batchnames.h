/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in the folder of a batch, and how it is called: each volume as its input, or as --rename says of its label, beside the first
 * of a unit NAME.report.json and NAME.map, as its input.  Names follow from the inputs alone, so that the next run finds what this one has
 * left; and each is one unit's, for any of them may replace what has it at any moment. */
#ifndef CMD_VOLUME_BATCHNAMES_H
#define CMD_VOLUME_BATCHNAMES_H

#include "base/place.h"
#include "cmd/volume/batchunits.h"
#include "cmd/volume/filter_run.h"

#define BATCHNAMES_REPORT ".report.json"
#define BATCHNAMES_MAP ".map"

/* The name of a unit, of its first input; and where what stands beside it goes.  XE_FAILED: too long. */
void batchnames_unit(const char *input, char name[static PLACE_PATH_BYTES]);
int batchnames_side(const char *folder, const char *input, const char *side, char path[static PLACE_PATH_BYTES], struct err *e)
	__attribute__((warn_unused_result));

/* Of all units.  Begin with BATCHNAMES_NONE. */
struct batchnames {
	const char *folder;  /* where they stand, the request's */
	const char **called; /* what is made of each of the units' paths, in their order */
	struct batchnames_one *all;
	size_t count;
};

#define BATCHNAMES_NONE ((struct batchnames){.folder = NULL})

/* Before anything is read: has everything a name of its own, also where one of them is a link, does none lead to what any unit reads, and
 * (unless what is done is passed over, or all is replaced) is nothing there yet?  The folder is there; u stays as it is as long as n.
 * XE_USAGE, XE_FAILED. */
int batchnames_give(struct batchnames *n, const struct filter_request *q, const struct batchunits *u, struct err *e)
	__attribute__((warn_unused_result));

/* For struct outputs; arg: struct batchnames.  *taken: something of a unit is called so, or stands where a link of that name leads.
 * XE_FAILED. */
int batchnames_taken(void *arg, const char *name, bool *taken, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void batchnames_free(struct batchnames *n);

/* Warns of what killed runs have left in the folder, or others that are at work there: nobody knows which. */
void batchnames_tell_left(const char *folder);

#endif
