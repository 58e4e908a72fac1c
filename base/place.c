/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */

const char *place_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

void place_base(const char *path, char name[static PLACE_PATH_BYTES])
{
	size_t end = strlen(path);
	while (end > 1 && path[end - 1] == '/')
		end--;
	size_t begin = end;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	snprintf(name, PLACE_PATH_BYTES, "%.*s", (int)(end - begin), path + begin);
}

void place_folder(const char *path, char folder[static PLACE_PATH_BYTES])
{
	int n = (int)(place_name(path) - path);
	if (n == 0)
		snprintf(folder, PLACE_PATH_BYTES, ".");
	else
		snprintf(folder, PLACE_PATH_BYTES, "%.*s", n, path);
}

/* What Linux calls protected_symlinks and protected_fifos, wherever that is not set: in /tmp a link leads where its owner wants us, and
 * who reads a pipe there gets what was meant for a file. */
static bool is_strange(const char *path, const struct stat *link)
{
	char folder[PLACE_PATH_BYTES];
	struct stat st;
	place_folder(path, folder);
	if (stat(folder, &st) != 0)
		return true;
	bool everybody = (st.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH);
	return everybody && link->st_uid != geteuid() && link->st_uid != st.st_uid;
}

/* A link in /proc/PID/fd is no path but the open file itself, which must not be replaced under its owner. */
static int find_descriptor(struct place *p, struct err *e)
{
	struct stat ours;
	char *end;
	const char *digits = place_name(p->path);
	long number = strtol(digits, &end, 10);
	if (stat(p->path, &p->st) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot be looked at");
	if (*digits && *end == '\0' && number >= 0 && number <= INT_MAX && fstat((int)number, &ours) == 0 && ours.st_dev == p->st.st_dev &&
	    ours.st_ino == p->st.st_ino) {
		/* exec closes what has FD_CLOEXEC: such a one is not what was meant, but opened here since. */
		if (fcntl((int)number, F_GETFD) & FD_CLOEXEC)
			return err_set(e, XE_USAGE, "is no descriptor that this program was given");
		p->kind = PLACE_DESCRIPTOR;
		p->descriptor = (int)number;
		return 0;
	}
	if (S_ISDIR(p->st.st_mode))
		return err_set(e, XE_FAILED, "is a folder");
	if (S_ISREG(p->st.st_mode))
		return err_set(e, XE_USAGE, "is a file that another process has open; name the file itself");
	p->kind = PLACE_OTHER;
	return 0;
}

/* path becomes what the link fd, which lies there, points to. */
static int follow(struct place *p, int fd, struct err *e)
{
	char target[PLACE_PATH_BYTES], folder[PLACE_PATH_BYTES] = "";
	ssize_t n = readlinkat(fd, "", target, sizeof target);
	if (n <= 0)
		return err_errno(e, XE_FAILED, n < 0 ? errno : ENOENT, "cannot read where the symbolic link %s leads", p->path);
	int before = target[0] == '/' ? 0 : (int)(place_name(p->path) - p->path);
	memcpy(folder, p->path, (size_t)before);
	if ((size_t)n >= sizeof target || (size_t)before + (size_t)n >= sizeof p->path)
		return err_set(e, XE_FAILED, "its path is too long");
	memcpy(p->path, folder, (size_t)before);
	memcpy(p->path + before, target, (size_t)n);
	p->path[before + n] = '\0';
	return 0;
}

static int look(struct place *p, int fd, bool *link, struct err *e)
{
	struct statfs fs;
	if (fstat(fd, &p->st) != 0 || fstatfs(fd, &fs) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot be looked at");
	*link = S_ISLNK(p->st.st_mode);
	if (*link && fs.f_type == PROC_SUPER_MAGIC) {
		*link = false;
		return find_descriptor(p, e);
	}
	if ((*link || S_ISFIFO(p->st.st_mode)) && is_strange(p->path, &p->st))
		return err_set(e, XE_FAILED, "%s is a %s that user %u put into a folder of everybody; it is not followed", p->path,
			       *link ? "symbolic link" : "named pipe", (unsigned)p->st.st_uid);
	if (*link)
		return follow(p, fd, e);
	if (S_ISDIR(p->st.st_mode))
		return err_set(e, XE_FAILED, "is a folder");
	p->kind = S_ISREG(p->st.st_mode) ? PLACE_FILE : PLACE_OTHER;
	return 0;
}

static bool is_in_proc(const char *path)
{
	char folder[PLACE_PATH_BYTES];
	struct statfs fs;
	place_folder(path, folder);
	return statfs(folder, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

int place_find(struct place *p, const char *path, struct err *e)
{
	size_t len = strlen(path);
	if (len >= sizeof p->path)
		return err_set(e, XE_FAILED, "its path is too long");
	memcpy(p->path, path, len + 1);
	bool link = true;
	int rc = 0;
	for (int links = 0; rc == 0 && link; links++) {
		int fd = open(p->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT && place_name(p->path)[0] != '\0') {
			p->kind = PLACE_FREE;
			return is_in_proc(p->path) ? err_set(e, XE_USAGE, "is no open descriptor") : 0;
		}
		if (fd < 0)
			return err_errno(e, XE_FAILED, errno, "cannot be looked at");
		rc = links > LINKS_MAX ? err_set(e, XE_FAILED, "is a symbolic link that leads round") : look(p, fd, &link, e);
		close(fd);
	}
	return rc;
}

bool place_same(const char *a, const char *b)
{
	struct err unsaid = {0};
	struct place p, q;
	char folder[2][PLACE_PATH_BYTES];
	struct stat st[2];
	if (place_find(&p, a, &unsaid) != 0 || place_find(&q, b, &unsaid) != 0 || strcmp(place_name(p.path), place_name(q.path)) != 0)
		return false;
	place_folder(p.path, folder[0]);
	place_folder(q.path, folder[1]);
	return stat(folder[0], &st[0]) == 0 && stat(folder[1], &st[1]) == 0 && st[0].st_dev == st[1].st_dev && st[0].st_ino == st[1].st_ino;
}
