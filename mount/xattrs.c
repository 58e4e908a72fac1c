/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/xattrs.h"

#include "format/acl.h"
#include "format/stream.h"
#include "format/xattr.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"
#define NAME_ROOM ((size_t)65536) /* of getpwnam_r */

static const char *acl_name(uint32_t stream)
{
	return stream == STREAM_ACL_LINUX_ACCESS ? ACCESS : stream == STREAM_ACL_LINUX_DEFAULT ? DEFAULT : NULL;
}

/* ---- names ---- */

static bool add_name(struct xattrs_value *names, const char *name)
{
	size_t n = strlen(name) + 1;
	uint8_t *grown = realloc(names->data, names->len + n);
	if (grown == NULL)
		return false;
	memcpy(grown + names->len, name, n);
	names->data = grown;
	names->len += n;
	return true;
}

int xattrs_names(const struct extra *extras, size_t count, struct xattrs_value *names, struct err *e)
{
	bool right = true;
	*names = (struct xattrs_value){0};
	for (size_t i = 0; right && i < count; i++) {
		struct rd r = rd_over(extras[i].data.data, extras[i].data.len);
		struct xattr x;
		if (acl_name(extras[i].stream))
			right = add_name(names, acl_name(extras[i].stream));
		while (right && extras[i].stream == STREAM_XATTR_LINUX && xattr_next(&r, &x))
			right = add_name(names, x.name);
	}
	if (right)
		return 0;
	free(names->data);
	return err_memory(e, names->len, "names of attributes");
}

/* ---- access lists ---- */

static bool resolve(void *arg, bool group, const char *name, uint32_t *id)
{
	(void)arg;
	char *room = malloc(NAME_ROOM);
	struct passwd p, *user = NULL;
	struct group g, *members = NULL;
	if (room && group)
		(void)!getgrnam_r(name, &g, room, NAME_ROOM, &members);
	else if (room)
		(void)!getpwnam_r(name, &p, room, NAME_ROOM, &user);
	*id = user ? user->pw_uid : members ? members->gr_gid : 0;
	free(room);
	return user || members;
}

/* The first name in the list whom nobody knows; false: there is none. */
static bool find_stranger(const char *line, char name[static 256])
{
	bool group = strncmp(line, "group:", 6) == 0;
	if (!group && strncmp(line, "user:", 5) != 0)
		return false;
	const char *from = strchr(line, ':') + 1;
	size_t len = strcspn(from, ":\n");
	uint32_t id;
	if (len == 0 || len > 255 || strspn(from, "0123456789") == len)
		return false;
	memcpy(name, from, len);
	name[len] = '\0';
	return !resolve(NULL, group, name, &id);
}

/* Without the lines of those whom nobody knows.  text: len bytes and a NUL; returns the length that is left. */
static size_t leave_strangers(char *text, char left[static 256])
{
	char name[256], *to = text;
	for (char *line = text, *next; *line; line = next) {
		size_t len = strcspn(line, "\n");
		next = line + len + (line[len] == '\n');
		if (find_stranger(line, name)) {
			memcpy(left, name, sizeof name);
			continue;
		}
		memmove(to, line, (size_t)(next - line));
		to += next - line;
	}
	*to = '\0';
	return (size_t)(to - text);
}

static int pack(struct span stored, struct xattrs_value *value, char left[static 256], struct err *e)
{
	char why[ACL_WHY_BYTES] = "";
	char *text = calloc(1, stored.len + 1);
	value->data = malloc(ACL_PACKED_BYTES);
	if (text == NULL || value->data == NULL) {
		free(text);
		free(value->data);
		return err_memory(e, ACL_PACKED_BYTES, "an access list");
	}
	if (stored.len > 0)
		memcpy(text, stored.data, stored.len);
	size_t len = leave_strangers(text, left);
	value->len = acl_pack((struct span){(const uint8_t *)text, len}, resolve, NULL, value->data, why);
	free(text);
	if (value->len > 0)
		return 1;
	free(value->data);
	return err_set(e, XE_DAMAGE, "its access list cannot be read: %s", why);
}

/* ---- values ---- */

static int find(struct span record, const char *name, struct xattrs_value *value, struct err *e)
{
	struct rd r = rd_over(record.data, record.len);
	struct xattr x;
	while (xattr_next(&r, &x)) {
		if (strcmp(x.name, name) != 0)
			continue;
		value->data = malloc(x.value.len ? x.value.len : 1);
		if (value->data == NULL)
			return err_memory(e, x.value.len, "an attribute");
		if (x.value.len > 0)
			memcpy(value->data, x.value.data, x.value.len);
		value->len = x.value.len;
		return 1;
	}
	return 0;
}

int xattrs_get(const struct extra *extras, size_t count, const char *name, struct xattrs_value *value, char left[static 256], struct err *e)
{
	int rc = 0;
	left[0] = '\0';
	*value = (struct xattrs_value){0};
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *acl = acl_name(extras[i].stream);
		if (acl && strcmp(acl, name) == 0)
			rc = pack(extras[i].data, value, left, e);
		else if (extras[i].stream == STREAM_XATTR_LINUX)
			rc = find(extras[i].data, name, value, e);
	}
	return rc;
}
