/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/naming.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- jobs ---- */

/* Is this what a director puts behind the name of a job to make it unique: ".2026-11-22_12.44.19_42"? */
static bool is_time(const char *text)
{
	static const char form[] = ".0000-00-00_00.00.00_00";
	size_t i = 0;
	for (; form[i] && text[i]; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		if (form[i] == '0' ? !digit : text[i] != form[i])
			return false;
	}
	/* The last number has more digits where there are more jobs a second. */
	i += strspn(text + i, "0123456789");
	return i >= sizeof form - 1 && text[i] == '\0';
}

bool naming_is_run(const char *unique, const char *name)
{
	size_t n = strlen(name);
	return n > 0 && strncmp(unique, name, n) == 0 && (unique[n] == '\0' || is_time(unique + n));
}

bool naming_is_job(const char *text, const struct naming_job *j)
{
	char number[32];
	snprintf(number, sizeof number, "%u", j->job_id);
	if (j->job_id > 0 && strcmp(text, number) == 0)
		return true;
	snprintf(number, sizeof number, "%u/%u", j->session_id, j->session_time);
	return strcmp(text, number) == 0 || (j->name && *text && strcmp(text, j->name) == 0) || naming_is_run(j->job, text);
}

/* ---- FileIndexes ---- */

static bool read_index(const char **text, int32_t *index)
{
	char *end;
	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	unsigned long long v = strtoull(*text, &end, 10);
	*text = end;
	*index = (int32_t)v;
	return errno == 0 && v > 0 && v <= INT32_MAX;
}

bool naming_next_indexes(const char **list, int32_t *first, int32_t *last)
{
	if (!read_index(list, first))
		return false;
	*last = *first;
	if (**list == '-') {
		++*list;
		if (!read_index(list, last) || *last < *first)
			return false;
	}
	if (**list == '\0')
		return true;
	return *(*list)++ == ',' && **list != '\0';
}
