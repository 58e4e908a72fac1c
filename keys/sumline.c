/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/sumline.h"

#include "base/hex.h"
#include "base/lines.h"

#include <stdio.h>
#include <string.h>

static uint32_t crc24(const char *text, size_t len)
{
	uint32_t crc = 0xb704ce;
	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)(unsigned char)text[i] << 16;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x800000 ? (crc << 1 ^ 0x1864cfb) & 0xffffff : crc << 1;
	}
	return crc;
}

void sumline_put(struct sumline *l, const char *text, size_t len)
{
	if (len > sizeof l->text - l->len) {
		l->full = true;
		return;
	}
	memcpy(l->text + l->len, text, len);
	l->len += len;
}

void sumline_word(struct sumline *l, const char *word)
{
	if (l->len)
		sumline_put(l, " ", 1);
	sumline_put(l, word, strlen(word));
}

void sumline_number(struct sumline *l, size_t n)
{
	char text[24];
	snprintf(text, sizeof text, "%zu", n);
	sumline_word(l, text);
}

void sumline_hex(struct sumline *l, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[2];
		hex_write(&bytes[i], 1, text);
		sumline_put(l, " ", i % SUMLINE_GROUP_BYTES == 0);
		sumline_put(l, text, 2);
	}
}

void sumline_end(struct sumline *l)
{
	char sum[SUMLINE_SUM_CHARS + 1];
	snprintf(sum, sizeof sum, "%06x", (unsigned)crc24(l->text, l->len));
	sumline_word(l, sum);
	sumline_put(l, "\n", 1);
}

bool sumline_is(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.data, word, s.len) == 0;
}

struct span sumline_typed(struct span line)
{
	static const char prefix[] = "QR-Code:";
	line = lines_trim(line);
	return lines_begins(line, prefix) ? lines_skip(line, sizeof prefix - 1) : line;
}

bool sumline_split(struct span line, struct sumline_words *w)
{
	w->count = 0;
	for (size_t i = 0; i < line.len;) {
		while (i < line.len && memchr(" \t\r", line.data[i], 3) != NULL)
			i++;
		size_t from = i;
		while (i < line.len && memchr(" \t\r", line.data[i], 3) == NULL)
			i++;
		if (i == from)
			break;
		if (w->count == SUMLINE_WORDS_MAX)
			return false;
		w->word[w->count++] = (struct span){line.data + from, i - from};
	}
	return true;
}

static void put_lower(struct sumline *l, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = (char)s.data[i];
		sumline_put(l, &(char){c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c}, 1);
	}
}

/* However they were grouped, as sumline_hex groups them. */
static void put_digits(struct sumline *l, const struct sumline_words *w, size_t first)
{
	size_t digits = 0;
	for (size_t i = first; i + 1 < w->count; i++) {
		for (size_t k = 0; k < w->word[i].len; k++, digits++) {
			sumline_put(l, " ", digits % (SUMLINE_GROUP_BYTES * 2) == 0);
			put_lower(l, (struct span){w->word[i].data + k, 1});
		}
	}
}

bool sumline_check(const struct sumline_words *w, size_t hex, struct sumline *l)
{
	*l = (struct sumline){.len = 0};
	if (w->count < 2)
		return false;
	for (size_t i = 0; i + 1 < w->count && i < hex; i++) {
		sumline_put(l, " ", i > 0);
		sumline_put(l, (const char *)w->word[i].data, w->word[i].len);
	}
	if (hex < w->count)
		put_digits(l, w, hex);
	struct sumline typed = {.len = 0};
	put_lower(&typed, w->word[w->count - 1]);
	size_t at = l->len + 1;
	sumline_end(l);
	return !l->full && typed.len == SUMLINE_SUM_CHARS && memcmp(typed.text, l->text + at, SUMLINE_SUM_CHARS) == 0;
}

bool sumline_take_number(struct span s, size_t max, size_t *value)
{
	*value = 0;
	if (s.len == 0 || s.len > 9)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
		*value = *value * 10 + (size_t)(s.data[i] - '0');
	}
	return *value >= 1 && *value <= max;
}

int sumline_digit(uint8_t c)
{
	return c >= 'A' && c <= 'F' ? -1 : hex_digit(c);
}

size_t sumline_take_hex(const struct sumline *l, size_t from, uint8_t *bytes, size_t max)
{
	size_t got = 0;
	int high = -1;
	for (; from + SUMLINE_SUM_CHARS + 2 < l->len; from++) {
		int v = sumline_digit((uint8_t)l->text[from]);
		if (l->text[from] == ' ')
			continue;
		if (v < 0 || got == max)
			return 0;
		if (high >= 0)
			bytes[got++] = (uint8_t)(high << 4 | v);
		high = high >= 0 ? -1 : v;
	}
	return high < 0 ? got : 0;
}
