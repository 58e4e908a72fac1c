/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FastLZ blocks, levels 1 and 2; an implementation of our own after volume-format.md 5.8. */
#ifndef CODEC_FASTLZ_H
#define CODEC_FASTLZ_H

#include <stddef.h>
#include <stdint.h>

/* Positions that the encoder remembers. */
#define FASTLZ_TABLE_ENTRIES 16384

/* in[in_len], level 1 or 2 -> exactly out[plain_len]; never writes behind that.  in and out do not overlap.
 * Returns NULL, or a static phrase: why in is no such block. */
const char *fastlz_inflate(const uint8_t *in, size_t in_len, uint8_t *out, size_t plain_len);

/* in[in_len] -> out, a level 1 block of at most out_cap bytes; returns its length, 0 if it does not fit (or in_len is
 * 0).  table: working memory, content irrelevant.  n + n/32 + 1 bytes always suffice. */
size_t fastlz_deflate(uint16_t table[static FASTLZ_TABLE_ENTRIES], const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap);

#endif
