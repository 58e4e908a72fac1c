/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/jsonread.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "base/printable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	const uint8_t *begin;
	struct rd r;
	int (*take)(void *arg, const struct jsonread_value *v, struct err *e);
	void *arg;
	char path[JSONREAD_PATH_BYTES];
	char *text; /* of the string at hand: room for all that is left, decoding makes nothing longer */
	size_t row;
	unsigned depth;
};

static int fault(const struct reading *s, const char *what, struct err *e)
{
	return err_set(e, XE_FAILED, "byte %zu: no JSON: %s", (size_t)(s->r.p - s->begin), what);
}

/* The next byte, which stays; 0 at the end. */
static uint8_t peek(const struct reading *s)
{
	return rd_left(&s->r) > 0 ? *s->r.p : 0;
}

static void skip_space(struct reading *s)
{
	while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
		rd_u8(&s->r);
}

static bool takes(struct reading *s, char c)
{
	bool there = peek(s) == (uint8_t)c;
	if (there)
		rd_u8(&s->r);
	return there;
}

/* ---- strings ---- */

static bool read_hex(struct reading *s, uint32_t *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(rd_u8(&s->r));
		if (digit < 0)
			return false;
		*code = *code << 4 | (uint32_t)digit;
	}
	return true;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)((0xf00u >> n & 0xf0u) | c);
	return n;
}

/* Behind "\u": two of them where it takes two. */
static int read_code(struct reading *s, size_t *len, struct err *e)
{
	uint32_t c, low = 0;
	if (!read_hex(s, &c))
		return fault(s, "four hex digits are wanted", e);
	bool high = c >= 0xd800 && c < 0xdc00;
	if (high && !(takes(s, '\\') && takes(s, 'u') && read_hex(s, &low) && low >= 0xdc00 && low < 0xe000))
		return fault(s, "half a character", e);
	if (c == 0 || (c >= 0xdc00 && c < 0xe000))
		return fault(s, "this is no character", e);
	*len += put_utf8(s->text + *len, high ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : c);
	return 0;
}

static int read_escape(struct reading *s, size_t *len, struct err *e)
{
	static const char letters[] = "\"\\/bfnrt", stands[] = "\"\\/\b\f\n\r\t";
	uint8_t c = rd_u8(&s->r);
	const char *at = c ? strchr(letters, c) : NULL;
	if (c == 'u')
		return read_code(s, len, e);
	if (at == NULL)
		return fault(s, "unknown escape", e);
	s->text[(*len)++] = stands[at - letters];
	return 0;
}

static int read_character(struct reading *s, size_t *len, struct err *e)
{
	char one[5] = "";
	size_t left = rd_left(&s->r);
	memcpy(one, s->r.p, left < 4 ? left : 4);
	size_t n = (uint8_t)one[0] < 0x20 ? 0 : printable_utf8_bytes(one);
	const uint8_t *from = n > 0 ? rd_bytes(&s->r, n) : NULL;
	if (from == NULL)
		return fault(s, "a byte that cannot stand in a string", e);
	memcpy(s->text + *len, from, n);
	*len += n;
	return 0;
}

/* Behind the quotation mark; what it says is s->text. */
static int read_string(struct reading *s, struct err *e)
{
	size_t len = 0;
	int rc = 0;
	while (rc == 0 && !takes(s, '"')) {
		if (rd_left(&s->r) == 0)
			return fault(s, "a string does not end", e);
		rc = takes(s, '\\') ? read_escape(s, &len, e) : read_character(s, &len, e);
	}
	s->text[len] = '\0';
	return rc;
}

/* ---- numbers and words ---- */

static size_t put_digits(struct reading *s, size_t len)
{
	while (peek(s) >= '0' && peek(s) <= '9')
		s->text[len++] = (char)rd_u8(&s->r);
	return len;
}

static int read_number(struct reading *s, struct err *e)
{
	size_t len = 0;
	if (peek(s) == '-')
		s->text[len++] = (char)rd_u8(&s->r);
	size_t from = len;
	len = put_digits(s, len);
	bool good = len > from && (len == from + 1 || s->text[from] != '0');
	if (good && peek(s) == '.') {
		s->text[len++] = (char)rd_u8(&s->r);
		from = len;
		len = put_digits(s, len);
		good = len > from;
	}
	if (good && (peek(s) | 32) == 'e') {
		s->text[len++] = (char)rd_u8(&s->r);
		if (peek(s) == '-' || peek(s) == '+')
			s->text[len++] = (char)rd_u8(&s->r);
		from = len;
		len = put_digits(s, len);
		good = len > from;
	}
	s->text[len] = '\0';
	return good ? 0 : fault(s, "no number", e);
}

static bool read_word(struct reading *s, const char *word)
{
	size_t n = strlen(word);
	if (rd_left(&s->r) < n || memcmp(s->r.p, word, n) != 0)
		return false;
	rd_bytes(&s->r, n);
	memcpy(s->text, word, n + 1);
	return true;
}

/* ---- values ---- */

static int give(struct reading *s, enum jsonread_kind kind, const char *text, struct err *e)
{
	const struct jsonread_value v = {.kind = kind, .path = s->path, .text = text, .row = s->row};
	return s->take(s->arg, &v, e);
}

static int read_value(struct reading *s, struct err *e);

/* Below path, in what stands at its end. */
static int read_below(struct reading *s, const char *name, struct err *e)
{
	size_t len = strlen(s->path), n = strlen(name);
	if (len + n + 2 > sizeof s->path)
		return fault(s, "names that are too long", e);
	if (len > 0 && name[0] != '[')
		s->path[len] = '.';
	memcpy(s->path + len + (len > 0 && name[0] != '['), name, n + 1);
	int rc = read_value(s, e);
	s->path[len] = '\0';
	return rc;
}

static int read_member(struct reading *s, struct err *e)
{
	char name[JSONREAD_PATH_BYTES];
	skip_space(s);
	if (!takes(s, '"'))
		return fault(s, "a name is wanted", e);
	int rc = read_string(s, e);
	if (rc != 0)
		return rc;
	if (strlen(s->text) >= sizeof name)
		return fault(s, "names that are too long", e);
	memcpy(name, s->text, strlen(s->text) + 1);
	skip_space(s);
	return takes(s, ':') ? read_below(s, name, e) : fault(s, "a colon is wanted", e);
}

/* Behind its bracket. */
static int read_group(struct reading *s, enum jsonread_kind kind, struct err *e)
{
	char end = kind == JSONREAD_OBJECT ? '}' : ']';
	size_t row = s->row;
	int rc = give(s, kind, "", e);
	skip_space(s);
	if (rc != 0 || takes(s, end))
		return rc;
	for (size_t i = 0; rc == 0; i++) {
		s->row = kind == JSONREAD_ARRAY ? i : row;
		rc = kind == JSONREAD_ARRAY ? read_below(s, "[]", e) : read_member(s, e);
		skip_space(s);
		if (rc == 0 && takes(s, end))
			break;
		if (rc == 0 && !takes(s, ','))
			rc = fault(s, "a comma or the end is wanted", e);
	}
	s->row = row;
	return rc;
}

static int read_deeper(struct reading *s, enum jsonread_kind kind, struct err *e)
{
	if (s->depth == JSONREAD_DEPTH)
		return fault(s, "too deep", e);
	s->depth++;
	int rc = read_group(s, kind, e);
	s->depth--;
	return rc;
}

static int read_value(struct reading *s, struct err *e)
{
	skip_space(s);
	if (takes(s, '{'))
		return read_deeper(s, JSONREAD_OBJECT, e);
	if (takes(s, '['))
		return read_deeper(s, JSONREAD_ARRAY, e);
	if (takes(s, '"')) {
		int rc = read_string(s, e);
		return rc == 0 ? give(s, JSONREAD_TEXT, s->text, e) : rc;
	}
	if (read_word(s, "true") || read_word(s, "false"))
		return give(s, JSONREAD_BOOL, s->text, e);
	if (read_word(s, "null"))
		return give(s, JSONREAD_NULL, "", e);
	int rc = read_number(s, e);
	return rc == 0 ? give(s, JSONREAD_NUMBER, s->text, e) : rc;
}

int jsonread(const void *data, size_t len, int (*take)(void *arg, const struct jsonread_value *v, struct err *e), void *arg, struct err *e)
{
	struct reading s = {.begin = data, .r = rd_over(data, len), .take = take, .arg = arg, .text = malloc(len + 8)};
	if (s.text == NULL)
		return err_memory(e, len, "what a file says");
	int rc = read_value(&s, e);
	skip_space(&s);
	if (rc == 0 && rd_left(&s.r) > 0)
		rc = fault(&s, "something stands behind it", e);
	free(s.text);
	return rc;
}

bool jsonread_whole(const struct jsonread_value *v, uint64_t *number)
{
	char *end;
	if (v->kind != JSONREAD_NUMBER || v->text[0] == '-')
		return false;
	errno = 0;
	*number = strtoull(v->text, &end, 10);
	return errno == 0 && *end == '\0';
}
