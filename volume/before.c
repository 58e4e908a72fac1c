/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/before.h"

#define END_BYTES ((uint64_t)4 << 20) /* of a volume: these are looked at first, */
#define END_FACTOR 16u                /* then so many times more, up to all of it */

/* Of one volume. */
struct look {
	const struct reader_options *o;
	struct buf_pool *pool;
	uint32_t session_id, session_time;
	struct before_record *record; /* NULL: not wanted */
	struct block_trace *last;     /* NULL: not wanted */
};

bool before_fits(const struct before_record *r, const struct record_header *h)
{
	/* Bareos repeats the header of an empty record that ends with its block (volume-format.md 2.2): of none there is no rest either. */
	return r->found && r->rest == h->len && r->file_index == h->file_index && h->stream < 0 && r->stream == (uint32_t)-h->stream;
}

/* In BB01 each record says whose it is. */
static void take_records(const struct look *k, const struct source_item *b)
{
	bool own = b->header.version == 1;
	struct rd rest = block_records(b->data, b->verdict.sane_bytes, b->header.version);
	struct record_header h;
	struct span part;
	while (record_next(&rest, b->header.version, &h, &part)) {
		uint32_t id = own ? h.session_id : b->header.session_id, time = own ? h.session_time : b->header.session_time;
		if (id != k->session_id || time != k->session_time || label_is_volume(h.file_index))
			continue;
		*k->record = (struct before_record){
			.found = true,
			.hurt = b->event == SOURCE_DAMAGE,
			.file_index = h.file_index,
			.stream = (uint32_t)(h.stream < 0 ? -h.stream : h.stream),
			.rest = h.len - (uint32_t)part.len,
		};
	}
}

/* As ahead.c takes what is bad. */
static bool is_used(const struct look *k, const struct source_item *b)
{
	bool bad = b->event == SOURCE_DAMAGE && b->data && !b->verdict.shut;
	return b->event == SOURCE_BLOCK || (bad && (k->o->keep_suspect || b->verdict.checksum_right || !b->verdict.checksum));
}

static void look_at(const struct look *k, const struct source_item *b)
{
	struct span label;
	if (source_begins_volume(b, &label))
		return;
	if (k->last && b->event == SOURCE_BLOCK)
		block_trace(k->last, &b->header, b->verdict.encrypted ? NULL : b->data);
	if (k->record && b->event == SOURCE_DAMAGE)
		k->record->hurt = true;
	if (k->record && is_used(k, b) && !b->verdict.encrypted)
		take_records(k, b);
}

/* From where it stands; or, behind what the volume begins with, which tells of its keys, from `from` on, where no block need begin. */
static int look_through(const struct look *k, struct source *s, uint64_t from, struct err *e)
{
	struct source_item b;
	if (from > 0)
		source_place(s);
	int rc = source_next(s, &b, e);
	if (rc == 0 && from > 0) {
		source_go(s, from > source_at(s) ? from : source_at(s), UINT64_MAX);
		rc = source_next(s, &b, e);
	}
	while (rc == 0 && b.event != SOURCE_END) {
		/* What is left of a block that begins before is no damage. */
		bool rest = from > 0 && b.event == SOURCE_DAMAGE && b.addr == from;
		if (!rest)
			look_at(k, &b);
		rc = source_next(s, &b, e);
	}
	return rc;
}

/* The last bytes of the volume at path; *whole: those were all. */
static int look_at_end(const struct look *k, const char *path, uint64_t bytes, bool *whole, struct err *e)
{
	struct medium_input in;
	int rc = medium_open(&in, path, e);
	if (rc == 0 && !in.rereadable) {
		medium_close(&in);
		rc = reading_once_only(e);
	}
	if (rc == 0) {
		bool by_block = in.medium->by_block;
		uint64_t from = bytes < in.size ? in.medium->near_end(&in, bytes) : in.at;
		*whole = from <= in.at;
		in.at = by_block ? from : in.at;
		struct source *s = source_new(k->pool, &in, NULL, k->o->keys);
		rc = s ? look_through(k, s, *whole || by_block ? 0 : from, e) : err_memory(e, 0, "reading the volume before");
		source_free(s);
	}
	if (rc != 0)
		err_volume(e, path);
	return rc;
}

int before_record(const struct reader_options *o, struct buf_pool *pool, uint32_t session_id, uint32_t session_time,
		  struct before_record *r, struct err *e)
{
	const struct look k = {.o = o, .pool = pool, .session_id = session_id, .session_time = session_time, .record = r};
	bool hurt = false;
	int rc = 0;
	*r = (struct before_record){.found = false};
	for (size_t i = o->before_count; rc == 0 && !r->found && i-- > 0;) {
		bool whole = false;
		for (uint64_t bytes = END_BYTES; rc == 0 && !r->found && !whole; bytes *= END_FACTOR) {
			r->hurt = false;
			rc = look_at_end(&k, o->before[i], bytes, &whole, e);
		}
		hurt = hurt || r->hurt;
	}
	r->hurt = hurt;
	return rc;
}

int before_last_block(const struct reader_options *o, struct buf_pool *pool, struct block_trace *t, struct err *e)
{
	const struct look k = {.o = o, .pool = pool, .last = t};
	bool whole = false;
	int rc = 0;
	*t = (struct block_trace){.known = false};
	for (uint64_t bytes = END_BYTES; rc == 0 && !t->known && !whole; bytes *= END_FACTOR)
		rc = look_at_end(&k, o->before[o->before_count - 1], bytes, &whole, e);
	return rc;
}
