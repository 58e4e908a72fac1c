/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/map.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define MAP_BUFFER_BYTES 65536u

struct map {
	int fd;
	XXH64_state_t sum;
	char buffer[MAP_BUFFER_BYTES];
	size_t used;
	struct err err; /* the first write error */
	off_t marked;
	XXH64_state_t marked_sum;
};

struct map *map_new(int fd)
{
	struct map *m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	m->fd = fd;
	XXH64_reset(&m->sum, 0);
	static const char head[] = "xflate-map\t1\n";
	memcpy(m->buffer, head, sizeof head - 1);
	m->used = sizeof head - 1;
	return m;
}

void map_free(struct map *m)
{
	free(m);
}

static void write_out(struct map *m)
{
	XXH64_update(&m->sum, m->buffer, m->used);
	if (m->err.code == XE_OK)
		(void)!io_write(m->fd, m->buffer, m->used, &m->err);
	m->used = 0;
}

static void line(struct map *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void line(struct map *m, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	if (m->used + len > sizeof m->buffer)
		write_out(m);
	memcpy(m->buffer + m->used, text, len);
	m->used += len;
}

/* Tabs and newlines would end the field. */
static void clean(char *to, size_t to_bytes, const char *name)
{
	snprintf(to, to_bytes, "%s", name);
	for (char *c = to; *c; c++) {
		if ((unsigned char)*c < 0x20)
			*c = '?';
	}
}

void map_begin_volume(struct map *m, const struct volume_info *v)
{
	char name[LABEL_NAME_BYTES];
	clean(name, sizeof name, v->has_label ? v->label.volume : v->name);
	line(m, "volume\t%s\t%s\n", name, v->medium->name);
}

static void block_line(struct map *m, const char *which, uint64_t start, uint64_t end, const struct job *job, uint32_t number,
		       int32_t first, int32_t last)
{
	line(m, "%s\t%llu\t%llu\t%u\t%u\t%u\t%d\t%d\n", which, (unsigned long long)start, (unsigned long long)end,
	     job ? job->session_id : 0, job ? job->session_time : 0, number, first, last);
}

void map_old_block(struct map *m, const struct item *b)
{
	block_line(m, "old", b->addr, b->volume->medium->end(b->addr, b->len), b->job, b->number, b->first_index, b->last_index);
}

void map_new_block(struct map *m, const struct packed_block *b)
{
	block_line(m, "new", b->addr, b->end, b->job, b->number, b->first_index, b->last_index);
}

void map_end_volume(struct map *m, uint64_t old_bytes, uint64_t new_bytes, uint64_t old_blocks, uint64_t new_blocks)
{
	line(m, "end\t%llu\t%llu\t%llu\t%llu\n", (unsigned long long)old_bytes, (unsigned long long)new_bytes,
	     (unsigned long long)old_blocks, (unsigned long long)new_blocks);
}

int map_mark(struct map *m, struct err *e)
{
	write_out(m);
	m->marked = lseek(m->fd, 0, SEEK_CUR);
	m->marked_sum = m->sum;
	if (m->err.code != XE_OK)
		*e = m->err;
	return m->err.code;
}

void map_rewind(struct map *m)
{
	m->used = 0;
	m->sum = m->marked_sum;
	if (m->err.code == XE_OK && (ftruncate(m->fd, m->marked) != 0 || lseek(m->fd, m->marked, SEEK_SET) < 0))
		err_errno(&m->err, XE_FAILED, errno, "cannot take back what belongs to a set that failed");
}

int map_finish(struct map *m, struct err *e)
{
	write_out(m);
	line(m, "xxh64\t%016llx\n", (unsigned long long)XXH64_digest(&m->sum));
	write_out(m);
	if (m->err.code == XE_OK)
		return 0;
	*e = m->err;
	return e->code;
}
