/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan as files for those who do it elsewhere: a list of volumes for each unit, as filter --files-from --null reads one. */
#ifndef CMD_VOLUME_PLANLISTS_H
#define CMD_VOLUME_PLANLISTS_H

#include "cmd/volume/planout.h"

/* Makes a new folder with a file for each unit, NUMBER.UNIT, of which the numbers are as long as each other: the order of their names is that
 * of the plan.  It is there whole or not at all.  XE_USAGE: a path that is not absolute, which would be another file elsewhere; XE_FAILED. */
int planlists_write(const struct plan *p, const char *folder, struct err *e) __attribute__((warn_unused_result));

#endif
