/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense data for people, on several lines. */
#ifndef CMD_DRIVE_SENSETEXT_H
#define CMD_DRIVE_SENSETEXT_H

#include "tape/sense.h"

/* bytes: what s was read from; empty for a code alone. */
void sensetext_print(const struct sense *s, struct span bytes);

#endif
