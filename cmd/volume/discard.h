/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filter --discard-original: NAME.orig is removed where NAME is sound and holds all that it holds. */
#ifndef CMD_VOLUME_DISCARD_H
#define CMD_VOLUME_DISCARD_H

#include "cmd/volume/successor.h"

/* Of count volumes, each set for itself.  Returns the exit status, having said why. */
int discard_run(const struct successor_run *run, const char *const *paths, size_t count);

#endif
