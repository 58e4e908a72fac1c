/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a command may take: what the drive says of itself, or what its class of command takes on the slowest drives.
 * Bytes only. */
#ifndef TAPE_TIMEOUTS_H
#define TAPE_TIMEOUTS_H

#include "base/bytes.h"

/* Seconds by operation code; 0: the drive does not tell. */
struct timeouts {
	uint32_t told[256];
};

/* An answer to REPORT SUPPORTED OPERATION CODES, all commands, with timeouts descriptors (SPC-4 6.35).  Of several service
 * actions of one code the longest counts.  False for an answer that is none; believes no length beyond it. */
bool timeouts_read(struct span answer, struct timeouts *t);

/* Seconds for a command: the longer one of what the drive tells and what commands of this class take.  t may be NULL.  At
 * most TIMEOUTS_MAX_S, whatever a drive says. */
unsigned timeouts_seconds(const struct timeouts *t, uint8_t opcode);

#define TIMEOUTS_MAX_S 86400u

#endif
