/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times as people write them. */
#ifndef CMD_TIMETEXT_H
#define CMD_TIMETEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct json;

/* "2026-11-22", "2026-11-22 12:44", "2026-11-22T12:44:19", each in local time, or in UTC with a "Z" behind it; "@1795351213".  Microseconds
 * since 1970: the first of what is said, or the last (a day, a minute, a second).  False: it is none. */
bool timetext_read(const char *text, bool last, int64_t *microseconds);

/* "4h", "90m", "1h30m", "2d", "30s", "30": so long, in seconds, at least one, a hundred years at most.  False: it is none. */
bool timetext_duration(const char *text, uint64_t *seconds);

#define TIMETEXT_BYTES 32u

/* "2026-11-22T12:44:19Z", of seconds since 1970; "" where no calendar has it. */
void timetext_utc(int64_t seconds, char text[static TIMETEXT_BYTES]);

/* "2026-11-22T12:44:19.123456789Z" */
void timetext_exact(const struct timespec *t, char text[static TIMETEXT_BYTES]);

/* A member of an open object, in this form; none where no calendar has it. */
void timetext_json(struct json *j, const char *key, int64_t seconds);
/* Of microseconds since 1970, with six digits of the second; 0: not known. */
void timetext_json_us(struct json *j, const char *key, int64_t microseconds);

#endif
