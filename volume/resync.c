/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/resync.h"

#define ID_AT 12u                          /* where in a block header its id stands */
#define LOOK_BYTES ((size_t)4 << 20)       /* further than blocks inside the data of one record can follow each other */
#define SEARCH_BYTES ((uint64_t)256 << 20) /* of supposed blocks that a search for blocks may read, */
#define SEARCH_FACTOR 8u                   /* and so many times those of the volume before it */

/* What a search may read: headers can lie so close in garbage, and claim such lengths, that proving each would take hours. */
static uint64_t most_bytes(const struct resync *r)
{
	return SEARCH_BYTES + window_passed(r->w) * SEARCH_FACTOR;
}

/* Does another header stand at end, or nothing at all?  As far as it is in the window. */
static bool is_followed(const struct window *w, size_t end)
{
	size_t behind = window_left(w) - end;
	return behind == 0 || (behind >= BLOCK_PROBE_BYTES && block_probe(window_here(w) + end));
}

/* Where that is used up, the same once more for those behind which another header stands. */
static bool may_search(struct resync *r, size_t off, const struct block_header *h)
{
	if (r->searched + h->len <= most_bytes(r)) {
		r->searched += h->len;
		return true;
	}
	if (!is_followed(r->w, off + h->len) || r->searched_again + h->len > most_bytes(r))
		return false;
	r->searched_again += h->len;
	return true;
}

/* Is there a whole, good block off bytes behind w?  *h is then its header. */
static int good_block_at(struct resync *r, size_t off, bool *good, struct block_header *h, struct err *e)
{
	struct window *w = r->w;
	*good = false;
	int rc = window_have(w, off + BLOCK_HEADER_MAX_BYTES, e);
	if (rc != 0 || window_left(w) < off + BLOCK_PROBE_BYTES || !block_header_read(window_here(w) + off, window_left(w) - off, h))
		return rc;
	rc = window_have(w, off + h->len, e);
	if (rc != 0 || window_left(w) < off + h->len || !may_search(r, off, h))
		return rc;
	/* Lengths first: a made-up header fails there, long before its millions of bytes are summed up.  Where they are wrong in a block
	 * of this volume, its checksum can speak for it. */
	size_t at;
	if (!block_is_encrypted(h) && block_check_records(window_here(w) + off, h, &at) &&
	    (!block_has_checksum(h) || at <= block_header_bytes(h->version)))
		return 0;
	struct judge_verdict v;
	struct buf *plain;
	rc = judge_block(r->j, window_here(w) + off, h, &v, &plain, e);
	buf_unref(plain);
	*good = rc == 0 && (v.reason[0] == '\0' || v.checksum_right);
	if (!*good || (v.checksum && !v.encrypted))
		return rc;
	/* Nothing but its length speaks for it: the next block must stand where it ends. */
	rc = window_have(w, off + h->len + BLOCK_PROBE_BYTES, e);
	*good = is_followed(w, off + h->len);
	return rc;
}

/* Does a good block of a session that this volume has stand within LOOK_BYTES behind that place? */
static int known_block_behind(struct resync *r, size_t off, bool *yes, struct err *e)
{
	struct window *w = r->w;
	uint64_t from = w->offset + off;
	*yes = from <= r->known_at && r->known_at < from + LOOK_BYTES;
	bool looked = r->looked_from <= from && from < r->looked_to;
	size_t at = looked ? (size_t)(r->looked_to - w->offset) : off, began = at;
	bool may = !*yes && r->searched <= most_bytes(r);
	int rc = may ? window_have(w, off + LOOK_BYTES, e) : 0;
	r->looked_from = looked ? r->looked_from : from;
	while (rc == 0 && may && !*yes && window_left(w) >= at + BLOCK_PROBE_BYTES && at < off + LOOK_BYTES) {
		const uint8_t *id = memmem(window_here(w) + at + ID_AT, window_left(w) - at - ID_AT, "BB0", 3);
		if (id == NULL) {
			at = window_left(w) - (BLOCK_PROBE_BYTES - 1);
			r->looked_to = w->offset + at;
			break;
		}
		at = (size_t)(id - window_here(w)) - ID_AT;
		struct block_header h;
		rc = good_block_at(r, at, yes, &h, e);
		*yes = *yes && judge_knows(r->j, &h);
		r->known_at = *yes ? w->offset + at : r->known_at;
		r->looked_to = w->offset + ++at;
	}
	r->searched += at - began;
	return rc;
}

/* May reading go on here after damage?  A block of a session that this volume has is believed at once.  Another may be
 * part of a backed-up volume inside file data.  Then the row of such blocks breaks off where the outer block ends, and
 * blocks of known sessions follow soon. */
static int believable(struct resync *r, bool *yes, struct err *e)
{
	struct window *w = r->w;
	size_t off = 0;
	/* With a new session all that was found may be otherwise. */
	if (r->sessions != r->j->next) {
		r->sessions = r->j->next;
		r->foreign_end = r->looked_from = r->looked_to = r->known_at = 0;
	}
	for (;;) {
		struct block_header h;
		int rc = good_block_at(r, off, yes, &h, e);
		if (rc != 0)
			return rc;
		if (!*yes && off == 0)
			return 0;
		if (off == 0 && w->offset < r->foreign_end && !judge_knows(r->j, &h)) {
			*yes = false;
			return 0;
		}
		if (!*yes)
			break;
		off += h.len;
		rc = window_have(w, off + 1, e);
		if (rc != 0 || judge_knows(r->j, &h) || off >= LOOK_BYTES || window_left(w) == off)
			return rc;
	}
	bool known_follows;
	int rc = known_block_behind(r, off, &known_follows, e);
	*yes = !known_follows;
	r->foreign_end = known_follows ? w->offset + off : 0;
	return rc;
}

int resync_pass(struct resync *r, struct err *e)
{
	struct window *w = r->w;
	window_advance(w, window_left(w) > 0 ? 1 : 0);
	for (;;) {
		/* Not at every step: that would move the window for a few bytes each time. */
		int rc = window_left(w) < BLOCK_PROBE_BYTES ? window_have(w, WINDOW_BYTES, e) : 0;
		if (rc != 0)
			return rc;
		if (window_left(w) < BLOCK_PROBE_BYTES) {
			window_advance(w, window_left(w));
			return 0;
		}
		const uint8_t *id = memmem(window_here(w) + ID_AT, window_left(w) - ID_AT, "BB0", 3);
		if (id == NULL) {
			window_advance(w, window_left(w) - (BLOCK_PROBE_BYTES - 1));
			continue;
		}
		window_advance(w, (size_t)(id - window_here(w)) - ID_AT);
		bool yes = false;
		rc = window_left(w) >= BLOCK_PROBE_BYTES && block_probe(window_here(w)) ? believable(r, &yes, e) : 0;
		if (rc != 0 || yes)
			return rc;
		window_advance(w, 1);
	}
}

int resync_hidden(struct resync *r, size_t len, size_t *at, struct err *e)
{
	struct window *w = r->w;
	*at = 0;
	for (size_t from = 1; from + ID_AT < len; from++) {
		const uint8_t *id = memmem(window_here(w) + from + ID_AT, len - from - ID_AT, "BB0", 3);
		if (id == NULL)
			return 0;
		from = (size_t)(id - window_here(w)) - ID_AT;
		size_t end = from;
		bool good = true;
		while (good && end < len) {
			struct block_header h;
			int rc = good_block_at(r, end, &good, &h, e);
			if (rc != 0)
				return rc;
			good = good && h.version > 1 && judge_knows(r->j, &h);
			end += good ? h.len : 0;
		}
		if (good && end == len) {
			*at = from;
			return 0;
		}
	}
	return 0;
}

int resync_reaches_over(struct resync *r, size_t len, bool *yes, struct err *e)
{
	struct window *w = r->w;
	*yes = false;
	int rc = window_have(w, len + BLOCK_PROBE_BYTES, e);
	for (size_t at = 1; rc == 0 && !*yes && at < len && window_left(w) >= len + BLOCK_PROBE_BYTES; at++) {
		const uint8_t *id = memmem(window_here(w) + at + ID_AT, len - at + 2, "BB0", 3);
		if (id == NULL)
			return 0;
		at = (size_t)(id - window_here(w)) - ID_AT;
		struct block_header h;
		rc = good_block_at(r, at, yes, &h, e);
		*yes = *yes && h.version > 1 && judge_knows(r->j, &h) && at + h.len > len;
	}
	return rc;
}

/* Is the block with that header, off bytes behind w, whole, with records that fill it?  Then its checksum alone can be wrong.  Of an
 * encrypted one no records are seen: another header must stand where it ends. */
static int is_filled(struct resync *r, size_t off, const struct block_header *h, bool *yes, struct err *e)
{
	struct window *w = r->w;
	size_t at, end = off + h->len;
	*yes = false;
	int rc = window_have(w, end + BLOCK_PROBE_BYTES, e);
	if (rc != 0 || window_left(w) < end || !may_search(r, off, h))
		return rc;
	if (block_is_encrypted(h)) {
		*yes = is_followed(w, end);
		return 0;
	}
	*yes = h->len > block_header_bytes(h->version) && block_check_records(window_here(w) + off, h, &at) == NULL;
	return 0;
}

int resync_continues(struct resync *r, size_t len, size_t padded, bool *yes, struct err *e)
{
	struct window *w = r->w;
	for (size_t at = padded;; at = len) {
		int rc = window_have(w, at + BLOCK_HEADER_MAX_BYTES, e);
		if (rc != 0)
			return rc;
		size_t left = window_left(w);
		struct block_header h;
		bool header = left > at && block_header_read(window_here(w) + at, left - at, &h);
		*yes = left == at || (header && (h.version == 1 || judge_knows(r->j, &h)));
		if (!*yes && header)
			rc = is_filled(r, at, &h, yes, e);
		if (rc == 0 && !*yes)
			rc = good_block_at(r, at, yes, &h, e);
		if (rc != 0 || *yes || at == len)
			return rc;
	}
}
