/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/printable.h"

size_t printable_utf8_bytes(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = s[0] < 0x80                   ? 1
		   : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		   : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
		   : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						 : 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms and surrogates */
	if (n >= 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
		       (s[0] == 0xf4 && s[1] >= 0x90)))
		return 0;
	return n;
}

size_t printable_bytes(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = printable_utf8_bytes(text);
	if (n == 1)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (n == 2 && s[0] == 0xc2 && s[1] < 0xa0)
		return 0;
	return n > 0 ? n : s[0] >= 0xa0;
}

size_t printable_make(char *text)
{
	size_t at = 0;
	while (text[at]) {
		size_t n = printable_bytes(text + at);
		if (n == 0)
			text[at] = '?';
		at += n > 0 ? n : 1;
	}
	return at;
}

void printable_put(const char *text, FILE *out)
{
	while (*text) {
		size_t n = printable_bytes(text);
		if (n > 0)
			fwrite(text, 1, n, out);
		else
			putc('?', out);
		text += n > 0 ? n : 1;
	}
}

void printable_field(struct span from, char *text, size_t room)
{
	size_t n = from.len, out = 0;
	while (n > 0 && (from.data[n - 1] == ' ' || from.data[n - 1] == 0))
		n--;
	for (size_t i = 0; i < n && out + 1 < room; i++) {
		bool leading = out == 0 && from.data[i] == ' ';
		if (!leading)
			text[out++] = from.data[i] >= 0x20 && from.data[i] < 0x7f ? (char)from.data[i] : '?';
	}
	text[out] = '\0';
}
