/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/tree.h"

#include "restore/birth.h"
#include "restore/later.h"
#include "restore/path.h"
#include "restore/seen.h"
#include "restore/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES ((size_t)128 << 10)
#define NAMES_TRIED 10000u /* NAME.2 and so on */

struct tree {
	struct tree_options o;
	struct target target;
	struct folder *folder;
	struct later *later;
	struct seen seen;
	uint64_t left; /* extended attributes that were not to be set */
	/* The file at hand */
	int fd;    /* -1: none */
	bool born; /* with its owner and mode */
	struct birth birth;
	int parent; /* its folder; the descriptor is the folder's, and goes with the next path, or is kept */
	struct folder_place place;
	int kept;     /* a copy of it for a link, whose other end is the next path; -1 */
	uint64_t end; /* of what was written of it */
	struct temporary temporary;
	bool replaces; /* something is there that it is to take the place of, */
	bool again;    /* which this run had made */
	char *made;    /* the path under which the last thing was made */
	size_t made_cap;
};

/* ---- what goes wrong ---- */

/* No other file will fare better. */
static bool is_fatal(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT || errnum == EROFS || errnum == EIO || errnum == ENOMEM || errnum == EMFILE ||
	       errnum == ENFILE;
}

static int not_made(const struct tree *t, int errnum, struct made *m, struct err *e, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* The thing at hand cannot be made; returns 0, or an error where nothing can. */
static int not_made(const struct tree *t, int errnum, struct made *m, struct err *e, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(m->why, sizeof m->why, format, ap);
	va_end(ap);
	m->how = MADE_NOT;
	if (errnum == 0 || !is_fatal(errnum))
		return 0;
	/* Not the volume's fault. */
	err_volume(e, t->o.folder);
	return err_set(e, XE_FAILED, "%s", m->why);
}

static int failed(const struct tree *t, const char *what, struct made *m, struct err *e)
{
	int errnum = errno;
	return not_made(t, errnum, m, e, "%s: %s", what, strerror(errnum));
}

/* ---- names ---- */

/* What had a temporary name there is done with. */
static int take_parent(struct tree *t, const char *path, struct made *m, struct err *e, bool *taken)
{
	char why[FOLDER_WHY_BYTES];
	*taken = false;
	temporary_forget();
	if (t->kept >= 0)
		close(t->kept);
	t->kept = -1;
	int at = folder_above(t->folder, path, true, why);
	if (at < 0)
		return not_made(t, -at, m, e, "%s", why);
	t->parent = at;
	t->place = folder_place(t->folder);
	*taken = true;
	return 0;
}

static bool keep_parent(struct tree *t)
{
	t->kept = fcntl(t->parent, F_DUPFD_CLOEXEC, 0);
	temporary_forget();
	if (t->kept < 0)
		return false;
	t->parent = t->kept;
	temporary_move(&t->temporary, t->parent);
	return true;
}

/* The path of o with its last component replaced by name. */
static bool keep_made(struct tree *t, const struct object *o, const char *name)
{
	size_t folder = (size_t)(path_last(o->path) - o->path), n = strlen(name);
	if (folder + n + 1 > t->made_cap) {
		char *grown = realloc(t->made, folder + n + 1);
		if (grown == NULL)
			return false;
		t->made = grown;
		t->made_cap = folder + n + 1;
	}
	memcpy(t->made, o->path, folder);
	memcpy(t->made + folder, name, n + 1);
	return true;
}

/* What was made under the temporary name gets its own. */
static int publish(struct tree *t, const struct object *o, bool damaged, struct made *m, struct err *e)
{
	char name[NAME_MAX + 1];
	const char *base = path_last(o->path);
	bool several = damaged || t->o.existing == EXISTING_KEEP_BOTH;
	int rc = -1;
	errno = EEXIST;
	for (unsigned i = 0; rc != 0 && errno == EEXIST && i < (several ? NAMES_TRIED : 1); i++) {
		temporary_final(base, damaged, i, name);
		rc = t->replaces && !several ? renameat(t->parent, t->temporary.name, t->parent, name)
					     : temporary_rename(&t->temporary, name);
	}
	int errnum = errno;
	if (rc != 0)
		temporary_remove(&t->temporary);
	temporary_forget();
	if (rc != 0 && errnum == EEXIST && !several) {
		/* It came into being meanwhile, as the other one of two names that this file system takes for the same. */
		m->how = MADE_THERE;
		return 0;
	}
	if (rc != 0)
		return failed(t, "it cannot get its name", m, e);
	if (!keep_made(t, o, name))
		return err_memory(e, 0, "a path");
	m->path = t->made;
	m->again = t->again;
	return seen_add(&t->seen, t->made, e);
}

/* ---- what is there already ---- */

/* Decides m->how for what is to be made at o's path, whose folder is t->parent: MADE to go on. */
static int look(struct tree *t, const struct object *o, struct made *m, struct err *e)
{
	struct stat st;
	t->replaces = t->again = false;
	m->path = o->path;
	/* In a folder of our own there is what we have put there; and what comes meanwhile is found when the name is given. */
	if (t->place.made && t->o.existing == EXISTING_SKIP && !seen_has(&t->seen, o->path))
		return 0;
	if (fstatat(t->parent, path_last(o->path), &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : failed(t, "it cannot be made", m, e);
	/* A name that comes a second time in one job: the last one counts. */
	t->again = !S_ISDIR(st.st_mode) && seen_has(&t->seen, o->path);
	bool newer = o->stat->mtime > (int64_t)st.st_mtim.tv_sec;
	m->like = S_ISREG(st.st_mode) && (uint64_t)st.st_size == o->stat->size && (int64_t)st.st_mtim.tv_sec == o->stat->mtime;
	bool stays = t->o.existing == EXISTING_SKIP || (t->o.existing == EXISTING_NEWER && !newer);
	if (stays && !t->again) {
		m->how = MADE_THERE;
		return 0;
	}
	if (t->o.existing == EXISTING_KEEP_BOTH)
		return 0;
	if (S_ISDIR(st.st_mode))
		return not_made(t, 0, m, e, "there is a folder of this name");
	t->replaces = true;
	return 0;
}

/* Up to where something can be made: its folder is t->parent. */
static int prepare(struct tree *t, const struct object *o, struct made *m, struct err *e)
{
	bool taken;
	*m = (struct made){.how = MADE};
	int rc = take_parent(t, o->path, m, e, &taken);
	if (rc == 0 && taken)
		rc = look(t, o, m, e);
	if (rc == 0 && m->how == MADE)
		temporary_draw(&t->temporary, t->parent);
	return rc;
}

/* ---- files ---- */

static struct meta meta_of(struct tree *t, const struct object *o)
{
	return (struct meta){
		.owner = t->o.same_owner,
		.uid = o->stat->uid,
		.gid = o->stat->gid,
		.mode = o->mode,
		.atime = o->stat->atime,
		.mtime = o->stat->mtime,
		.extras = o->extras,
		.extra_count = o->extra_count,
		.privileged = t->o.privileged,
		.left = &t->left,
	};
}

static void bare(struct made *m, const char *why)
{
	m->how = MADE_BARE;
	snprintf(m->why, sizeof m->why, "%s", why);
}

static void drop(struct tree *t)
{
	if (t->fd < 0)
		return;
	close(t->fd);
	t->fd = -1;
	temporary_remove(&t->temporary);
}

static int create(struct tree *t, const struct object *o, struct made *m, struct err *e)
{
	const struct birthright wanted = {o->mode, t->o.same_owner, o->stat->uid, o->stat->gid};
	t->end = 0;
	t->fd = openat(t->parent, t->temporary.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, birth_mode(&t->birth, &wanted));
	if (t->fd < 0)
		return failed(t, "it cannot be made", m, e);
	t->born = birth_is_right(&t->birth, t->place.number, t->fd, &wanted);
	return 0;
}

static int begin(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct tree *t = arg;
	drop(t);
	int rc = prepare(t, o, m, e);
	return rc == 0 && m->how == MADE ? create(t, o, m, e) : rc;
}

static int write_at(void *arg, uint64_t at, struct span data, struct made *m, struct err *e)
{
	struct tree *t = arg;
	bool too_far = at > (uint64_t)INT64_MAX - data.len;
	*m = (struct made){.how = MADE};
	for (size_t done = 0; done < data.len;) {
		errno = EFBIG;
		ssize_t n = too_far ? -1 : pwrite(t->fd, data.data + done, data.len - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int rc = failed(t, "its content cannot be written", m, e);
			drop(t);
			return rc;
		}
		done += (size_t)n;
	}
	/* Nothing written makes no file longer. */
	if (data.len > 0 && at + data.len > t->end)
		t->end = at + data.len;
	return 0;
}

/* Size, owner, mode, times, and that it is all written. */
static int complete(struct tree *t, const struct object *o, uint64_t size, struct made *m, struct err *e)
{
	char why[META_WHY_BYTES];
	struct meta meta = meta_of(t, o);
	meta.born = t->born;
	if (t->end < size && ftruncate(t->fd, (off_t)size) != 0)
		return failed(t, "it cannot get its size", m, e);
	if (!meta_set(t->fd, &meta, why))
		bare(m, why);
	/* What takes another one's place has to be safe before. */
	if (t->replaces && fsync(t->fd) != 0)
		return failed(t, "its content cannot be written", m, e);
	int fd = t->fd;
	t->fd = -1;
	if (close(fd) == 0)
		return 0;
	int rc = failed(t, "its content cannot be written", m, e);
	temporary_remove(&t->temporary);
	return rc;
}

static int end(void *arg, const struct object *o, enum ending how, uint64_t size, struct made *m, struct err *e)
{
	struct tree *t = arg;
	*m = (struct made){.how = MADE, .path = o->path};
	int rc = how == ENDING_NONE ? 0 : complete(t, o, size, m, e);
	if (rc == 0 && how != ENDING_NONE && m->how != MADE_NOT)
		rc = publish(t, o, how == ENDING_DAMAGED, m, e);
	drop(t);
	return rc;
}

/* ---- links ---- */

/* Where there are no hard links, or not between these two places: the content once more. */
static int copy(struct tree *t, int from_at, const char *from, const struct object *o, struct made *m, struct err *e)
{
	int in = openat(from_at, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (in < 0 || fstat(in, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (in >= 0)
			close(in);
		return not_made(t, 0, m, e, "what it is a link to cannot be read");
	}
	uint8_t *part = malloc(COPY_BYTES);
	int rc = part ? create(t, o, m, e) : err_memory(e, COPY_BYTES, "a copy");
	uint64_t at = 0;
	while (rc == 0 && m->how == MADE) {
		ssize_t n = read(in, part, COPY_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = failed(t, "what it is a link to cannot be read", m, e);
		if (n <= 0)
			break;
		rc = write_at(t, at, (struct span){part, (size_t)n}, m, e);
		at += (uint64_t)n;
	}
	close(in);
	free(part);
	if (rc == 0 && m->how == MADE)
		rc = complete(t, o, at, m, e);
	drop(t);
	return rc;
}

static int link_to(struct tree *t, const struct object *o, struct made *m, struct err *e)
{
	char why[FOLDER_WHY_BYTES];
	const char *from = path_last(o->link);
	if (!keep_parent(t))
		return failed(t, "its folder cannot be kept open", m, e);
	int at = folder_above(t->folder, o->link, false, why);
	if (at < 0)
		return not_made(t, -at, m, e, "what it is a link to: %.200s", why);
	struct stat there, first;
	bool same = fstatat(at, from, &first, AT_SYMLINK_NOFOLLOW) == 0 &&
		    fstatat(t->parent, path_last(o->path), &there, AT_SYMLINK_NOFOLLOW) == 0 && first.st_dev == there.st_dev &&
		    first.st_ino == there.st_ino;
	/* rename(2) of two names of one file does nothing. */
	if (same) {
		m->how = MADE_THERE;
		return 0;
	}
	if (linkat(at, from, t->parent, t->temporary.name, 0) == 0)
		return publish(t, o, o->damaged, m, e);
	if (errno != EPERM && errno != EXDEV && errno != EMLINK && errno != EOPNOTSUPP)
		return failed(t, "it cannot be linked", m, e);
	int rc = copy(t, at, from, o, m, e);
	return rc == 0 && m->how != MADE_NOT ? publish(t, o, o->damaged, m, e) : rc;
}

static int symlink_to(struct tree *t, const struct object *o, struct made *m, struct err *e)
{
	char why[META_WHY_BYTES];
	const struct meta meta = meta_of(t, o);
	if (symlinkat(o->link, t->parent, t->temporary.name) != 0)
		return failed(t, "the link cannot be made", m, e);
	if (!meta_set_at(t->parent, t->temporary.name, false, &meta, why))
		bare(m, why);
	return publish(t, o, false, m, e);
}

/* ---- folders, devices ---- */

static int make_folder(struct tree *t, const struct object *o, struct made *m, struct err *e)
{
	char why[FOLDER_WHY_BYTES];
	const struct meta meta = meta_of(t, o);
	*m = (struct made){.how = MADE, .path = o->path};
	int at = folder_at(t->folder, o->path, strlen(o->path), true, why);
	return at < 0 ? not_made(t, -at, m, e, "%s", why) : later_add(t->later, o->path, &meta, e);
}

static int make_special(struct tree *t, const struct object *o, struct made *m, struct err *e)
{
	char why[META_WHY_BYTES];
	const struct meta meta = meta_of(t, o);
	uint32_t type = o->stat->mode & S_IFMT;
	if (type != S_IFIFO && type != S_IFCHR && type != S_IFBLK)
		return not_made(t, 0, m, e, "it is of a kind that is not made");
	dev_t device = type == S_IFIFO ? 0 : (dev_t)o->stat->device;
	if (mknodat(t->parent, t->temporary.name, type | 0600, device) != 0)
		return failed(t, "it cannot be made", m, e);
	if (!meta_set_at(t->parent, t->temporary.name, true, &meta, why))
		bare(m, why);
	return publish(t, o, false, m, e);
}

static int make(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct tree *t = arg;
	if (o->kind == OBJECT_FOLDER)
		return make_folder(t, o, m, e);
	*m = (struct made){.how = MADE, .path = o->path};
	int rc = prepare(t, o, m, e);
	if (rc != 0 || m->how != MADE)
		return rc;
	switch (o->kind) {
	case OBJECT_SYMLINK: return symlink_to(t, o, m, e);
	case OBJECT_LINK: return link_to(t, o, m, e);
	case OBJECT_SPECIAL: return make_special(t, o, m, e);
	case OBJECT_FILE:
	case OBJECT_FOLDER: break;
	}
	return not_made(t, 0, m, e, "it is of a kind that is not made");
}

/* ---- the whole ---- */

static int finish(void *arg, bool whole, struct finished *f, struct err *e)
{
	struct tree *t = arg;
	char why[FOLDER_WHY_BYTES];
	(void)whole; /* what is there is whole */
	drop(t);
	*f = (struct finished){.why = ""};
	f->bare_folders = later_set(t->later, t->folder, f->why);
	f->left_attributes = t->left;
	/* Written is what is on the disk. */
	int at = folder_at(t->folder, "", 0, false, why);
	if (at >= 0 && syncfs(at) != 0)
		return err_errno(e, XE_FAILED, errno, "%s: what was extracted cannot be written to the disk", t->o.folder);
	return 0;
}

static int on_made(void *arg, const char *path, size_t n, struct err *e)
{
	struct tree *t = arg;
	return later_made(t->later, path, n, e);
}

struct tree *tree_new(const struct tree_options *options, struct err *e)
{
	struct tree *t = calloc(1, sizeof *t);
	if (t == NULL) {
		err_memory(e, sizeof *t, "a folder");
		return NULL;
	}
	t->o = *options;
	t->fd = t->parent = t->kept = -1;
	t->birth = birth_of_ours();
	t->target = (struct target){.arg = t, .begin = begin, .write = write_at, .end = end, .make = make, .finish = finish};
	t->later = later_new();
	if (t->later == NULL)
		err_memory(e, 0, "folders");
	else
		t->folder = folder_open(options->folder, on_made, t, e);
	if (t->folder)
		return t;
	tree_free(t);
	return NULL;
}

void tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	drop(t);
	temporary_forget();
	if (t->kept >= 0)
		close(t->kept);
	folder_close(t->folder);
	later_free(t->later);
	seen_free(&t->seen);
	free(t->made);
	free(t);
}

const struct target *tree_target(struct tree *t)
{
	return &t->target;
}
