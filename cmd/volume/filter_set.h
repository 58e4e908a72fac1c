/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One set of volumes of a run of the filter: where each goes, its map and its lines, and how all of it gets its names, or is taken back.
 * Used by filter_run alone, whose request carries what is at hand. */
#ifndef CMD_VOLUME_FILTER_SET_H
#define CMD_VOLUME_FILTER_SET_H

#include "cmd/volume/filter_run.h"

/* What the filter calls, once; blocks: for a map, too. */
void filter_set_callbacks(struct filter_request *q, bool blocks);

/* The set that q->o.paths begins with, at hand from then on: q->filter is its.  Where it is alone, or has no map in common with others, its
 * files have their names then.  As filter_run, and what outputs, maps and names have for an error. */
int filter_set_run(struct filter_request *q, struct err *e) __attribute__((warn_unused_result));

/* Of one that failed with e: is told of, and nothing stays of it but what is worth keeping.  first: where it begins among inputs; *end:
 * behind the last of all, then behind the set's.  Returns the exit status. */
int filter_set_fail(struct filter_request *q, const char *const *inputs, size_t first, struct err *e, size_t *end);

/* All that is written gets its names.  XE_FAILED, XE_USAGE, XE_DAMAGE. */
int filter_set_commit(struct filter_request *q, struct err *e) __attribute__((warn_unused_result));

/* A volume of this name is among the inputs.  q: the request. */
void filter_set_meet_name(void *q, const char *name);

/* XE_USAGE: a name of --rename that no volume had.  It was mistyped, and the volume would keep its own. */
int filter_set_names_met(const struct filter_request *q, struct err *e) __attribute__((warn_unused_result));

#endif
