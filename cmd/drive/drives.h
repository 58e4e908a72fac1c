/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate drives, for its test: elsewhere than in /sys and /dev. */
#ifndef CMD_DRIVE_DRIVES_H
#define CMD_DRIVE_DRIVES_H

#include <stdbool.h>

/* Returns the exit status. */
int drives_run(const char *sysfs, const char *dev, bool json);

#endif
