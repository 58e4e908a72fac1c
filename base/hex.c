/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hex.h"

#include "base/ct.h"

int hex_digit(int c)
{
	unsigned u = (unsigned)c;
	unsigned digit = ct_between(u, '0', '9'), lower = ct_between(u, 'a', 'f'), upper = ct_between(u, 'A', 'F');
	return (int)((digit & (u - '0')) | (lower & (u - 'a' + 10)) | (upper & (u - 'A' + 10)) | ~(digit | lower | upper));
}

static char digit_of(unsigned v)
{
	return (char)(v + '0' + (ct_between(v, 10, 15) & ('a' - '0' - 10)));
}

bool hex_read(const void *text, size_t n, uint8_t *out)
{
	const uint8_t *p = text;
	int bad = 0;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(p[2 * i]), low = hex_digit(p[2 * i + 1]);
		bad |= high | low;
		out[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
	}
	return bad >= 0;
}

void hex_write(const void *data, size_t n, char *text)
{
	const uint8_t *p = data;
	for (size_t i = 0; i < n; i++) {
		*text++ = digit_of(p[i] >> 4);
		*text++ = digit_of(p[i] & 15);
	}
}

void hex_text(const void *data, size_t n, char *text)
{
	hex_write(data, n, text);
	text[2 * n] = '\0';
}
