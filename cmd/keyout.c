/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/keyout.h"

#include "base/msg.h"

#include <errno.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES 65536u

static int open_stream(struct keyout *k, int fd, struct err *e)
{
	int own = dup(fd);
	k->stream = own < 0 ? NULL : fdopen(own, "w");
	if (k->stream == NULL) {
		int saved = errno;
		if (own >= 0)
			close(own);
		return err_errno(e, XE_FAILED, saved, "cannot write");
	}
	setvbuf(k->stream, (char *)k->buffer.data, _IOFBF, k->buffer.cap);
	return 0;
}

static int open_out(struct keyout *k, const char *path, bool replace, bool clear, struct err *e)
{
	struct stat st;
	bool standard = path == NULL || strcmp(path, "-") == 0;
	k->stream = NULL;
	k->buffer = SECRET_NONE;
	k->file = OUTFILE_NONE;
	int r = secret_new(&k->buffer, BUFFER_BYTES, e);
	if (r == 0 && !standard)
		r = outfile_open(&k->file, path, 0600, replace, false, e);
	if (r == 0)
		r = open_stream(k, standard ? STDOUT_FILENO : k->file.io.fd, e);
	if (r == 0 && clear && fstat(fileno(k->stream), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)))
		msg_warning("standard output is a file that others can read; use -o, or umask 077");
	if (r != 0)
		keyout_close(k);
	return r;
}

int keyout_open(struct keyout *k, const char *path, bool force, bool clear, struct err *e)
{
	int r = open_out(k, path, force, clear, e);
	if (r != 0 && k->file.taken)
		err_add(e, "; use --force to replace it");
	return r;
}

int keyout_open_new(struct keyout *k, const char *path, bool clear, struct err *e)
{
	int r = open_out(k, path, false, clear, e);
	if (r != 0 && k->file.taken)
		err_add(e, "; name another, or move it away");
	return r;
}

int keyout_commit(struct keyout *k, struct err *e)
{
	int r = 0;
	secret_wipe_registers();
	errno = 0;
	if (fflush(k->stream) != 0 || ferror(k->stream)) {
		r = err_errno(e, XE_FAILED, errno, "write error");
		err_volume(e, k->file.path[0] ? k->file.path : "standard output");
	}
	if (r == 0 && k->file.io.fd >= 0)
		r = outfile_commit(&k->file, e);
	return r;
}

void keyout_close(struct keyout *k)
{
	if (k->stream) {
		/* What is in the buffer after a failure must not follow. */
		if (ferror(k->stream) || k->file.slot >= 0)
			__fpurge(k->stream);
		fclose(k->stream);
	}
	k->stream = NULL;
	outfile_abandon(&k->file);
	secret_free(&k->buffer);
}

static ssize_t append(void *cookie, const char *data, size_t len)
{
	struct err e = {0};
	return secret_append(cookie, data, len, &e) == 0 ? (ssize_t)len : 0;
}

FILE *keyout_into(struct secret *text)
{
	FILE *stream = fopencookie(text, "w", (cookie_io_functions_t){.write = append});
	if (stream)
		setvbuf(stream, NULL, _IONBF, 0);
	return stream;
}

int keyout_line(const char *path, bool force, bool clear, const struct secret *text, struct err *e)
{
	static struct keyout out;
	int r = keyout_open(&out, path, force, clear, e);
	if (r != 0)
		return r;
	fwrite(text->data, 1, text->len, out.stream);
	putc('\n', out.stream);
	r = keyout_commit(&out, e);
	keyout_close(&out);
	return r;
}
