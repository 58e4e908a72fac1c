/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/base64.h"

/* All ones if low <= c <= high, else 0. */
static unsigned between(unsigned c, unsigned low, unsigned high)
{
	return (((c - low) | (high - c)) >> 31) - 1; /* a difference below 0 has its highest bit set */
}

/* 0 to 63, or 64. */
static unsigned value(unsigned c)
{
	unsigned upper = between(c, 'A', 'Z'), lower = between(c, 'a', 'z'), digit = between(c, '0', '9');
	unsigned plus = between(c, '+', '+'), slash = between(c, '/', '/');
	unsigned any = upper | lower | digit | plus | slash;
	return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (digit & (c - '0' + 52)) | (plus & 62) | (slash & 63) | (~any & 64);
}

static char character(unsigned v)
{
	unsigned upper = between(v, 0, 25), lower = between(v, 26, 51), digit = between(v, 52, 61);
	unsigned plus = between(v, 62, 62), slash = between(v, 63, 63);
	return (char)((upper & (v + 'A')) | (lower & (v - 26 + 'a')) | (digit & (v - 52 + '0')) | (plus & '+') | (slash & '/'));
}

void base64_write(const void *data, size_t len, char *text)
{
	const uint8_t *p = data;
	for (; len >= 3; len -= 3, p += 3) {
		unsigned v = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
		*text++ = character(v >> 18);
		*text++ = character(v >> 12 & 63);
		*text++ = character(v >> 6 & 63);
		*text++ = character(v & 63);
	}
	if (len > 0) {
		unsigned v = (unsigned)p[0] << 16 | (len > 1 ? (unsigned)p[1] << 8 : 0);
		*text++ = character(v >> 18);
		*text++ = character(v >> 12 & 63);
		*text++ = len > 1 ? character(v >> 6 & 63) : '=';
		*text++ = '=';
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool base64_read(const char *text, size_t len, uint8_t *out, size_t out_bytes, size_t *out_len)
{
	unsigned bits = 0, count = 0;
	size_t n = 0, at = 0;
	*out_len = 0;
	for (; at < len && text[at] != '='; at++) {
		if (is_blank(text[at]))
			continue;
		unsigned v = value((unsigned char)text[at]);
		if (v > 63)
			return false;
		bits = bits << 6 | v;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		if (n == out_bytes)
			return false;
		out[n++] = (uint8_t)(bits >> count);
	}
	for (; at < len; at++) {
		if (text[at] != '=' && !is_blank(text[at]))
			return false;
	}
	*out_len = n;
	return true;
}
