/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unfinished.h"

#include "base/printable.h"
#include "base/quit.h"
#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PARTIALS_MAX 9999u
#define REMOVE_TRIES 5

static struct outfile *volatile unfinished[OUTFILE_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- names ---- */

/* Gives the temporary this name if nothing has it.  0, or an errno: EEXIST. */
static int name_if_free(const struct outfile *o, const char *name)
{
	int folder = o->folder->fd;
	if (system_rename_to_free(folder, o->temporary, folder, name) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return errno;
	/* A file system without that flag, perhaps without links as well: then what is replaced is an empty file of ours. */
	if (linkat(folder, o->temporary, folder, name, 0) == 0) {
		unlinkat(folder, o->temporary, 0);
		return 0;
	}
	if (errno == EEXIST)
		return errno;
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	if (renameat(folder, o->temporary, folder, name) == 0)
		return 0;
	int saved = errno;
	unlinkat(folder, name, 0);
	return saved;
}

/* A folder takes the place of an empty one, and of no other. */
static int name_folder_if_free(const struct outfile *o, const char *name)
{
	int folder = o->folder->fd;
	if (system_rename_to_free(folder, o->temporary, folder, name) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return errno;
	if (mkdirat(folder, name, 0700) != 0)
		return errno;
	if (renameat(folder, o->temporary, folder, name) == 0)
		return 0;
	int saved = errno;
	unlinkat(folder, name, AT_REMOVEDIR);
	return saved;
}

int unfinished_take_name(const struct outfile *o, const char *name)
{
	return o->is_folder ? name_folder_if_free(o, name) : name_if_free(o, name);
}

bool unfinished_promised(const struct outfile *o, const char *name)
{
	for (int i = 0; i < OUTFILE_MAX; i++) {
		const struct outfile *other = unfinished[i];
		if (other && other != o && other->folder == o->folder && o->folder && strcmp(other->name, name) == 0)
			return true;
	}
	return false;
}

/* ---- what becomes of them ---- */

/* As the kernel hands them out: readdir may not be called in a signal handler. */
struct listed {
	uint64_t ino;
	int64_t off;
	unsigned short bytes;
	unsigned char type;
	char name[];
};

static bool remove_empty(const struct outfile *o)
{
	return unlinkat(o->folder->fd, o->temporary, AT_REMOVEDIR) == 0;
}

/* All files in the folder of ours, and itself.  Other threads may be at work still. */
static void remove_files(const struct outfile *o)
{
	_Alignas(struct listed) char list[4096];
	int fd = openat(o->folder->fd, o->temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	long n;
	while (fd >= 0 && (n = syscall(SYS_getdents64, fd, list, sizeof list)) > 0) {
		for (long at = 0; at < n;) {
			const struct listed *l = (const void *)(list + at);
			unlinkat(fd, l->name, 0);
			at += l->bytes;
		}
	}
	if (fd >= 0)
		close(fd);
}

bool unfinished_remove_folder(const struct outfile *o)
{
	bool gone = remove_empty(o);
	for (int i = 0; i < REMOVE_TRIES && !gone; i++) {
		remove_files(o);
		gone = remove_empty(o);
	}
	return gone;
}

/* NAME.partial, then NAME.partial.2 and so on; NAME cut where the whole would be too long. */
static void partial_name(const struct outfile *o, unsigned n, char name[static NAME_MAX + 1])
{
	char tail[sizeof UNFINISHED_PARTIAL + 8] = UNFINISHED_PARTIAL, digits[8];
	size_t at = sizeof UNFINISHED_PARTIAL - 1, count = 0, len = strlen(o->name);
	for (unsigned rest = n > 1 ? n : 0; rest > 0; rest /= 10)
		digits[count++] = (char)('0' + rest % 10);
	if (count > 0)
		tail[at++] = '.';
	while (count > 0)
		tail[at++] = digits[--count];
	if (len + at > o->name_max)
		len = o->name_max - at;
	/* Not inside a character of UTF-8. */
	while (len > 0 && o->name[len] && (o->name[len] & 0xc0) == 0x80)
		len--;
	memcpy(name, o->name, len);
	memcpy(name + len, tail, at);
	name[len + at] = '\0';
}

/* What was written stays: under a name that is free, or where that cannot be had under that of the temporary. */
static void leave_partial(struct outfile *o)
{
	char name[NAME_MAX + 1];
	int errnum = EEXIST;
	for (unsigned n = 1; n <= PARTIALS_MAX && errnum == EEXIST; n++) {
		partial_name(o, n, name);
		errnum = unfinished_promised(o, name) ? EEXIST : unfinished_take_name(o, name);
	}
	if (errnum != 0)
		memcpy(name, o->temporary, sizeof o->temporary);
	memcpy(o->left + o->folder_bytes, name, strlen(name) + 1);
}

/* Nothing is removed or renamed that somebody else has put in its place. */
void unfinished_put_away(struct outfile *o)
{
	struct stat st;
	bool seen = fstatat(o->folder->fd, o->temporary, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if ((!seen && errno == ENOENT) || (seen && o->ino != 0 && (st.st_dev != o->dev || st.st_ino != o->ino)))
		return;
	/* Under its own name: whether it was made, is not known yet; where it was, it is empty. */
	if (seen && o->ino == 0 && strcmp(o->temporary, o->name) == 0 && (!S_ISREG(st.st_mode) || st.st_size > 0))
		return;
	if (o->is_folder && remove_empty(o))
		return;
	if (o->keep_partial && (!seen || o->is_folder || st.st_size > 0))
		leave_partial(o);
	else if (o->is_folder)
		unfinished_remove_folder(o);
	else
		unlinkat(o->folder->fd, o->temporary, 0);
}

static void say(const char *text)
{
	char line[OUTFILE_LEFT_BYTES];
	size_t n = strlen(text);
	memcpy(line, text, n + 1);
	n = printable_make(line);
	(void)!write(STDERR_FILENO, line, n);
}

static void clean_up(void)
{
	for (size_t i = 0; i < OUTFILE_MAX; i++) {
		struct outfile *o = unfinished[i];
		if (o == NULL || o->direct)
			continue;
		size_t folder = o->folder_bytes;
		unfinished_put_away(o);
		if (o->left[folder] == '\0')
			continue;
		say("xflate: ");
		say(o->path);
		say(": what was written is in ");
		say(o->left);
		(void)!write(STDERR_FILENO, "\n", 1);
	}
}

/* ---- the list ---- */

int unfinished_enter(struct outfile *o, struct err *e)
{
	quit_add(clean_up);
	pthread_mutex_lock(&lock);
	for (int i = 0; i < OUTFILE_MAX && o->slot < 0; i++) {
		if (unfinished[i] == NULL) {
			unfinished[i] = o;
			o->slot = i;
		}
	}
	pthread_mutex_unlock(&lock);
	return o->slot >= 0 ? 0 : err_set(e, XE_FAILED, "too many files at once (%d)", OUTFILE_MAX);
}

void unfinished_leave(struct outfile *o)
{
	if (o->slot >= 0)
		unfinished[o->slot] = NULL;
	o->slot = -1;
}

bool unfinished_has_place(const struct outfile *o)
{
	bool taken = false;
	for (int i = 0; i < OUTFILE_MAX; i++) {
		const struct outfile *other = unfinished[i];
		taken = taken ||
			(other && other != o && o->there_ino != 0 && other->there_ino == o->there_ino && other->there_dev == o->there_dev);
	}
	return taken;
}
