/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "medium/dedupable.h"

#include "base/array.h"
#include "format/block.h"
#include "format/dedupable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ALIGNED, UNALIGNED, FILES };

/* Where the rest of a session's record goes: room that was kept for it in both files when it began. */
struct kept {
	uint32_t id, time;
	uint64_t at[FILES], left[FILES];
};

struct dedupable_out {
	struct dedupable_config config;
	struct io counts; /* the file of it */
	struct io blocks, parts, data[FILES];
	uint64_t used[FILES]; /* config has what is used behind the last block that went well */
	struct kept *kept;
	size_t sessions, kept_cap;
	uint8_t *entries; /* of the parts of the block at hand */
	size_t count, entries_cap;
};

static struct dedupable_config empty_config(uint64_t block_size)
{
	return (struct dedupable_config){
		.blocks = {DEDUPABLE_BLOCKS, 0},
		.parts = {DEDUPABLE_PARTS, 0},
		.files = FILES,
		.data = {[ALIGNED] = {DEDUPABLE_ALIGNED, 0, block_size, ALIGNED}, [UNALIGNED] = {DEDUPABLE_UNALIGNED, 0, 1, UNALIGNED}},
	};
}

static int write_config(const struct dedupable_out *d, struct err *e)
{
	uint8_t bytes[DEDUPABLE_CONFIG_BYTES];
	struct err unwritten = {0};
	size_t n = dedupable_write_config(&d->config, bytes);
	int rc = io_write_at(d->counts.fd, &(uint64_t){0}, bytes, n, &unwritten);
	return rc == 0 ? 0 : err_within(e, DEDUPABLE_CONFIG, &unwritten);
}

/* There from the beginning on, though nothing is counted: on a disk that is full in the end it has its room. */
static int make_config(struct sink *s, struct err *e)
{
	int rc = io_make_in(&s->dedupable->counts, s->out.fd, DEDUPABLE_CONFIG, e);
	return rc == 0 ? write_config(s->dedupable, e) : rc;
}

static int make(struct sink *s, struct err *e)
{
	struct dedupable_out *d = s->dedupable = calloc(1, sizeof *d);
	if (d == NULL)
		return err_memory(e, sizeof *d, "a dedupable volume");
	d->config = empty_config(s->unit);
	d->counts = d->blocks = d->parts = d->data[ALIGNED] = d->data[UNALIGNED] = IO_CLOSED;
	int rc = make_config(s, e);
	if (rc == 0)
		rc = io_make_in(&d->blocks, s->out.fd, DEDUPABLE_BLOCKS, e);
	if (rc == 0)
		rc = io_make_in(&d->parts, s->out.fd, DEDUPABLE_PARTS, e);
	for (unsigned i = 0; rc == 0 && i < FILES; i++)
		rc = io_make_in(&d->data[i], s->out.fd, d->config.data[i].name, e);
	return rc;
}

/* Bytes of the block at hand, at that place. */
static int put_part(struct dedupable_out *d, unsigned file, uint64_t at, const uint8_t *data, size_t len, struct err *e)
{
	const struct dedupable_part part = {.file = file, .len = (uint32_t)len, .begin = at};
	size_t end = (d->count + 1) * DEDUPABLE_PART_BYTES;
	if (len == 0)
		return 0;
	uint8_t *entries = array_reach(d->entries, &d->entries_cap, end - 1, 1);
	if (entries == NULL)
		return err_memory(e, end, "the parts of a block");
	d->entries = entries;
	dedupable_write_part(&part, entries + d->count++ * DEDUPABLE_PART_BYTES);
	return io_write_at(d->data[file].fd, &at, data, len, e);
}

static uint64_t keep(struct dedupable_out *d, unsigned file, uint64_t bytes)
{
	uint64_t at = d->used[file];
	d->used[file] += bytes;
	return at;
}

static int put_unaligned(struct dedupable_out *d, const uint8_t *data, size_t len, struct err *e)
{
	return put_part(d, UNALIGNED, keep(d, UNALIGNED, len), data, len, e);
}

/* ---- payload ---- */

static struct kept *kept_of(struct dedupable_out *d, uint32_t id, uint32_t time, struct err *e)
{
	for (size_t i = 0; i < d->sessions; i++) {
		if (d->kept[i].id == id && d->kept[i].time == time)
			return &d->kept[i];
	}
	struct kept *kept = array_reach(d->kept, &d->kept_cap, d->sessions, sizeof *kept);
	if (kept == NULL) {
		err_memory(e, sizeof *kept, "a session");
		return NULL;
	}
	d->kept = kept;
	kept[d->sessions] = (struct kept){.id = id, .time = time};
	return &kept[d->sessions++];
}

/* A record of len bytes begins, or goes on whose beginning is not here. */
static void keep_room(struct dedupable_out *d, struct kept *k, uint64_t len, uint64_t unit)
{
	k->left[ALIGNED] = len / unit * unit;
	k->left[UNALIGNED] = len % unit;
	for (unsigned i = 0; i < FILES; i++)
		k->at[i] = keep(d, i, k->left[i]);
}

static int put_payload(struct dedupable_out *d, struct kept *k, struct span part, struct err *e)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < FILES; i++) {
		size_t n = part.len < k->left[i] ? part.len : (size_t)k->left[i];
		rc = put_part(d, i, k->at[i], part.data, n, e);
		k->at[i] += n;
		k->left[i] -= n;
		part = (struct span){part.data + n, part.len - n};
	}
	return rc;
}

static int put_records(struct sink *s, const struct block_header *b, const uint8_t *block, struct err *e)
{
	struct dedupable_out *d = s->dedupable;
	struct rd rest = block_records(block, b->len, b->version);
	const uint8_t *from = rest.p;
	struct kept *k = kept_of(d, b->session_id, b->session_time, e);
	struct record_header h;
	struct span part;
	int rc = k ? 0 : e->code;
	while (rc == 0 && record_next(&rest, b->version, &h, &part)) {
		rc = put_unaligned(d, from, (size_t)(part.data - from), e);
		if (h.stream >= 0 || k->left[ALIGNED] + k->left[UNALIGNED] != h.len)
			keep_room(d, k, h.len, s->unit);
		if (rc == 0)
			rc = put_payload(d, k, part, e);
		from = rest.p;
	}
	/* What is no record, in a block that was kept in spite of damage. */
	return rc == 0 ? put_unaligned(d, from, (size_t)(block + b->len - from), e) : rc;
}

/* ---- blocks ---- */

static int put_entries(struct dedupable_out *d, const uint8_t *block, uint32_t len, struct err *e)
{
	struct dedupable_block b = {.len = len, .count = (uint32_t)d->count, .begin = d->config.parts.count};
	uint8_t entry[DEDUPABLE_BLOCK_BYTES];
	memcpy(b.header, block, sizeof b.header);
	dedupable_write_block(&b, entry);
	int rc = io_write(d->parts.fd, d->entries, d->count * DEDUPABLE_PART_BYTES, e);
	if (rc == 0)
		rc = io_write(d->blocks.fd, entry, sizeof entry, e);
	if (rc != 0)
		return rc;
	d->config.parts.count += d->count;
	d->config.blocks.count++;
	for (unsigned i = 0; i < FILES; i++)
		d->config.data[i].used = d->used[i];
	d->count = 0;
	return 0;
}

int dedupable_write(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e)
{
	struct block_header b;
	(void)label;
	if (!block_header_read(data, len, &b) || b.len != len || b.version != 2)
		return err_set(e, XE_USAGE,
			       "a dedupable volume is Bareos's, of BB02 blocks; this one has others: --target bareos writes them");
	int rc = s->dedupable ? 0 : make(s, e);
	if (rc == 0)
		rc = put_records(s, &b, data, e);
	if (rc == 0)
		rc = put_entries(s->dedupable, data, b.len, e);
	s->at++;
	return rc;
}

/* ---- the end ---- */

static int sync_file(const struct io *file, struct err *e)
{
	return fsync(file->fd) == 0 ? 0 : err_errno(e, XE_FAILED, errno, "cannot write it to the disk");
}

/* Room that was kept for the rest of a record, which does not come, is there all the same; where a write has failed there is no more. */
static int end_data(const struct sink *s, unsigned i, struct err *e)
{
	struct dedupable_out *d = s->dedupable;
	if (!s->failed && ftruncate(d->data[i].fd, (off_t)d->config.data[i].used) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot give %s its size", d->config.data[i].name);
	return sync_file(&d->data[i], e);
}

int dedupable_finish(struct sink *s, struct err *e)
{
	struct dedupable_out *d = s->dedupable;
	if (d == NULL)
		return 0;
	int rc = sync_file(&d->blocks, e);
	if (rc == 0)
		rc = sync_file(&d->parts, e);
	for (unsigned i = 0; rc == 0 && i < FILES; i++)
		rc = end_data(s, i, e);
	if (rc == 0)
		rc = write_config(d, e);
	return rc == 0 ? sync_file(&d->counts, e) : rc;
}

void dedupable_drop(struct sink *s)
{
	struct dedupable_out *d = s->dedupable;
	if (d == NULL)
		return;
	io_close(&d->counts);
	io_close(&d->blocks);
	io_close(&d->parts);
	for (unsigned i = 0; i < FILES; i++)
		io_close(&d->data[i]);
	free(d->kept);
	free(d->entries);
	free(d);
	s->dedupable = NULL;
}
