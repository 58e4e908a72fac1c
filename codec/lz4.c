/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZ4 blocks (no LZ4 frame) inside the fastlzlib framing; LZ4HC differs in the encoder only.
 * volume-format.md 5.6, 5.9 */
#include "codec/ctx.h"
#include "codec/fzframe.h"

#include <lz4.h>
#include <lz4hc.h>
#include <stdlib.h>

static const char *lz4_inflate_block(const uint8_t *in, size_t in_len, uint8_t *out, size_t plain_len)
{
	int n = LZ4_decompress_safe((const char *)in, (char *)out, (int)in_len, (int)plain_len);
	if (n < 0)
		return "LZ4 block is invalid";
	return (size_t)n == plain_len ? NULL : "LZ4 block is shorter than its header says";
}

static enum codec_result lz4_inflate(struct codec_ctx *ctx, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len)
{
	return fzframe_inflate(ctx, lz4_inflate_block, in, in_len, out, out_cap, out_len);
}

static size_t lz4_deflate_block(void *state, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap)
{
	return (size_t)LZ4_compress_fast_extState(state, (const char *)in, (char *)out, (int)in_len, (int)out_cap, level);
}

static enum codec_result lz4_deflate(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				     size_t *out_len)
{
	void *memory = codec_memory(ctx, CODEC_LZ4, (size_t)LZ4_sizeofState());
	if (memory == NULL)
		return CODEC_MEMORY;
	return fzframe_deflate(lz4_deflate_block, memory, level, in, in_len, out, out_cap, out_len);
}

static size_t lz4hc_deflate_block(void *state, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap)
{
	return (size_t)LZ4_compress_HC_extStateHC(state, (const char *)in, (char *)out, (int)in_len, (int)out_cap, level);
}

static enum codec_result lz4hc_deflate(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				       size_t *out_len)
{
	void *memory = codec_memory(ctx, CODEC_LZ4HC, (size_t)LZ4_sizeofStateHC());
	if (memory == NULL)
		return CODEC_MEMORY;
	return fzframe_deflate(lz4hc_deflate_block, memory, level, in, in_len, out, out_cap, out_len);
}

const struct codec codec_lz4 = {
	.id = CODEC_LZ4,
	.name = "lz4",
	.log_name = "LZ4",
	.magic = 0x465A344C,
	.level_min = 1,
	.level_max = 1,
	.level_default = 1,
	.header_level = 1,
	.readers = FZFRAME_READERS,
	.library = "liblz4",
	.library_version = LZ4_versionString,
	.bound = fzframe_bound,
	.declared = fzframe_declared,
	.is_common = fzframe_is_one_block,
	.inflate = lz4_inflate,
	.deflate = lz4_deflate,
	.end = free,
};

const struct codec codec_lz4hc = {
	.id = CODEC_LZ4HC,
	.name = "lz4hc",
	.log_name = "LZ4HC",
	.magic = 0x465A3448,
	.level_min = 1,
	.level_max = 12,
	.level_default = 9,
	.header_level = 1,
	.readers = FZFRAME_READERS,
	.bound = fzframe_bound,
	.declared = fzframe_declared,
	.is_common = fzframe_is_one_block,
	.inflate = lz4_inflate,
	.deflate = lz4hc_deflate,
	.end = free,
};
