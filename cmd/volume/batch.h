/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filter of many volumes: those that belong together are a unit, and each unit is converted by a process of its own, as one that is given
 * alone.  What goes wrong with it, a crash included, costs no other. */
#ifndef CMD_VOLUME_BATCH_H
#define CMD_VOLUME_BATCH_H

#include "cmd/volume/filter_run.h"

/* Is it asked for? */
bool batch_wanted(const struct filter_request *q);

/* Does what else is asked for go with it?  Returns 0 or the exit status of wrong usage. */
int batch_check(const struct filter_request *q);

/* What lies in the folder where the outputs go, as they do when it lies in one that is read, is left out of the list.  XE_USAGE: one of the
 * operands lies there; XE_FAILED: nothing is left. */
int batch_leave_out(const struct filter_request *q, const struct operands *named, struct volumelist *l, struct err *e)
	__attribute__((warn_unused_result));

/* All of it: q->o.paths are the volumes.  What the request holds is given back.  Returns the exit status, having said why; ends the program
 * if a signal wants that. */
int batch_run(struct filter_request *q);

#endif
