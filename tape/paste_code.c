/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/paste_code.h"

#include "base/hex.h"
#include "tape/sense_table.h"
#include "tape/sense_text.h"

#include <string.h>
#include <strings.h>

/* ---- a cursor over the text, in which nothing is case sensitive ---- */

struct scan {
	const char *at, *end;
};

static bool is_word(char c)
{
	return hex_digit(c) >= 0 || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '_';
}

static bool starts(struct scan s, const char *text)
{
	size_t n = strlen(text);
	return (size_t)(s.end - s.at) >= n && strncasecmp(s.at, text, n) == 0;
}

static void skip(struct scan *s, const char *any)
{
	while (s->at < s->end && *s->at != '\0' && strchr(any, *s->at) != NULL)
		s->at++;
}

/* From least to most digits, with or without 0x, and no word or slash behind them. */
static bool number(struct scan *s, size_t least, size_t most, unsigned *v)
{
	struct scan t = *s;
	if (starts(t, "0x"))
		t.at += 2;
	const char *from = t.at;
	for (*v = 0; t.at < t.end && hex_digit(*t.at) >= 0 && (size_t)(t.at - from) < most; t.at++)
		*v = *v << 4 | (unsigned)hex_digit(*t.at);
	size_t digits = (size_t)(t.at - from);
	if (digits < least || (t.at < t.end && hex_digit(*t.at) >= 0))
		return false;
	*s = t;
	return true;
}

static bool ends_here(struct scan s)
{
	return s.at == s.end || (!is_word(*s.at) && *s.at != '/' && *s.at != '-');
}

/* ---- codes ---- */

static void add_code(struct paste *p, struct paste_code c)
{
	for (unsigned i = 0; i < p->codes; i++) {
		const struct paste_code *o = &p->code[i];
		if (o->has_key == c.has_key && o->key == c.key && o->asc == c.asc && o->ascq == c.ascq && o->deferred == c.deferred)
			return;
	}
	if (p->codes == PASTE_CODES)
		p->lost = true;
	else
		p->code[p->codes++] = c;
}

/* 5/74/21, 05/ee0f, 7/EF10; between words, and no part of a longer row of numbers. */
static bool slashed(struct scan *s, struct paste *p)
{
	struct scan t = *s;
	unsigned key, asc, ascq;
	if (!number(&t, 1, 2, &key) || key > 15 || t.at == t.end || *t.at != '/')
		return false;
	t.at++;
	if (number(&t, 4, 4, &asc)) {
		ascq = asc & 0xff;
		asc >>= 8;
	} else if (!number(&t, 2, 2, &asc) || t.at == t.end || *t.at != '/' || (t.at++, !number(&t, 2, 2, &ascq))) {
		return false;
	}
	if (t.at < t.end && (*t.at | 0x20) == 'h')
		t.at++;
	if (!ends_here(t))
		return false;
	add_code(p, (struct paste_code){.has_key = true, .key = (uint8_t)key, .asc = (uint8_t)asc, .ascq = (uint8_t)ascq});
	*s = t;
	return true;
}

static bool six_digits(struct scan *s, struct paste *p)
{
	unsigned v;
	struct scan t = *s;
	if (!number(&t, 6, 6, &v) || v >> 16 > 15 || !ends_here(t))
		return false;
	add_code(p, (struct paste_code){.has_key = true, .key = (uint8_t)(v >> 16), .asc = (uint8_t)(v >> 8), .ascq = (uint8_t)v});
	*s = t;
	return true;
}

static const struct {
	const char *name;
	uint8_t key;
} key_names[] = {
	{"No Sense", 0},         {"No specific error", 0}, {"Recovered Error", 1}, {"Not Ready", 2},      {"Device not ready", 2},
	{"Medium Error", 3},     {"Hardware Error", 4},    {"Illegal Request", 5}, {"Unit Attention", 6}, {"Data Protect", 7},
	{"Blank Check", 8},      {"Blank tape", 8},        {"Vendor specific", 9}, {"Copy Aborted", 10},  {"Aborted Command", 11},
	{"Volume Overflow", 13}, {"Miscompare", 14},       {"Completed", 15},
};

static bool key_name(struct scan t, struct paste_told *told)
{
	for (size_t i = 0; i < sizeof key_names / sizeof key_names[0]; i++) {
		if (starts(t, key_names[i].name)) {
			told->key = key_names[i].key;
			return true;
		}
	}
	return false;
}

/* "Sense key: Illegal Request", "Sense Code:    Illegal Request (0x05)", "SK=05", "key=0x5". */
static void sense_key(struct scan t, struct paste_told *told)
{
	unsigned v;
	skip(&t, " \t:=");
	if (!key_name(t, told) && number(&t, 1, 2, &v) && v <= 15)
		told->key = (int)v;
}

/* The rest of a code is there. */
static void add_told(struct paste_told *told, struct paste *p, unsigned asc, unsigned ascq)
{
	bool has_key = told->key >= 0;
	add_code(p, (struct paste_code){has_key, told->deferred, has_key ? (uint8_t)told->key : 0, (uint8_t)asc, (uint8_t)ascq});
	*told = PASTE_NOTHING_TOLD;
}

/* 0x26, 26h, 26, 0 */
static bool part(struct scan *s, unsigned *v)
{
	struct scan t = *s;
	skip(&t, " \t:=");
	if (!number(&t, 1, 2, v))
		return false;
	if (t.at < t.end && (*t.at | 0x20) == 'h')
		t.at++;
	if (t.at < t.end && is_word(*t.at))
		return false;
	*s = t;
	return true;
}

/* "ASC=0x26" and later "ASCQ: 0"; "asc:24,0" of FreeBSD; "ASC/ASCQ = 24h/00h". */
static void asc_or_ascq(struct scan *s, struct paste_told *told, struct paste *p)
{
	unsigned v, second = 0;
	bool is_ascq = starts(*s, "ascq"), both = starts(*s, "asc/ascq");
	struct scan t = {s->at + (both ? 8 : is_ascq ? 4 : 3), s->end};
	if (!part(&t, &v))
		return;
	*s = t;
	if (is_ascq && told->asc >= 0) {
		add_told(told, p, (unsigned)told->asc, v);
	} else if (!is_ascq) {
		told->asc = (int)v;
		bool pair = t.at < t.end && (*t.at == ',' || (both && *t.at == '/'));
		t.at += pair;
		if (pair && part(&t, &second)) {
			*s = t;
			add_told(told, p, v, second);
		}
	}
}

/* "Add. Sense: Unable to decrypt data", "Additional sense: ..." */
static bool text_of_code(struct scan *s, struct paste_told *told, struct paste *p)
{
	const struct sense_text *t = sense_text_at(s->at, (size_t)(s->end - s->at));
	if (t == NULL)
		return false;
	add_told(told, p, t->asc, t->ascq);
	s->at += strlen(t->text);
	return true;
}

/* Of kernels and sg3_utils, as text; of LTFS: "sense = 05ee0f", "sense = 05/ee0f", "unknown sense code 054a00". */
static void sense_word(struct scan *s, struct paste_told *told, struct paste *p)
{
	struct scan t = {s->at + strlen("sense"), s->end};
	s->at = t.at;
	skip(&t, " \t:=");
	if (starts(t, "key")) {
		sense_key((struct scan){t.at + 3, t.end}, told);
	} else if (starts(t, "code")) {
		t.at += 4;
		skip(&t, " \t:=");
		if (!six_digits(&t, p))
			sense_key(t, told);
	} else if (six_digits(&t, p) || slashed(&t, p) || text_of_code(&t, told, p)) {
		s->at = t.at;
	}
}

static void vendor_word(struct scan s, struct paste *p)
{
	static const struct {
		const char *name;
		unsigned vendor;
	} names[] = {{"IBM", SENSE_IBM}, {"ULT3580", SENSE_IBM}, {"HPE", SENSE_HP}, {"HP", SENSE_HP}, {"QUANTUM", SENSE_QUANTUM}};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct scan t = {s.at + strlen(names[i].name), s.end};
		if (starts(s, names[i].name) && (t.at == t.end || !is_word(*t.at)))
			p->vendor |= names[i].vendor;
	}
}

/* A word of letters, and what it brings. */
static void read_word(struct scan *s, struct paste_told *told, struct paste *p)
{
	struct scan word = *s;
	if (starts(word, "sense")) {
		sense_word(s, told, p);
	} else if (starts(word, "sk=") || starts(word, "sk ")) {
		sense_key((struct scan){word.at + 2, word.end}, told);
	} else if (starts(word, "key=") || starts(word, "key:")) {
		sense_key((struct scan){word.at + 3, word.end}, told);
	} else if (key_name(word, told)) {
		s->at += strlen("key"); /* at least */
	} else if (starts(word, "asc")) {
		asc_or_ascq(s, told, p);
	} else if (starts(word, "security protocol out") || starts(word, "security out")) {
		p->sets_key = true;
	} else if (starts(word, "deferred")) {
		told->deferred = true;
	} else {
		vendor_word(word, p);
	}
	while (s->at < s->end && is_word(*s->at))
		s->at++;
}

void paste_codes(const char *line, size_t len, struct paste_told *told, struct paste *p)
{
	struct scan s = {line, line + len};
	while (s.at < s.end) {
		if (slashed(&s, p))
			continue;
		if (is_word(*s.at) && hex_digit(*s.at) < 0) {
			read_word(&s, told, p);
		} else if (is_word(*s.at)) {
			/* "asc", "deferred" and "add" begin with a hex digit. */
			const char *before = s.at;
			read_word(&s, told, p);
			s.at += s.at == before;
		} else {
			/* A slash or a dash joins what is no code by itself. */
			bool joins = *s.at == '/' || *s.at == '-' || *s.at == '.';
			s.at++;
			while (joins && s.at < s.end && (is_word(*s.at) || *s.at == '/'))
				s.at++;
		}
	}
}
