/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for a drive, and saying so. */
#ifndef CMD_DRIVE_WAITING_H
#define CMD_DRIVE_WAITING_H

#include "tape/drive.h"

#include <limits.h>

/* Seconds that stand for: as long as the drive says that it is becoming ready (WAITING_BECOMING_MAX_S at most), and
 * WAITING_DEFAULT_S for a drive that is not ready and does not say so. */
#define WAITING_READY UINT_MAX
#define WAITING_DEFAULT_S 300u
/* An LTO-9 optimizes a new medium for up to two hours (formats/sense-and-alerts.md 4.1). */
#define WAITING_BECOMING_MAX_S 10800u

/* drive_open, again and again while the node or the drive is busy, for seconds.  Errors of drive_open. */
int waiting_open(struct drive *d, const char *device, unsigned seconds, enum drive_ready *ready, struct err *e)
	__attribute__((warn_unused_result));

/* Until the open drive is ready, or has no medium; *ready is what waiting_open, drive_ready said before.  A drive that has no
 * cartridge yet is given tape_seconds for it to appear.  XE_NOT_READY when the time is over, or a signal waits; as drive_ready. */
int waiting_run(struct drive *d, const char *device, unsigned seconds, unsigned tape_seconds, enum drive_ready *ready, struct err *e)
	__attribute__((warn_unused_result));

/* "2 h 05 min", "3 min", "40 s" */
#define WAITING_TIME_BYTES 24
const char *waiting_time(unsigned seconds, char text[static WAITING_TIME_BYTES]);

#endif
