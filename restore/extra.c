/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/extra.h"

#include "format/acl.h"
#include "format/stream.h"
#include "format/xattr.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

/* What they are set on. */
struct place {
	int fd;
	char path[64 + 256]; /* of a link, behind a descriptor; "" where fd is the file */
	bool privileged;
	uint64_t *left;
	char *why;
};

bool extra_is_restored(uint32_t stream)
{
	return stream == STREAM_ACL_LINUX_DEFAULT || stream == STREAM_ACL_LINUX_ACCESS || stream == STREAM_XATTR_LINUX;
}

struct extra *extra_dup(const struct extra *extras, size_t count)
{
	size_t bytes = count * sizeof *extras;
	for (size_t i = 0; i < count; i++)
		bytes += extras[i].data.len;
	struct extra *copies = malloc(bytes);
	if (copies == NULL)
		return NULL;
	uint8_t *at = (uint8_t *)(copies + count);
	for (size_t i = 0; i < count; i++) {
		const struct span data = extras[i].data;
		if (data.len > 0)
			memcpy(at, data.data, data.len);
		copies[i] = (struct extra){extras[i].stream, {at, data.len}};
		at += data.len;
	}
	return copies;
}

static bool resolve(void *arg, bool group, const char *name, uint32_t *id)
{
	(void)arg;
	const struct passwd *user = group ? NULL : getpwnam(name);
	const struct group *members = group ? getgrnam(name) : NULL;
	if (user)
		*id = user->pw_uid;
	if (members)
		*id = members->gr_gid;
	return user || members;
}

static bool set(const struct place *p, const char *name, struct span value)
{
	int rc = p->path[0] ? lsetxattr(p->path, name, value.data, value.len, 0) : fsetxattr(p->fd, name, value.data, value.len, 0);
	if (rc == 0)
		return true;
	snprintf(p->why, EXTRA_WHY_BYTES, "%s cannot be set: %s", name, strerror(errno));
	return false;
}

static bool set_acl(const struct place *p, const char *name, struct span text)
{
	char why[ACL_WHY_BYTES];
	uint8_t *packed = malloc(ACL_PACKED_BYTES);
	size_t n = packed ? acl_pack(text, resolve, NULL, packed, why) : 0;
	bool right = n > 0 && set(p, name, (struct span){packed, n});
	if (n == 0)
		snprintf(p->why, EXTRA_WHY_BYTES, "%s", packed ? why : "out of memory");
	free(packed);
	return right;
}

static bool lends_rights(const char *name)
{
	return strncmp(name, "security.", 9) == 0 || strncmp(name, "trusted.", 8) == 0;
}

static bool set_xattrs(const struct place *p, struct span record)
{
	struct rd r = rd_over(record.data, record.len);
	struct xattr x;
	bool right = true;
	while (xattr_next(&r, &x)) {
		bool rights = lends_rights(x.name);
		*p->left += rights && !p->privileged;
		/* The kernel has none of the others for links. */
		if ((p->path[0] && !rights) || (rights && !p->privileged))
			continue;
		right = set(p, x.name, x.value) && right;
	}
	if (r.bad)
		snprintf(p->why, EXTRA_WHY_BYTES, "its extended attributes cannot be read");
	return right && !r.bad;
}

bool extra_set(int fd, const char *name, const struct extra *extras, size_t count, bool privileged, uint64_t *left,
	       char why[static EXTRA_WHY_BYTES])
{
	struct place p = {.fd = fd, .privileged = privileged, .left = left, .why = why};
	bool right = true;
	if (name)
		snprintf(p.path, sizeof p.path, "/proc/self/fd/%d/%s", fd, name);
	/* The lists last: what is set before does not change them. */
	for (size_t i = 0; i < count; i++) {
		if (extras[i].stream == STREAM_XATTR_LINUX)
			right = set_xattrs(&p, extras[i].data) && right;
	}
	for (size_t i = 0; i < count && name == NULL; i++) {
		bool access = extras[i].stream == STREAM_ACL_LINUX_ACCESS;
		if (access || extras[i].stream == STREAM_ACL_LINUX_DEFAULT)
			right = set_acl(&p, access ? ACL_ACCESS : ACL_DEFAULT, extras[i].data) && right;
	}
	return right;
}
