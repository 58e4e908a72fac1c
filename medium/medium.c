/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "medium/medium.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct medium *medium_of(const struct io *io)
{
	return io->tape ? &medium_tape : io_is_file(io) ? &medium_file : &medium_stream;
}

/* ---- folders ---- */

/* In the order in which they are asked: what one of them knows the ones behind it do not write. */
static const struct medium *const folders[] = {&medium_dedupable, &medium_cloud, &medium_chunked};
#define FOLDERS (sizeof folders / sizeof folders[0])

static size_t rank(const char *name, size_t best)
{
	size_t i = 0;
	while (i < best && !folders[i]->knows(name))
		i++;
	return i;
}

/* Which volume the folder is; NULL: none. */
static const struct medium *folder_of(DIR *dir)
{
	size_t best = FOLDERS;
	const struct dirent *d;
	while ((d = readdir(dir)) != NULL)
		best = rank(d->d_name, best);
	return best < FOLDERS ? folders[best] : NULL;
}

static const struct medium *folder_at(const char *path)
{
	DIR *dir = opendir(path);
	const struct medium *medium = dir ? folder_of(dir) : NULL;
	if (dir)
		closedir(dir);
	return medium;
}

static bool is_folder(const char *path)
{
	struct stat st;
	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool medium_begins_at(const char *path)
{
	struct stat st;
	DIR *dir = is_folder(path) ? opendir(path) : NULL;
	const struct medium *medium = dir ? folder_of(dir) : NULL;
	bool begins = medium && fstatat(dirfd(dir), medium->first, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (dir)
		closedir(dir);
	return begins;
}

static int open_folder(struct medium_input *in, const char *path, struct err *e)
{
	const struct medium *medium = folder_at(path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, XE_FAILED, errno, "cannot open the folder");
	io_describe(&in->io, fd);
	in->medium = medium;
	if (medium == NULL)
		return err_set(
			e, XE_FAILED,
			"is a folder, and no volume: there are no chunks (0000, 0001, ...) in it, no parts (part.1, part.2, ...) and no "
			"config of a dedupable volume; name the files in it");
	in->rereadable = true;
	return medium->open(in, e);
}

/* ---- all ---- */

const struct medium *medium_at(const char *path)
{
	struct io io = IO_CLOSED;
	struct stat st;
	if (strcmp(path, "-") == 0) {
		io_describe(&io, STDIN_FILENO);
		return medium_of(&io);
	}
	if (is_folder(path))
		return folder_at(path);
	if (stat(path, &st) != 0 || !(S_ISCHR(st.st_mode) || S_ISREG(st.st_mode)))
		return NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	io_describe(&io, fd);
	close(fd);
	return medium_of(&io);
}

/* What cannot be told would be taken for a pipe, which is converted in another way: it is asked for twice. */
static bool tell(const char *path, struct stat *st)
{
	return stat(path, st) == 0 || (errno != ENOENT && stat(path, st) == 0);
}

bool medium_rereadable(const char *path)
{
	struct stat st;
	return strcmp(path, "-") != 0 && tell(path, &st) && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

bool medium_has_ranges(const char *path)
{
	const struct medium *medium = medium_rereadable(path) ? medium_at(path) : NULL;
	return medium && medium->rereadable && medium->no_catalog == NULL;
}

static void take(struct medium_input *in, const struct io *io)
{
	const struct medium *medium = medium_of(io);
	*in = (struct medium_input){.medium = medium, .io = *io, .rereadable = medium->rereadable && !io->standard, .size = io->size};
}

int medium_open(struct medium_input *in, const char *path, struct err *e)
{
	struct io io;
	*in = MEDIUM_CLOSED;
	if (is_folder(path)) {
		int rc = open_folder(in, path, e);
		if (rc != 0)
			medium_close(in);
		return rc;
	}
	int rc = io_open_input(&io, path, e);
	if (rc == 0)
		take(in, &io);
	return rc;
}

bool medium_describe(struct medium_input *in, int fd)
{
	struct io io;
	bool known = io_describe(&io, fd);
	take(in, &io);
	return known;
}

void medium_close(struct medium_input *in)
{
	if (in->medium && in->medium->close)
		in->medium->close(in);
	io_close(&in->io);
	*in = MEDIUM_CLOSED;
}
