/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MODE_BITS 07777
#define ACL "system.posix_acl_access"

int attributes_copy_owner(int from, int to, struct err *e)
{
	struct stat old, new;
	if (fstat(from, &old) != 0 || fstat(to, &new) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot be looked at");
	if (old.st_uid == new.st_uid && old.st_gid == new.st_gid)
		return 0;
	if (fchown(to, old.st_uid, old.st_gid) != 0)
		return err_errno(e, XE_FAILED, errno,
				 "belongs to user %u and group %u, and a new file cannot be given to them; run as that user, or as root",
				 (unsigned)old.st_uid, (unsigned)old.st_gid);
	return 0;
}

/* Of the same size and bytes in both? */
static bool same_value(int to, const char *name, const void *value, size_t n)
{
	char *there = malloc(n + 1);
	bool same = there && fgetxattr(to, name, there, n + 1) == (ssize_t)n && memcmp(there, value, n) == 0;
	free(there);
	return same;
}

/* What it is about, the new bytes have themselves. */
static bool is_of_content(const char *name)
{
	return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static int copy_value(int from, int to, const char *name, struct err *e)
{
	ssize_t n = fgetxattr(from, name, NULL, 0);
	void *value = n >= 0 ? malloc((size_t)n + 1) : NULL;
	int rc = 0;
	if (n >= 0 && value == NULL)
		return err_memory(e, (uint64_t)n + 1, "an extended attribute");
	n = n >= 0 ? fgetxattr(from, name, value, (size_t)n) : n;
	/* SELinux labels new files by itself, and who may not change that finds it right already. */
	if (n < 0 || (fsetxattr(to, name, value, (size_t)n, 0) != 0 && !same_value(to, name, value, (size_t)n)))
		rc = err_errno(e, XE_FAILED, errno, "its extended attribute %s cannot be kept", name);
	free(value);
	return rc;
}

static void note_lost(const char *name, char lost[static ATTRIBUTES_LOST_BYTES])
{
	size_t n = strlen(lost);
	snprintf(lost + n, ATTRIBUTES_LOST_BYTES - n, "%s%s", n ? ", " : "", name);
}

static int copy_values(int from, int to, const char *names, size_t n, char lost[static ATTRIBUTES_LOST_BYTES], struct err *e)
{
	for (const char *name = names; name < names + n; name += strlen(name) + 1) {
		struct err why = {0};
		int rc = is_of_content(name) ? 0 : copy_value(from, to, name, &why);
		if (rc != 0 && strcmp(name, ACL) == 0)
			return err_set(e, why.code, "%s", why.text);
		if (rc != 0)
			note_lost(name, lost);
	}
	return 0;
}

/* A file system that has none has none to keep. */
static int copy_extended(int from, int to, char lost[static ATTRIBUTES_LOST_BYTES], struct err *e)
{
	ssize_t n = flistxattr(from, NULL, 0);
	if (n == 0 || (n < 0 && errno == EOPNOTSUPP))
		return 0;
	char *names = n > 0 ? malloc((size_t)n) : NULL;
	if (n > 0 && names == NULL)
		return err_memory(e, (uint64_t)n, "the names of extended attributes");
	n = n > 0 ? flistxattr(from, names, (size_t)n) : n;
	int rc = n >= 0 ? copy_values(from, to, names, (size_t)n, lost, e)
			: err_errno(e, XE_FAILED, errno, "its extended attributes cannot be read");
	free(names);
	return rc;
}

/* The folder may give one to every new file: whoever could not read the old one must not read this. */
static int drop_acl(int from, int to, struct err *e)
{
	bool has = fgetxattr(from, ACL, NULL, 0) >= 0;
	if (has || fremovexattr(to, ACL) == 0 || errno == ENODATA || errno == EOPNOTSUPP)
		return 0;
	return err_errno(e, XE_FAILED, errno, "the ACL that its folder gives cannot be taken off");
}

/* In this order: giving it away takes bits of the mode off, and without the right to write its owner sets no attributes. */
int attributes_copy(int from, int to, char lost[static ATTRIBUTES_LOST_BYTES], struct err *e)
{
	struct stat st;
	lost[0] = '\0';
	int rc = attributes_copy_owner(from, to, e);
	if (rc == 0 && fstat(from, &st) != 0)
		rc = err_errno(e, XE_FAILED, errno, "cannot be looked at");
	if (rc == 0)
		rc = drop_acl(from, to, e);
	if (rc == 0)
		rc = copy_extended(from, to, lost, e);
	if (rc == 0 && fchmod(to, st.st_mode & MODE_BITS) != 0)
		rc = err_errno(e, XE_FAILED, errno, "its mode cannot be kept");
	if (rc != 0)
		return rc;
	const struct timespec times[2] = {st.st_atim, st.st_mtim};
	return futimens(to, times) == 0 ? 0 : err_errno(e, XE_FAILED, errno, "its times cannot be kept");
}

/* ---- of what is made of others ---- */

#define PERMISSIONS 0777u
#define OF_OWNER 0700u

/* What several files allow together. */
struct common {
	struct stat st; /* of the one that was written last; its mode is what all allow */
	bool one_owner, one_group;
	bool acl; /* one of them has one: the mode does not tell all */
};

bool attributes_are_there(const char *path)
{
	struct stat st;
	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static int look_at(const char *path, bool first, struct common *c, struct err *e)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return err_errno(e, XE_FAILED, errno, "%s cannot be looked at", path);
	c->acl = c->acl || getxattr(path, ACL, NULL, 0) >= 0;
	if (first) {
		c->st = st;
		return 0;
	}
	mode_t all = c->st.st_mode & st.st_mode;
	c->one_owner = c->one_owner && st.st_uid == c->st.st_uid;
	c->one_group = c->one_group && st.st_gid == c->st.st_gid;
	if (is_later(&st.st_mtim, &c->st.st_mtim))
		c->st = st;
	c->st.st_mode = all;
	return 0;
}

static bool give(int fd, const struct common *c, bool *grouped)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return false;
	bool owned = c->one_owner && (st.st_uid == c->st.st_uid || fchown(fd, c->st.st_uid, (gid_t)-1) == 0);
	*grouped = c->one_group && (st.st_gid == c->st.st_gid || fchown(fd, (uid_t)-1, c->st.st_gid) == 0);
	return owned && *grouped;
}

/* The ACL itself, or none, whatever the folder gives to new files. */
static bool follow_acl(const char *from, bool has, int to)
{
	char value[4096];
	ssize_t n = has ? getxattr(from, ACL, value, sizeof value) : -1;
	if (n >= 0)
		return fsetxattr(to, ACL, value, (size_t)n, 0) == 0;
	if (has)
		return false;
	return fremovexattr(to, ACL) == 0 || errno == ENODATA || errno == EOPNOTSUPP;
}

/* Who is of another group now, is one of the others: what both had, they have, as xz does it. */
static mode_t without_group(mode_t mode)
{
	mode_t both = mode >> 3 & mode & 07;
	return (mode & OF_OWNER) | both << 3 | both;
}

static int follow_modes(const char *from, bool single, const struct common *c, int to, struct err *e)
{
	bool grouped = false, given = give(to, c, &grouped);
	mode_t mode = c->st.st_mode & PERMISSIONS;
	if (!grouped)
		mode = without_group(mode);
	bool keep_acl = c->acl && single && given;
	if (!follow_acl(from, keep_acl, to) || (c->acl && !keep_acl))
		mode &= OF_OWNER;
	if (fchmod(to, mode) != 0)
		return err_errno(e, XE_FAILED, errno, "its mode could not be set");
	bool could = c->one_owner && c->one_group && geteuid() == 0;
	return given || !could ? 0
			       : err_set(e, XE_FAILED, "it could not be given to user %u and group %u", (unsigned)c->st.st_uid,
					 (unsigned)c->st.st_gid);
}

int attributes_follow(const char *const *from, size_t count, int to, bool for_owner, struct err *e)
{
	struct common c = {.one_owner = true, .one_group = true};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = look_at(from[i], i == 0, &c, e);
	/* Who has given it away may not set them any more. */
	const struct timespec times[2] = {c.st.st_atim, c.st.st_mtim};
	if (rc == 0 && futimens(to, times) != 0)
		rc = err_errno(e, XE_FAILED, errno, "its times could not be set");
	return rc == 0 && !for_owner ? follow_modes(from[0], count == 1, &c, to, e) : rc;
}

const char *attributes_locked(int fd)
{
#if defined(STATX_ATTR_IMMUTABLE)
	struct statx sx;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx) != 0)
		return NULL;
	if (sx.stx_attributes & STATX_ATTR_IMMUTABLE)
		return "immutable";
	return sx.stx_attributes & STATX_ATTR_APPEND ? "append-only" : NULL;
#else
	(void)fd;
	return NULL;
#endif
}
