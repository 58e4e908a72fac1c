/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/glanceblocks.h"

#include "base/array.h"
#include "format/foreign.h"

#include <stdlib.h>
#include <string.h>

#define ID_AT 12u                         /* where in a block header its id stands */
#define SEARCH_BYTES ((uint64_t)64 << 20) /* of supposed blocks behind damage that are summed up, */
#define SEARCH_FACTOR 4u                  /* and so many times the bytes that are looked at */
#define USUAL_BYTES ((size_t)1 << 20)     /* of the largest block, as long as none was seen */

void glanceblocks_free(struct glanceblocks *b)
{
	free(b->all);
	free(b->slots);
	*b = (struct glanceblocks){.g = b->g};
}

/* ---- sessions ---- */

static uint64_t key_of(const struct glance_session *s)
{
	return (uint64_t)s->time << 32 | s->id;
}

static uint32_t *slot_of(const struct glanceblocks *b, uint64_t key)
{
	size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (b->slot_count - 1);
	while (b->slots[at] != 0 && key_of(&b->all[b->slots[at] - 1]) != key)
		at = (at + 1) & (b->slot_count - 1);
	return &b->slots[at];
}

static int widen(struct glanceblocks *b, struct err *e)
{
	size_t wide = b->slot_count ? b->slot_count * 2 : 64;
	uint32_t *slots = calloc(wide, sizeof *slots);
	if (slots == NULL)
		return err_memory(e, wide * sizeof *slots, "the sessions of a volume");
	free(b->slots);
	b->slots = slots;
	b->slot_count = wide;
	for (size_t i = 0; i < b->count; i++)
		*slot_of(b, key_of(&b->all[i])) = (uint32_t)i + 1;
	return 0;
}

static int make(struct glanceblocks *b, uint32_t id, uint32_t time, struct err *e)
{
	if (b->count == GLANCE_SESSIONS_MAX)
		return err_set(e, XE_FAILED, "it has more than %zu sessions", GLANCE_SESSIONS_MAX);
	struct glance_session *all = array_reach(b->all, &b->room, b->count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (b->count + 1) * sizeof *all, "the sessions of a volume");
	b->all = all;
	all[b->count] = (struct glance_session){.id = id, .time = time};
	*slot_of(b, (uint64_t)time << 32 | id) = (uint32_t)++b->count;
	return 0;
}

/* The session, one of whose blocks has this header; *made: its first one. */
static int reach(struct glanceblocks *b, uint32_t id, uint32_t time, const struct block_header *h, struct glance_session **s, bool *made,
		 struct err *e)
{
	uint64_t key = (uint64_t)time << 32 | id;
	int rc = b->count * 2 >= b->slot_count ? widen(b, e) : 0;
	*made = rc == 0 && *slot_of(b, key) == 0;
	if (*made)
		rc = make(b, id, time, e);
	if (rc != 0)
		return rc;
	*s = &b->all[*slot_of(b, key) - 1];
	(*s)->last_number = b->seen;
	(*s)->last_trace = h->checksum ^ (uint64_t)h->len << 32 ^ h->number;
	if (*made) {
		(*s)->first_number = b->seen;
		(*s)->first_trace = (*s)->last_trace;
	}
	return 0;
}

/* ---- records ---- */

static void learn_volume(struct glance *g, struct span data)
{
	struct volume_label label;
	if (label_volume_fault(data) != NULL || !label_read_volume(data, &label))
		return;
	g->another = g->another || (g->labelled && strcmp(g->label.volume, label.volume) != 0);
	if (!g->labelled)
		g->label = label;
	g->labelled = true;
}

static void learn_job(struct glance_session *s, bool end, struct span data)
{
	struct session_label label;
	if (s->labelled || !label_read_session(data, end, &label))
		return;
	s->labelled = true;
	s->job_id = label.job_id;
	memcpy(s->job, label.job[0] ? label.job : label.job_name, sizeof s->job);
}

static void begin(struct glanceblocks *b, struct glance_session *s, const struct record_header *h)
{
	s->begins = h->file_index == LABEL_SESSION_START;
	s->rest_before = h->file_index > 0 && h->stream < 0 ? h->len : 0;
	s->readable = true;
	b->last_begin = s->begins ? b->seen : b->last_begin;
}

static void take_record(struct glance_session *s, const struct record_header *h, struct span part)
{
	if (h->file_index == LABEL_SESSION_START || h->file_index == LABEL_SESSION_END)
		learn_job(s, h->file_index == LABEL_SESSION_END, part);
	s->ends = s->ends || h->file_index == LABEL_SESSION_END;
	s->rest_behind = h->file_index > 0 ? h->len - (uint32_t)part.len : 0;
	if (h->file_index <= 0)
		return;
	s->first_index = s->first_index ? s->first_index : h->file_index;
	s->last_index = h->file_index;
}

/* In BB01 records say whose they are.  What stands behind a volume's label in its block is a session's. */
static int take_records(struct glanceblocks *b, const uint8_t *block, const struct block_header *h, struct err *e)
{
	struct rd rest = block_records(block, h->len, h->version);
	struct record_header r;
	struct span part;
	int rc = 0;
	while (rc == 0 && record_next(&rest, h->version, &r, &part)) {
		uint32_t id = h->version == 1 ? r.session_id : h->session_id, time = h->version == 1 ? r.session_time : h->session_time;
		struct glance_session *s;
		bool made;
		if (label_is_volume(r.file_index))
			learn_volume(b->g, part);
		if (label_is_volume(r.file_index) || (id == 0 && time == 0))
			continue;
		rc = reach(b, id, time, h, &s, &made, e);
		if (rc == 0 && made)
			begin(b, s, &r);
		if (rc == 0)
			take_record(s, &r, part);
	}
	return rc;
}

static int take_block(struct glanceblocks *b, const uint8_t *block, const struct block_header *h, struct err *e)
{
	struct glance *g = b->g;
	struct glance_session *s;
	bool made;
	b->seen++;
	g->block_version = b->seen == 1 ? h->version : g->block_version;
	g->largest = h->len > g->largest ? h->len : g->largest;
	if (!block_is_encrypted(h))
		return take_records(b, block, h, e);
	g->encrypted = true;
	return reach(b, h->session_id, h->session_time, h, &s, &made, e);
}

/* ---- blocks ---- */

/* What is looked at, and how far. */
struct stretch {
	const uint8_t *data;
	size_t len, at;
	bool end;
};

static bool read_header(const struct stretch *s, struct block_header *h)
{
	size_t left = s->len - s->at;
	const uint8_t *here = s->data + s->at;
	return left >= BLOCK_PROBE_BYTES && block_probe(here) && left >= block_header_bytes(block_probe(here)) &&
	       block_header_read(here, left, h);
}

/* Does another header stand behind the block, or nothing at all? */
static bool is_followed(const struct stretch *s, const struct block_header *h)
{
	size_t behind = s->at + h->len, left = s->len - behind;
	return left >= BLOCK_PROBE_BYTES ? block_probe(s->data + behind) != 0 : s->end && left == 0;
}

/* Behind damage so much may be summed up: headers can lie close in garbage. */
static bool may_sum(struct glanceblocks *b, const struct stretch *s, const struct block_header *h)
{
	b->searched += b->follows ? 0 : h->len;
	return b->follows || b->searched <= SEARCH_BYTES + SEARCH_FACTOR * (uint64_t)s->len;
}

/* Is the whole block with that header one of the volume? */
static bool is_good(struct glanceblocks *b, const struct stretch *s, const struct block_header *h)
{
	const uint8_t *block = s->data + s->at;
	size_t at;
	/* What is encrypted was summed up in clear. */
	if (block_is_encrypted(h))
		return is_followed(s, h);
	if (block_has_checksum(h))
		return may_sum(b, s, h) &&
		       (block_checksum(block, h) == h->checksum || (h->version < 3 && block_checksum_reversed(block, h) == h->checksum));
	return block_check_records(block, h, &at) == NULL && (b->follows || is_followed(s, h));
}

static bool is_known(const struct glanceblocks *b, const struct block_header *h)
{
	return b->slot_count > 0 && *slot_of(b, (uint64_t)h->session_time << 32 | h->session_id) != 0;
}

static bool is_zero(const uint8_t *at, size_t n)
{
	return n == 0 || (at[0] == 0 && memcmp(at, at + 1, n - 1) == 0);
}

/* A tape label of another system, perhaps behind padding; false, and nothing passed: there is none. */
static bool pass_foreign(struct stretch *s)
{
	size_t at = s->at;
	while (at < s->len && s->data[at] == 0)
		at++;
	if (s->len - at < FOREIGN_LABEL_BYTES || !foreign_is_label(s->data + at))
		return false;
	s->at = at + FOREIGN_LABEL_BYTES;
	return true;
}

/* To the next place, behind this one, where a header may stand. */
static void search(struct stretch *s)
{
	size_t from = s->at + 1 + ID_AT;
	const uint8_t *id = from < s->len ? memmem(s->data + from, s->len - from, "BB0", 3) : NULL;
	size_t unsure = s->end || s->len < BLOCK_PROBE_BYTES ? s->len : s->len - (BLOCK_PROBE_BYTES - 1);
	size_t none = unsure > s->at + 1 ? unsure : s->at + 1;
	s->at = id ? (size_t)(id - s->data) - ID_AT : none < s->len ? none : s->len;
}

/* Zeros and tape labels behind a block, as dumps of tapes have them, up to where a header may stand, or the end. */
static void pass_padding(struct stretch *s)
{
	struct block_header h;
	struct stretch on = *s;
	while (pass_foreign(&on))
		*s = on;
	if (read_header(&on, &h))
		return;
	search(&on);
	if (is_zero(s->data + s->at, on.at - s->at))
		*s = on;
}

/* Behind damage: may the good block here be one of the volume?  File data may hold whole volumes: then the row of their blocks breaks off
 * where the outer block ends, so that it is shorter than the largest of those.  *row: the end of it. */
static bool is_believable(struct glanceblocks *b, const struct stretch *s, const struct block_header *h, size_t *row)
{
	struct stretch on = *s;
	struct block_header next = *h;
	bool header = true, fits = true;
	size_t longer = b->g->largest ? b->g->largest : USUAL_BYTES;
	if (b->follows || is_known(b, h))
		return true;
	while (on.at - s->at < longer && fits && is_good(b, &on, &next)) {
		on.at += next.len;
		pass_padding(&on);
		header = read_header(&on, &next);
		fits = header && next.len <= on.len - on.at;
	}
	*row = on.at;
	return on.at - s->at >= longer || on.len - on.at < BLOCK_HEADER_MAX_BYTES || (header && !fits);
}

/* What stands here is no good block.  Zeros are padding of a dump. */
static void pass_other(struct glanceblocks *b, struct stretch *s, const struct block_header *h, size_t skip)
{
	size_t from = s->at;
	if (pass_foreign(s))
		return;
	if (h && is_followed(s, h))
		s->at += h->len;
	else
		search(s);
	if (is_zero(s->data + from, s->at - from))
		return;
	b->follows = false;
	b->g->damaged = b->g->damaged || from >= skip;
}

/* h: the header that stands here, NULL: none does.  Is more wanted before it can be told what this is? */
static bool wants_more(const struct stretch *s, const struct block_header *h)
{
	size_t left = s->len - s->at;
	return !s->end && (left < BLOCK_HEADER_MAX_BYTES || (h && h->len + BLOCK_PROBE_BYTES > left));
}

/* Is this a block of the volume?  What is none is passed; what is left of one that is cut short is no row of blocks. */
static bool stands_block(struct glanceblocks *b, struct stretch *s, const struct block_header *h, size_t skip)
{
	bool fits = h && h->len <= s->len - s->at, cut = h && !fits && b->follows;
	size_t to = s->len;
	b->g->damaged = b->g->damaged || cut;
	if (!cut && (!fits || !is_good(b, s, h))) {
		pass_other(b, s, fits ? h : NULL, skip);
		return false;
	}
	bool block = !cut && is_believable(b, s, h, &to);
	s->at = block ? s->at : to;
	return block;
}

int glanceblocks_take(struct glanceblocks *b, const uint8_t *data, size_t len, size_t skip, bool end, size_t *used, struct err *e)
{
	struct stretch s = {.data = data, .len = len, .end = end};
	int rc = 0;
	while (rc == 0 && s.at < len) {
		struct block_header h;
		const struct block_header *header = read_header(&s, &h) ? &h : NULL;
		if (wants_more(&s, header))
			break;
		if (!stands_block(b, &s, header, skip))
			continue;
		rc = s.at >= skip ? take_block(b, data + s.at, &h, e) : 0;
		b->follows = true;
		s.at += h.len;
	}
	*used = s.at;
	return rc;
}

bool glanceblocks_has(const uint8_t *data, size_t len)
{
	struct stretch s = {.data = data, .len = len, .end = true};
	struct block_header h;
	bool has = false;
	while (!has && s.at < len) {
		has = read_header(&s, &h) || (s.at == 0 && len >= FOREIGN_LABEL_BYTES && foreign_is_label(data));
		search(&s);
	}
	return has;
}

/* ---- what is known in the end ---- */

static void settle(const struct glanceblocks *b, struct glance_session *s, uint64_t before)
{
	s->begin_seen = s->begins || b->g->whole || s->first_number <= before;
	s->end_seen = s->ends || b->g->whole || s->last_number > before;
	s->overtaken = b->last_begin > s->last_number;
}

int glanceblocks_settle(struct glanceblocks *b, bool whole, uint64_t before, struct err *e)
{
	struct glance *g = b->g;
	g->whole = whole;
	g->inner = calloc(b->count ? b->count : 1, sizeof *g->inner);
	if (g->inner == NULL)
		return err_memory(e, b->count * sizeof *g->inner, "the sessions of a volume");
	for (size_t i = 0; i < b->count; i++) {
		struct glance_session *s = &b->all[i];
		settle(b, s, before);
		if (s->begins && s->ends)
			g->inner[g->inner_count++] = key_of(s);
		else
			b->all[g->session_count++] = *s;
	}
	/* There may be thousands of glances. */
	struct glance_session *fit = g->session_count > 0 ? realloc(b->all, g->session_count * sizeof *fit) : NULL;
	g->sessions = fit ? fit : b->all;
	b->all = NULL;
	uint64_t *inner = g->inner_count > 0 ? realloc(g->inner, g->inner_count * sizeof *inner) : NULL;
	g->inner = inner ? inner : g->inner;
	return 0;
}
