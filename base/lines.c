/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/lines.h"

#include <string.h>
#include <strings.h>

struct span lines_skip(struct span s, size_t n)
{
	return (struct span){s.data + n, s.len - n};
}

struct span lines_next(struct span *text)
{
	const uint8_t *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
	struct span line = {text->data, end ? (size_t)(end - text->data) : text->len};
	*text = lines_skip(*text, line.len + (end != NULL));
	return line;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct span lines_trim(struct span s)
{
	while (s.len > 0 && is_blank(s.data[0]))
		s = lines_skip(s, 1);
	while (s.len > 0 && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

bool lines_begins(struct span s, const char *with)
{
	size_t n = strlen(with);
	return s.len >= n && memcmp(s.data, with, n) == 0;
}

bool lines_says(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp((const char *)s.data, word, s.len) == 0;
}
