/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/resync.h"

#define ID_AT 12u /* where in a block header its id stands */
#define LOOK_BYTES ((size_t)4 << 20) /* further than blocks inside the data of one record can follow each other */

/* Is there a whole, good block off bytes behind w?  *h is then its header. */
static int good_block_at(struct window *w, struct judge *j, size_t off, bool *good, struct block_header *h,
			 struct err *e)
{
	*good = false;
	int rc = window_have(w, off + BLOCK_HEADER_MAX_BYTES, e);
	if (rc != 0 || window_left(w) < off + BLOCK_PROBE_BYTES ||
	    !block_header_read(window_here(w) + off, window_left(w) - off, h))
		return rc;
	rc = window_have(w, off + h->len, e);
	if (rc != 0 || window_left(w) < off + h->len)
		return rc;
	/* Lengths first: a made-up header fails there, long before its millions of bytes are summed up. */
	size_t at;
	if (!block_is_encrypted(h) && block_check_records(window_here(w) + off, h, &at))
		return 0;
	struct judge_verdict v;
	rc = judge_block(j, window_here(w) + off, h, &v, e);
	buf_unref(v.plain);
	*good = rc == 0 && v.fault == NULL;
	if (!*good || v.checksum)
		return rc;
	/* Nothing but the lengths speaks for it: the next block must stand where it ends. */
	rc = window_have(w, off + h->len + BLOCK_PROBE_BYTES, e);
	size_t behind = window_left(w) - off - h->len;
	*good = behind == 0 || (behind >= BLOCK_PROBE_BYTES && block_probe(window_here(w) + off + h->len));
	return rc;
}

/* Does a good block of a session that this volume has stand within LOOK_BYTES behind that place? */
static int known_block_behind(struct window *w, struct judge *j, size_t off, bool *yes, struct err *e)
{
	*yes = false;
	size_t at = off;
	int rc = window_have(w, off + LOOK_BYTES, e);
	while (rc == 0 && !*yes && window_left(w) >= at + BLOCK_PROBE_BYTES && at < off + LOOK_BYTES) {
		const uint8_t *id = memmem(window_here(w) + at + ID_AT, window_left(w) - at - ID_AT, "BB0", 3);
		if (id == NULL)
			return 0;
		at = (size_t)(id - window_here(w)) - ID_AT;
		struct block_header h;
		rc = good_block_at(w, j, at, yes, &h, e);
		*yes = *yes && judge_knows(j, &h);
		at++;
	}
	return rc;
}

/* May reading go on here after damage?  A block of a session that this volume has is believed at once.  Another may be
 * part of a backed-up volume inside file data.  Then the row of such blocks breaks off where the outer block ends, and
 * blocks of known sessions follow soon. */
static int believable(struct window *w, struct judge *j, bool *yes, struct err *e)
{
	size_t off = 0;
	for (;;) {
		struct block_header h;
		int rc = good_block_at(w, j, off, yes, &h, e);
		if (rc != 0)
			return rc;
		if (!*yes && off == 0)
			return 0;
		if (!*yes)
			break;
		off += h.len;
		rc = window_have(w, off + 1, e);
		if (rc != 0 || judge_knows(j, &h) || off >= LOOK_BYTES || window_left(w) == off)
			return rc;
	}
	bool known_follows;
	int rc = known_block_behind(w, j, off, &known_follows, e);
	*yes = !known_follows;
	return rc;
}

int resync_pass(struct window *w, struct judge *j, struct err *e)
{
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
		rc = window_left(w) >= BLOCK_PROBE_BYTES && block_probe(window_here(w)) ? believable(w, j, &yes, e) : 0;
		if (rc != 0 || yes)
			return rc;
		window_advance(w, 1);
	}
}

int resync_continues(struct window *w, struct judge *j, size_t len, size_t padded, bool *yes, struct err *e)
{
	for (size_t at = padded;; at = len) {
		int rc = window_have(w, at + BLOCK_HEADER_MAX_BYTES, e);
		if (rc != 0)
			return rc;
		size_t left = window_left(w);
		struct block_header h;
		*yes = left == at || (left > at && block_header_read(window_here(w) + at, left - at, &h) &&
				      (h.version == 1 || judge_knows(j, &h)));
		if (!*yes)
			rc = good_block_at(w, j, at, yes, &h, e);
		if (rc != 0 || *yes || at == len)
			return rc;
	}
}
