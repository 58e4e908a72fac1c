/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes one behind the other: files, and streams, which are read once.  volume-format.md 1.5 */
#include "medium/file.h"

#include "medium/sink.h"

#include <stdio.h>

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
	return io_write(s->out.fd, data, len, e);
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
	.write = write_on,
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
