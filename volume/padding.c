/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/padding.h"

#include "base/divisor.h"
#include "format/foreign.h"
#include "format/label.h"

#define PADDING_UNIT 512u            /* fixed block sizes are multiples of it */
#define PADDING_SHORT 1024u          /* what a drive in variable mode pads to */
#define LABEL_ROOM 64512u            /* Bareos's Label Block Size: of the label alone, whatever the others have */
#define USUAL_ROOM 65536u            /* the least of the powers of two that blocks are made of when one size is set */
#define ENOUGH 3u                    /* blocks whose room says what is usual, where it agrees, */
#define LOOK_BLOCKS 8u               /* and where it does not: those that are looked at ahead, */
#define LOOK_BYTES ((size_t)8 << 20) /* in so many bytes, but one at least */

/* What stands behind zeros, off bytes behind the window's place: a block, a tape label, the end, or neither. */
struct spot {
	size_t off;
	bool begins, end;
	enum padding_kind kind;
	uint32_t len;
};

static uint64_t round_up(uint64_t bytes)
{
	return (bytes + PADDING_SHORT - 1) / PADDING_SHORT * PADDING_SHORT;
}

/* ---- what good blocks tell ---- */

static void add_room(struct padding_rooms *r, enum padding_kind kind, uint32_t len, uint64_t room)
{
	if (kind == PADDING_FOREIGN) {
		r->foreign_bare = r->foreign_bare || room == len;
		return;
	}
	bool odd = room == len && len % PADDING_SHORT != 0;
	r->bare = r->bare || (odd && (kind == PADDING_LABEL || (r->odd > 0 && r->odd != len)));
	r->odd = odd ? len : r->odd;
	r->padded = r->padded || room > len;
	if (kind == PADDING_LABEL) {
		r->label = room;
		return;
	}
	r->least = r->count == 0 || room < r->least ? room : r->least;
	r->count++;
	r->step = divisor_common(room, r->step);
	if (room > round_up(len) && (r->least_long == 0 || room < r->least_long))
		r->least_long = room;
}

/* Is there no padding at all? */
static bool is_bare(const struct padding_rooms *r)
{
	return r->bare || (r->odd > 0 && !(r->padded && r->step == r->odd));
}

/* The size that shorter blocks are padded to; 0 if none is known.  One that a shorter room belies is no size, but what a lost
 * block left. */
static uint64_t size_of_all(const struct padding_rooms *r)
{
	uint64_t size = r->least_long <= r->least ? r->least_long : 0;
	bool label_too = r->label > PADDING_SHORT &&
			 (r->count == 0 || r->step % r->label == 0 || (r->label != LABEL_ROOM && r->label <= r->least));
	return label_too ? r->label : size;
}

static bool is_usual(uint64_t room)
{
	return room >= USUAL_ROOM && (room & (room - 1)) == 0;
}

static uint64_t label_room(const struct padding_rooms *r, uint64_t natural, uint64_t room, bool at_end)
{
	uint64_t size = r->count > 0 ? size_of_all(r) : 0;
	if (room == LABEL_ROOM || (r->count > 0 && room == r->step) || (r->count == 0 && at_end && room == USUAL_ROOM))
		return room;
	if (size == 0)
		return room > LABEL_ROOM && r->count > 0 ? LABEL_ROOM : natural;
	return size <= room ? size : natural;
}

/* How much of the room behind a block is its own; what is left of it a lost block had. */
static uint64_t own_room(const struct padding_rooms *r, enum padding_kind kind, uint32_t len, uint64_t room, bool at_end)
{
	uint64_t natural = round_up(len);
	if (is_bare(r))
		return len;
	if (kind == PADDING_LABEL)
		return label_room(r, natural, room, at_end);
	uint64_t size = size_of_all(r);
	if (kind == PADDING_FOREIGN)
		return r->foreign_bare || size > room ? len : size;
	if (len <= size && size <= room)
		return size;
	/* Of a single block nothing else tells. */
	bool single = r->count == 0 && at_end && (r->label == 0 || r->label == LABEL_ROOM);
	return single && is_usual(room) ? room : natural;
}

void padding_block(struct padding *p, enum padding_kind kind, uint64_t addr, uint32_t len, bool good)
{
	if (p->follows && p->last_good)
		add_room(&p->rooms, p->last, p->last_len, addr - p->last_addr);
	/* Another volume in the same file. */
	if (kind == PADDING_LABEL && p->rooms.count > 0)
		p->rooms = (struct padding_rooms){0};
	p->follows = true;
	p->last_good = good;
	p->last = kind;
	p->last_addr = addr;
	p->last_len = len;
	p->own = p->zeros_end = 0;
}

void padding_lost(struct padding *p)
{
	if (p->follows && p->last_good && p->own > 0)
		add_room(&p->rooms, p->last, p->last_len, p->own);
	p->follows = false;
	p->own = p->zeros_end = 0;
}

size_t padding_behind(const struct padding *p, size_t len)
{
	if (!p->seen || is_bare(&p->rooms))
		return len;
	uint64_t size = p->rooms.count > 0 ? size_of_all(&p->rooms) : 0;
	return (size_t)(len <= size ? size : round_up(len));
}

/* ---- what stands in the window ---- */

enum padding_kind padding_kind_of(const uint8_t *block, size_t left, const struct block_header *h)
{
	size_t header = block_header_bytes(h->version), record = record_header_bytes(h->version);
	struct record_header first;
	if (left < header + record)
		return PADDING_DATA;
	struct rd rd = rd_over(block + header, record);
	record_header_read(&rd, h->version, &first);
	return label_is_volume(first.file_index) ? PADDING_LABEL : PADDING_DATA;
}

static int look_at(struct window *w, struct spot *s, struct err *e)
{
	int rc = window_have(w, s->off + FOREIGN_LABEL_BYTES, e);
	if (rc != 0)
		return rc;
	const uint8_t *at = window_here(w) + s->off;
	size_t left = window_left(w) - s->off;
	struct block_header h;
	s->kind = PADDING_FOREIGN;
	s->len = FOREIGN_LABEL_BYTES;
	s->begins = left >= FOREIGN_LABEL_BYTES && foreign_is_label(at);
	if (s->begins || left < BLOCK_PROBE_BYTES || left < block_header_bytes(block_probe(at)) || !block_header_read(at, left, &h))
		return 0;
	s->begins = true;
	s->kind = padding_kind_of(at, left, &h);
	s->len = h.len;
	return 0;
}

/* The first that is no zero at from or behind it.  A block header may itself begin with zeros, but not with more than 12. */
static int pass_zeros(struct window *w, size_t from, struct spot *s, struct err *e)
{
	size_t at = from;
	for (;;) {
		int rc = window_have(w, at + (at - from) + PADDING_SHORT, e);
		if (rc != 0)
			return rc;
		size_t n = window_left(w);
		const uint8_t *here = window_here(w);
		while (at < n && here[at] == 0)
			at++;
		if (at < n || w->end || at - from > BLOCK_MAX_BYTES)
			break;
	}
	*s = (struct spot){.off = at, .end = w->end && at >= window_left(w)};
	size_t low = at - from > 12 ? at - 12 : from;
	int rc = 0;
	for (size_t off = at; rc == 0 && !s->end && !s->begins && off + 1 > low; off--) {
		struct spot here = {.off = off};
		rc = look_at(w, &here, e);
		*s = here.begins ? here : *s;
		if (off == 0)
			break;
	}
	return rc;
}

/* Adds what the blocks from s on have of room. */
static int look_ahead(struct window *w, struct spot s, struct padding_rooms *r, struct err *e)
{
	size_t from = s.off;
	for (unsigned n = 0; s.begins && n < LOOK_BLOCKS && (n == 0 || s.off - from < LOOK_BYTES); n++) {
		struct spot next;
		bool other_volume = s.kind == PADDING_LABEL && (r->label > 0 || r->count > 0);
		int rc = other_volume ? 0 : window_have(w, s.off + s.len, e);
		if (rc != 0 || other_volume || window_left(w) < s.off + s.len)
			return rc;
		rc = pass_zeros(w, s.off + s.len, &next, e);
		if (rc != 0 || (!next.begins && !next.end))
			return rc;
		add_room(r, s.kind, s.len, next.off - s.off);
		s = next;
	}
	return 0;
}

int padding_skip(struct padding *p, struct window *w, bool *skipped, struct err *e)
{
	*skipped = false;
	p->own = p->zeros_end = 0;
	if (!p->follows)
		return 0;
	struct spot s;
	int rc = pass_zeros(w, 0, &s, e);
	if (rc != 0 || s.off == 0)
		return rc;
	struct padding_rooms r = p->rooms;
	uint64_t room = w->offset + s.off - p->last_addr;
	uint64_t own = own_room(&r, p->last, p->last_len, room, s.end);
	if (room > own || r.count < ENOUGH) {
		rc = look_ahead(w, s, &r, e);
		if (rc != 0)
			return rc;
		own = own_room(&r, p->last, p->last_len, room, s.end);
	}
	/* No drive pads to such a size: it is the beginning of a block that was cut off, or of its padding. */
	if (s.end && room < own && room % PADDING_UNIT != 0)
		return 0;
	own = own < room ? own : room;
	/* Nothing tells of padding, and these are too many to be some. */
	if (room > own && r.count == 0 && r.label == 0)
		own = p->last_len;
	bool aligned = !is_bare(&r) && (room % PADDING_SHORT == 0 || room % own == 0);
	p->own = room > own && own > p->last_len ? own : 0;
	if (room > own && s.begins && aligned)
		p->zeros_end = p->last_addr + room;
	if (p->last_addr + own <= w->offset || (room == own && !s.begins && !s.end))
		return 0;
	size_t to = (size_t)(p->last_addr + own - w->offset);
	p->seen = true;
	p->bytes += to;
	window_advance(w, to);
	*skipped = true;
	return 0;
}
