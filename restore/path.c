/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* "C:" becomes "C", as the daemons do it on Windows; a colon anywhere else is part of a name. */
static size_t drive_bytes(const char *name, const char *at, size_t n)
{
	bool letter = (at[0] >= 'A' && at[0] <= 'Z') || (at[0] >= 'a' && at[0] <= 'z');
	return at == name && n == 2 && letter && at[1] == ':' ? 1 : n;
}

int path_below(const char *name, unsigned strip, char **path, size_t *cap, struct err *e)
{
	size_t room = strlen(name) + 1, len = 0, levels = 0;
	if (room > *cap) {
		char *grown = realloc(*path, room);
		if (grown == NULL)
			return err_memory(e, room, "a path");
		*path = grown;
		*cap = room;
	}
	bool climbs = false;
	for (const char *at = name; *at;) {
		size_t n = strcspn(at, "/");
		bool empty = n == 0 || (n == 1 && at[0] == '.');
		climbs = climbs || (n == 2 && at[0] == '.' && at[1] == '.');
		size_t keep = drive_bytes(name, at, n);
		if (!empty && strip > 0) {
			strip--;
		} else if (!empty) {
			if (len > 0)
				(*path)[len++] = '/';
			memcpy(*path + len, at, keep);
			len += keep;
			levels++;
		}
		at += n + (at[n] == '/');
	}
	(*path)[len] = '\0';
	if (climbs || levels > PATH_LEVELS_MAX)
		return climbs ? PATH_CLIMBS : PATH_DEEP;
	return len == 0 ? PATH_NOTHING : PATH_RIGHT;
}

const char *path_last(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}
