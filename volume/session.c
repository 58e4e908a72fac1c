/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/session.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_BUCKETS 64u

static size_t bucket_of(const struct session_table *t, uint32_t id, uint32_t time)
{
	uint64_t h = ((uint64_t)time << 32 | id) * 0x9e3779b97f4a7c15u;
	return (size_t)(h >> 32) & (t->bucket_count - 1);
}

static bool widen(struct session_table *t)
{
	size_t count = t->bucket_count ? t->bucket_count * 2 : FIRST_BUCKETS;
	struct session **buckets = calloc(count, sizeof(struct session *));
	if (buckets == NULL)
		return t->bucket_count != 0;
	free(t->buckets);
	t->buckets = buckets;
	t->bucket_count = count;
	for (struct session *s = t->first; s; s = s->next) {
		size_t b = bucket_of(t, s->job.session_id, s->job.session_time);
		s->next_in_bucket = buckets[b];
		buckets[b] = s;
	}
	return true;
}

struct session *session_find(const struct session_table *t, uint32_t id, uint32_t time)
{
	struct session *s = t->bucket_count ? t->buckets[bucket_of(t, id, time)] : NULL;
	while (s && (s->job.session_id != id || s->job.session_time != time))
		s = s->next_in_bucket;
	return s;
}

struct session *session_get(struct session_table *t, uint32_t id, uint32_t time)
{
	struct session *s = t->recent;
	if (s && s->job.session_id == id && s->job.session_time == time)
		return s;
	s = session_find(t, id, time);
	if (s)
		return t->recent = s;
	if (t->count >= t->bucket_count && !widen(t))
		return NULL;
	size_t b = bucket_of(t, id, time);
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->job.session_id = id;
	s->job.session_time = time;
	s->job.index = t->count++;
	s->next_in_bucket = t->buckets[b];
	t->buckets[b] = s;
	if (t->last)
		t->last->next = s;
	else
		t->first = s;
	t->last = s;
	return t->recent = s;
}

const struct job *session_job(const struct session *s)
{
	return s->labelled.has_label ? &s->labelled : &s->job;
}

bool session_runs_again(const struct session *s, int32_t file_index, struct span data)
{
	struct session_label label;
	return file_index == LABEL_SESSION_START && s->labelled.has_label && label_read_session(data, false, &label) &&
	       label.time != s->labelled.label.time;
}

void session_learn_job(struct session *s, int32_t file_index, struct span data)
{
	if (file_index != LABEL_SESSION_START || s->labelled.has_label)
		return;
	struct session_label label;
	if (!label_read_session(data, false, &label))
		return;
	s->labelled = s->job;
	s->labelled.label = label;
	s->labelled.has_label = true;
}

void session_table_free(struct session_table *t)
{
	for (struct session *s = t->first, *next; s; s = next) {
		next = s->next;
		partial_drop(&s->partial);
		free(s);
	}
	free(t->buckets);
	*t = (struct session_table){0};
}

bool session_goes_on(const struct session *s, const struct record_header *h)
{
	bool read_ahead = s->skip > 0 && s->skip == h->len && s->skip_stream == (uint32_t)-h->stream;
	return h->stream < 0 && (read_ahead || partial_goes_on(&s->partial, h));
}

/* Its number may say that it is the next one of the session, but not that it is none: those of spooled jobs begin anew, others jump. */
static bool goes_on_with(const struct session *s, const struct block_header *b, const struct record_header *h)
{
	bool next = b->version > 1 && s->numbered && b->number == s->last_number + 1;
	if (s->partial.open || h->stream < 0)
		return session_goes_on(s, h);
	return next || h->file_index == s->last_index;
}

void session_come_back(struct session *s, const struct block_header *b, const struct record_header *h, bool hurt)
{
	if (s->seen && goes_on_with(s, b, h))
		return;
	s->left = true;
	s->is_inside = !hurt;
	s->inside = h->file_index;
	s->numbered = s->last_empty = false;
}

bool session_is_inside(struct session *s, const struct record_header *h)
{
	bool begins = h->file_index != s->inside || (h->stream >= 0 && (h->file_index <= 0 || attributes_are((uint32_t)h->stream)));
	s->is_inside = s->is_inside && !begins;
	return s->is_inside;
}

void block_trace(struct block_trace *t, const struct block_header *h, const uint8_t *data)
{
	struct span part;
	*t = (struct block_trace){.known = true, .block = *h};
	if (data == NULL)
		return;
	struct rd rest = block_records(data, h->len, h->version);
	record_next(&rest, h->version, &t->first, &part);
}

bool block_trace_same(const struct block_trace *a, const struct block_trace *b)
{
	const struct block_header *x = &a->block, *y = &b->block;
	const struct record_header *f = &a->first, *g = &b->first;
	return a->known && b->known && x->version == y->version && x->number == y->number && x->len == y->len &&
	       x->checksum == y->checksum && x->session_id == y->session_id && x->session_time == y->session_time &&
	       f->session_id == g->session_id && f->session_time == g->session_time && f->file_index == g->file_index &&
	       f->stream == g->stream && f->len == g->len;
}

bool session_follows(const struct session *s, const struct record_header *h)
{
	const struct partial *p = &s->partial;
	if (h->stream < 0)
		return session_goes_on(s, h) || (s->last_empty && h->len == 0);
	bool ended = s->last_index == LABEL_SESSION_END;
	bool back = h->file_index > 0 ? h->file_index < s->last_index : h->file_index == LABEL_SESSION_START && s->seen;
	return !p->open && !ended && !back;
}

int session_memory(const struct buf_pool *pool, uint64_t bytes, struct err *e)
{
	if (buf_pool_allows(pool, bytes))
		return 0;
	return err_set(e, XE_FAILED,
		       "the sessions on these volumes, and their records that wait for their rest, need more than "
		       "%llu MiB of memory; if that is no damage, --max-memory allows more",
		       (unsigned long long)(buf_pool_limit_bytes(pool) >> 20));
}

static int take_room(struct partial *p, size_t room, struct buf_pool *pool, struct err *e)
{
	struct buf *b = buf_new(pool, room);
	if (b == NULL)
		return err_memory(e, room, "a split record");
	buf_pool_charge(pool, room);
	p->pool = pool;
	p->charged = room;
	p->item.buf = b;
	p->item.data = (struct span){b->data, 0};
	return 0;
}

int partial_open(struct partial *p, const struct item *item, struct buf_pool *pool, size_t keep, bool recall, struct err *e)
{
	size_t room = item->len < keep ? item->len : keep;
	int rc = session_memory(pool, room, e);
	if (rc != 0)
		return rc;
	*p = (struct partial){.open = true, .item = *item, .room = room};
	p->item.buf = NULL;
	p->item.data = (struct span){NULL, 0};
	p->recall = recall ? recall_new() : NULL;
	rc = p->recall ? 0 : take_room(p, room, pool, e);
	p->open = rc == 0;
	return rc;
}

static void copy_part(struct partial *p, struct span part)
{
	struct buf *b = p->item.buf;
	size_t n = part.len < p->room - p->kept ? part.len : p->room - p->kept;
	if (n > 0)
		memcpy(b->data + p->kept, part.data, n);
	p->kept += n;
	p->item.data.len = p->kept;
}

static int gather(struct partial *p, size_t room, struct recall_files *files, struct buf_pool *pool, struct err *e)
{
	int rc = take_room(p, room, pool, e);
	size_t n = p->have < p->room ? p->have : p->room;
	if (rc == 0)
		rc = recall_read(p->recall, files, p->item.buf->data, n, e);
	if (rc != 0)
		return rc;
	recall_free(p->recall);
	p->recall = NULL;
	p->kept = p->item.data.len = n;
	return 0;
}

int partial_add(struct partial *p, struct span part, const struct recall_place *place, struct recall_files *files, struct buf_pool *pool,
		struct err *e)
{
	int rc = 0;
	if (p->recall && !place->known)
		rc = gather(p, p->room, files, pool, e);
	if (rc == 0 && p->recall)
		rc = recall_add(p->recall, place, part, e);
	else if (rc == 0)
		copy_part(p, part);
	p->have += rc == 0 ? (uint32_t)part.len : 0;
	return rc;
}

void partial_cut(struct partial *p, uint32_t have)
{
	if (p->recall)
		recall_cut(p->recall, have);
	p->have = have;
	p->kept = p->kept < have ? p->kept : have;
	p->item.data.len = p->kept;
}

int partial_gather(struct partial *p, struct recall_files *files, struct buf_pool *pool, struct err *e)
{
	/* Nothing more comes. */
	return p->recall ? gather(p, p->have < p->room ? p->have : p->room, files, pool, e) : 0;
}

bool partial_goes_on(const struct partial *p, const struct record_header *h)
{
	return p->open && h->stream < 0 && p->item.stream == (uint32_t)-h->stream && p->item.file_index == h->file_index &&
	       p->item.len - p->have == h->len;
}

bool partial_complete(const struct partial *p)
{
	return p->have == p->item.len;
}

void partial_drop(struct partial *p)
{
	buf_unref(p->item.buf);
	if (p->charged > 0)
		buf_pool_discharge(p->pool, p->charged);
	recall_free(p->recall);
	*p = (struct partial){0};
}
