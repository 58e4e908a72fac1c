/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes one behind the other: files, and streams, which are read once.  volume-format.md 1.5 */
#include "medium/file.h"

#include "medium/behind.h"
#include "medium/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t file_end(uint64_t addr, uint64_t len)
{
	return len == 0 ? addr : addr + len - 1;
}

uint64_t file_files(uint64_t addr)
{
	return addr >> 32;
}

uint64_t file_near_end(const struct medium_input *in, uint64_t bytes)
{
	return in->size > bytes ? in->size - bytes : 0;
}

void file_place(uint64_t addr, uint32_t offset, char *text, size_t text_bytes)
{
	snprintf(text, text_bytes, "byte %llu", (unsigned long long)(addr + offset));
}

void file_address(uint64_t addr, char *text, size_t text_bytes)
{
	snprintf(text, text_bytes, "%llu", (unsigned long long)addr);
}

static int read_on(struct medium_input *in, void *data, size_t least, size_t most, size_t *got, struct err *e)
{
	return io_read(&in->io, data, least, most, got, e);
}

static int read_at(const struct medium_input *in, uint64_t at, void *data, size_t n, size_t *got, struct err *e)
{
	return io_read_at(&in->io, at, data, n, got, e);
}

static int write_on(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e)
{
	(void)label;
	s->at += len;
	return sink_put(s, data, len, e);
}

/* ---- files: in large aligned pieces ---- */

static int write_gathered(struct sink *s, struct err *e)
{
	size_t n = s->gathered_bytes;
	s->gathered_bytes = 0;
	if (s->behind == NULL)
		return n > 0 ? io_write(s->out.fd, s->gathered, n, e) : 0;
	s->gathered = NULL;
	if (n > 0)
		behind_post(s->behind, n);
	return 0;
}

static int finish_file(struct sink *s, struct err *e)
{
	int rc = write_gathered(s, e);
	return rc == 0 && s->behind ? behind_finish(s->behind, e) : rc;
}

/* Where it is gathered. */
static int find_room(struct sink *s, struct err *e)
{
	if (s->gathered == NULL && s->behind)
		s->gathered = behind_room(s->behind, e);
	else if (s->gathered == NULL && (s->gathered = malloc(SINK_GATHER_BYTES)) == NULL)
		err_memory(e, SINK_GATHER_BYTES, "the output");
	return s->gathered ? 0 : e->code;
}

/* The first of n bytes: as many as go to the next aligned place.  Returns how many, 0 for an error. */
static size_t gather(struct sink *s, const uint8_t *data, size_t n, struct err *e)
{
	size_t room = SINK_GATHER_BYTES - s->gathered_bytes;
	if (s->gathered_bytes == 0 && n >= room && s->behind == NULL)
		return io_write(s->out.fd, data, room, e) == 0 ? room : 0;
	n = n < room ? n : room;
	if (find_room(s, e) != 0)
		return 0;
	memcpy(s->gathered + s->gathered_bytes, data, n);
	s->gathered_bytes += n;
	return n < room || write_gathered(s, e) == 0 ? n : 0;
}

static int write_aligned(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e)
{
	(void)label;
	s->at += len;
	for (size_t done = 0, n; done < len; done += n) {
		n = gather(s, data + done, len - done, e);
		if (n == 0)
			return e->code;
	}
	return 0;
}

const struct medium medium_file = {
	.name = "file",
	.rereadable = true,
	.end = file_end,
	.files = file_files,
	.place = file_place,
	.address = file_address,
	.read = read_on,
	.read_at = read_at,
	.near_end = file_near_end,
	.write = write_aligned,
	.finish = finish_file,
};

const struct medium medium_stream = {
	.name = "file",
	.end = file_end,
	.files = file_files,
	.place = file_place,
	.address = file_address,
	.read = read_on,
	.write = write_on,
};
