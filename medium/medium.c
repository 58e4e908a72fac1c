/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "medium/medium.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct medium *medium_of(const struct io *io)
{
	return io->tape ? &medium_tape : io_is_file(io) ? &medium_file : &medium_stream;
}

const struct medium *medium_at(const char *path)
{
	struct io io = IO_CLOSED;
	struct stat st;
	if (strcmp(path, "-") == 0) {
		io_describe(&io, STDIN_FILENO);
		return medium_of(&io);
	}
	if (stat(path, &st) != 0 || !(S_ISCHR(st.st_mode) || S_ISREG(st.st_mode)))
		return NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	io_describe(&io, fd);
	close(fd);
	return medium_of(&io);
}

bool medium_rereadable(const char *path)
{
	struct stat st;
	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void take(struct medium_input *in, const struct io *io)
{
	const struct medium *medium = medium_of(io);
	*in = (struct medium_input){.medium = medium, .io = *io, .rereadable = medium->rereadable && !io->standard, .size = io->size};
}

int medium_open(struct medium_input *in, const char *path, struct err *e)
{
	struct io io;
	int rc = io_open_input(&io, path, e);
	*in = MEDIUM_CLOSED;
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
	io_close(&in->io);
	*in = MEDIUM_CLOSED;
}
