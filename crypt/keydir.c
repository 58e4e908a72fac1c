/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/keydir.h"

#include "base/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OLD ".old"
#define NEW ".new"
#define GENERATION_DIGITS 6u
#define GENERATION_MAX 999999u
/* Every '=' and ':' takes five characters. */
#define FILE_NAME_BYTES (5 * ANSWER_NAME_BYTES)
#define ENTRY_BYTES (FILE_NAME_BYTES + 16) /* of a generation */

/* ---- names ---- */

int keydir_check_name(const char *volume, struct err *e)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:=";
	size_t len = strnlen(volume, ANSWER_NAME_BYTES);
	if (len == 0)
		return err_set(e, XE_KEY, "a Volume Name is never empty");
	if (len >= ANSWER_NAME_BYTES)
		return err_set(e, XE_KEY, "a Volume Name has at most %u characters", ANSWER_NAME_BYTES - 1);
	if (volume[0] == '.')
		return err_set(e, XE_KEY, "a Volume Name that begins with a dot has no key file");
	if (volume[strspn(volume, letters)] != '\0')
		return err_set(e, XE_KEY, "a Volume Name has only letters, digits and . - _ :");
	return 0;
}

static int file_name(const char *volume, char name[static FILE_NAME_BYTES], struct err *e)
{
	int rc = keydir_check_name(volume, e);
	size_t n = 0;
	for (const char *p = volume; rc == 0 && *p; p++) {
		if (*p == '=' || *p == ':')
			n += (size_t)snprintf(name + n, FILE_NAME_BYTES - n, *p == '=' ? "=0x3d" : "=0x3a");
		else
			name[n++] = *p;
	}
	name[n] = '\0';
	/* A generation has a dot and digits more, the temporary ".tmp" and a dot before. */
	if (rc == 0 && n + GENERATION_DIGITS + 2 > NAME_MAX)
		rc = err_set(e, XE_KEY, "the Volume Name is too long for a file name");
	return rc;
}

/* The other way.  False if no volume has such a file. */
static bool volume_name(const char *file, char volume[static ANSWER_NAME_BYTES])
{
	char again[FILE_NAME_BYTES];
	struct err ignored = {0};
	size_t n = 0;
	for (const char *p = file; *p && n < ANSWER_NAME_BYTES - 1;) {
		bool equals = strncmp(p, "=0x3d", 5) == 0, colon = strncmp(p, "=0x3a", 5) == 0;
		volume[n++] = equals ? '=' : colon ? ':' : *p;
		p += equals || colon ? 5 : 1;
	}
	volume[n] = '\0';
	return file_name(volume, again, &ignored) == 0 && strcmp(again, file) == 0;
}

/* ---- the folder ---- */

int keydir_open(struct keydir *d, const char *path, bool make, struct err *e)
{
	*d = KEYDIR_CLOSED;
	if ((size_t)snprintf(d->path, sizeof d->path, "%s", path) >= sizeof d->path)
		return err_set(e, XE_FAILED, "the path of the key directory is too long");
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0 && errno == ENOENT && make && mkdir(path, 0700) == 0)
		d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd >= 0)
		return 0;
	enum xerr code = errno == EACCES || errno == EPERM ? XE_PERMISSION : XE_FAILED;
	return err_errno(e, code, errno, "cannot open the key directory %s", path);
}

void keydir_close(struct keydir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

int keydir_lock(struct keydir *d, unsigned seconds, struct err *e)
{
	for (unsigned tries = 0; flock(d->fd, LOCK_EX | LOCK_NB) != 0; tries++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "cannot lock the key directory");
		if (tries >= seconds * 20)
			return err_set(e, XE_NOT_READY, "the key directory has been locked by another process for %u seconds", seconds);
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
	return 0;
}

void keydir_unlock(struct keydir *d)
{
	flock(d->fd, LOCK_UN);
}

/* .old or .new; -1 with errno. */
static int subfolder(const struct keydir *d, const char *name, bool make)
{
	int fd = openat(d->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 || errno != ENOENT || !make)
		return fd;
	if (mkdirat(d->fd, name, 0700) != 0 || fsync(d->fd) != 0)
		return -1;
	return openat(d->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* ---- files ---- */

/* *found false: it is not there. */
static int read_text(int folder, const char *name, struct secret *text, bool *found, struct err *e)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	*found = fd >= 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	int rc = 0;
	if (fd < 0)
		rc = err_errno(e, errno == EACCES ? XE_PERMISSION : XE_FAILED, errno, "cannot open the key file %s", name);
	else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = err_set(e, XE_FAILED, "the key file %s is no regular file", name);
	else
		rc = secret_read(text, fd, ANSWER_MAX_BYTES, name, e);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int parse_file(const char *name, const char *volume, const struct secret *text, struct answer *a, struct err *e)
{
	struct err why = {0};
	int rc = answer_read(a, (const char *)text->data, text->len, &why);
	if (rc == 0 && a->error[0])
		rc = err_set(&why, XE_KEY, "it holds an error instead of a key");
	if (rc == 0 && !a->has_cipher)
		rc = err_set(&why, XE_KEY, "the cipher is missing");
	if (rc == 0 && a->key.len == 0 && a->enc_key_len == 0)
		rc = err_set(&why, XE_KEY, "there is no key in it, clear or encrypted");
	if (rc == 0 && a->key.len > 0 && a->key.len != xts_key_bytes(a->cipher))
		rc = err_set(&why, XE_KEY, "its key has %zu bytes, %s takes %zu", a->key.len, xts_name(a->cipher),
			     xts_key_bytes(a->cipher));
	if (rc == 0 && a->volume[0] && strcmp(a->volume, volume) != 0)
		rc = err_set(&why, XE_KEY, "it is the key of another volume, \"%s\"", a->volume);
	if (rc != 0) {
		answer_free(a);
		return err_set(e, rc, "the key file %s: %s", name, why.text);
	}
	snprintf(a->volume, sizeof a->volume, "%s", volume);
	return 0;
}

static int read_file(int folder, const char *name, const char *volume, struct answer *a, bool *found, struct err *e)
{
	struct secret text = SECRET_NONE;
	int rc = read_text(folder, name, &text, found, e);
	if (rc == 0 && *found)
		rc = parse_file(name, volume, &text, a, e);
	secret_free(&text);
	return rc;
}

int keydir_read(const struct keydir *d, const char *volume, struct answer *a, bool *found, struct err *e)
{
	char name[FILE_NAME_BYTES];
	*found = false;
	int rc = file_name(volume, name, e);
	return rc == 0 ? read_file(d->fd, name, volume, a, found, e) : rc;
}

static int put_text(int folder, const char *name, const struct secret *text, struct err *e)
{
	/* What a run that was killed left there; the folder is locked. */
	unlinkat(folder, name, 0);
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(e, XE_FAILED, errno, "cannot make the key file %s", name);
	size_t done = 0;
	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	bool good = done == text->len && fsync(fd) == 0;
	int errnum = errno;
	good = close(fd) == 0 && good;
	return good ? 0 : err_errno(e, XE_FAILED, errnum, "cannot write the key file %s", name);
}

static int same_text(int folder, const char *name, const struct secret *text, struct err *e)
{
	struct secret again = SECRET_NONE;
	bool found;
	int rc = read_text(folder, name, &again, &found, e);
	if (rc == 0 && (!found || !secret_equal(text, &again)))
		rc = err_set(e, XE_FAILED, "the key file %s does not read back as it was written", name);
	secret_free(&again);
	return rc;
}

/* ---- generations ---- */

/* N of "NAME.N"; 0 if it is no generation of that file. */
static unsigned generation_of(const char *entry, const char *name)
{
	size_t n = strlen(name);
	if (strncmp(entry, name, n) != 0 || entry[n] != '.' || strlen(entry + n + 1) != GENERATION_DIGITS ||
	    strspn(entry + n + 1, "0123456789") != GENERATION_DIGITS)
		return 0;
	return (unsigned)strtoul(entry + n + 1, NULL, 10);
}

/* The highest number below limit; 0: there is none. */
static unsigned latest_below(int folder, const char *name, unsigned limit)
{
	unsigned best = 0;
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *all = copy >= 0 ? fdopendir(copy) : NULL;
	if (all == NULL && copy >= 0)
		close(copy);
	for (struct dirent *entry; all && (entry = readdir(all)) != NULL;) {
		unsigned n = generation_of(entry->d_name, name);
		if (n > best && n < limit)
			best = n;
	}
	if (all)
		closedir(all);
	return best;
}

int keydir_generation(const struct keydir *d, const char *volume, unsigned index, struct answer *a, bool *found, struct err *e)
{
	char name[FILE_NAME_BYTES], entry[ENTRY_BYTES];
	*found = false;
	int rc = file_name(volume, name, e);
	int folder = rc == 0 && index < KEYDIR_GENERATIONS ? subfolder(d, OLD, false) : -1;
	if (folder < 0)
		return rc;
	unsigned number = latest_below(folder, name, GENERATION_MAX + 1);
	for (; index > 0 && number > 0; index--)
		number = latest_below(folder, name, number);
	if (number > 0) {
		snprintf(entry, sizeof entry, "%s.%06u", name, number);
		rc = read_file(folder, entry, volume, a, found, e);
	}
	close(folder);
	return rc;
}

/* The file in force gets a second name, so that there is no moment without it.  Some file systems have no links. */
static int keep_old(struct keydir *d, const char *name, struct err *e)
{
	struct secret text = SECRET_NONE;
	bool found;
	int rc = read_text(d->fd, name, &text, &found, e);
	if (rc != 0 || !found) {
		/* An empty file holds no key that could be lost. */
		bool empty = rc == XE_KEY;
		if (empty)
			*e = (struct err){0};
		return empty ? 0 : rc;
	}
	char entry[ENTRY_BYTES];
	int folder = subfolder(d, OLD, true);
	unsigned number = folder >= 0 ? latest_below(folder, name, GENERATION_MAX + 1) + 1 : 0;
	if (folder < 0 || number > GENERATION_MAX) {
		rc = err_errno(e, XE_FAILED, folder < 0 ? errno : ENOSPC, "cannot keep the key before in %s/" OLD, d->path);
	} else {
		snprintf(entry, sizeof entry, "%s.%06u", name, number);
		if (linkat(d->fd, name, folder, entry, 0) != 0)
			rc = put_text(folder, entry, &text, e);
		if (rc == 0)
			rc = same_text(folder, entry, &text, e);
		if (rc == 0 && fsync(folder) != 0)
			rc = err_errno(e, XE_FAILED, errno, "cannot sync %s/" OLD, d->path);
	}
	if (folder >= 0)
		close(folder);
	secret_free(&text);
	return rc;
}

/* ---- marks ---- */

static int open_mark(const struct keydir *d, const char *name, bool make, int how)
{
	int folder = subfolder(d, NEW, make);
	int fd = folder >= 0 ? openat(folder, name, how | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (folder >= 0)
		close(folder);
	return fd;
}

/* The mark names its key, so it means nothing once another one is in force. */
static void set_mark(struct keydir *d, const char *name, const struct secret *key)
{
	char id[SECRET_ID_BYTES];
	secret_id(key, XTS_KEY_DOMAIN, id);
	int fd = open_mark(d, name, true, O_WRONLY | O_CREAT | O_TRUNC);
	/* Without it a second LABEL gets a key of its own: no harm. */
	if (fd >= 0 && write(fd, id, strlen(id)) > 0)
		(void)!fsync(fd);
	if (fd >= 0)
		close(fd);
}

bool keydir_is_new(const struct keydir *d, const char *volume, const struct secret *key)
{
	char name[FILE_NAME_BYTES], id[SECRET_ID_BYTES], mark[SECRET_ID_BYTES] = "";
	struct err ignored = {0};
	if (file_name(volume, name, &ignored) != 0)
		return false;
	int fd = open_mark(d, name, false, O_RDONLY | O_NONBLOCK);
	if (fd >= 0 && read(fd, mark, sizeof mark - 1) < 0)
		mark[0] = '\0';
	if (fd >= 0)
		close(fd);
	if (key == NULL)
		return mark[0] != '\0';
	secret_id(key, XTS_KEY_DOMAIN, id);
	return strcmp(mark, id) == 0;
}

void keydir_in_use(const struct keydir *d, const char *volume)
{
	char name[FILE_NAME_BYTES];
	struct err ignored = {0};
	int folder = file_name(volume, name, &ignored) == 0 ? subfolder(d, NEW, false) : -1;
	if (folder < 0)
		return;
	unlinkat(folder, name, 0);
	close(folder);
}

/* ---- writing ---- */

int keydir_write(struct keydir *d, const struct answer *a, const struct secret *key, struct err *e)
{
	char name[FILE_NAME_BYTES], temporary[FILE_NAME_BYTES + 6];
	struct secret text = SECRET_NONE;
	int rc = file_name(a->volume, name, e);
	if (rc == 0)
		rc = answer_write(a, false, &text, e);
	if (rc != 0)
		return rc;
	snprintf(temporary, sizeof temporary, ".%s.tmp", name);
	rc = put_text(d->fd, temporary, &text, e);
	if (rc == 0)
		rc = same_text(d->fd, temporary, &text, e);
	if (rc == 0)
		rc = keep_old(d, name, e);
	if (rc == 0) {
		set_mark(d, name, key);
		if (renameat(d->fd, temporary, d->fd, name) != 0)
			rc = err_errno(e, XE_FAILED, errno, "cannot rename the key file %s", temporary);
		else if (fsync(d->fd) != 0)
			rc = err_errno(e, XE_FAILED, errno, "cannot sync the key directory");
	}
	if (rc == 0)
		rc = same_text(d->fd, name, &text, e);
	if (rc != 0)
		unlinkat(d->fd, temporary, 0);
	secret_free(&text);
	return rc;
}

/* ---- all of them ---- */

static int is_key_file(const struct dirent *entry)
{
	char volume[ANSWER_NAME_BYTES];
	return entry->d_name[0] != '.' && volume_name(entry->d_name, volume);
}

int keydir_each(const struct keydir *d, int (*each)(void *arg, const char *volume, struct err *e), void *arg, struct err *e)
{
	struct dirent **list;
	int n = system_scan(d->fd, &list, is_key_file), rc = 0;
	if (n < 0)
		return err_errno(e, XE_FAILED, errno, "cannot read the key directory");
	for (int i = 0; i < n; i++) {
		char volume[ANSWER_NAME_BYTES];
		if (rc == 0 && volume_name(list[i]->d_name, volume))
			rc = each(arg, volume, e);
		free(list[i]);
	}
	free(list);
	return rc;
}
