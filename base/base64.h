/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 of keys, without branches or tables that depend on them.  RFC 4648, padded and lenient as Bacula's daemons are
 * (formats/bacula-encryption.md 3.6), bare and exact as Bareos's keys are (formats/keys-and-drives.md 2). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters that len bytes become, without a NUL: padded, and bare. */
#define BASE64_CHARS(len) (((size_t)(len) + 2) / 3 * 4)
#define BASE64_BARE_CHARS(len) (((len)*4 + 2) / 3)
/* The most bytes that len characters can hold. */
#define BASE64_BYTES(len) ((size_t)(len) / 4 * 3 + 3)

/* Writes BASE64_CHARS(len) characters, with padding, in one line. */
void base64_write(const void *data, size_t len, char *text);

/* Writes BASE64_BARE_CHARS(len) characters.  Takes the same time for all bytes. */
void base64_write_bare(const void *data, size_t len, char *text);

/* Decodes up to the end or the first '='; blanks, tabs and line ends are passed over, behind '=' nothing else may stand.
 * False if a character is none of the alphabet or out has no room for them all; *out_len is then 0. */
bool base64_read(const char *text, size_t len, uint8_t *out, size_t out_bytes, size_t *out_len);

/* True if the len characters are the base64 of n bytes and of nothing else: no other character, no odd bits at the end,
 * padding whole or absent.  Wipes out otherwise.  Takes the same time for all texts of one length. */
bool base64_read_exact(const char *text, size_t len, uint8_t *out, size_t n);

#endif
