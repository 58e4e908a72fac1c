/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/slot.h"

#include "pipeline/sums.h"

#include <stdlib.h>

#define ARENA_BYTES ((size_t)2 << 20)
#define ARENA_KEEP_BYTES ((size_t)8 << 20) /* a larger one is given back after use */

bool slot_init(struct slot *s, const struct observer *observer)
{
	bool sums = observer && observer->proves;
	s->sums = sums ? sums_new(observer) : NULL;
	s->items = calloc(SLOT_ITEMS, sizeof *s->items);
	s->done = calloc(SLOT_ITEMS, sizeof *s->done);
	s->bufs = calloc(SLOT_ITEMS, sizeof(struct buf *));
	return s->items && s->done && s->bufs && (s->sums || !sums);
}

void slot_empty(struct slot *s)
{
	for (size_t i = 0; i < s->buf_count; i++)
		buf_unref(s->bufs[i]);
	for (size_t i = 0; i < s->done_count; i++) {
		free(s->done[i].label);
		free(s->done[i].reason);
	}
	s->buf_count = s->item_count = s->done_count = 0;
	arena_empty(&s->arena);
	if (s->arena.cap > ARENA_KEEP_BYTES)
		arena_free(&s->arena);
}

void slot_free(struct slot *s)
{
	slot_empty(s);
	free(s->items);
	free(s->done);
	free(s->bufs);
	sums_free(s->sums);
	arena_free(&s->arena);
}

void slot_hold(struct slot *s, struct buf *b)
{
	if (b == NULL || (s->buf_count > 0 && s->bufs[s->buf_count - 1] == b))
		return;
	buf_ref(b);
	s->bufs[s->buf_count++] = b;
}

/* Converts one record; false: the arena is full, go on when it has been written. */
static bool convert_record(struct slot *s, struct stage_ctx *ctx, const struct item *item, struct converted *c)
{
	while (stage_apply(ctx, s->policy, item, &s->arena, c) == STAGE_ROOM) {
		if (s->arena.used > 0)
			return false;
		if (!stage_make_room(ctx, &s->arena)) {
			c->status = STAGE_MEMORY;
			break;
		}
	}
	if (c->status == STAGE_DAMAGE || c->status == STAGE_FOREIGN)
		c->reason = strdup(stage_reason(ctx));
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

static void convert(struct slot *s, struct stage_ctx *ctx, bool pass)
{
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

void slot_convert(struct slot *s, struct stage_ctx *ctx, bool pass)
{
	size_t from = s->done_count;
	/* Without memory convert_record tries again, and reports. */
	if (s->arena.data == NULL && !pass)
		arena_grow(&s->arena, ARENA_BYTES);
	convert(s, ctx, pass);
	if (s->sums)
		sums_count(s->sums, s->items + from, s->done + from, s->done_count - from, s->arena.records);
}
