/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/slot.h"

#include <stdlib.h>

#define ARENA_BYTES ((size_t)2 << 20)
#define ARENA_KEEP_BYTES ((size_t)8 << 20) /* a larger one is given back after use */

bool slot_init(struct slot *s)
{
	s->items = calloc(SLOT_ITEMS, sizeof *s->items);
	s->done = calloc(SLOT_ITEMS, sizeof *s->done);
	s->bufs = calloc(SLOT_ITEMS, sizeof(struct buf *));
	return s->items && s->done && s->bufs;
}

void slot_empty(struct slot *s)
{
	for (size_t i = 0; i < s->buf_count; i++)
		buf_unref(s->bufs[i]);
	for (size_t i = 0; i < s->done_count; i++) {
		free(s->done[i].label);
		free(s->done[i].reason);
	}
	s->buf_count = s->item_count = s->done_count = s->record_count = 0;
	s->arena.used = 0;
	if (s->arena.cap > ARENA_KEEP_BYTES) {
		free(s->arena.data);
		s->arena = (struct arena){0};
	}
}

void slot_free(struct slot *s)
{
	slot_empty(s);
	free(s->items);
	free(s->done);
	free(s->bufs);
	free(s->records);
	free(s->arena.data);
}

void slot_hold(struct slot *s, struct buf *b)
{
	if (b == NULL || (s->buf_count > 0 && s->bufs[s->buf_count - 1] == b))
		return;
	buf_ref(b);
	s->bufs[s->buf_count++] = b;
}

static bool add_records(struct slot *s, const struct stage_result *r)
{
	if (s->record_count + r->count > s->record_cap) {
		size_t cap = s->record_cap * 2 + STAGE_RECORDS;
		struct outrecord *grown = realloc(s->records, cap * sizeof *grown);
		if (grown == NULL)
			return false;
		s->records = grown;
		s->record_cap = cap;
	}
	memcpy(s->records + s->record_count, r->records, r->count * sizeof *r->records);
	s->record_count += r->count;
	return true;
}

static bool grow_arena(struct arena *a, size_t bytes)
{
	free(a->data);
	*a = (struct arena){0};
	a->data = malloc(bytes);
	if (a->data)
		a->cap = bytes;
	return a->data != NULL;
}

/* Converts one record; false: the arena is full, go on when it has been written. */
static bool convert_record(struct slot *s, struct stage_ctx *ctx, const struct item *item, struct converted *c)
{
	struct stage_result r;
	enum stage_status status;
	for (;;) {
		status = stage_apply(ctx, s->policy, item, &s->arena, &r);
		if (status != STAGE_ROOM)
			break;
		if (s->arena.used > 0)
			return false;
		size_t bytes = r.room > s->arena.cap ? r.room : s->arena.cap * 2;
		if (!grow_arena(&s->arena, bytes)) {
			status = STAGE_MEMORY;
			break;
		}
	}
	*c = (struct converted){
		.status = status,
		.first = s->record_count,
		.count = status == STAGE_DONE ? r.count : 0,
		.changed = status == STAGE_DONE && r.changed,
		.doubled = r.doubled,
		.number_kept = r.number_kept,
		.from = r.from,
		.inflate_in = r.inflate_in,
		.inflate_out = r.inflate_out,
		.deflate_in = r.deflate_in,
		.deflate_out = r.deflate_out,
	};
	if (status != STAGE_DONE)
		c->inflate_in = c->inflate_out = c->deflate_in = c->deflate_out = 0;
	if (status == STAGE_DAMAGE || status == STAGE_FOREIGN)
		c->reason = strdup(r.reason);
	else if (status == STAGE_DONE && !add_records(s, &r))
		c->status = STAGE_MEMORY;
	return true;
}

/* For all who see the record. */
static void read_label(const struct item *item, struct converted *c)
{
	struct session_label label;
	bool end = item->file_index == LABEL_SESSION_END;
	if ((!end && item->file_index != LABEL_SESSION_START) || !label_read_session(item->data, end, &label))
		return;
	c->label = malloc(sizeof label);
	if (c->label)
		*c->label = label;
	else
		c->status = STAGE_MEMORY;
}

void slot_convert(struct slot *s, struct stage_ctx *ctx, bool pass)
{
	if (s->arena.data == NULL && !pass && !grow_arena(&s->arena, ARENA_BYTES))
		s->arena.cap = 0; /* convert_record tries again and reports */
	while (s->done_count < s->item_count) {
		const struct item *item = &s->items[s->done_count];
		struct converted *c = &s->done[s->done_count];
		*c = (struct converted){.status = STAGE_DONE};
		if (item->kind == ITEM_RECORD && !pass && !convert_record(s, ctx, item, c))
			return;
		if (item->kind == ITEM_RECORD)
			read_label(item, c);
		s->done_count++;
	}
}
