/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bundle in QR codes.  Each code holds whole lines of it behind one of its own,
 *
 *   code 2 7 0a1b2c3d 77f0e1
 *
 * which code it is, of how many, and the digest that the bundle ends with.  So codes may be scanned in any order, and twice;
 * one of another bundle, or one that was forgotten, is told. */
#include "keys/bundle.h"

#include "base/array.h"
#include "base/lines.h"
#include "keys/sumline.h"

#include <stdlib.h>
#include <string.h>

#define CODE_LINE_BYTES 32u
#define CODES_MAX 100000u

/* ---- making ---- */

struct maker {
	const struct bundle_codes *codes;
	struct secret payload;
	char digest[16];
	size_t number, count; /* count: known after the first turn */
};

static int finish(struct maker *m, bool dry, struct err *e)
{
	struct secret whole = SECRET_NONE;
	struct sumline line = {.len = 0};
	if (m->payload.len == 0)
		return 0;
	m->number++;
	sumline_word(&line, "code");
	sumline_number(&line, m->number);
	sumline_number(&line, m->count);
	sumline_word(&line, m->digest);
	sumline_end(&line);
	int r = dry ? 0 : secret_set(&whole, line.text, line.len, e);
	if (r == 0 && !dry)
		r = secret_append(&whole, m->payload.data, m->payload.len, e);
	if (r == 0 && !dry)
		r = m->codes->each(m->codes->arg, m->number, m->count, (struct span){whole.data, whole.len}, e);
	m->payload.len = 0;
	secret_free(&whole);
	return r;
}

/* The lines of one key stay together, the end with the last; what stands before the first goes with it if there is room. */
static int turn(struct maker *m, struct span text, bool dry, struct err *e)
{
	struct span block = {text.data, 0};
	int r = 0;
	m->number = m->payload.len = 0;
	while (r == 0 && text.len > 0) {
		struct span line = lines_next(&text);
		if (lines_begins(line, "#")) {
			block = (struct span){text.data, 0};
			continue;
		}
		block.len = (size_t)(text.data - block.data);
		if (text.len > 0 && !lines_begins(text, "volume "))
			continue;
		if (m->payload.len + block.len + CODE_LINE_BYTES > m->codes->bytes)
			r = finish(m, dry, e);
		if (r == 0)
			r = secret_append(&m->payload, block.data, block.len, e);
		block = (struct span){text.data, 0};
	}
	return r == 0 ? finish(m, dry, e) : r;
}

static void find_digest(struct maker *m, struct span text)
{
	while (text.len > 0) {
		struct sumline_words w;
		struct span line = lines_next(&text);
		if (lines_begins(line, "end ") && sumline_split(line, &w) && w.count == 4 && w.word[2].len < sizeof m->digest) {
			memcpy(m->digest, w.word[2].data, w.word[2].len);
			m->digest[w.word[2].len] = '\0';
		}
	}
}

int bundle_codes(struct span text, const struct bundle_codes *codes, struct err *e)
{
	struct maker m = {.codes = codes, .payload = SECRET_NONE};
	find_digest(&m, text);
	int r = secret_new(&m.payload, codes->bytes, e);
	if (r == 0)
		r = turn(&m, text, true, e);
	m.count = m.number;
	if (r == 0)
		r = turn(&m, text, false, e);
	secret_free(&m.payload);
	return r;
}

/* ---- reading ---- */

static bool is_code(struct span line, struct sumline_words *w)
{
	return sumline_split(sumline_typed(line), w) && w->count > 0 && sumline_is(w->word[0], "code");
}

struct sorter {
	struct bundle_piece *pieces;
	size_t count, room, total;
	char digest[16];
	struct keylist *faults;
};

static int add_piece(struct sorter *s, struct bundle_piece piece, struct err *e)
{
	struct bundle_piece *pieces = array_reach(s->pieces, &s->room, s->count, sizeof piece);
	if (pieces == NULL)
		return err_memory(e, s->count * sizeof piece, "the codes of a bundle");
	s->pieces = pieces;
	s->pieces[s->count++] = piece;
	return 0;
}

/* The line before a code's lines: its number, or 0 and a fault. */
static size_t take_code(struct sorter *s, const struct sumline_words *w, size_t line)
{
	struct sumline l;
	size_t number, total;
	char digest[16] = "";
	if (w->count != 5 || !sumline_check(w, SIZE_MAX, &l) || !sumline_take_number(w->word[2], CODES_MAX, &total) ||
	    !sumline_take_number(w->word[1], total, &number) || w->word[3].len >= sizeof digest) {
		keylist_fault(s->faults, line, "its checksum at the end says that something in this line was mistyped");
		return 0;
	}
	memcpy(digest, w->word[3].data, w->word[3].len);
	if (s->total == 0) {
		s->total = total;
		memcpy(s->digest, digest, sizeof digest);
	}
	if (total == s->total && strcmp(digest, s->digest) == 0)
		return number;
	keylist_fault(s->faults, line, "a code of another bundle than the one before");
	return 0;
}

static int cut(struct sorter *s, struct span text, struct err *e)
{
	struct bundle_piece piece = {.text = {text.data, 0}, .line = 1};
	int r = 0;
	for (size_t line = 1; r == 0 && text.len > 0; line++) {
		struct sumline_words w;
		struct span one = lines_next(&text);
		if (is_code(one, &w)) {
			r = add_piece(s, piece, e);
			piece = (struct bundle_piece){.text = {one.data, 0}, .line = line, .number = take_code(s, &w, line)};
		}
		piece.text.len = (size_t)(text.data - piece.text.data);
	}
	return r == 0 ? add_piece(s, piece, e) : r;
}

static int by_number(const void *a, const void *b)
{
	const struct bundle_piece *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static size_t blanks_behind(struct span s)
{
	size_t n = 0;
	while (n < s.len && memchr(" \t\r\n", s.data[s.len - 1 - n], 4))
		n++;
	return n;
}

static bool same_text(const struct bundle_piece *a, const struct bundle_piece *b)
{
	size_t n = a->text.len - blanks_behind(a->text), m = b->text.len - blanks_behind(b->text);
	return n == m && memcmp(a->text.data, b->text.data, n) == 0;
}

/* What was scanned twice is there once; what was not is a fault. */
static void settle(struct sorter *s)
{
	size_t kept = 0, missing = 0, first = 0, expected = 1;
	for (size_t i = 0; i < s->count; i++) {
		const struct bundle_piece *p = &s->pieces[i];
		if (p->number > 0 && kept > 0 && s->pieces[kept - 1].number == p->number && same_text(&s->pieces[kept - 1], p))
			continue;
		if (p->number > expected) {
			first = first ? first : expected;
			missing += p->number - expected;
		}
		expected = p->number >= expected ? p->number + 1 : expected;
		s->pieces[kept++] = *p;
	}
	if (s->total >= expected) {
		first = first ? first : expected;
		missing += s->total + 1 - expected;
	}
	s->count = kept;
	if (missing > 0 && s->faults->fault_count == 0)
		keylist_fault(s->faults, 0, "code %zu of %zu%s missing: scan %s, too", first, s->total,
			      missing == 1 ? " is" : " and others are", missing == 1 ? "it" : "them");
}

int bundle_sort(struct span text, struct bundle_piece **pieces, size_t *count, struct keylist *faults, struct err *e)
{
	struct sorter s = {.faults = faults};
	int r = cut(&s, text, e);
	if (r == 0) {
		qsort(s.pieces, s.count, sizeof *s.pieces, by_number);
		settle(&s);
	}
	*pieces = s.pieces;
	*count = s.count;
	return r;
}
