/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/meta.h"

#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SET_ID_BITS (S_ISUID | S_ISGID)

static bool fault(const char *what, char why[static META_WHY_BYTES])
{
	snprintf(why, META_WHY_BYTES, "its %s cannot be set: %s", what, strerror(errno));
	return false;
}

/* false with errno: it was not changed at a time that this system can tell. */
static bool times_of(const struct meta *m, struct timespec times[2])
{
	times[0] = times[1] = (struct timespec){0};
	/* When it was last read, matters less. */
	(void)system_time(m->atime, &times[0].tv_sec);
	bool told = system_time(m->mtime, &times[1].tv_sec);
	errno = told ? 0 : EOVERFLOW;
	return told;
}

/* The owner that means none to chown(2) is nobody's. */
static bool own(int at, const char *name, const struct meta *m, char why[static META_WHY_BYTES])
{
	bool none = m->uid == UINT32_MAX || m->gid == UINT32_MAX;
	errno = EINVAL;
	return !m->owner || (!none && fchownat(at, name, m->uid, m->gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0) || fault("owner", why);
}

bool meta_set(int fd, const struct meta *m, char why[static META_WHY_BYTES])
{
	struct timespec times[2];
	bool owned = m->born || own(fd, "", m, why);
	/* Who does not own it must not lend another one's rights. */
	uint32_t mode = owned ? m->mode : m->mode & ~(uint32_t)SET_ID_BITS;
	bool moded = m->born || fchmod(fd, mode) == 0 || fault("mode", why);
	bool extra = extra_set(fd, NULL, m->extras, m->extra_count, m->privileged && owned, m->left, why);
	bool timed = (times_of(m, times) && futimens(fd, times) == 0) || fault("time", why);
	return owned && moded && extra && timed;
}

bool meta_set_at(int at, const char *name, bool special, const struct meta *m, char why[static META_WHY_BYTES])
{
	struct timespec times[2];
	bool owned = own(at, name, m, why);
	/* What is no link and was made a moment ago under a name of our own. */
	bool moded = !special || fchmodat(at, name, owned ? m->mode : m->mode & ~(uint32_t)SET_ID_BITS, 0) == 0 || fault("mode", why);
	bool extra = extra_set(at, name, m->extras, m->extra_count, m->privileged && owned, m->left, why);
	bool timed = (times_of(m, times) && utimensat(at, name, times, AT_SYMLINK_NOFOLLOW) == 0) || fault("time", why);
	return owned && moded && extra && timed;
}
