/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How units are called.  Of volume/units alone. */
#ifndef VOLUME_UNITNAMES_H
#define VOLUME_UNITNAMES_H

#include "volume/units.h"

/* Names all units, and puts them in the order of their names.  XE_FAILED without memory. */
int unitnames_give(struct units *u, const struct units_input *inputs, struct err *e) __attribute__((warn_unused_result));

#endif
