/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/nodes.h"

#include <stdio.h>
#include <string.h>

static bool is_digits(const char *text, size_t len)
{
	return len > 0 && strspn(text, "0123456789") >= len;
}

/* st0, st0a, st0l, st0m; by-id names of udev end in -nst or -sg where they do not rewind. */
static bool linux_rewinds(const char *folder, int folder_len, const char *name, char *use, size_t room)
{
	size_t digits = strncmp(name, "st", 2) == 0 ? strspn(name + 2, "0123456789") : 0;
	const char *rest = name + 2 + digits;
	if (digits > 0 && (*rest == '\0' || (strchr("alm", *rest) && rest[1] == '\0'))) {
		snprintf(use, room, "%.*sn%s", folder_len, folder, name);
		return true;
	}
	return false;
}

static bool freebsd_rewinds(const char *folder, int folder_len, const char *name, char *use, size_t room)
{
	const char *base = name + (*name == 'e');
	if (strncmp(base, "sa", 2) != 0 || !is_digits(base + 2, strcspn(base + 2, ".")) || strstr(base, ".ctl") != NULL)
		return false;
	snprintf(use, room, "%.*sn%s", folder_len, folder, base);
	return true;
}

/* /dev/rmt/0, 0c, 0cb: a number, a density, b for BSD manners, and n at the end for no rewinding. */
static bool solaris_rewinds(const char *folder, int folder_len, const char *name, char *use, size_t room)
{
	size_t digits = strspn(name, "0123456789");
	if (folder_len < 5 || strncmp(folder + folder_len - 5, "/rmt/", 5) != 0 || digits == 0)
		return false;
	const char *rest = name + digits;
	if (strspn(rest, "lmhucb") != strlen(rest))
		return false;
	snprintf(use, room, "%.*s%sn", folder_len, folder, name);
	return true;
}

bool nodes_rewinds(enum nodes_system system, const char *path, char *use, size_t room)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	int folder_len = (int)(name - path);
	switch (system) {
	case NODES_LINUX: return linux_rewinds(path, folder_len, name, use, room);
	case NODES_FREEBSD: return freebsd_rewinds(path, folder_len, name, use, room);
	case NODES_SOLARIS: return solaris_rewinds(path, folder_len, name, use, room);
	}
	return false;
}
