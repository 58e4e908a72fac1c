/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines that people type in from paper: words, and at the end the CRC-24 of OpenPGP (RFC 4880, 6.1) over the words before it
 * with one blank between them.  The bundle and the shares are made of such lines. */
#ifndef KEYS_SUMLINE_H
#define KEYS_SUMLINE_H

#include "base/bytes.h"

#define SUMLINE_BYTES 512u /* a name of 127 bytes, all of them %XX, and more */
#define SUMLINE_SUM_CHARS 6u
#define SUMLINE_WORDS_MAX 64u
#define SUMLINE_GROUP_BYTES 2u /* of hex digits, between blanks */

/* A line as it is summed; may hold a key and is wiped by its owner. */
struct sumline {
	char text[SUMLINE_BYTES];
	size_t len;
	bool full; /* there was more */
};

struct sumline_words {
	struct span word[SUMLINE_WORDS_MAX];
	size_t count;
};

/* ---- writing ---- */

void sumline_put(struct sumline *l, const char *text, size_t len);
/* With a blank before it, unless it is the first. */
void sumline_word(struct sumline *l, const char *word);
void sumline_number(struct sumline *l, size_t n);
/* n bytes as hex digits in groups, a blank before each. */
void sumline_hex(struct sumline *l, const uint8_t *bytes, size_t n);
/* The sum and a newline. */
void sumline_end(struct sumline *l);

/* ---- reading ---- */

/* A line as a person or a scanner typed it, without what zbarimg puts before the first of a code, and blanks at its ends. */
struct span sumline_typed(struct span line);

/* Blanks, tabs and carriage returns part words.  False: more than SUMLINE_WORDS_MAX. */
bool sumline_split(struct span line, struct sumline_words *w);

bool sumline_is(struct span s, const char *word);

/* The line as it was summed, from words of which the last is the sum; words from hex on (SIZE_MAX: none) are digits in any
 * case and grouping.  Returns whether that is its sum.  l ends with the sum and a newline. */
bool sumline_check(const struct sumline_words *w, size_t hex, struct sumline *l);

/* Decimal, 1 to max. */
bool sumline_take_number(struct span s, size_t max, size_t *value);

/* Of a lower case hex digit, -1 if it is none. */
int sumline_digit(uint8_t c);

/* The hex digits of a summed line from the offset `from` to its sum.  Returns how many bytes they are, at most max; 0: more,
 * an odd number, or something else. */
size_t sumline_take_hex(const struct sumline *l, size_t from, uint8_t *bytes, size_t max);

#endif
