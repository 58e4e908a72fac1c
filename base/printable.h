/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names on volumes and in file systems are foreign: no control character of theirs reaches a terminal.  Those below a blank,
 * DEL, and U+0080 to U+009F: terminals take U+009B, or that byte alone, for the beginning of an escape sequence. */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdio.h>

/* Length of the UTF-8 character at s, 0 if it is none. */
size_t printable_utf8_bytes(const char *s);

/* Length of what stands at s and may be shown; 0: show something else for this byte.  Bytes of other encodings may, from
 * 0xa0 on. */
size_t printable_bytes(const char *s);

/* Puts a question mark in the place of each byte that must not be shown.  Returns the length, which stays. */
size_t printable_make(char *text);

/* Writes text so. */
void printable_put(const char *text, FILE *out);

/* Trims and cleans foreign text; room of at least 1 byte. */
void printable_field(struct span from, char *text, size_t room);

#endif
