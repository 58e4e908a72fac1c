/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One volume of a set by itself: which volumes were before it and come behind it, as it was asked for. */
#ifndef CMD_VOLUME_FILTER_NEIGHBOURS_H
#define CMD_VOLUME_FILTER_NEIGHBOURS_H

#include "cmd/volume/filter_run.h"

/* For the table of options: a path more.  place: the request. */
int filter_neighbours_before(const struct command *verb, void *place, const char *path);
int filter_neighbours_after(const struct command *verb, void *place, const char *path);

/* Does what else is asked for go with them, or with --by-volume?  Returns 0 or the exit status of wrong usage. */
int filter_neighbours_check(const struct filter_request *q);

/* Puts them in their places in q->o and q->out, whose inputs and sources are there already.  XE_FAILED without memory. */
int filter_neighbours_settle(struct filter_request *q, struct err *e) __attribute__((warn_unused_result));

/* Before anything is written: are they what they are said to be, as far as their ends and, where those do not tell, all of their blocks say?
 * XE_USAGE: no; XE_FAILED. */
int filter_neighbours_look(const struct filter_request *q, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void filter_neighbours_free(struct filter_request *q);

#endif
