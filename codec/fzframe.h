/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fastlzlib framing around FastLZ and LZ4 blocks.  volume-format.md 5.6 */
#ifndef CODEC_FZFRAME_H
#define CODEC_FZFRAME_H

#include "codec/ctx.h"

/* Largest plain length that is written: one block, because Bareos reads no further than the first.  5.7 */
#define FZFRAME_PLAIN_MAX_BYTES 262144

/* Clients of Bareos 22 and older cut what is longer than their buffer without a word. */
#define FZFRAME_READERS                                                                                                                   \
	{                                                                                                                                 \
		[PRODUCT_BAREOS] = {.plain_max = FZFRAME_PLAIN_MAX_BYTES}, [PRODUCT_BAREOS_22] = {.plain_max = CODEC_CLIENT_PLAIN_BYTES}, \
	}

/* in[in_len] -> exactly out[plain_len]; writes nothing behind that.  NULL, or a static phrase: why it is no such block.
 * No length exceeds 288390. */
typedef const char *fzframe_inflate_block(const uint8_t *in, size_t in_len, uint8_t *out, size_t plain_len);

/* in[in_len] -> out, at most out_cap bytes; returns their number, 0 if they do not fit.  in_len: 65 up to
 * FZFRAME_PLAIN_MAX_BYTES. */
typedef size_t fzframe_deflate_block(void *state, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap);

/* The functions of struct codec, less the block coder. */
size_t fzframe_bound(size_t n);
bool fzframe_declared(const uint8_t *in, size_t in_len, uint64_t *plain_len);
enum codec_result fzframe_inflate(struct codec_ctx *ctx, fzframe_inflate_block *block, const uint8_t *in, size_t in_len, uint8_t *out,
				  size_t out_cap, size_t *out_len);

/* CODEC_SPACE also for in_len > FZFRAME_PLAIN_MAX_BYTES, which no framing holds. */
enum codec_result fzframe_deflate(fzframe_deflate_block *block, void *state, int level, const uint8_t *in, size_t in_len, uint8_t *out,
				  size_t out_cap, size_t *out_len);

/* Of a payload that decodes: does it hold one data block of the usual size at most, as Bareos wants it? */
bool fzframe_is_one_block(const uint8_t *in, size_t in_len);

#endif
