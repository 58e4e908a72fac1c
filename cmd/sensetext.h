/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense data for people, on several lines. */
#ifndef CMD_SENSETEXT_H
#define CMD_SENSETEXT_H

#include "scsi_sense.h"

/* bytes: what s was read from; empty for a code alone. */
void sensetext_print(const struct scsi_sense *s, struct span bytes);

#endif
