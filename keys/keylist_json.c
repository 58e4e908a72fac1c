/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON, as far as lists of keys need it: RFC 8259 in full, of which only the members of interest are kept. */
#include "keys/keylist_forms.h"

#include "base/hex.h"

#include <string.h>

#define DEPTH_MAX 32u
#define TEXT_MAX 512u /* bytes of a string that are kept */

/* What is known of the object at hand. */
struct members {
	bool has_volume, has_key, key_is_null;
	uint8_t volume[TEXT_MAX], key[TEXT_MAX];
	size_t volume_len, key_len, line;
};

struct parser {
	struct rd r;
	size_t line;
	struct keylist *list;
	struct members *members; /* one for each depth */
	bool bad;
};

/* The first fault of the text; behind it nothing is read. */
static bool fail(struct parser *p, const char *what)
{
	if (!p->bad)
		keylist_fault(p->list, p->line, "not JSON: %s", what);
	p->bad = true;
	return false;
}

static int peek(const struct parser *p)
{
	return rd_left(&p->r) > 0 ? *p->r.p : -1;
}

static int next(struct parser *p)
{
	const uint8_t *at = rd_left(&p->r) > 0 ? rd_bytes(&p->r, 1) : NULL;
	if (at && *at == '\n')
		p->line++;
	return at ? *at : -1;
}

static int skip_blanks(struct parser *p)
{
	while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\r' || peek(p) == '\n')
		next(p);
	return peek(p);
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* ---- strings ---- */

static void keep(uint8_t *text, size_t *len, unsigned byte)
{
	if (*len < TEXT_MAX)
		text[(*len)++] = (uint8_t)byte;
}

static bool hex4(struct parser *p, unsigned *value)
{
	*value = 0;
	for (int i = 0; i < 4; i++) {
		int v = hex_digit(next(p));
		if (v < 0)
			return fail(p, "\\u needs four hex digits");
		*value = *value << 4 | (unsigned)v;
	}
	return true;
}

static bool unicode(struct parser *p, uint8_t *text, size_t *len)
{
	unsigned c, low;
	if (!hex4(p, &c))
		return false;
	if (c >= 0xdc00 && c < 0xe000)
		return fail(p, "half a character");
	if (c >= 0xd800 && c < 0xdc00) {
		if (next(p) != '\\' || next(p) != 'u' || !hex4(p, &low) || low < 0xdc00 || low >= 0xe000)
			return fail(p, "half a character");
		c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
	}
	if (c < 0x80) {
		keep(text, len, c);
		return true;
	}
	static const unsigned first[] = {0, 0xc0, 0xe0, 0xf0};
	unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	keep(text, len, first[more] | c >> (6 * more));
	while (more-- > 0)
		keep(text, len, 0x80 | (c >> (6 * more) & 0x3f));
	return true;
}

static bool escape(struct parser *p, uint8_t *text, size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = next(p);
	if (c == 'u')
		return unicode(p, text, len);
	const char *at = c > 0 ? strchr(from, c) : NULL;
	if (at == NULL)
		return fail(p, "an unknown escape");
	keep(text, len, (unsigned char)to[at - from]);
	return true;
}

/* A string, of which text keeps the first TEXT_MAX bytes. */
static bool string(struct parser *p, uint8_t text[static TEXT_MAX], size_t *len)
{
	*len = 0;
	if (next(p) != '"')
		return fail(p, "a string begins with \"");
	for (int c = next(p); c != '"'; c = next(p)) {
		if (c < 0)
			return fail(p, "it ends inside a string");
		if (c < 0x20)
			return fail(p, "a control character in a string");
		if (c != '\\')
			keep(text, len, (unsigned)c);
		else if (!escape(p, text, len))
			return false;
	}
	return true;
}

/* ---- numbers and words ---- */

static bool digits(struct parser *p)
{
	if (!is_digit(peek(p)))
		return fail(p, "a number without digits");
	while (is_digit(peek(p)))
		next(p);
	return true;
}

static bool number(struct parser *p)
{
	if (peek(p) == '-')
		next(p);
	if (peek(p) == '0')
		next(p);
	else if (!digits(p))
		return false;
	if (peek(p) == '.') {
		next(p);
		if (!digits(p))
			return false;
	}
	if (peek(p) != 'e' && peek(p) != 'E')
		return true;
	next(p);
	if (peek(p) == '+' || peek(p) == '-')
		next(p);
	return digits(p);
}

static bool word(struct parser *p)
{
	static const char *const words[] = {"true", "false", "null"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t n = strlen(words[i]);
		if (rd_left(&p->r) >= n && memcmp(p->r.p, words[i], n) == 0) {
			rd_bytes(&p->r, n);
			return true;
		}
	}
	return fail(p, "neither a value nor the end of one");
}

/* ---- objects and arrays ---- */

/* The name of a member, and its value if that is of interest and short; other values are left for the caller. */
static bool member(struct parser *p, struct members *m, bool *taken)
{
	uint8_t name[TEXT_MAX];
	size_t len;
	*taken = false;
	skip_blanks(p);
	if (!string(p, name, &len))
		return false;
	if (skip_blanks(p) != ':')
		return fail(p, "a name without a value");
	next(p);
	bool is_volume = keylist_names_volume((struct span){name, len}), is_key = keylist_names_key((struct span){name, len});
	int c = skip_blanks(p);
	if (is_key && c == 'n')
		m->key_is_null = true;
	if ((!is_volume && !is_key) || c != '"')
		return true;
	*taken = true;
	m->line = is_volume ? p->line : m->line;
	if ((is_volume && m->has_volume) || (is_key && m->has_key))
		return fail(p, "a name that stands twice in one object");
	m->has_volume = m->has_volume || is_volume;
	m->has_key = m->has_key || is_key;
	return is_volume ? string(p, m->volume, &m->volume_len) : string(p, m->key, &m->key_len);
}

static int end_object(struct parser *p, struct members *m, struct err *e)
{
	int r = 0;
	if (m->has_volume && m->has_key && m->key_len > 0)
		r = keylist_add(p->list, (struct span){m->volume, m->volume_len}, (struct span){m->key, m->key_len}, m->line, e);
	else if (m->has_volume && (m->key_is_null || m->has_key))
		p->list->keyless++;
	else if (m->has_key)
		keylist_fault(p->list, p->line, "a key without its volume");
	return r;
}

/* One value after the other, with a stack of brackets instead of calls into calls. */
static int values(struct parser *p, struct err *e)
{
	char open[DEPTH_MAX];
	size_t depth = 0;
	int r = 0;
	bool taken = false, first = true;
	while (r == 0 && !p->bad) {
		int c = skip_blanks(p);
		if (depth > 0 && first && c == (open[depth - 1] == '{' ? '}' : ']')) {
			/* an empty one: closed below */
		} else if (depth > 0 && open[depth - 1] == '{' && !member(p, &p->members[depth - 1], &taken)) {
			break;
		} else if (!taken) {
			c = skip_blanks(p);
			if (c == '{' || c == '[') {
				if (depth == DEPTH_MAX) {
					fail(p, "brackets too deep");
					break;
				}
				open[depth] = (char)next(p);
				p->members[depth++] = (struct members){.line = p->line};
				first = true;
				continue;
			}
			uint8_t text[TEXT_MAX];
			size_t len;
			bool good = c == '"' ? string(p, text, &len) : c == '-' || is_digit(c) ? number(p) : word(p);
			secret_wipe(text, sizeof text);
			if (!good)
				break;
		}
		taken = false;
		first = false;
		while (r == 0 && depth > 0 && skip_blanks(p) == (open[depth - 1] == '{' ? '}' : ']')) {
			next(p);
			depth--;
			if (open[depth] == '{')
				r = end_object(p, &p->members[depth], e);
		}
		if (depth == 0)
			break;
		if (r == 0 && next(p) != ',')
			fail(p, "neither a comma nor the end of what was begun");
	}
	return r;
}

int keylist_json_read(struct keylist *list, struct span text, struct err *e)
{
	struct secret pages = SECRET_NONE;
	struct parser p = {.r = rd_over(text.data, text.len), .line = 1, .list = list};
	int r = secret_new(&pages, DEPTH_MAX * sizeof *p.members, e);
	if (r != 0)
		return r;
	p.members = (struct members *)(void *)pages.data;
	/* bconsole's ".api json" and others give one object after the other. */
	do
		r = values(&p, e);
	while (r == 0 && !p.bad && skip_blanks(&p) >= 0);
	secret_free(&pages);
	return r;
}
