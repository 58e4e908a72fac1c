/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window holds what is read, the judge says what is a good block, resync finds the next one behind damage, padding knows
 * what drives put between blocks.  Here they become a row of items. */
#include "volume/source.h"

#include "format/foreign.h"
#include "format/label.h"
#include "format/packed.h"
#include "volume/padding.h"
#include "volume/resync.h"

#include <stdlib.h>

struct source {
	struct window w;
	struct judge judge;
	struct resync resync;
	struct padding padding;
	struct opener *opener;    /* NULL: encrypted blocks stay closed */
	struct buf *held;         /* the reference lent with the last item */
	struct source_item ahead; /* the block behind a label, read to prove the key first */
	struct buf *ahead_held;
	bool has_ahead;
	bool expects_volume;
	bool given_up;
};

struct source *source_new(struct buf_pool *pool, struct medium_input *in, struct digest *digest, const struct opener_keys *keys)
{
	struct source *s = calloc(1, sizeof *s);
	struct opener *opener = keys ? opener_new(keys) : NULL;
	if (s == NULL || (keys && opener == NULL)) {
		medium_close(in);
		opener_free(opener);
		free(s);
		return NULL;
	}
	s->opener = opener;
	window_open(&s->w, pool, in, digest);
	s->judge = (struct judge){.opener = s->opener, .pool = pool};
	s->resync = (struct resync){.w = &s->w, .j = &s->judge};
	return s;
}

void source_free(struct source *s)
{
	if (s == NULL)
		return;
	buf_unref(s->held);
	buf_unref(s->ahead_held);
	window_close(&s->w);
	opener_free(s->opener);
	free(s);
}

void source_expect_volume(struct source *s)
{
	s->expects_volume = true;
}

int source_read_ahead(struct source *s, struct tasks *tasks, unsigned threads, struct err *e)
{
	int rc = window_read_ahead(&s->w, tasks, threads, e);
	s->judge.ahead = s->w.ahead;
	return rc;
}

int source_hash_volumes(struct source *s, struct err *e)
{
	if (s->w.in.medium->by_block)
		return 0;
	s->w.hash = volumehash_new();
	return s->w.hash ? 0 : err_memory(e, 0, "a volume's digest");
}

bool source_end_volume(struct source *s, bool at_label, uint64_t *xxh64)
{
	if (s->w.hash)
		*xxh64 = window_end_volume(&s->w, at_label);
	return s->w.hash != NULL;
}

uint64_t source_bytes(const struct source *s)
{
	return s->w.bytes;
}

uint64_t source_padding(const struct source *s)
{
	return s->padding.bytes;
}

void source_cipher(const struct source *s, char text[static OPENER_CIPHER_BYTES])
{
	text[0] = '\0';
	if (s->opener)
		opener_describe(s->opener, text);
}

/* What the judge says of the bytes at block becomes the item's. */
static int judge_item(struct source *s, const uint8_t *block, struct source_item *item, struct err *e)
{
	int rc = judge_block(&s->judge, block, &item->header, &item->verdict, &item->buf, e);
	struct readahead_key key;
	if (s->w.ahead && item->verdict.opened && opener_key(s->opener, &key))
		readahead_use(s->w.ahead, &key);
	return rc == 0 && item->verdict.shut ? opener_shut(s->opener, e) : rc;
}

/* The bytes of the block at pos, plain, for the caller of source_next. */
static void lend(struct source *s, struct source_item *item)
{
	if (item->buf == NULL) {
		item->buf = s->w.buf;
		item->data = window_here(&s->w);
		buf_ref(item->buf);
	} else {
		item->data = item->buf->data;
	}
	s->held = item->buf;
}

/* What was read of an input that is no volume is all of it. */
static void give_up(struct source *s)
{
	window_advance(&s->w, window_left(&s->w));
	s->w.end = true;
	s->given_up = true;
}

/* Is more of the volume elsewhere, behind what ends here? */
static bool goes_on(const struct source *s, struct medium_gap *gap)
{
	return !s->given_up && window_gap(&s->w, gap);
}

/* Goes there.  Where something is missing in between, item is the damage, and what was cut behind it belongs to it. */
static int pass_gap(struct source *s, struct source_item *item, const struct medium_gap *gap, struct err *e)
{
	struct block_header h;
	padding_lost(&s->padding);
	window_pass_gap(&s->w, gap);
	if (gap->why[0] == '\0')
		return 0;
	judge_say(&item->verdict, "%s", gap->why);
	int rc = window_have(&s->w, BLOCK_HEADER_MAX_BYTES, e);
	bool block = rc == 0 && block_header_read(window_here(&s->w), window_left(&s->w), &h);
	return rc != 0 || block || window_left(&s->w) == 0 ? rc : resync_pass(&s->resync, e);
}

/* To the next block to believe: in a dump of a tape the first behind zeros that are too many to be padding. */
static int pass_damage(struct source *s, struct err *e)
{
	uint64_t end = s->padding.zeros_end;
	padding_lost(&s->padding);
	if (end <= s->w.offset)
		return resync_pass(&s->resync, e);
	window_advance(&s->w, (size_t)(end - s->w.offset));
	return 0;
}

/* Delivers the damage that begins at pos, and whose verdict is known, and goes on to the next block to believe. */
static int damage(struct source *s, struct source_item *item, struct err *e)
{
	const struct judge_verdict *v = &item->verdict;
	item->event = SOURCE_DAMAGE;
	uint64_t from = window_passed(&s->w);
	item->addr = s->w.offset;
	item->data = NULL;
	bool whole = false;
	uint32_t len = item->header.len;
	if (len > 0 && window_left(&s->w) >= len) {
		size_t hidden = 0;
		/* A right checksum says that its length is right. */
		whole = v->checksum_right;
		int rc = whole ? 0 : resync_continues(&s->resync, len, padding_behind(&s->padding, len), &whole, e);
		if (rc == 0 && whole && !v->checksum_right)
			rc = resync_hidden(&s->resync, len, &hidden, e);
		if (rc != 0)
			return rc;
		whole = whole && hidden == 0;
	}
	if (whole) {
		lend(s, item);
		padding_block(&s->padding, PADDING_DATA, item->addr, len, false);
		/* Its records may be taken around the bad one: then it says as much of its session as a good block. */
		bool records = v->checksum_right || (!v->checksum && v->sane_bytes > block_header_bytes(item->header.version));
		if (records && item->header.version > 1)
			judge_remember(&s->judge, &item->header);
		window_advance(&s->w, len);
	} else {
		buf_unref(item->buf);
		item->buf = NULL;
		bool no_volume = item->addr == s->w.first && len == 0 && s->expects_volume;
		struct medium_gap gap;
		int rc = no_volume ? 0 : pass_damage(s, e);
		if (rc == 0 && !no_volume && window_left(&s->w) == 0 && goes_on(s, &gap) && gap.why[0])
			rc = pass_gap(s, item, &gap, e);
		if (rc != 0)
			return rc;
		if (no_volume)
			give_up(s);
	}
	item->len = window_passed(&s->w) - from;
	return 0;
}

/* At the end of a stretch: to the next one, *gone; damage if something is missing before it. */
static int next_stretch(struct source *s, struct source_item *item, bool *gone, struct err *e)
{
	struct medium_gap gap;
	uint64_t from = window_passed(&s->w), addr = s->w.offset;
	*gone = goes_on(s, &gap);
	if (!*gone)
		return 0;
	int rc = pass_gap(s, item, &gap, e);
	if (rc == 0 && gap.why[0]) {
		item->event = SOURCE_DAMAGE;
		item->addr = addr;
		item->len = window_passed(&s->w) - from;
	}
	return rc;
}

static int damage_for(struct source *s, struct source_item *item, const char *reason, struct err *e)
{
	judge_say(&item->verdict, "%s", reason);
	return damage(s, item, e);
}

/* *over: a block without a checksum ends where no other begins, but one begins inside of it. */
static int check_end(struct source *s, size_t len, bool *over, struct err *e)
{
	bool goes_on;
	/* What stands behind a label opens with the keys that the label names, and they are not looked up yet. */
	struct opener *opener = s->judge.opener;
	struct block_header h;
	bool label = block_header_read(window_here(&s->w), window_left(&s->w), &h) &&
		     padding_kind_of(window_here(&s->w), len, &h) == PADDING_LABEL;
	s->judge.opener = label ? NULL : opener;
	int rc = resync_continues(&s->resync, len, padding_behind(&s->padding, len), &goes_on, e);
	s->judge.opener = opener;
	return rc != 0 || goes_on ? rc : resync_reaches_over(&s->resync, len, over, e);
}

static void deliver_block(struct source *s, struct source_item *item)
{
	item->event = SOURCE_BLOCK;
	item->len = item->header.len;
	lend(s, item);
	if (item->header.len > s->w.least)
		s->w.least = item->header.len;
	if (item->header.version > 1)
		judge_remember(&s->judge, &item->header);
}

/* What a block that is cut short stands in. */
static const char *what_ends(const struct source *s)
{
	struct medium_gap gap;
	return goes_on(s, &gap) ? "this part of the volume" : "the volume";
}

static const char *what_stands_here(const struct source *s)
{
	static const uint8_t zeros[BLOCK_PROBE_BYTES];
	const char *hint = s->w.offset == s->w.first ? packed_hint((struct span){window_here(&s->w), window_left(&s->w)}) : NULL;
	if (hint)
		return hint;
	if (s->padding.seen && memcmp(window_here(&s->w), zeros, sizeof zeros) == 0)
		return "zeros where a block should be: it could not be read from the tape, or was lost";
	if (s->w.offset == s->w.first)
		return "this is no volume: no block header (BB01, BB02, BB03) at its beginning";
	return "no block header (BB01, BB02, BB03) where one should be";
}

static int damage_in_header(struct source *s, struct source_item *item, struct err *e)
{
	judge_say(&item->verdict, "%s ends inside a block header", what_ends(s));
	return damage(s, item, e);
}

/* A tape label of another system, in a dump. */
static int foreign_in_stream(struct source *s, struct source_item *item, bool *is, struct err *e)
{
	int rc = window_have(&s->w, FOREIGN_LABEL_BYTES, e);
	*is = rc == 0 && window_left(&s->w) >= FOREIGN_LABEL_BYTES && foreign_is_label(window_here(&s->w));
	if (!*is)
		return rc;
	item->event = SOURCE_FOREIGN;
	item->addr = s->w.offset;
	item->len = FOREIGN_LABEL_BYTES;
	lend(s, item);
	padding_block(&s->padding, PADDING_FOREIGN, item->addr, FOREIGN_LABEL_BYTES, true);
	window_advance(&s->w, FOREIGN_LABEL_BYTES);
	return 0;
}

/* The block whose header, item->header, stands at w: good, or damage. */
static int take_block(struct source *s, struct source_item *item, struct err *e)
{
	int rc = window_have(&s->w, item->header.len, e);
	if (rc != 0)
		return rc;
	if (window_left(&s->w) < item->header.len) {
		judge_say(&item->verdict, "block of %u bytes is cut short: %s ends after %zu of them", item->header.len, what_ends(s),
			  window_left(&s->w));
		return damage(s, item, e);
	}
	rc = judge_item(s, window_here(&s->w), item, e);
	bool over = false;
	if (rc == 0 && item->verdict.reason[0] == '\0' && !item->verdict.checksum && !item->verdict.encrypted)
		rc = check_end(s, item->header.len, &over, e);
	if (rc != 0)
		return rc;
	if (over) {
		item->header.len = 0;
		judge_say(&item->verdict, "bytes of this block are missing: the next one begins inside of it");
	}
	if (item->verdict.reason[0])
		return damage(s, item, e);

	item->addr = s->w.offset;
	padding_block(&s->padding, padding_kind_of(window_here(&s->w), item->header.len, &item->header), item->addr, item->header.len,
		      true);
	deliver_block(s, item);
	window_advance(&s->w, item->header.len);
	return 0;
}

static int next_in_stream(struct source *s, struct source_item *item, struct err *e)
{
	bool skipped;
	do {
		int rc = window_have(&s->w, BLOCK_HEADER_MAX_BYTES, e);
		if (rc != 0)
			return rc;
		if (window_left(&s->w) == 0) {
			rc = next_stretch(s, item, &skipped, e);
			if (rc != 0 || !skipped || item->event == SOURCE_DAMAGE)
				return rc;
			continue;
		}
		skipped = false;
		if (window_left(&s->w) < BLOCK_PROBE_BYTES || !block_probe(window_here(&s->w)))
			rc = padding_skip(&s->padding, &s->w, &skipped, e);
		if (rc != 0)
			return rc;
	} while (skipped);

	if (window_left(&s->w) < BLOCK_PROBE_BYTES)
		return damage_in_header(s, item, e);
	if (!block_probe(window_here(&s->w))) {
		bool foreign;
		int rc = foreign_in_stream(s, item, &foreign, e);
		if (rc != 0 || foreign)
			return rc;
		rc = window_have(&s->w, PACKED_BYTES, e);
		return rc != 0 ? rc : damage_for(s, item, what_stands_here(s), e);
	}
	if (window_left(&s->w) < block_header_bytes(block_probe(window_here(&s->w))))
		return damage_in_header(s, item, e);
	if (!block_header_read(window_here(&s->w), window_left(&s->w), &item->header)) {
		judge_say(&item->verdict, "block length %u is impossible", item->header.len);
		item->header.len = 0;
		return damage(s, item, e);
	}
	return take_block(s, item, e);
}

static int next_by_block(struct source *s, struct source_item *item, struct err *e)
{
	size_t got;
	enum medium_found found;
	int rc = window_next(&s->w, &got, &item->addr, &found, e);
	if (rc != 0)
		return rc;
	item->len = got;
	if (found == MEDIUM_LOST) {
		item->event = SOURCE_DAMAGE;
		judge_say(&item->verdict, "%s", s->w.in.medium->why(&s->w.in));
		return 0;
	}
	if (found != MEDIUM_BLOCK) {
		item->event = found == MEDIUM_END ? SOURCE_END : SOURCE_FILE_MARK;
		return 0;
	}
	item->data = s->w.buf->data;
	bool block = got >= BLOCK_PROBE_BYTES && block_probe(item->data);
	if (!block && got == FOREIGN_LABEL_BYTES) {
		item->event = SOURCE_FOREIGN;
		item->buf = s->held = s->w.buf;
		buf_ref(s->held);
		return 0;
	}
	if (!block)
		judge_say(&item->verdict, "no block header (BB01, BB02, BB03) where one should be");
	else if (!block_header_read(item->data, got, &item->header) || item->header.len > got)
		judge_say(&item->verdict, "its length is impossible");
	else
		rc = judge_item(s, item->data, item, e);
	if (rc != 0)
		return rc;
	if (item->verdict.reason[0] == '\0') {
		deliver_block(s, item);
		return 0;
	}
	item->event = SOURCE_DAMAGE;
	bool whole = item->header.len > 0 && item->header.len <= got;
	lend(s, item);
	if (!whole)
		item->data = NULL;
	else if (item->verdict.checksum_right && item->header.version > 1)
		judge_remember(&s->judge, &item->header);
	return 0;
}

static int fetch(struct source *s, struct source_item *item, struct err *e)
{
	s->held = NULL;
	*item = (struct source_item){.event = SOURCE_END};
	int rc = s->w.in.medium->by_block ? next_by_block(s, item, e) : next_in_stream(s, item, e);
	if (rc != 0 && s->held == NULL)
		buf_unref(item->buf);
	item->position = s->w.in.medium->position ? s->w.in.medium->position(item->addr) : item->addr;
	if (rc == 0 && item->event == SOURCE_END && s->opener)
		rc = opener_end(s->opener, e);
	return rc;
}

/* A label says whose blocks follow.  Where it says that they are encrypted, the next one proves the key before anything of
 * the volume is handed out. */
static int prove_key(struct source *s, const struct source_item *label, struct span data, struct err *e)
{
	bool encrypted = label->header.version == 3 && (label->header.options & BLOCK_OPTION_VOLUME_ENCRYPTED);
	int rc = opener_end(s->opener, e);
	if (rc == 0)
		rc = opener_begin(s->opener, data, encrypted, e);
	if (rc != 0 || !encrypted)
		return rc;
	struct buf *held = s->held;
	rc = fetch(s, &s->ahead, e);
	s->ahead_held = s->held;
	s->held = held;
	s->has_ahead = rc == 0;
	return rc;
}

int source_next(struct source *s, struct source_item *item, struct err *e)
{
	buf_unref(s->held);
	s->held = NULL;
	if (s->w.hash)
		volumehash_unmark(s->w.hash);
	int rc = 0;
	if (s->has_ahead) {
		*item = s->ahead;
		s->held = s->ahead_held;
		s->ahead_held = NULL;
		s->has_ahead = false;
	} else {
		rc = fetch(s, item, e);
	}
	struct span label;
	bool begins = rc == 0 && (s->opener || s->w.hash) && source_begins_volume(item, &label);
	if (begins && s->w.hash)
		window_mark(&s->w, item->addr);
	return begins && s->opener ? prove_key(s, item, label, e) : rc;
}

/* ---- only what is wanted ---- */

void source_place(struct source *s)
{
	window_place(&s->w);
}

uint64_t source_at(const struct source *s)
{
	return s->has_ahead && s->ahead.event != SOURCE_END ? s->ahead.addr : s->w.offset;
}

uint64_t source_size(const struct source *s)
{
	return s->w.in.size;
}

void source_go(struct source *s, uint64_t from, uint64_t to)
{
	uint64_t limit = to == UINT64_MAX ? to : to + 1;
	if (from == source_at(s)) {
		window_go(&s->w, s->w.offset, limit);
		return;
	}
	buf_unref(s->ahead_held);
	s->ahead_held = NULL;
	s->has_ahead = false;
	padding_lost(&s->padding);
	window_go(&s->w, from, limit);
}

int source_stop(struct source *s, struct err *e)
{
	return s->opener ? opener_end(s->opener, e) : 0;
}

bool source_begins_volume(const struct source_item *b, struct span *data)
{
	if (b->event != SOURCE_BLOCK || b->verdict.encrypted)
		return false;
	struct rd rest = block_records(b->data, b->header.len, b->header.version);
	struct record_header h;
	return record_next(&rest, b->header.version, &h, data) && label_is_volume(h.file_index) && h.stream >= 0 && h.len == data->len;
}
