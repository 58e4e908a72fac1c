/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/timetext.h"

#include "base/json.h"
#include "base/system.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000
#define DURATION_MAX ((uint64_t)100 * 366 * 86400)

static bool read_seconds(const char *text, int64_t *seconds)
{
	char *end;
	errno = 0;
	*seconds = strtoll(text, &end, 10);
	return end > text && *end == '\0' && errno == 0 && *seconds > -((int64_t)1 << 40) && *seconds < (int64_t)1 << 40;
}

/* What stands behind the last digit of the form that it has. */
static const char *read_form(const char *text, struct tm *tm, int64_t *unit)
{
	static const struct {
		const char *form;
		int64_t unit;
	} forms[] = {
		{"%Y-%m-%d %H:%M:%S", 1}, {"%Y-%m-%dT%H:%M:%S", 1}, {"%Y-%m-%d %H:%M", 60}, {"%Y-%m-%dT%H:%M", 60}, {"%Y-%m-%d", 86400},
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		*tm = (struct tm){.tm_isdst = -1};
		const char *end = strptime(text, forms[i].form, tm);
		*unit = forms[i].unit;
		if (end && (*end == '\0' || strcmp(end, "Z") == 0))
			return end;
	}
	return NULL;
}

bool timetext_read(const char *text, bool last, int64_t *microseconds)
{
	struct tm tm, seen;
	int64_t unit = 1, seconds = 0;
	if (text[0] == '@') {
		if (!read_seconds(text + 1, &seconds))
			return false;
	} else {
		const char *end = read_form(text, &tm, &unit);
		seen = tm;
		if (end == NULL)
			return false;
		seconds = *end == 'Z' ? timegm(&tm) : mktime(&tm);
		/* The 31st of February is none. */
		if (seconds == -1 || tm.tm_mday != seen.tm_mday)
			return false;
	}
	*microseconds = seconds * SECOND + (last ? unit * SECOND - 1 : 0);
	return true;
}

/* Seconds of a unit, by its letter; none: seconds.  0: there is no such. */
static uint64_t unit_seconds(char letter)
{
	switch (letter) {
	case 'd': return 86400;
	case 'h': return 3600;
	case 'm': return 60;
	case 's':
	case '\0': return 1;
	default: return 0;
	}
}

/* A number and its unit. */
static bool read_part(const char **text, uint64_t *seconds)
{
	char *end;
	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	unsigned long long n = strtoull(*text, &end, 10);
	uint64_t unit = unit_seconds(*end);
	if (errno != 0 || unit == 0 || n > DURATION_MAX / unit)
		return false;
	*seconds += n * unit;
	*text = *end ? end + 1 : end;
	return *seconds <= DURATION_MAX;
}

bool timetext_duration(const char *text, uint64_t *seconds)
{
	*seconds = 0;
	do {
		if (!read_part(&text, seconds))
			return false;
	} while (*text);
	return *seconds > 0;
}

void timetext_utc(int64_t seconds, char text[static TIMETEXT_BYTES])
{
	struct tm tm;
	time_t t;
	if (!system_time(seconds, &t) || gmtime_r(&t, &tm) == NULL || strftime(text, TIMETEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
}

/* With so many digits behind the second. */
static void put_fraction(int64_t seconds, long long fraction, int digits, char text[static TIMETEXT_BYTES])
{
	char whole[TIMETEXT_BYTES];
	timetext_utc(seconds, whole);
	size_t len = strlen(whole);
	if (len == 0 || snprintf(text, TIMETEXT_BYTES, "%.*s.%0*lldZ", (int)len - 1, whole, digits, fraction) >= (int)TIMETEXT_BYTES)
		text[0] = '\0';
}

void timetext_exact(const struct timespec *t, char text[static TIMETEXT_BYTES])
{
	put_fraction(t->tv_sec, t->tv_nsec, 9, text);
}

void timetext_json(struct json *j, const char *key, int64_t seconds)
{
	char text[TIMETEXT_BYTES];
	timetext_utc(seconds, text);
	json_known(j, key, text);
}

void timetext_json_us(struct json *j, const char *key, int64_t microseconds)
{
	char text[TIMETEXT_BYTES];
	int64_t rest = microseconds % SECOND, seconds = microseconds / SECOND;
	if (microseconds == 0)
		return;
	put_fraction(rest < 0 ? seconds - 1 : seconds, rest < 0 ? rest + SECOND : rest, 6, text);
	json_known(j, key, text);
}
