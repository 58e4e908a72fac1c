/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/outblock.h"

#include <stdlib.h>

#define FIRST_BUFFER_BYTES ((size_t)64 << 10)
/* Unfilled blocks of all sessions together; past it the one that waited longest is written short. */
#define WAITING_MAX_BYTES ((size_t)8 << 20)

static void unlink_block(struct outblocks *all, struct outblock *b)
{
	*(b->older ? &b->older->newer : &all->oldest) = b->newer;
	*(b->newer ? &b->newer->older : &all->newest) = b->older;
	b->older = b->newer = NULL;
}

static void link_newest(struct outblocks *all, struct outblock *b)
{
	b->older = all->newest;
	*(b->older ? &b->older->newer : &all->oldest) = b;
	all->newest = b;
}

void outblock_free(struct outblocks *all, struct outblock *b)
{
	if (b->data)
		unlink_block(all, b);
	all->waiting -= b->cap;
	free(b->data);
	b->data = NULL;
	b->cap = b->used = 0;
}

/* Behind the last record, fewer bytes than a record header are nothing to a reader. */
static void fill_up(struct outblock *b)
{
	size_t least = block_header_bytes(3) + BLOCK_ENCRYPTED_BODY_MIN_BYTES;
	if (b->used < least) {
		memset(b->data + b->used, 0, least - b->used);
		b->used = least;
	}
}

int outblock_flush(struct outblocks *all, struct outblock *b, struct err *e)
{
	if (b->used == 0)
		return 0;
	bool encrypt = block_form_is_encrypted(&b->form) && all->o->encrypt;
	if (encrypt)
		fill_up(b);
	struct block_header h = {
		.version = b->form.version,
		.options = b->form.options,
		.len = (uint32_t)b->used,
		.number = b->number++,
		.session_id = b->job->session_id,
		.session_time = b->job->session_time,
	};
	block_seal(b->data, &h, b->form.checksum);
	struct packed_block packed = {
		.job = b->job,
		.addr = all->sink->at,
		.len = h.len,
		.number = h.number,
		.first_index = b->first_index,
		.last_index = b->last_index,
		.data = {b->data, b->used},
	};
	packed.end = all->sink->medium->end(packed.addr, packed.len);
	int rc = encrypt ? all->o->encrypt(all->o->arg, b->data, b->used, e) : 0;
	if (rc == 0)
		rc = sink_write(all->sink, b->data, b->used, false, e);
	if (rc != 0)
		return rc;
	if (!b->on_volume)
		b->first_addr = packed.addr;
	b->on_volume = true;
	b->last_end = packed.end;
	b->used = 0;
	if (all->o->on_block)
		all->o->on_block(all->o->arg, &packed);
	return 0;
}

/* Keeps the memory of all unfilled blocks within bounds, however many sessions are open. */
static int make_way(struct outblocks *all, const struct outblock *keep, size_t bytes, struct err *e)
{
	while (all->waiting + bytes > WAITING_MAX_BYTES) {
		struct outblock *b = all->oldest == keep ? keep->newer : all->oldest;
		if (b == NULL)
			return 0;
		int rc = outblock_flush(all, b, e);
		if (rc != 0)
			return rc;
		outblock_free(all, b);
	}
	return 0;
}

int outblock_grow(struct outblocks *all, struct outblock *b, size_t bytes, struct err *e)
{
	size_t cap = b->cap ? b->cap : FIRST_BUFFER_BYTES;
	while (cap < bytes)
		cap *= 2;
	if (cap > b->capacity)
		cap = b->capacity;
	int rc = make_way(all, b, cap - b->cap, e);
	if (rc != 0)
		return rc;
	uint8_t *grown = realloc(b->data, cap);
	if (grown == NULL)
		return err_memory(e, cap, "a block");
	all->waiting += cap - b->cap;
	if (b->data)
		unlink_block(all, b);
	b->data = grown;
	b->cap = cap;
	link_newest(all, b);
	return 0;
}

int outblock_begin(struct outblocks *all, struct outblock *b, const struct item *item, struct err *e)
{
	uint32_t capacity = all->o->max_block;
	/* Bacula's readers do not survive an encrypted block larger than their device's (bacula-encryption.md 8, item 5). */
	if (capacity == 0 && block_form_is_encrypted(&item->form))
		capacity = all->max_encrypted;
	else if (capacity == 0 && all->max_plain > 0)
		capacity = all->max_plain;
	else if (capacity == 0)
		capacity = item->largest > BLOCK_DEFAULT_BYTES ? item->largest : BLOCK_DEFAULT_BYTES;
	b->form = item->form;
	b->capacity = capacity;
	b->first_index = b->last_index = 0;
	if (b->data) {
		unlink_block(all, b);
		link_newest(all, b);
	}
	size_t header = block_header_bytes(b->form.version);
	int rc = outblock_ensure(all, b, header, e);
	if (rc == 0)
		b->used = header;
	return rc;
}
