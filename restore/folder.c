/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files come folder by folder, so the descriptors on the way to the last one are kept: the next path goes on from where the two part.
 * One openat of one component, which is never "..", with O_NOFOLLOW: that is all it takes, on every kernel.  Where a folder is
 * renamed away under us, what is made goes with it; nobody can be led elsewhere. */
#include "restore/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_LEVELS 64u /* of deeper ones the last alone */
#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct level {
	int fd;
	size_t end; /* of its path in kept */
	struct folder_place place;
};

struct folder {
	int root;
	int (*on_made)(void *arg, const char *path, size_t n, struct err *e);
	void *arg;
	struct level levels[KEPT_LEVELS];
	size_t depth;
	char *kept; /* the path of the deepest level */
	size_t cap;
	struct level deep; /* below the kept levels; fd -1: none */
	uint64_t opened;
	struct folder_place here;
};

static int root_open(const char *path, struct err *e)
{
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return err_errno(e, errno == EACCES ? XE_PERMISSION : XE_FAILED, errno, "%s: cannot make this folder", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : err_errno(e, errno == EACCES ? XE_PERMISSION : XE_FAILED, errno, "%s: cannot open this folder", path);
}

struct folder *folder_open(const char *path, int (*on_made)(void *arg, const char *path, size_t n, struct err *e), void *arg, struct err *e)
{
	struct folder *f = calloc(1, sizeof *f);
	if (f == NULL) {
		err_memory(e, sizeof *f, "a folder");
		return NULL;
	}
	f->deep.fd = -1;
	f->on_made = on_made;
	f->arg = arg;
	f->root = root_open(path, e);
	if (f->root >= 0)
		return f;
	free(f);
	return NULL;
}

static void leave_deep(struct folder *f)
{
	if (f->deep.fd >= 0)
		close(f->deep.fd);
	f->deep.fd = -1;
}

static void leave(struct folder *f, size_t depth)
{
	while (f->depth > depth)
		close(f->levels[--f->depth].fd);
	leave_deep(f);
}

void folder_close(struct folder *f)
{
	if (f == NULL)
		return;
	leave(f, 0);
	close(f->root);
	free(f->kept);
	free(f);
}

/* Does path lead through the folder that the first end bytes of the kept one are? */
static bool leads_through(const struct folder *f, size_t end, const char *path, size_t n)
{
	return end <= n && memcmp(path, f->kept, end) == 0 && (end == n || path[end] == '/');
}

/* To the deepest of the open folders that path leads through. */
static struct level go_back(struct folder *f, const char *path, size_t n)
{
	if (f->deep.fd >= 0 && leads_through(f, f->deep.end, path, n))
		return f->deep;
	size_t depth = f->depth;
	while (depth > 0 && !leads_through(f, f->levels[depth - 1].end, path, n))
		depth--;
	leave(f, depth);
	return depth ? f->levels[depth - 1] : (struct level){.fd = f->root};
}

static int explain(int at, const char *name, const char *path, size_t n, char why[static FOLDER_WHY_BYTES])
{
	int errnum = errno;
	struct stat st;
	const char *reason = strerror(errnum);
	bool odd = (errnum == ENOTDIR || errnum == ELOOP) && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (odd && S_ISLNK(st.st_mode))
		reason = "a symbolic link: nothing is written through it";
	else if (odd)
		reason = "no folder";
	/* The end of a long path tells more than its beginning. */
	size_t shown = n < 128 ? n : 128;
	snprintf(why, FOLDER_WHY_BYTES, "%s%.*s: %s", shown < n ? "..." : "", (int)shown, path + n - shown, reason);
	return -errnum;
}

/* Component name of the folder at, which is path's first n bytes; *made: it was not there. */
static int step(struct folder *f, int at, const char *name, const char *path, size_t n, bool make, bool *made,
		char why[static FOLDER_WHY_BYTES])
{
	*made = false;
	int fd = openat(at, name, OPEN_FLAGS);
	if (fd >= 0 || errno != ENOENT || !make)
		return fd >= 0 ? fd : explain(at, name, path, n, why);
	if (mkdirat(at, name, 0700) != 0)
		return explain(at, name, path, n, why);
	struct err e = {0};
	fd = openat(at, name, OPEN_FLAGS);
	if (fd < 0)
		return explain(at, name, path, n, why);
	*made = true;
	if (f->on_made && f->on_made(f->arg, path, n, &e) != 0) {
		close(fd);
		snprintf(why, FOLDER_WHY_BYTES, "%.200s", e.text);
		return -ENOMEM;
	}
	return fd;
}

static bool keep_path(struct folder *f, const char *path, size_t n)
{
	if (n > f->cap) {
		char *grown = realloc(f->kept, n);
		if (grown == NULL)
			return false;
		f->kept = grown;
		f->cap = n;
	}
	if (n > 0)
		memcpy(f->kept, path, n);
	return true;
}

int folder_at(struct folder *f, const char *path, size_t n, bool make, char why[static FOLDER_WHY_BYTES])
{
	struct level at = go_back(f, path, n);
	if (!keep_path(f, path, n)) {
		snprintf(why, FOLDER_WHY_BYTES, "out of memory");
		return -ENOMEM;
	}
	while (at.end < n) {
		char name[NAME_MAX + 2]; /* one too long is still too long */
		size_t begin = at.end + (at.end > 0), len = 0;
		while (begin + len < n && path[begin + len] != '/')
			len++;
		snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), path + begin);
		bool made;
		int fd = step(f, at.fd, name, path, begin + len, make, &made, why);
		if (fd < 0)
			return fd;
		at = (struct level){fd, begin + len, {++f->opened, made}};
		if (f->depth < KEPT_LEVELS) {
			f->levels[f->depth++] = at;
		} else {
			leave_deep(f);
			f->deep = at;
		}
	}
	f->here = at.place;
	return at.fd;
}

struct folder_place folder_place(const struct folder *f)
{
	return f->here;
}

int folder_above(struct folder *f, const char *path, bool make, char why[static FOLDER_WHY_BYTES])
{
	const char *slash = strrchr(path, '/');
	return folder_at(f, path, slash ? (size_t)(slash - path) : 0, make, why);
}
