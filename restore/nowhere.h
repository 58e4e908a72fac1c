/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A target: nothing is made, for a rehearsal. */
#ifndef RESTORE_NOWHERE_H
#define RESTORE_NOWHERE_H

#include "restore/target.h"

extern const struct target nowhere_target;

#endif
