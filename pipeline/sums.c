/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/sums.h"

#include "base/md5lanes.h"
#include "format/attributes.h"
#include "format/stream.h"
#include "pipeline/slot.h"

#include <stdlib.h>

#define FILES (SLOT_ITEMS / 2) /* one has attributes and a digest at least */

struct sums {
	const struct observer *observer;
	struct md5lanes_text texts[FILES];
	struct converted *digests[FILES]; /* of each text: where its digest stands */
	size_t text_count;
	struct span parts[SLOT_ITEMS];
	size_t part_count;
	/* The file at hand: its attributes stand here, and so does all that came of it so far. */
	bool open;
	unsigned job;
	int32_t file_index;
	size_t first_part;
};

struct sums *sums_new(const struct observer *observer)
{
	struct sums *s = calloc(1, sizeof *s);
	if (s)
		s->observer = observer;
	return s;
}

void sums_free(struct sums *s)
{
	free(s);
}

static void leave_file(struct sums *s)
{
	s->part_count = s->open ? s->first_part : s->part_count;
	s->open = false;
}

static void begin_file(struct sums *s, const struct item *item)
{
	leave_file(s);
	s->open = item->file_index > 0 && s->observer->proves(s->observer->arg, item->job);
	s->job = item->job->index;
	s->file_index = item->file_index;
	s->first_part = s->part_count;
}

static bool is_of_file(const struct sums *s, const struct item *item)
{
	return s->open && s->job == item->job->index && s->file_index == item->file_index;
}

static void add_data(struct sums *s, const struct item *item, const struct converted *c, const struct outrecord *records)
{
	for (size_t i = 0; i < c->count && s->open; i++) {
		if (s->part_count < SLOT_ITEMS)
			s->parts[s->part_count++] = outrecord_content(&records[c->first + i], stream_has_prefix(item->stream)).data;
		else
			leave_file(s);
	}
}

static void add_digest(struct sums *s, struct converted *c)
{
	struct md5lanes_text *text = &s->texts[s->text_count];
	*text = (struct md5lanes_text){.parts = s->parts + s->first_part, .part_count = s->part_count - s->first_part};
	s->digests[s->text_count++] = c;
	s->open = false;
}

static void take(struct sums *s, const struct item *item, struct converted *c, const struct outrecord *records)
{
	enum digest_kind kind;
	bool whole = c->status == STAGE_DONE && !item->head_missing && !item->tail_missing && item->job;
	if (!whole)
		leave_file(s);
	else if (attributes_are(item->stream))
		begin_file(s, item);
	else if (!is_of_file(s, item))
		leave_file(s);
	else if (stream_form(item->stream) != STREAM_OPAQUE)
		add_data(s, item, c, records);
	else if (stream_digest_kind(item->stream, item->len, &kind) && kind == DIGEST_MD5 && s->text_count < FILES)
		add_digest(s, c);
}

static uint64_t bytes_of(const struct md5lanes_text *text)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < text->part_count; i++)
		sum += text->parts[i].len;
	return sum;
}

void sums_count(struct sums *s, const struct item *items, struct converted *done, size_t count, const struct outrecord *records)
{
	s->text_count = s->part_count = 0;
	s->open = false;
	for (size_t i = 0; i < count; i++) {
		if (items[i].kind == ITEM_RECORD)
			take(s, &items[i], &done[i], records);
		else if (items[i].kind != ITEM_BLOCK)
			leave_file(s);
	}
	md5lanes_count(s->texts, s->text_count);
	for (size_t i = 0; i < s->text_count; i++)
		s->digests[i]->counted = (struct counted){s->texts[i].value, bytes_of(&s->texts[i])};
}
