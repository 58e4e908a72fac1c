/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All names are taken in the folder's descriptor: who renames folders meanwhile, or puts links in their place, moves
 * nothing of ours elsewhere.  What a signal handler needs is made ready before there is anything to clean up. */
#include "base/outfile.h"

#include "base/system.h"
#include "base/unfinished.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARIES_MAX 100 /* tries */

static struct outfile_folder folders[OUTFILE_FOLDERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- folders ---- */

static void leave(struct outfile *o)
{
	unfinished_leave(o);
	if (o->left[o->folder_bytes] == '\0')
		o->left[0] = '\0';
	pthread_mutex_lock(&lock);
	if (o->folder && --o->folder->users == 0)
		close(o->folder->fd);
	o->folder = NULL;
	pthread_mutex_unlock(&lock);
}

/* One descriptor for all files of a folder.  Takes fd over. */
static struct outfile_folder *share_folder(int fd, bool readable, const struct stat *st)
{
	struct outfile_folder *free_one = NULL, *f = NULL;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < OUTFILE_FOLDERS && f == NULL; i++) {
		if (folders[i].users > 0 && folders[i].dev == st->st_dev && folders[i].ino == st->st_ino)
			f = &folders[i];
		if (folders[i].users == 0)
			free_one = &folders[i];
	}
	if (f == NULL && free_one) {
		f = free_one;
		*f = (struct outfile_folder){.fd = fd, .readable = readable, .dev = st->st_dev, .ino = st->st_ino};
		fd = -1;
	}
	if (f)
		f->users++;
	pthread_mutex_unlock(&lock);
	if (fd >= 0)
		close(fd);
	return f;
}

/* Who may write in a folder may not always read it. */
static int open_folder(struct outfile *o, const char *path, struct err *e)
{
	char folder[PLACE_PATH_BYTES];
	struct stat st;
	place_folder(path, folder);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool readable = fd >= 0;
	if (fd < 0 && errno == EACCES)
		fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, XE_FAILED, errno, "cannot open its folder to write there");
	if (fstat(fd, &st) != 0) {
		int rc = err_errno(e, XE_FAILED, errno, "cannot look at its folder");
		close(fd);
		return rc;
	}
	long most = fpathconf(fd, _PC_NAME_MAX);
	o->name_max = most > (long)sizeof UNFINISHED_PARTIAL + 8 && most < NAME_MAX ? (size_t)most : NAME_MAX;
	o->folder_bytes = (size_t)(place_name(path) - path);
	memcpy(o->left, path, o->folder_bytes);
	o->left[o->folder_bytes] = '\0';
	o->folder = share_folder(fd, readable, &st);
	return o->folder ? 0 : err_set(e, XE_FAILED, "outputs in too many folders at once (%d)", OUTFILE_FOLDERS);
}

/* ---- opening ---- */

/* One file by two names, or as a file and as a descriptor: the one would end the other. */
static int refuse_taken(const struct outfile *o, struct err *e)
{
	bool taken = unfinished_promised(o, o->name) || unfinished_has_place(o);
	return taken ? err_set(e, XE_USAGE, "two outputs cannot go to one place") : 0;
}

/* What io stands for is written in place.  Devices but tapes, like /dev/null, take from many. */
static int write_in_place(struct outfile *o, struct err *e)
{
	o->direct = true;
	if (!S_ISCHR(o->io.type) || o->io.tape) {
		o->there_dev = o->io.dev;
		o->there_ino = o->io.ino;
	}
	int rc = refuse_taken(o, e);
	return rc == 0 ? unfinished_enter(o, e) : rc;
}

static int open_standard_output(struct outfile *o, struct err *e)
{
	if (isatty(STDOUT_FILENO))
		return err_set(e, XE_USAGE, "will not write a volume to a terminal; redirect standard output or use -o FILE");
	io_describe(&o->io, STDOUT_FILENO);
	o->io.standard = true;
	io_widen_pipe(STDOUT_FILENO);
	return write_in_place(o, e);
}

static int open_descriptor(struct outfile *o, int descriptor, struct err *e)
{
	if (descriptor == STDOUT_FILENO)
		return open_standard_output(o, e);
	int flags = fcntl(descriptor, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return err_set(e, XE_USAGE, "is not open for writing");
	int fd = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, XE_FAILED, errno, "cannot open for writing");
	io_describe(&o->io, fd);
	o->io.given = true;
	return write_in_place(o, e);
}

static int open_other(struct outfile *o, const struct place *p, struct err *e)
{
	int fd = open(p->path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	if (fd < 0 && errno == ELOOP) /* /proc/PID/fd/N */
		fd = open(p->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(e, errno == EACCES || errno == EPERM ? XE_PERMISSION : XE_FAILED, errno, "cannot open for writing");
	io_describe(&o->io, fd);
	/* Only a tape drive may look like a regular file (the test drive does). */
	if (io_is_file(&o->io))
		return err_set(e, XE_FAILED, "has become a file while it was opened; nothing was written");
	return write_in_place(o, e);
}

/* A tape drive need not be a character device. */
static bool is_tape(const char *path)
{
	struct io io = IO_CLOSED;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	io_describe(&io, fd);
	close(fd);
	return io.tape;
}

/* Never the same twice: what a killed run has left is in nobody's way, though in a container every process has the same
 * number. */
static void choose_temporary(struct outfile *o)
{
	static _Atomic uint64_t counter;
	uint64_t r;
	if (getrandom(&r, sizeof r, GRND_NONBLOCK) != (ssize_t)sizeof r) {
		struct timespec t;
		clock_gettime(CLOCK_REALTIME, &t);
		r = (uint64_t)t.tv_sec << 32 ^ (uint64_t)t.tv_nsec << 8 ^ (uint64_t)getpid() << 40 ^ ++counter;
	}
	snprintf(o->temporary, sizeof o->temporary, ".xflate-%016llx.tmp", (unsigned long long)r);
}

static int create_folder(int at, const char *name, mode_t mode)
{
	if (mkdirat(at, name, mode) != 0)
		return -1;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int saved = errno;
	if (fd < 0)
		unlinkat(at, name, AT_REMOVEDIR);
	errno = saved;
	return fd;
}

static int create(const struct outfile *o, const char *name, mode_t mode)
{
	if (o->is_folder)
		return create_folder(o->folder->fd, name, mode);
	return openat(o->folder->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
}

static void take_descriptor(struct outfile *o, int fd)
{
	io_describe(&o->io, fd);
	o->dev = o->io.dev;
	o->ino = o->io.ino;
}

static int make_temporary(struct outfile *o, mode_t mode, struct err *e)
{
	int rc = unfinished_enter(o, e), fd = -1;
	if (rc != 0)
		return rc;
	for (int i = 0; fd < 0 && i < TEMPORARIES_MAX; i++) {
		choose_temporary(o);
		fd = create(o, o->temporary, mode);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		int errnum = errno;
		leave(o);
		return err_errno(e, XE_FAILED, errnum, "cannot create a file beside it");
	}
	take_descriptor(o, fd);
	return 0;
}

static int make_named(struct outfile *o, mode_t mode, struct err *e)
{
	struct stat st;
	memcpy(o->temporary, o->name, sizeof o->temporary);
	if (fstatat(o->folder->fd, o->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_errno(e, XE_FAILED, EEXIST, "cannot create it");
	int rc = unfinished_enter(o, e);
	int fd = rc == 0 ? create(o, o->name, mode) : -1;
	if (rc == 0 && fd < 0)
		rc = err_errno(e, XE_FAILED, errno, "cannot create it");
	if (rc != 0) {
		leave(o);
		return rc;
	}
	take_descriptor(o, fd);
	return 0;
}

static int take_name(struct outfile *o, const char *path, struct err *e)
{
	int rc = open_folder(o, path, e);
	if (rc != 0)
		return rc;
	size_t len = strlen(place_name(path));
	if (len > o->name_max)
		return err_set(e, XE_FAILED, "its name has %zu bytes; this file system takes %zu", len, o->name_max);
	memcpy(o->name, place_name(path), len + 1);
	return refuse_taken(o, e);
}

static int open_beside(struct outfile *o, const struct place *p, mode_t mode, struct err *e)
{
	o->taken = p->kind == PLACE_FILE && !o->replace;
	if (o->taken)
		return err_set(e, XE_FAILED, "exists already");
	if (p->kind == PLACE_FILE) {
		o->there_dev = p->st.st_dev;
		o->there_ino = p->st.st_ino;
	}
	int rc = take_name(o, p->path, e);
	return rc == 0 ? make_temporary(o, mode, e) : rc;
}

static int open_place(struct outfile *o, mode_t mode, struct err *e)
{
	struct place p;
	int rc = place_find(&p, o->path, e);
	if (rc != 0)
		return rc;
	switch (p.kind) {
	case PLACE_DESCRIPTOR: return open_descriptor(o, p.descriptor, e);
	case PLACE_OTHER: return open_other(o, &p, e);
	case PLACE_FILE: return is_tape(p.path) ? open_other(o, &p, e) : open_beside(o, &p, mode, e);
	case PLACE_FREE: break;
	}
	return open_beside(o, &p, mode, e);
}

static int take_path(struct outfile *o, const char *path, struct err *e)
{
	size_t len = strlen(path);
	if (len >= sizeof o->path)
		return err_set(e, XE_FAILED, "its path is too long");
	memcpy(o->path, path, len + 1);
	return 0;
}

/* The end of opening it, which came to rc. */
static int opened(struct outfile *o, int rc, struct err *e)
{
	if (rc == 0) {
		e->volume[0] = '\0';
		o->io.name = o->path[0] ? o->path : "standard output";
		return 0;
	}
	io_close(&o->io);
	leave(o);
	return rc;
}

int outfile_open(struct outfile *o, const char *path, mode_t mode, bool replace, bool keep_partial, struct err *e)
{
	*o = OUTFILE_NONE;
	o->replace = replace;
	o->keep_partial = keep_partial;
	bool standard = strcmp(path, "-") == 0;
	err_volume(e, standard ? "standard output" : path);
	int rc = standard ? open_standard_output(o, e) : take_path(o, path, e);
	if (rc == 0 && !standard)
		rc = open_place(o, mode, e);
	return opened(o, rc, e);
}

int outfile_open_new(struct outfile *o, const char *path, mode_t mode, struct err *e)
{
	*o = OUTFILE_NONE;
	err_volume(e, path);
	int rc = take_path(o, path, e);
	if (rc == 0)
		rc = take_name(o, o->path, e);
	if (rc == 0)
		rc = make_named(o, mode, e);
	return opened(o, rc, e);
}

static int open_new_folder(struct outfile *o, mode_t mode, struct err *e)
{
	struct place p;
	struct stat st;
	if (o->replace && lstat(o->path, &st) == 0 && S_ISDIR(st.st_mode)) {
		int taken = take_name(o, o->path, e);
		return taken == 0 ? make_temporary(o, mode, e) : taken;
	}
	int rc = place_find(&p, o->path, e);
	if (rc == 0 && p.kind != PLACE_FREE)
		rc = err_set(e, XE_FAILED, "exists already, and is no folder; nothing replaces it");
	return rc == 0 ? open_beside(o, &p, mode, e) : rc;
}

int outfile_open_folder(struct outfile *o, const char *path, mode_t mode, bool replace, bool keep_partial, struct err *e)
{
	*o = OUTFILE_NONE;
	o->is_folder = true;
	o->replace = replace;
	o->keep_partial = keep_partial;
	err_volume(e, path);
	int rc = take_path(o, path, e);
	if (rc == 0)
		rc = open_new_folder(o, mode, e);
	return opened(o, rc, e);
}

/* ---- finishing ---- */

static int fault(const struct outfile *o, int errnum, const char *what, struct err *e)
{
	err_volume(e, o->path[0] ? o->path : "standard output");
	return err_errno(e, XE_FAILED, errnum, "%s", what);
}

/* Full disks and network file systems may say so only now. */
int outfile_finish(struct outfile *o, struct err *e)
{
	int fd = o->io.fd;
	if (fd < 0)
		return 0;
	if (!o->direct && fsync(fd) != 0)
		return fault(o, errno, "cannot write it to the disk", e);
	o->io = IO_CLOSED;
	return close(fd) == 0 ? 0 : fault(o, errno, "write error", e);
}

/* One folder in the place of another: there is one at every moment. */
static int exchange_folders(struct outfile *o, struct err *e)
{
	struct stat st;
	int folder = o->folder->fd;
	if (fstatat(folder, o->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
		return err_set(e, XE_FAILED, "is no folder any more; it is not replaced");
	if (system_rename_exchange(folder, o->temporary, folder, o->name) == 0) {
		if (!unfinished_remove_folder(o))
			memcpy(o->remains, o->temporary, sizeof o->remains);
		return 0;
	}
	int errnum = errno == ENOENT ? unfinished_take_name(o, o->name) : errno;
	return errnum == 0 ? 0 : err_errno(e, XE_FAILED, errnum, "cannot put the new folder into the place of the old one; move that away");
}

/* Without replace never over something that appeared meanwhile, with it never over what is no file. */
static int give_name(struct outfile *o, struct err *e)
{
	struct stat st;
	if (fstatat(o->folder->fd, o->temporary, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_dev != o->dev || st.st_ino != o->ino)
		return err_set(e, XE_FAILED, "its unfinished file %s was taken away or replaced", o->temporary);
	if (strcmp(o->temporary, o->name) == 0)
		return 0;
	if (o->replace && o->is_folder)
		return exchange_folders(o, e);
	int errnum = 0;
	if (o->replace) {
		bool there = fstatat(o->folder->fd, o->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
		if (there && !S_ISREG(st.st_mode))
			return err_set(e, XE_FAILED, "is no regular file any more; it is not replaced");
		if (renameat(o->folder->fd, o->temporary, o->folder->fd, o->name) != 0)
			errnum = errno;
	} else {
		errnum = unfinished_take_name(o, o->name);
	}
	if (errnum == EEXIST && !o->replace)
		return err_set(e, XE_FAILED, "exists already: it was made meanwhile, and is not replaced");
	return errnum == 0 ? 0 : err_errno(e, XE_FAILED, errnum, "cannot rename %s", o->temporary);
}

static int sync_folder(const struct outfile *o, struct err *e)
{
	if (!o->folder->readable || fsync(o->folder->fd) == 0 || errno == EINVAL)
		return 0;
	return err_errno(e, XE_FAILED, errno, "is there and whole, but its folder could not be written to the disk");
}

int outfile_commit(struct outfile *o, struct err *e)
{
	int rc = outfile_finish(o, e);
	if (rc != 0)
		return rc;
	rc = o->direct ? 0 : give_name(o, e);
	if (rc == 0) {
		o->done = true;
		rc = o->direct ? 0 : sync_folder(o, e);
		leave(o);
	}
	if (rc != 0)
		err_volume(e, o->path);
	return rc;
}

void outfile_where(const struct outfile *o, char path[static OUTFILE_LEFT_BYTES])
{
	if (o->done || o->direct)
		snprintf(path, OUTFILE_LEFT_BYTES, "%s", o->path);
	else
		snprintf(path, OUTFILE_LEFT_BYTES, "%.*s%s", (int)o->folder_bytes, o->left, o->temporary);
}

void outfile_abandon(struct outfile *o)
{
	if (o->io.fd >= 0 && o->keep_partial && !o->direct)
		(void)!fsync(o->io.fd);
	io_close(&o->io);
	if (o->slot < 0)
		return;
	if (!o->direct)
		unfinished_put_away(o);
	leave(o);
}
