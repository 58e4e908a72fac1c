/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dumps: each line is cut into words, its offset and its column of text are taken off, the rest is bytes. */
#include "tape/paste.h"

#include "base/hex.h"
#include "tape/paste_code.h"

#include <stdlib.h>
#include <strings.h>

#define WHOLE_ROW 16u

/* What separates words; brackets and quotes are those of C and of kernels. */
#define SEPARATORS " \t\r\f\v,;{}()[]<>\"'\\="

struct word {
	const char *at;
	size_t len;
	size_t gap;    /* blanks before it */
	bool colon;    /* one stands right behind it */
	size_t digits; /* hex digits behind a prefix; 0: it is no hex number */
	const char *hex;
};

struct line {
	struct word *words;
	size_t count;
	bool ends_text; /* a column of text was cut off by its mark */
};

struct reader {
	struct paste *p;
	struct paste_section *s; /* NULL: the next bytes begin one */
	size_t base;             /* offset of the section's first byte */
	bool offsets;            /* the section's lines have them */
	bool star;               /* a line of "*" stands for repeated rows */
	size_t row_at, row_len;  /* of the last row */
	size_t repeated;
	const char *dump; /* where the line's dump begins; NULL */
	struct paste_told told;
};

/* ---- words ---- */

/* 70, 0x70, x70 (of \x70) and 70h. */
static void find_digits(struct word *w)
{
	const char *at = w->at, *end = w->at + w->len;
	if (w->len > 2 && at[0] == '0' && (at[1] | 0x20) == 'x')
		at += 2;
	else if (w->len > 2 && (at[0] | 0x20) == 'x')
		at += 1;
	else if (w->len == 3 && (at[2] | 0x20) == 'h')
		end -= 1;
	w->hex = at;
	w->digits = (size_t)(end - at);
	for (const char *c = at; c < end; c++) {
		if (hex_digit(*c) < 0)
			w->digits = 0;
	}
}

/* hexdump -C and od -z mark their column of text. */
static size_t cut_marked_text(const char *at, size_t len, bool *cut)
{
	for (size_t i = 1; i < len; i++) {
		bool bar = at[i] == '|' && at[i - 1] == ' ', angle = i > 1 && at[i] == '>' && at[i - 1] == ' ' && at[i - 2] == ' ';
		if (bar || angle) {
			*cut = true;
			return i;
		}
	}
	return len;
}

/* 12:34:56 is a time, and 2 digits each all the same. */
static bool is_time(const struct word *w, size_t left)
{
	bool three = left >= 3 && w[0].colon && w[1].colon && !w[2].colon && w[1].gap == 0 && w[2].gap == 0;
	bool joined = left >= 4 && w[3].gap == 0 && w[2].colon;
	for (size_t i = 0; three && i < 3; i++)
		three = w[i].digits == 2 && w[i].len == 2 && w[i].at[0] <= '5' && w[i].at[0] >= '0' && w[i].at[1] <= '9';
	return three && !joined;
}

static void split(struct line *l, const char *at, size_t len)
{
	size_t gap = 0;
	l->count = 0;
	l->ends_text = false;
	len = cut_marked_text(at, len, &l->ends_text);
	for (size_t i = 0; i < len;) {
		if (strchr(SEPARATORS, at[i]) != NULL || at[i] == '\0') {
			gap++;
			i++;
			continue;
		}
		struct word *w = &l->words[l->count++];
		*w = (struct word){.at = at + i, .gap = gap};
		while (i < len && at[i] != '\0' && strchr(SEPARATORS ":", at[i]) == NULL)
			i++;
		w->len = (size_t)(at + i - w->at);
		w->colon = i < len && at[i] == ':';
		gap = 0;
		i += w->colon;
		find_digits(w);
	}
	for (size_t i = 0; i < l->count; i++) {
		bool joined = i > 0 && l->words[i - 1].colon && l->words[i].gap == 0;
		if (!joined && is_time(&l->words[i], l->count - i))
			l->words[i].digits = l->words[i + 1].digits = l->words[i + 2].digits = 0;
	}
}

/* ---- bytes ---- */

static void put(struct reader *r, unsigned byte)
{
	if (r->p->len == r->p->cap) {
		r->p->lost = true;
		return;
	}
	r->p->data[r->p->len++] = (uint8_t)byte;
	r->s->len++;
}

static unsigned pair(const char *at)
{
	return (unsigned)hex_digit(at[0]) << 4 | (unsigned)hex_digit(at[1]);
}

/* The byte 8f as the int that C makes of it, among bytes of two digits. */
static bool is_sign_extended(const struct word *w, bool among_bytes)
{
	return among_bytes && w->digits == 8 && strncasecmp(w->hex, "ffffff", 6) == 0 && pair(w->hex + 6) >= 0x80;
}

static void put_word(struct reader *r, const struct word *w, bool among_bytes)
{
	if (w->digits % 2 != 0) {
		if (w->digits > 1)
			r->s->why = "a number in it has an odd count of digits";
		put(r, (unsigned)hex_digit(w->hex[0]));
		for (size_t i = 1; i + 1 < w->digits; i += 2)
			put(r, pair(w->hex + i));
		return;
	}
	for (size_t i = is_sign_extended(w, among_bytes) ? 6 : 0; i < w->digits; i += 2)
		put(r, pair(w->hex + i));
}

static bool all_digits(const struct word *from, const struct word *end, size_t digits, char most)
{
	for (const struct word *w = from; w < end; w++) {
		bool fits = w->digits == digits && w->len == digits;
		for (size_t i = 0; fits && i < digits; i++)
			fits = w->at[i] <= most || most == 'f';
		if (!fits)
			return false;
	}
	return from < end;
}

static unsigned octal(const struct word *w)
{
	unsigned v = 0;
	for (size_t i = 0; i < w->len; i++)
		v = v << 3 | (unsigned)(w->at[i] - '0');
	return v;
}

/* With the seven digits of its offset before it, od means octal: bytes by three digits, words of the host by six. */
static bool put_octal(struct reader *r, const struct word *from, const struct word *end, const struct word *offset)
{
	bool bytes = all_digits(from, end, 3, '7'), words = all_digits(from, end, 6, '7');
	if (offset == NULL || offset->digits != 7 || (!bytes && !words))
		return false;
	for (const struct word *w = from; w < end; w++) {
		put(r, octal(w) & 0xff);
		if (words)
			put(r, octal(w) >> 8 & 0xff);
	}
	return true;
}

static void put_words(struct reader *r, const struct word *from, const struct word *end, const struct word *offset)
{
	bool among_bytes = false, binary = all_digits(from, end, 8, '1') && end - from > 1;
	if (binary)
		r->s->why = "its digits are binary; paste hex digits";
	if (put_octal(r, from, end, offset))
		return;
	if (!all_digits(from, end, 4, 'f') || (offset && offset->colon))
		r->s->words = false;
	for (const struct word *w = from; w < end; w++)
		among_bytes = among_bytes || w->digits <= 2;
	for (const struct word *w = from; w < end; w++)
		put_word(r, w, among_bytes);
}

/* ---- sections ---- */

static void begin(struct reader *r, bool command)
{
	struct paste *p = r->p;
	if (p->sections == PASTE_SECTIONS) {
		p->lost = true;
		r->s = &p->section[PASTE_SECTIONS - 1];
		r->s->why = "there are too many dumps in this text";
		return;
	}
	r->s = &p->section[p->sections++];
	*r->s = (struct paste_section){.at = p->len, .command = command, .words = true};
	r->offsets = r->star = false;
	r->base = r->row_len = 0;
}

static bool parse_offset(const struct word *w, unsigned base, size_t *offset)
{
	*offset = 0;
	for (size_t i = 0; i < w->digits; i++) {
		unsigned v = (unsigned)hex_digit(w->hex[i]);
		if (v >= base || *offset > SIZE_MAX / 32)
			return false;
		*offset = *offset * base + v;
	}
	return w->digits > 0;
}

static size_t expected(const struct reader *r)
{
	return r->base + (r->s ? r->s->len : 0);
}

static bool is_expected(const struct reader *r, const struct word *w)
{
	size_t offset;
	return (parse_offset(w, 16, &offset) && offset == expected(r)) ||
	       (w->digits >= 7 && parse_offset(w, 8, &offset) && offset == expected(r));
}

static void repeat_row(struct reader *r, size_t until)
{
	while (expected(r) < until && r->row_len == WHOLE_ROW && r->repeated < PASTE_REPEAT_MAX_BYTES) {
		put(r, r->p->data[r->row_at + (r->repeated % WHOLE_ROW)]);
		r->repeated++;
	}
}

/* A row at this offset: goes on, or begins, or shows that rows are missing. */
static void place(struct reader *r, const struct word *w, bool command)
{
	size_t hex = 0, oct = 0, offset;
	(void)parse_offset(w, 16, &hex);
	bool is_octal = w->digits == 7 && !w->colon && parse_offset(w, 8, &oct);
	if (r->s == NULL || !r->offsets || hex == 0) {
		begin(r, command);
		r->offsets = true;
		r->base = is_octal ? oct : hex;
		if (hex != 0)
			r->s->why = "its beginning is missing";
		return;
	}
	offset = is_octal && (oct == expected(r) || (r->star && oct > expected(r) && oct % WHOLE_ROW == 0)) ? oct : hex;
	if (r->star)
		repeat_row(r, offset);
	r->star = false;
	if (offset != expected(r)) {
		r->s->why = "lines of it are missing or out of order";
		r->base = offset - r->s->len;
	}
}

static void add_row(struct reader *r, const struct word *from, const struct word *end, const struct word *offset, bool command)
{
	if (offset)
		place(r, offset, command);
	else if (r->s == NULL || r->offsets || command != r->s->command)
		begin(r, command);
	r->row_at = r->p->len;
	put_words(r, from, end, offset);
	r->row_len = r->p->len - r->row_at;
}

/* ---- lines ---- */

/* Of words from on: how many are hex numbers with digits that bytes may have. */
static size_t run_of(const struct line *l, size_t from)
{
	size_t n = 0;
	while (from + n < l->count && l->words[from + n].digits > 0)
		n++;
	return n;
}

static size_t bytes_of(const struct word *w)
{
	return w->digits < 2 ? 1 : w->digits / 2;
}

/* A column of text without a mark: behind two blanks or more, unless those are the gap in the middle of a row. */
static size_t cut_column(const struct word *w, size_t n, bool colon)
{
	size_t bytes = 0;
	for (size_t i = 0; i < n; i++) {
		bool middle = bytes == WHOLE_ROW / 2 && w[i].gap == 2 && w[i].digits == 2 && n - i >= 1;
		if (bytes > 0 && ((w[i].gap >= 2 && colon && !middle) || (w[i].gap >= 3) || (w[i].gap >= 2 && bytes >= WHOLE_ROW)))
			return i;
		bytes += bytes_of(&w[i]);
	}
	return n;
}

/* The offset that a row begins with, if it does. */
static bool is_offset(const struct reader *r, const struct word *w, size_t n)
{
	if (n < 2 || w[0].digits != w[0].len)
		return false;
	if (w[0].colon)
		return w[0].digits >= 4 && w[1].gap >= 1;
	size_t offset = 0;
	bool zero = parse_offset(w, 16, &offset) && offset == 0, small = w[1].digits <= 4 || w[1].digits == 6;
	if (w[0].digits >= 6 && w[0].digits <= 8 && small)
		return zero || w[1].gap >= 2 || (r->s && r->offsets && is_expected(r, w)) || (w[0].digits == 7 && w[0].at[0] == '0');
	/* sg3_utils: " 00     70 00", the bytes in a column of their own. */
	return w[0].digits >= 2 && w[0].digits <= 4 && w[1].gap >= 3 && (zero || offset % WHOLE_ROW == 0);
}

static bool has_word(const struct line *l, size_t n, const char *text)
{
	for (size_t i = 0; i < n && i < l->count; i++) {
		if (l->words[i].len == strlen(text) && strncasecmp(l->words[i].at, text, l->words[i].len) == 0)
			return true;
	}
	return false;
}

/* The last line of od and hexdump: where the dump ends. */
static bool is_end(const struct reader *r, const struct line *l)
{
	return l->count == 1 && r->s && r->offsets && l->words[0].digits >= 6 && l->words[0].digits <= 8 &&
	       (is_expected(r, &l->words[0]) || r->star);
}

static void end_dump(struct reader *r, const struct word *w)
{
	size_t hex = 0, oct = 0;
	if (!r->star)
		return;
	(void)parse_offset(w, 16, &hex);
	repeat_row(r, w->digits == 7 && parse_offset(w, 8, &oct) ? oct : hex);
	r->star = false;
	if (!is_expected(r, w))
		r->s->why = "what its \"*\" stands for is not clear";
}

/* Words before a dump may be numbers, too: only what is long enough and not of single digits counts behind other words. */
static bool is_dump(const struct word *w, size_t n, bool pure)
{
	size_t bytes = 0;
	bool whole = true;
	for (size_t i = 0; i < n; i++) {
		bytes += bytes_of(&w[i]);
		whole = whole && (w[i].digits > 1 || w[i].len > 2);
	}
	return pure || (bytes >= 4 && whole);
}

static void read_run(struct reader *r, const struct line *l, size_t from, size_t n, bool *any)
{
	const struct word *w = &l->words[from];
	bool command = has_word(l, from, "cdb") || has_word(l, from, "command");
	bool offset = is_offset(r, w, n), pure = from == 0 && n == l->count;
	size_t first = offset ? 1 : 0;
	size_t count = offset || from + n < l->count ? first + cut_column(w + first, n - first, offset && w[0].colon) : n;
	/* The additional data of stenc 1 begins at byte 18: it is not the beginning of anything. */
	if (has_word(l, from, "additional") || !is_dump(w + first, count - first, pure || offset))
		return;
	bool again = *any;
	add_row(r, w + first, w + count, offset ? w : NULL, command);
	if (again)
		r->s->why = "characters in it are no hex digits";
	*any = true;
	r->dump = r->dump ? r->dump : w->at;
}

static void read_words(struct reader *r, const struct line *l)
{
	bool any = false;
	for (size_t i = 0; i < l->count; i++) {
		size_t n = run_of(l, i);
		/* An offset may stand behind the words of a kernel: begin at the last one. */
		for (size_t k = n; k-- > 1;) {
			if (l->words[i + k - 1].colon && is_offset(r, &l->words[i + k - 1], n - k + 1) && k > 1) {
				i += k - 1;
				n -= k - 1;
				break;
			}
		}
		if (n > 0)
			read_run(r, l, i, n, &any);
		i += n;
		if (any && n > 0 && i < l->count && (l->words[i].gap >= 2 || l->ends_text))
			break; /* the column of text */
	}
	if (!any && l->count > 0)
		r->s = r->offsets ? r->s : NULL;
}

static void read_line(struct reader *r, struct line *l, const char *at, size_t len)
{
	r->dump = NULL;
	split(l, at, len);
	if (l->count == 1 && l->words[0].len == 1 && l->words[0].at[0] == '*')
		r->star = r->s != NULL && r->offsets;
	else if (is_end(r, l))
		end_dump(r, &l->words[0]);
	else
		read_words(r, l);
	/* A column of text is no text: it may be a passphrase that looks like a code. */
	paste_codes(at, r->dump ? (size_t)(r->dump - at) : len, &r->told, r->p);
}

size_t paste_room(size_t len)
{
	return len + PASTE_REPEAT_MAX_BYTES;
}

bool paste_read(struct span text, uint8_t *data, struct paste *p)
{
	struct reader r = {.p = p, .told = PASTE_NOTHING_TOLD};
	*p = (struct paste){.data = data, .cap = paste_room(text.len)};
	struct line l = {.words = malloc((text.len + 1) * sizeof *l.words)};
	if (l.words == NULL)
		return false;
	const char *at = (const char *)text.data, *end = at + text.len;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = stop ? (size_t)(stop - at) : (size_t)(end - at);
		read_line(&r, &l, at, len);
		at += len + 1;
	}
	for (unsigned i = 0; i < p->sections; i++) {
		if (p->section[i].words && p->section[i].len < 2)
			p->section[i].words = false;
	}
	if (r.star && r.s)
		r.s->why = "what its \"*\" stands for is not clear";
	free(l.words);
	return true;
}

struct span paste_bytes(const struct paste *p, const struct paste_section *s)
{
	return (struct span){p->data + s->at, s->len};
}

bool paste_is_binary(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (c < 0x20 && memchr("\t\n\v\f\r\b\x1b", c, 7) == NULL)
			return true;
	}
	return false;
}

size_t paste_unsign(uint8_t *data, size_t len)
{
	size_t out = 0;
	for (size_t i = 0; i < len; i++) {
		bool extended = len - i >= 4 && data[i] == 0xff && data[i + 1] == 0xff && data[i + 2] == 0xff && data[i + 3] >= 0x80;
		i += extended ? 3 : 0;
		data[out++] = data[i];
	}
	return out;
}

void paste_swap(uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		uint8_t first = data[i];
		data[i] = data[i + 1];
		data[i + 1] = first;
	}
}
