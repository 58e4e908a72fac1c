/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hex digits, of keys too: neither a branch nor a table depends on them. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0 to 15 for digits of either case; -1 for all others, EOF too. */
int hex_digit(int c);

/* Reads 2 * n digits and nothing else into n bytes.  False if one is none: out then has bytes that are of no use, wiping them
 * is the caller's.  Takes the same time for all texts of one length. */
bool hex_read(const void *text, size_t n, uint8_t *out);

/* Writes 2 * n digits, in lower case, without a NUL.  Takes the same time for all bytes. */
void hex_write(const void *data, size_t n, char *text);

/* The same and a NUL. */
void hex_text(const void *data, size_t n, char *text);

#endif
