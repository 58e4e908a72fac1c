/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/trust.h"

#include "base/msg.h"
#include "keywrap.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

/* ---- who can write it ---- */

/* In a folder with the sticky bit only its owner takes a file away.  A daemon's folder is often its group's, like the
 * files in it: that is the daemon itself. */
static bool others_replace(const struct stat *folder, const struct stat *file)
{
	if (folder->st_mode & S_ISVTX)
		return false;
	return (folder->st_mode & S_IWOTH) || ((folder->st_mode & S_IWGRP) && folder->st_gid != file->st_gid && folder->st_gid != 0);
}

static void trust_place(const char *path, const struct stat *file)
{
	char real[PATH_MAX];
	struct stat folder;
	if (realpath(path, real) == NULL)
		return;
	const char *name = dirname(real);
	if (stat(name, &folder) == 0 && others_replace(&folder, file))
		msg_warning("%s: others can put another file in its place: they can write the folder %s; chmod go-w that", path, name);
}

void trust_file(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_mode & OTHERS_WRITE)
		msg_warning("%s: others than its owner can change it (mode %04o); chmod go-w it", path, (unsigned)(st.st_mode & 07777));
	trust_place(path, &st);
}

static size_t count_writable(const char *path, char first[static NAME_MAX + 1])
{
	size_t n = 0;
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
		struct stat st;
		if (fstatat(dirfd(folder), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode) && (st.st_mode & OTHERS_WRITE) && n++ == 0)
			snprintf(first, NAME_MAX + 1, "%s", entry->d_name);
	}
	if (folder)
		closedir(folder);
	return n;
}

void trust_folder(const char *path)
{
	char first[NAME_MAX + 1] = "";
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return;
	if (st.st_mode & OTHERS_WRITE)
		msg_warning("%s: others than its owner can put keys into it (mode %04o); chmod go-w it", path,
			    (unsigned)(st.st_mode & 07777));
	trust_place(path, &st);
	size_t n = count_writable(path, first);
	if (n > 0)
		msg_warning("%s: others than its owner can change %zu key file%s, %s%s; chmod go-w %s", path, n, n == 1 ? "" : "s", first,
			    n == 1 ? "" : " the first", n == 1 ? "it" : "them");
}

void trust_cache(const char *path, const struct cryptocache *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct cryptocache_entry *first = cryptocache_find(c, c->entries[i].volume);
		if (first != &c->entries[i] && strcmp(first->key, c->entries[i].key) != 0)
			msg_warning("%s: volume %s has two different keys, entries %zu and %zu; the first is taken, as daemons do (cache "
				    "check)",
				    path, first->volume, (size_t)(first - c->entries) + 1, i + 1);
	}
}

/* ---- what a KEK looks like ---- */

static bool begins(const struct secret *s, const char *with)
{
	return s->len >= strlen(with) && memcmp(s->data, with, strlen(with)) == 0;
}

/* Of printable text, where every other byte is a zero: its order does not matter. */
static bool is_utf16(const struct secret *s)
{
	size_t zeros[2] = {0, 0}, first = begins(s, "\xff\xfe") || begins(s, "\xfe\xff") ? 2 : 0, n = 0;
	for (size_t i = first; i < s->len && i < KEYWRAP_KEK_BYTES; i++, n++)
		zeros[i % 2] += s->data[i] == 0;
	return (zeros[0] * 2 == n && zeros[1] == 0) || (zeros[1] * 2 == n && zeros[0] == 0);
}

static bool is_quoted(const struct secret *s)
{
	/* ASCII's, and those that word processors make of them. */
	static const char *const quotes[] = {
		"\"",           "'",        "`",       "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a", "\xe2\x80\x9c", "\xe2\x80\x9d",
		"\xe2\x80\x9e", "\xc2\xab", "\xc2\xbb"};
	for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
		if (begins(s, quotes[i]))
			return true;
	}
	return false;
}

static const char *strange(const struct secret *kek)
{
	if (is_utf16(kek))
		return "is text in UTF-16: save it as ASCII";
	if (begins(kek, "\xef\xbb\xbf"))
		return "begins with a byte order mark (EF BB BF), which an editor has put there: save it without";
	if (is_quoted(kek))
		return "begins with a quotation mark: in a configuration the KEK stands in quotes, which are no part of it";
	if (begins(kek, " ") || begins(kek, "\t"))
		return "begins with a blank";
	return NULL;
}

void trust_kek(const char *source, const struct secret *kek)
{
	const char *why = strange(kek);
	if (why)
		msg_warning("%s: this KEK %s; as it is, that counts as part of the KEK", source, why);
}
