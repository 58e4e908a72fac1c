/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/timetext.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000

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
