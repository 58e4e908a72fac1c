/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/maptext.h"

#include "base/io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define BUFFER_BYTES 65536u
#define LINE_BYTES 1024u

struct maptext {
	int fd;
	XXH64_state_t sum;
	char buffer[BUFFER_BYTES];
	size_t used;
	bool holds;
	char *held; /* lines that wait */
	size_t held_bytes, held_cap;
	struct err err; /* the first one */
	off_t marked;
	XXH64_state_t marked_sum;
};

struct maptext *maptext_new(int fd)
{
	struct maptext *t = calloc(1, sizeof *t);
	if (t == NULL)
		return NULL;
	t->fd = fd;
	XXH64_reset(&t->sum, 0);
	return t;
}

void maptext_free(struct maptext *t)
{
	if (t == NULL)
		return;
	free(t->held);
	free(t);
}

void maptext_fail(struct maptext *t, const struct err *e)
{
	if (t->err.code == XE_OK)
		t->err = *e;
}

static void write_out(struct maptext *t)
{
	XXH64_update(&t->sum, t->buffer, t->used);
	if (t->err.code == XE_OK)
		(void)!io_write(t->fd, t->buffer, t->used, &t->err);
	t->used = 0;
}

static void put(struct maptext *t, const char *text, size_t len)
{
	while (len > 0) {
		size_t room = sizeof t->buffer - t->used, n = len < room ? len : room;
		memcpy(t->buffer + t->used, text, n);
		t->used += n;
		text += n;
		len -= n;
		if (t->used == sizeof t->buffer)
			write_out(t);
	}
}

static void keep(struct maptext *t, const char *text, size_t len)
{
	if (t->held_bytes + len > t->held_cap) {
		size_t cap = 2 * t->held_cap + LINE_BYTES;
		char *grown = realloc(t->held, cap);
		if (grown == NULL) {
			struct err e = {0};
			err_memory(&e, cap, "the map");
			maptext_fail(t, &e);
			return;
		}
		t->held = grown;
		t->held_cap = cap;
	}
	memcpy(t->held + t->held_bytes, text, len);
	t->held_bytes += len;
}

void maptext_line(struct maptext *t, const char *format, ...)
{
	char text[LINE_BYTES];
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	(t->holds ? keep : put)(t, text, len);
}

void maptext_hold(struct maptext *t)
{
	t->holds = true;
}

bool maptext_holds(const struct maptext *t)
{
	return t->holds;
}

static void drop_held(struct maptext *t)
{
	free(t->held);
	t->held = NULL;
	t->held_bytes = t->held_cap = 0;
	t->holds = false;
}

void maptext_release(struct maptext *t, const char *text)
{
	if (!t->holds)
		return;
	put(t, text, strlen(text));
	put(t, t->held, t->held_bytes);
	drop_held(t);
}

int maptext_mark(struct maptext *t, struct err *e)
{
	write_out(t);
	t->marked = lseek(t->fd, 0, SEEK_CUR);
	t->marked_sum = t->sum;
	if (t->err.code != XE_OK)
		*e = t->err;
	return t->err.code;
}

void maptext_rewind(struct maptext *t)
{
	t->used = 0;
	drop_held(t);
	t->sum = t->marked_sum;
	if (t->err.code == XE_OK && (ftruncate(t->fd, t->marked) != 0 || lseek(t->fd, t->marked, SEEK_SET) < 0))
		err_errno(&t->err, XE_FAILED, errno, "cannot take back what belongs to a set that failed");
}

int maptext_finish(struct maptext *t, struct err *e)
{
	write_out(t);
	maptext_line(t, "xxh64\t%016llx\n", (unsigned long long)XXH64_digest(&t->sum));
	write_out(t);
	if (t->err.code != XE_OK)
		*e = t->err;
	return t->err.code;
}
