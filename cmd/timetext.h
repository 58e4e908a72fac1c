/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times as people write them. */
#ifndef CMD_TIMETEXT_H
#define CMD_TIMETEXT_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-11-22", "2026-11-22 12:44", "2026-11-22T12:44:19", each in local time, or in UTC with a "Z" behind it; "@1795351213".  Microseconds
 * since 1970: the first of what is said, or the last (a day, a minute, a second).  False: it is none. */
bool timetext_read(const char *text, bool last, int64_t *microseconds);

#endif
