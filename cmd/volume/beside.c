/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking only: nothing is made or removed here.  All names are taken in the folder's descriptor. */
#include "cmd/volume/beside.h"

#include "base/attributes.h"
#include "base/io.h"
#include "base/quit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define OPEN_TRIES 20
#define OPEN_PAUSE_MILLISECONDS 100u

const char *const beside_sides[] = {".map", NULL};

int beside_fault(const struct beside *b, int rc, struct err *e)
{
	if (rc != 0)
		err_volume(e, b->path);
	return rc;
}

/* ---- names ---- */

/* Too long ones were refused when it was opened. */
const char *beside_name(const struct beside *b, const char *side, const char *tail, char name[static BESIDE_NAME_BYTES])
{
	snprintf(name, BESIDE_NAME_BYTES, "%s%s%s", b->name, side, tail);
	return name;
}

int beside_look(const struct beside *b, const char *name, struct stat *st, struct err *e)
{
	if (fstatat(b->folder, name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return err_errno(e, XE_FAILED, errno, "%s cannot be looked at", name);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* The file and its bytes. */
static bool same_bytes(const struct stat *a, const struct stat *b)
{
	return beside_same_file(a, b) && a->st_size == b->st_size && same_time(&a->st_mtim, &b->st_mtim);
}

/* And its owner, its rights, its names. */
static bool same_stat(const struct stat *a, const struct stat *b)
{
	return same_bytes(a, b) && same_time(&a->st_ctim, &b->st_ctim);
}

/* ---- opening ---- */

static bool ends_with(const char *name, const char *tail)
{
	size_t n = strlen(name), m = strlen(tail);
	return n > m && strcmp(name + n - m, tail) == 0;
}

/* Bytes of the longest that is put behind a name. */
static size_t longest_tail(void)
{
	size_t longest = 0;
	for (size_t i = 0; beside_sides[i]; i++)
		longest = strlen(beside_sides[i]) > longest ? strlen(beside_sides[i]) : longest;
	return longest + strlen(BESIDE_NEW);
}

static int take_names(struct beside *b, const struct place *p, struct err *e)
{
	const char *name = place_name(p->path);
	size_t len = strlen(p->path);
	if (ends_with(name, BESIDE_ORIGINAL) || ends_with(name, BESIDE_NEW))
		return err_set(e, XE_USAGE, "has the name of what a conversion in place leaves beside a volume; name the volume itself");
	if (strlen(name) + longest_tail() > NAME_MAX || len + longest_tail() >= sizeof b->path)
		return err_set(e, XE_FAILED, "its name is too long for the names beside it");
	memcpy(b->path, p->path, len + 1);
	memcpy(b->original, p->path, len);
	memcpy(b->original + len, BESIDE_ORIGINAL, sizeof BESIDE_ORIGINAL);
	memcpy(b->fresh, p->path, len);
	memcpy(b->fresh + len, BESIDE_NEW, sizeof BESIDE_NEW);
	memcpy(b->name, name, strlen(name) + 1);
	return 0;
}

static int find(struct beside *b, const char *path, struct err *e)
{
	struct place p;
	int rc = strcmp(path, "-") == 0 ? err_set(e, XE_USAGE, "standard input is no file that could be replaced")
					: place_find(&p, path, e);
	if (rc != 0)
		return rc;
	if (p.kind == PLACE_FREE)
		return err_errno(e, XE_FAILED, ENOENT, "cannot open");
	if (p.kind != PLACE_FILE)
		return err_set(e, XE_USAGE, "is no regular file; only files can be replaced");
	return take_names(b, &p, e);
}

static int open_file(struct beside *b, struct err *e)
{
	char folder[PLACE_PATH_BYTES];
	struct io io;
	place_folder(b->path, folder);
	b->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->folder < 0)
		return err_errno(e, XE_FAILED, errno, "its folder cannot be opened, and must be for its names to be written to the disk");
	b->fd = openat(b->folder, b->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (b->fd < 0)
		return err_errno(e, XE_FAILED, errno, "cannot open");
	/* The test drive is a regular file to the kernel. */
	if (!io_describe(&io, b->fd) || !io_is_file(&io))
		return err_set(e, XE_USAGE, "is no regular file; only files can be replaced");
	return 0;
}

/* Network file systems may lock only what is open for writing.  Without a lock two runs at once stop each other where they find what they
 * have made gone. */
static int lock(struct beside *b, struct err *e)
{
	struct stat now;
	if (flock(b->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return err_set(e, XE_FAILED, "another run is at work on it");
	if (fstat(b->fd, &b->st) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot be looked at");
	int there = beside_look(b, b->name, &now, e);
	if (there < 0)
		return there;
	return there && beside_same_file(&b->st, &now) ? 0 : err_set(e, XE_FAILED, "was replaced while it was opened; try again");
}

/* ---- what stands beside it ---- */

/* Does a run's unfinished file have this name, of whoever owns the volume, or ours?  1, 0 nothing has it, or XE_FAILED. */
static int look_unfinished(const struct beside *b, const char *side, struct stat *st, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	int there = beside_look(b, beside_name(b, side, BESIDE_NEW, name), st, e);
	if (there <= 0)
		return there;
	if (S_ISREG(st->st_mode) && st->st_nlink == 1 && (st->st_uid == geteuid() || st->st_uid == b->st.st_uid))
		return 1;
	return err_set(e, XE_FAILED, "%s stands beside it, and was not left by a run that was cut off; move it away", name);
}

/* Are the sides where they belong, and none where it was made?  1, 0, or XE_FAILED. */
static int look_placed(const struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	struct stat st;
	bool placed = false, unfinished = false;
	for (size_t i = 0; beside_sides[i]; i++) {
		int made = beside_look(b, beside_name(b, beside_sides[i], BESIDE_NEW, name), &st, e);
		int there = made < 0 ? made : beside_look(b, beside_name(b, beside_sides[i], "", name), &st, e);
		if (there < 0)
			return there;
		unfinished = unfinished || made;
		placed = placed || there;
	}
	return placed && !unfinished;
}

static int look_original(struct beside *b, bool fresh, bool begun, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	int there = beside_look(b, beside_name(b, "", BESIDE_ORIGINAL, name), &b->original_st, e);
	bool same = there > 0 && beside_same_file(&b->original_st, &b->st);
	if (there < 0)
		return there;
	if (same && !fresh)
		return err_set(e, XE_FAILED, "%s is another name of the same file; remove that name", name);
	if (there && !S_ISREG(b->original_st.st_mode))
		return err_set(e, XE_FAILED, "%s exists and is no file; move it away", name);
	if (there && !same && fresh)
		return err_set(e, XE_FAILED, "%s and %s%s both stand beside it, which no run leaves; move one of them away", name, b->name,
			       BESIDE_NEW);
	int placed = same ? look_placed(b, e) : 0;
	if (placed < 0)
		return placed;
	b->state = placed ? BESIDE_PLACED : same ? BESIDE_LINKED : there ? BESIDE_EXCHANGED : begun ? BESIDE_BEGUN : BESIDE_ALONE;
	return 0;
}

static int look_beside(struct beside *b, struct err *e)
{
	struct stat side;
	int fresh = look_unfinished(b, "", &b->fresh_st, e);
	int begun = fresh;
	for (size_t i = 0; begun >= 0 && beside_sides[i]; i++) {
		int there = look_unfinished(b, beside_sides[i], &side, e);
		begun = there < 0 ? there : begun | there;
	}
	return begun < 0 ? begun : look_original(b, fresh, begun, e);
}

int beside_open(struct beside *b, const char *path, struct err *e)
{
	*b = BESIDE_CLOSED;
	int rc = find(b, path, e);
	if (rc == 0)
		rc = open_file(b, e);
	if (rc == 0)
		rc = lock(b, e);
	if (rc == 0)
		rc = look_beside(b, e);
	if (rc == 0)
		return 0;
	err_volume(e, path);
	beside_close(b);
	return rc;
}

void beside_close(struct beside *b)
{
	if (b->fd >= 0)
		close(b->fd);
	if (b->folder >= 0)
		close(b->folder);
	b->fd = b->folder = -1;
}

/* ---- who has it open ---- */

/* A lease to write is given only where nobody else has the file open.  It is given back at once; whoever wants to open the file in
 * between is kept waiting that long, of which SIGIO tells.  Not every file system has leases, and not everybody may take one: then
 * nobody is seen. */
static int look_open(int fd, const char *name, bool *busy, struct err *e)
{
	void (*before)(int) = signal(SIGIO, SIG_IGN);
	bool taken = fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
	*busy = !taken && errno == EAGAIN;
	if (taken && fcntl(fd, F_SETLEASE, F_UNLCK) != 0)
		return err_errno(e, XE_FAILED, errno, "whether %s is open in another process cannot be told", name);
	signal(SIGIO, before);
	return 0;
}

/* Whoever only looks at it for a moment is waited for. */
static int refuse_open(int fd, const char *name, struct err *e)
{
	bool busy;
	int rc = look_open(fd, name, &busy, e);
	for (unsigned tries = 1; rc == 0 && busy && tries < OPEN_TRIES && !quit_asked(); tries++) {
		quit_sleep(OPEN_PAUSE_MILLISECONDS);
		rc = look_open(fd, name, &busy, e);
	}
	return rc == 0 ? busy ? err_set(e, XE_FAILED, "%s is open in another process; run it again when no job has it", name) : 0 : rc;
}

/* ---- what else the run writes ---- */

int beside_refuse_path(const char *volume, const char *path, struct err *e)
{
	static const char *const tails[] = {BESIDE_ORIGINAL, BESIDE_NEW, ".map", (".map" BESIDE_NEW), ".sql", ".undo.sql"};
	struct place p;
	char taken[PLACE_PATH_BYTES + sizeof ".map" BESIDE_NEW];
	int rc = place_find(&p, volume, e);
	for (size_t i = 0; rc == 0 && i < sizeof tails / sizeof tails[0]; i++) {
		snprintf(taken, sizeof taken, "%s%s", p.path, tails[i]);
		if (place_same(taken, path))
			rc = err_set(e, XE_USAGE, "its %s is taken by --in-place; nothing else can be written there", tails[i]);
	}
	if (rc != 0)
		err_volume(e, volume);
	return rc;
}

/* ---- may it be replaced ---- */

static bool is_linked(const struct beside *b)
{
	return b->state == BESIDE_LINKED || b->state == BESIDE_PLACED;
}

/* What a run that was cut off has placed is known by its being gone from where it was made. */
static int refuse_sides(const struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES], made[BESIDE_NAME_BYTES];
	struct stat st;
	for (size_t i = 0; beside_sides[i]; i++) {
		int unfinished = beside_look(b, beside_name(b, beside_sides[i], BESIDE_NEW, made), &st, e);
		int there = unfinished < 0 ? unfinished : beside_look(b, beside_name(b, beside_sides[i], "", name), &st, e);
		if (there < 0)
			return there;
		if (there && (unfinished || !is_linked(b)))
			return err_set(e, XE_FAILED, "%s exists; move it away, and keep it if the catalog needs it still", name);
	}
	return 0;
}

static int refuse_replaced(const struct beside *b, struct err *e)
{
	if (b->state != BESIDE_EXCHANGED)
		return 0;
	return err_set(
		e, XE_FAILED,
		"%s%s exists: if --in-place has left it, remove it with xflate filter --discard-original when you are content with the "
		"new volume; else move it away",
		b->name, BESIDE_ORIGINAL);
}

/* Its other names would keep the old volume; and a flag would stop the exchange. */
static int refuse_bound(const struct beside *b, struct err *e)
{
	nlink_t names = is_linked(b) ? 2 : 1;
	const char *flag = attributes_locked(b->fd);
	if (b->st.st_nlink != names)
		return err_set(e, XE_FAILED, "has %lu names (hard links), and the others would keep the old volume; convert it with -o",
			       (unsigned long)b->st.st_nlink);
	if (flag)
		return err_set(e, XE_FAILED,
			       "is %s, as Bacula makes volumes that its catalog calls Protected; take that off with chattr -i -a, and set "
			       "it again on "
			       "the new volume",
			       flag);
	return 0;
}

int beside_may_replace(const struct beside *b, struct err *e)
{
	int rc = refuse_replaced(b, e);
	if (rc == 0)
		rc = refuse_bound(b, e);
	return beside_fault(b, rc != 0 ? rc : refuse_sides(b, e), e);
}

int beside_refuse_open(const struct beside *b, struct err *e)
{
	return beside_fault(b, refuse_open(b->fd, "it", e), e);
}

/* ---- is it as it was ---- */

static int unchanged(const struct beside *b, const char *name, bool (*same)(const struct stat *a, const struct stat *b),
		     const struct stat *was, const char *what, struct err *e)
{
	struct stat now;
	int there = beside_look(b, name, &now, e);
	if (there < 0 || (there && same(&now, was)))
		return there < 0 ? there : 0;
	return err_set(e, XE_FAILED, "%s was changed while it was read; run it again when no job writes to it", what);
}

int beside_unchanged(const struct beside *b, struct err *e)
{
	return beside_fault(b, unchanged(b, b->name, same_stat, &b->st, "it", e), e);
}

int beside_unchanged_linked(const struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	int rc = unchanged(b, b->name, same_bytes, &b->st, "it", e);
	if (rc == 0)
		rc = unchanged(b, beside_name(b, "", BESIDE_ORIGINAL, name), same_bytes, &b->st, name, e);
	return beside_fault(b, rc, e);
}

int beside_unchanged_new(const struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	beside_name(b, "", BESIDE_NEW, name);
	return beside_fault(b, unchanged(b, name, same_stat, &b->fresh_st, name, e), e);
}

int beside_unchanged_original(const struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	beside_name(b, "", BESIDE_ORIGINAL, name);
	return beside_fault(b, unchanged(b, name, same_stat, &b->original_st, name, e), e);
}

int beside_refuse_open_original(const struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	int fd = openat(b->folder, beside_name(b, "", BESIDE_ORIGINAL, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return beside_fault(b, err_errno(e, XE_FAILED, errno, "%s cannot be opened", name), e);
	int rc = refuse_open(fd, name, e);
	close(fd);
	return beside_fault(b, rc, e);
}
