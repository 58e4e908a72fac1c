/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dedupable volumes (Bareos 23.1 and later): headers and payload lie in files of their own, and tables tell what a block is made of.  The
 * files grow ahead of what is in them: only what config counts is true.  An address is the number of a block among all.
 * formats/volume-kinds.md 2 */
#include "format/dedupable.h"

#include "format/block.h"
#include "medium/dedupable.h"
#include "medium/file.h"
#include "medium/medium.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OFFSET_BITS 25u /* of a position: more than BLOCK_MAX_BYTES */

struct dedupable {
	struct dedupable_config config;
	uint64_t here; /* blocks that are in the file of them, at most what config counts */
	struct io blocks, parts, data[DEDUPABLE_FILES];
	uint8_t *entries; /* of a block's parts */
	size_t entries_room;
	char why[MEDIUM_WHY_BYTES];
};

static_assert(BLOCK_MAX_BYTES < 1u << OFFSET_BITS, "a position holds a byte of a block");

static bool knows(const char *name)
{
	return strcmp(name, DEDUPABLE_CONFIG) == 0;
}

/* ---- opening ---- */

static int read_file(const struct io *file, const char *name, uint64_t at, void *data, size_t n, size_t *got, struct err *e)
{
	struct err unread = {0};
	int rc = io_read_at(file, at, data, n, got, &unread);
	return rc == 0 ? 0 : err_within(e, name, &unread);
}

static int read_config(struct medium_input *in, struct dedupable_config *c, struct err *e)
{
	uint8_t bytes[DEDUPABLE_CONFIG_BYTES];
	struct io file;
	size_t got = 0;
	int rc = io_open_in(&file, in->io.fd, DEDUPABLE_CONFIG, e);
	if (rc == 0)
		rc = read_file(&file, DEDUPABLE_CONFIG, 0, bytes, sizeof bytes, &got, e);
	io_close(&file);
	const char *fault = rc == 0 ? dedupable_read_config((struct span){bytes, got}, c) : NULL;
	if (fault)
		return err_set(e, XE_FAILED, "its config is none of a dedupable volume: %s", fault);
	return rc;
}

/* One that is not there is none: what lies in the other is to be had. */
static int open_data(struct medium_input *in, struct err *e)
{
	struct dedupable *d = in->dedupable;
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < d->config.files; i++) {
		bool gone = faccessat(in->io.fd, d->config.data[i].name, F_OK, 0) != 0 && errno == ENOENT;
		rc = gone ? 0 : io_open_in(&d->data[i], in->io.fd, d->config.data[i].name, e);
		in->size += rc == 0 ? d->data[i].size : 0;
	}
	return rc;
}

static int open_tables(struct medium_input *in, struct err *e)
{
	struct dedupable *d = in->dedupable;
	int rc = io_open_in(&d->blocks, in->io.fd, d->config.blocks.name, e);
	if (rc == 0)
		rc = io_open_in(&d->parts, in->io.fd, d->config.parts.name, e);
	if (rc != 0)
		return rc;
	uint64_t room = d->blocks.size / DEDUPABLE_BLOCK_BYTES;
	d->here = d->config.blocks.count < room ? d->config.blocks.count : room;
	return 0;
}

static int open_volume(struct medium_input *in, struct err *e)
{
	struct dedupable *d = in->dedupable = calloc(1, sizeof *d);
	if (d == NULL)
		return err_memory(e, sizeof *d, "a dedupable volume");
	d->blocks = d->parts = IO_CLOSED;
	for (unsigned i = 0; i < DEDUPABLE_FILES; i++)
		d->data[i] = IO_CLOSED;
	int rc = read_config(in, &d->config, e);
	if (rc == 0)
		rc = open_tables(in, e);
	return rc == 0 ? open_data(in, e) : rc;
}

static void close_volume(struct medium_input *in)
{
	struct dedupable *d = in->dedupable;
	if (d == NULL)
		return;
	io_close(&d->blocks);
	io_close(&d->parts);
	for (unsigned i = 0; i < DEDUPABLE_FILES; i++)
		io_close(&d->data[i]);
	free(d->entries);
	free(d);
	in->dedupable = NULL;
}

/* ---- a block ---- */

/* What is wrong with a block is its damage, and no failure.  False. */
__attribute__((format(printf, 2, 3))) static bool lost(struct dedupable *d, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(d->why, sizeof d->why, format, args);
	va_end(args);
	return false;
}

/* Can the entries be what they say?  A part has a byte at least, so that a block's size bounds their number. */
static bool is_possible(struct dedupable *d, const struct dedupable_block *b)
{
	uint64_t room = d->parts.size / DEDUPABLE_PART_BYTES;
	uint64_t parts = d->config.parts.count < room ? d->config.parts.count : room;
	if (b->len < DEDUPABLE_HEADER_BYTES || b->len > BLOCK_MAX_BYTES)
		return lost(d, "block length %u is impossible", b->len);
	if (b->count > b->len)
		return lost(d, "a block of %u bytes cannot have %u parts", b->len, b->count);
	if (b->begin > parts || b->count > parts - b->begin)
		return lost(d, "it needs the parts from %llu on, %u of them, and there are %llu", (unsigned long long)b->begin, b->count,
			    (unsigned long long)parts);
	return true;
}

static const struct dedupable_data *data_of(const struct dedupable *d, uint32_t index, const struct io **file)
{
	for (unsigned i = 0; i < d->config.files; i++) {
		*file = &d->data[i];
		if (d->config.data[i].index == index)
			return &d->config.data[i];
	}
	return NULL;
}

/* Can it be what it says, in a block that lacks left bytes?  Then it is in *file. */
static bool is_possible_part(struct dedupable *d, const struct dedupable_part *p, size_t left, const struct dedupable_data **data,
			     const struct io **file)
{
	*data = data_of(d, p->file, file);
	if (*data == NULL)
		return lost(d, "a part of it is in file %u, and there is none", p->file);
	if (p->len > left)
		return lost(d, "its parts are longer than the block");
	if ((*file)->fd < 0)
		return lost(d, "%s is missing, and a part of it is there", (*data)->name);
	if (p->begin > (*data)->used || p->len > (*data)->used - p->begin)
		return lost(d, "a part of it, at byte %llu of %s, lies behind what is used of that", (unsigned long long)p->begin,
			    (*data)->name);
	return true;
}

/* *good: the part stands at to, which has room for left bytes. */
static int read_part(struct dedupable *d, const struct dedupable_part *p, uint8_t *to, size_t left, bool *good, struct err *e)
{
	const struct dedupable_data *data;
	const struct io *file = NULL;
	size_t got = 0;
	*good = is_possible_part(d, p, left, &data, &file);
	if (!*good)
		return 0;
	int rc = read_file(file, data->name, p->begin, to, p->len, &got, e);
	*good = rc == 0 && got == p->len;
	if (rc == 0 && !*good)
		lost(d, "%s ends before a part of it, %u bytes at byte %llu", data->name, p->len, (unsigned long long)p->begin);
	return rc;
}

static int read_entries(struct dedupable *d, const struct dedupable_block *b, struct err *e)
{
	size_t bytes = (size_t)b->count * DEDUPABLE_PART_BYTES, got;
	if (bytes > d->entries_room) {
		uint8_t *entries = realloc(d->entries, bytes);
		if (entries == NULL)
			return err_memory(e, bytes, "the parts of a block");
		d->entries = entries;
		d->entries_room = bytes;
	}
	int rc = read_file(&d->parts, d->config.parts.name, b->begin * DEDUPABLE_PART_BYTES, d->entries, bytes, &got, e);
	return rc == 0 && got < bytes ? err_set(e, XE_FAILED, "%s: became shorter while it was read", d->config.parts.name) : rc;
}

/* The b->len bytes at data, of an entry that is possible. */
static int gather(struct dedupable *d, const struct dedupable_block *b, uint8_t *data, bool *good, struct err *e)
{
	size_t fill = DEDUPABLE_HEADER_BYTES;
	memcpy(data, b->header, fill);
	int rc = read_entries(d, b, e);
	*good = rc == 0;
	for (uint32_t i = 0; rc == 0 && *good && i < b->count; i++) {
		struct dedupable_part p;
		dedupable_read_part(d->entries + (size_t)i * DEDUPABLE_PART_BYTES, &p);
		rc = read_part(d, &p, data + fill, b->len - fill, good, e);
		fill += p.len;
	}
	if (rc == 0 && *good && fill < b->len)
		*good = lost(d, "its parts are %zu bytes, of %u", fill, b->len);
	return rc;
}

static int read_block(struct dedupable *d, uint64_t addr, struct dedupable_block *b, struct err *e)
{
	uint8_t entry[DEDUPABLE_BLOCK_BYTES];
	size_t got;
	int rc = read_file(&d->blocks, d->config.blocks.name, addr * DEDUPABLE_BLOCK_BYTES, entry, sizeof entry, &got, e);
	if (rc == 0 && got < sizeof entry)
		rc = err_set(e, XE_FAILED, "%s: became shorter while it was read", d->config.blocks.name);
	if (rc == 0)
		dedupable_read_block(entry, b);
	return rc;
}

/* ---- all of them ---- */

/* Behind the last entry that is there: what config counts more is lost, told at once. */
static void end_blocks(struct medium_input *in, enum medium_found *found)
{
	struct dedupable *d = in->dedupable;
	bool short_of = in->at < d->config.blocks.count;
	if (short_of)
		lost(d, "%s holds %llu blocks, and config counts %llu", d->config.blocks.name, (unsigned long long)d->here,
		     (unsigned long long)d->config.blocks.count);
	*found = short_of ? MEDIUM_LOST : MEDIUM_END;
	in->at = d->config.blocks.count;
}

static int next(struct medium_input *in, void *data, size_t n, size_t *got, uint64_t *addr, enum medium_found *found, struct err *e)
{
	struct dedupable *d = in->dedupable;
	struct dedupable_block b = {0};
	*addr = in->at;
	*got = 0;
	if (in->at >= d->here) {
		end_blocks(in, found);
		return 0;
	}
	int rc = read_block(d, in->at, &b, e);
	bool good = rc == 0 && is_possible(d, &b);
	if (good && b.len > n) {
		*found = MEDIUM_LARGER;
		return 0;
	}
	if (good)
		rc = gather(d, &b, data, &good, e);
	*found = good ? MEDIUM_BLOCK : MEDIUM_LOST;
	*got = b.len <= BLOCK_MAX_BYTES ? b.len : 0;
	in->at++;
	return rc;
}

static const char *why(const struct medium_input *in)
{
	return in->dedupable->why;
}

static uint64_t position(uint64_t addr)
{
	return addr << OFFSET_BITS;
}

/* From a byte of a block up to the end of that. */
static int read_at(const struct medium_input *in, uint64_t at, void *data, size_t n, size_t *got, struct err *e)
{
	struct dedupable *d = in->dedupable;
	struct dedupable_block b = {0};
	size_t offset = (size_t)(at & ((1u << OFFSET_BITS) - 1));
	*got = 0;
	if (at >> OFFSET_BITS >= d->here)
		return 0;
	int rc = read_block(d, at >> OFFSET_BITS, &b, e);
	bool good = rc == 0 && is_possible(d, &b) && offset < b.len;
	uint8_t *block = good ? malloc(b.len) : NULL;
	if (good && block == NULL)
		return err_memory(e, b.len, "a block");
	if (good)
		rc = gather(d, &b, block, &good, e);
	if (rc == 0 && good) {
		*got = n < b.len - offset ? n : b.len - offset;
		memcpy(data, block + offset, *got);
	}
	free(block);
	return rc;
}

/* Entries that cannot be read are as small as blocks can be, and come to an end as well. */
static uint64_t near_end(const struct medium_input *in, uint64_t bytes)
{
	struct dedupable *d = in->dedupable;
	uint64_t addr = d->here;
	for (uint64_t behind = 0; addr > 0 && behind < bytes; addr--) {
		struct dedupable_block b = {0};
		struct err unread = {0};
		bool sane = read_block(d, addr - 1, &b, &unread) == 0 && b.len >= DEDUPABLE_HEADER_BYTES && b.len <= BLOCK_MAX_BYTES;
		behind += sane ? b.len : DEDUPABLE_HEADER_BYTES;
	}
	return addr;
}

/* ---- addresses ---- */

static uint64_t end(uint64_t addr, uint64_t len)
{
	(void)len;
	return addr;
}

static void place(uint64_t addr, uint32_t offset, char *text, size_t text_bytes)
{
	if (offset > 0)
		snprintf(text, text_bytes, "block %llu byte %u", (unsigned long long)addr, offset);
	else
		snprintf(text, text_bytes, "block %llu", (unsigned long long)addr);
}

const struct medium medium_dedupable = {
	.name = "dedupable",
	.rereadable = true,
	.by_block = true,
	.no_catalog = "a dedupable volume",
	.end = end,
	.files = file_files,
	.place = place,
	.address = file_address,
	.knows = knows,
	.first = DEDUPABLE_CONFIG,
	.open = open_volume,
	.close = close_volume,
	.position = position,
	.why = why,
	.next = next,
	.read_at = read_at,
	.near_end = near_end,
	.write = dedupable_write,
	.finish = dedupable_finish,
	.drop = dedupable_drop,
};
