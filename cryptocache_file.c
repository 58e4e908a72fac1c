/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crypto cache on the disk.  Daemons lock nothing and write over what is there; of those who come here, one at a time
 * changes a file: flock(2) on the file itself, and a look whether it still has the name when the lock is ours, because
 * each change puts another file in its place. */
#include "cryptocache.h"

#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX_BYTES (CRYPTOCACHE_ENTRIES_MAX * 280 + 512)
#define LOCK_WAIT_S 30
#define LOCK_POLL_NS 20000000L
#define ATTEMPTS_MAX 1000

static int cannot_open(struct err *e)
{
	return err_errno(e, XE_FAILED, errno, "cannot open");
}

static int read_and_parse(struct cryptocache *c, int fd, struct err *e)
{
	struct secret bytes = SECRET_NONE;
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(e, XE_FAILED, "is a folder");
	if (isatty(fd))
		return err_set(e, XE_USAGE, "a crypto cache is not read from a terminal");
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		return err_set(e, XE_DAMAGE, "is empty, not even the header of a crypto cache");
	struct err fault = {0};
	int r = secret_read(&bytes, fd, FILE_MAX_BYTES, "crypto cache", &fault);
	if (r == XE_KEY)
		r = err_set(e, XE_DAMAGE, "is empty, or larger than any crypto cache");
	else if (r != 0)
		r = err_set(e, fault.code, "%s", fault.text);
	else
		r = cryptocache_parse(c, bytes.data, bytes.len, e);
	secret_free(&bytes);
	return r;
}

int cryptocache_read(struct cryptocache *c, const char *path, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	cryptocache_free(c);
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? cannot_open(e) : read_and_parse(c, fd, e);
	if (fd >= 0 && !standard)
		close(fd);
	if (r != 0)
		err_volume(e, standard ? "standard input" : path);
	return r;
}

/* Waits its turn, but not for ever. */
static int lock(int fd, struct err *e)
{
	const struct timespec pause = {0, LOCK_POLL_NS};
	for (long waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "cannot lock it");
		if (waited >= LOCK_WAIT_S * (1000000000L / LOCK_POLL_NS))
			return err_set(e, XE_FAILED, "another process has held its lock for %d seconds; nothing was changed", LOCK_WAIT_S);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* *fd is the locked file that has this name; -1: there is none, and create allows that. */
static int open_locked(const char *path, bool create, int *fd, struct stat *st, struct err *e)
{
	struct stat named;
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		*fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (*fd < 0 && (errno == EACCES || errno == EROFS || errno == EISDIR))
			*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (*fd < 0)
			return create && errno == ENOENT ? 0 : cannot_open(e);
		int r = fstat(*fd, st) == 0 && S_ISREG(st->st_mode) ? 0 : err_set(e, XE_FAILED, "is not a regular file");
		if (r == 0)
			r = lock(*fd, e);
		if (r == 0 && stat(path, &named) == 0 && named.st_dev == st->st_dev && named.st_ino == st->st_ino)
			return fstat(*fd, st) == 0 ? 0 : err_errno(e, XE_FAILED, errno, "cannot be read");
		close(*fd);
		*fd = -1;
		if (r != 0)
			return r;
	}
	return err_set(e, XE_FAILED, "others change it all the time; nothing was changed");
}

/* The new file is as the old one was, or nobody gets it. */
static int take_over(int fd, const struct stat *old, struct err *e)
{
	struct stat now;
	if (fstat(fd, &now) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot be read");
	if ((now.st_uid != old->st_uid || now.st_gid != old->st_gid) && fchown(fd, old->st_uid, old->st_gid) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot give the new file to the owner of the old one (%u:%u); nothing was changed",
				 (unsigned)old->st_uid, (unsigned)old->st_gid);
	if (fchmod(fd, old->st_mode & 07777) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot give the new file the mode of the old one");
	return 0;
}

static int write_file(const struct cryptocache *c, const char *path, const struct stat *old, struct err *e)
{
	static struct outfile out; /* where the handlers of signals find it */
	struct secret bytes = SECRET_NONE;
	int r = cryptocache_serialize(c, cryptocache_native(), &bytes, e);
	if (r == 0)
		r = outfile_open(&out, path, 0600, old != NULL, false, e);
	else
		out = OUTFILE_NONE;
	if (r == 0 && old)
		r = take_over(out.io.fd, old, e);
	secret_wipe_registers();
	if (r == 0)
		r = io_write(out.io.fd, bytes.data, bytes.len, e);
	if (r == 0)
		r = outfile_commit(&out, e);
	outfile_abandon(&out);
	secret_free(&bytes);
	return r;
}

/* One try with the file as it is.  *again: somebody else made the file meanwhile. */
static int try_update(const char *path, bool create, int (*change)(struct cryptocache *, void *, struct err *), void *arg,
		      bool *again, struct err *e)
{
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct stat st;
	int fd = -1;
	*again = false;
	int r = open_locked(path, create, &fd, &st, e);
	if (r == 0 && fd >= 0)
		r = read_and_parse(&c, fd, e);
	if (r == 0)
		r = change(&c, arg, e);
	if (r == 0) {
		struct stat made;
		r = write_file(&c, path, fd >= 0 ? &st : NULL, e);
		*again = r != 0 && fd < 0 && stat(path, &made) == 0;
	}
	cryptocache_free(&c);
	if (fd >= 0)
		close(fd); /* and with it the lock */
	return r;
}

int cryptocache_update(const char *path, bool create, int (*change)(struct cryptocache *, void *, struct err *), void *arg,
		       struct err *e)
{
	/* A link stays one: what it points to is replaced. */
	char *target = realpath(path, NULL);
	bool again = true;
	int r = 0;
	for (int i = 0; again && i < ATTEMPTS_MAX; i++) {
		struct err fault = {0};
		r = try_update(target ? target : path, create, change, arg, &again, &fault);
		if (!again && r < 0)
			*e = fault;
	}
	free(target);
	if (again && r < 0)
		r = err_set(e, XE_FAILED, "others change it all the time; nothing was changed");
	if (r < 0)
		err_volume(e, path);
	return r < 0 ? r : 0;
}
