/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base64.h"

#include "base/ct.h"
#include "base/secret.h"

/* 0 to 63, or 64. */
static unsigned value(unsigned c)
{
	unsigned upper = ct_between(c, 'A', 'Z'), lower = ct_between(c, 'a', 'z'), digit = ct_between(c, '0', '9');
	unsigned plus = ct_between(c, '+', '+'), slash = ct_between(c, '/', '/');
	unsigned any = upper | lower | digit | plus | slash;
	return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (digit & (c - '0' + 52)) | (plus & 62) | (slash & 63) | (~any & 64);
}

static char character(unsigned v)
{
	unsigned upper = ct_between(v, 0, 25), lower = ct_between(v, 26, 51), digit = ct_between(v, 52, 61);
	unsigned plus = ct_between(v, 62, 62), slash = ct_between(v, 63, 63);
	return (char)((upper & (v + 'A')) | (lower & (v - 26 + 'a')) | (digit & (v - 52 + '0')) | (plus & '+') | (slash & '/'));
}

void base64_write_bare(const void *data, size_t len, char *text)
{
	const uint8_t *p = data;
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < len; i++) {
		bits = (bits << 8 | p[i]) & 0xffff;
		have += 8;
		for (; have >= 6; have -= 6)
			*text++ = character(bits >> (have - 6) & 63);
	}
	if (have > 0)
		*text = character(bits << (6 - have) & 63);
}

void base64_write(const void *data, size_t len, char *text)
{
	base64_write_bare(data, len, text);
	for (size_t i = BASE64_BARE_CHARS(len); i < BASE64_CHARS(len); i++)
		text[i] = '=';
}

/* What has been read: bytes, and the bits of one that is not whole. */
struct decoder {
	uint8_t *out;
	unsigned bits, have;
	unsigned bad; /* 64: a character was none of the alphabet */
};

static void take(struct decoder *d, char c)
{
	unsigned v = value((unsigned char)c);
	d->bad |= v & 64;
	d->bits = (d->bits << 6 | (v & 63)) & 0xffff;
	d->have += 6;
	if (d->have >= 8) {
		d->have -= 8;
		*d->out++ = (uint8_t)(d->bits >> d->have);
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool base64_read(const char *text, size_t len, uint8_t *out, size_t out_bytes, size_t *out_len)
{
	struct decoder d = {.out = out};
	size_t at = 0;
	*out_len = 0;
	for (; at < len && text[at] != '='; at++) {
		if (is_blank(text[at]))
			continue;
		if (d.have >= 2 && (size_t)(d.out - out) == out_bytes)
			return false;
		take(&d, text[at]);
	}
	for (; at < len; at++) {
		if (text[at] != '=' && !is_blank(text[at]))
			return false;
	}
	if (d.bad)
		return false;
	*out_len = (size_t)(d.out - out);
	return true;
}

bool base64_read_exact(const char *text, size_t len, uint8_t *out, size_t n)
{
	struct decoder d = {.out = out};
	size_t chars = BASE64_BARE_CHARS(n);
	if (len != chars && len != BASE64_CHARS(n))
		return false;
	for (size_t i = 0; i < chars; i++)
		take(&d, text[i]);
	d.bad |= d.bits & ((1u << d.have) - 1);
	for (size_t i = chars; i < len; i++)
		d.bad |= text[i] != '=';
	if (d.bad)
		secret_wipe(out, n);
	return !d.bad;
}
