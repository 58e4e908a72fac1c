/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a signal handler has to clean up. */
static struct outfile *volatile unfinished[OUTFILE_MAX];
static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU};

/* Only calls that are safe in a handler. */
static void clean_up(void)
{
	for (size_t i = 0; i < OUTFILE_MAX; i++) {
		const struct outfile *o = unfinished[i];
		if (o == NULL)
			continue;
		if (o->keep_partial)
			(void)rename(o->temporary, o->partial);
		else
			(void)unlink(o->temporary);
	}
}

/* The signal then does what it would have done without us. */
static void clean_up_and_die(int signal_number)
{
	clean_up();
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigaction(signal_number, &action, NULL);
	raise(signal_number);
}

void outfile_give_up(const char *why)
{
	clean_up();
	(void)!write(STDERR_FILENO, why, strlen(why));
	_exit(err_exit_status(XE_FAILED));
}

void outfile_catch_signals(void)
{
	/* A file that grows too large is a write error like others. */
	signal(SIGXFSZ, SIG_IGN);
	struct sigaction action = {.sa_handler = clean_up_and_die};
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
		sigdelset(&action.sa_mask, caught[i]);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
		struct sigaction old;
		if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(caught[i], &action, NULL);
	}
}

/* Before the file is made and until it has its name: a signal in between finds nothing to remove, which does no harm. */
static bool enter(struct outfile *o)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < OUTFILE_MAX && o->slot < 0; i++) {
		if (unfinished[i] == NULL) {
			unfinished[i] = o;
			o->slot = i;
		}
	}
	pthread_mutex_unlock(&lock);
	return o->slot >= 0;
}

static void leave(struct outfile *o)
{
	if (o->slot >= 0)
		unfinished[o->slot] = NULL;
	o->slot = -1;
}

static int open_standard_output(struct outfile *o, struct err *e)
{
	if (isatty(STDOUT_FILENO))
		return err_set(e, XE_USAGE, "will not write a volume to a terminal; redirect standard output or use -o FILE");
	io_describe(&o->io, STDOUT_FILENO);
	o->io.standard = true;
	o->direct = true;
	io_widen_pipe(STDOUT_FILENO);
	return 0;
}

static int open_in_place(struct outfile *o, struct err *e)
{
	int fd = open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(e, errno == EACCES || errno == EPERM ? XE_PERMISSION : XE_FAILED, errno, "cannot open");
	io_describe(&o->io, fd);
	o->direct = true;
	return 0;
}

/* A tape drive need not be a character device (the test drive is not). */
static bool is_device(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return true;
	struct io io = IO_CLOSED;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	io_describe(&io, fd);
	close(fd);
	return io.kind == IO_TAPE;
}

static int make_temporary(struct outfile *o, mode_t mode, struct err *e)
{
	if (!enter(o))
		return err_set(e, XE_FAILED, "too many files at once (%d)", OUTFILE_MAX);
	/* Of its own length, so that names of any length have one. */
	const char *slash = strrchr(o->path, '/');
	int folder = slash ? (int)(slash - o->path) + 1 : 0;
	int n = snprintf(o->temporary, sizeof o->temporary, "%.*s.xflate-%ld-%d.tmp", folder, o->path, (long)getpid(), o->slot);
	int p = snprintf(o->partial, sizeof o->partial, "%s.partial", o->path);
	if (n < 0 || (size_t)n >= sizeof o->temporary || p < 0 || (size_t)p >= sizeof o->partial) {
		leave(o);
		return err_set(e, XE_FAILED, "its path is too long");
	}
	int fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0) {
		int rc = err_errno(e, XE_FAILED, errno, "cannot create %s", o->temporary);
		leave(o);
		return rc;
	}
	io_describe(&o->io, fd);
	return 0;
}

static bool folder_of(const char *path, struct stat *st)
{
	char folder[OUTFILE_PATH_BYTES];
	snprintf(folder, sizeof folder, "%s", path);
	return stat(dirname(folder), st) == 0;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Will another file of this run get this name, however its path is written? */
static bool is_taken(const char *path)
{
	struct stat here, there;
	for (int i = 0; i < OUTFILE_MAX; i++) {
		const char *other = unfinished[i] ? unfinished[i]->path : NULL;
		if (other && strcmp(last_name(path), last_name(other)) == 0 && folder_of(path, &here) && folder_of(other, &there) &&
		    here.st_dev == there.st_dev && here.st_ino == there.st_ino)
			return true;
	}
	return false;
}

int outfile_open(struct outfile *o, const char *path, mode_t mode, bool replace, bool keep_partial, struct err *e)
{
	*o = OUTFILE_NONE;
	o->replace = replace;
	o->keep_partial = keep_partial;
	err_volume(e, path);
	int rc = 0;
	if (strcmp(path, "-") == 0) {
		rc = open_standard_output(o, e);
	} else if (strlen(path) >= sizeof o->path) {
		rc = err_set(e, XE_FAILED, "its path is too long");
	} else {
		memcpy(o->path, path, strlen(path) + 1);
		struct stat st;
		bool exists = stat(path, &st) == 0 || lstat(path, &st) == 0;
		if (exists && S_ISDIR(st.st_mode))
			rc = err_set(e, XE_FAILED, "is a folder");
		else if (exists && is_device(path, &st))
			rc = open_in_place(o, e);
		else if (exists && !replace)
			rc = err_set(e, XE_FAILED, "exists already; use --force to replace it");
		else if (is_taken(path))
			rc = err_set(e, XE_USAGE, "two outputs cannot go to one place");
		else
			rc = make_temporary(o, mode, e);
	}
	if (rc == 0)
		e->volume[0] = '\0';
	return rc;
}

static int sync_folder(const char *path, struct err *e)
{
	char folder[OUTFILE_PATH_BYTES];
	snprintf(folder, sizeof folder, "%s", path);
	int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
		rc = err_errno(e, XE_FAILED, errno, "cannot sync its folder");
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Gives the finished file its name; without replace never over one that appeared meanwhile. */
static int give_name(struct outfile *o, struct err *e)
{
	if (o->replace) {
		if (rename(o->temporary, o->path) != 0)
			return err_errno(e, XE_FAILED, errno, "cannot rename %s", o->temporary);
		return 0;
	}
	if (renameat2(AT_FDCWD, o->temporary, AT_FDCWD, o->path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EEXIST)
		return err_set(e, XE_FAILED, "exists already; use --force to replace it");
	if (errno != EINVAL && errno != ENOSYS)
		return err_errno(e, XE_FAILED, errno, "cannot rename %s", o->temporary);
	/* A file system without that flag, perhaps without links as well. */
	if (link(o->temporary, o->path) == 0) {
		unlink(o->temporary);
		return 0;
	}
	struct stat st;
	if (errno == EEXIST || lstat(o->path, &st) == 0)
		return err_set(e, XE_FAILED, "exists already; use --force to replace it");
	if (rename(o->temporary, o->path) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot rename %s", o->temporary);
	return 0;
}

/* Full disks and network file systems may say so only now. */
static int close_direct(struct outfile *o, struct err *e)
{
	bool failed = close(o->io.fd) != 0;
	o->io = IO_CLOSED;
	if (!failed)
		return 0;
	err_volume(e, o->path[0] ? o->path : "standard output");
	return err_errno(e, XE_FAILED, errno, "write error");
}

int outfile_finish(struct outfile *o, struct err *e)
{
	if (o->io.fd < 0)
		return 0;
	if (o->direct)
		return close_direct(o, e);
	if (fsync(o->io.fd) != 0) {
		err_volume(e, o->path);
		return err_errno(e, XE_FAILED, errno, "cannot write it to the disk");
	}
	io_close(&o->io);
	return 0;
}

int outfile_commit(struct outfile *o, struct err *e)
{
	int rc = outfile_finish(o, e);
	if (rc != 0 || o->direct)
		return rc;
	rc = give_name(o, e);
	if (rc == 0) {
		leave(o);
		rc = sync_folder(o->path, e);
	}
	if (rc != 0)
		err_volume(e, o->path);
	return rc;
}

void outfile_abandon(struct outfile *o, bool *partial)
{
	*partial = false;
	if (o->io.fd >= 0 && !o->direct)
		io_close(&o->io);
	if (o->slot < 0)
		return;
	struct stat st;
	bool empty = stat(o->temporary, &st) == 0 && st.st_size == 0;
	if (o->keep_partial && !empty)
		*partial = rename(o->temporary, o->partial) == 0;
	if (!*partial)
		unlink(o->temporary);
	leave(o);
}
