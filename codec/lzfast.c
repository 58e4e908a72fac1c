/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZFAST: FastLZ level 1 blocks inside the fastlzlib framing, as Bareos writes FZFZ.  volume-format.md 5.6, 5.8 */
#include "codec/ctx.h"
#include "codec/fastlz.h"
#include "codec/fzframe.h"

#include <stdlib.h>

static enum codec_result lzfast_inflate(struct codec_ctx *ctx, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
					size_t *out_len)
{
	return fzframe_inflate(ctx, fastlz_inflate, in, in_len, out, out_cap, out_len);
}

static size_t lzfast_deflate_block(void *state, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap)
{
	(void)level;
	return fastlz_deflate(state, in, in_len, out, out_cap);
}

static enum codec_result lzfast_deflate(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
					size_t *out_len)
{
	uint16_t *table = codec_memory(ctx, CODEC_LZFAST, FASTLZ_TABLE_ENTRIES * sizeof *table);
	if (table == NULL)
		return CODEC_MEMORY;
	return fzframe_deflate(lzfast_deflate_block, table, level, in, in_len, out, out_cap, out_len);
}

const struct codec codec_lzfast = {
	.id = CODEC_LZFAST,
	.name = "lzfast",
	.log_name = "FASTLZ",
	.magic = 0x465A465A,
	.level_min = 1,
	.level_max = 1,
	.level_default = 1,
	.header_level = 1,
	.readers = FZFRAME_READERS,
	.bound = fzframe_bound,
	.declared = fzframe_declared,
	.is_common = fzframe_is_one_block,
	.inflate = lzfast_inflate,
	.deflate = lzfast_deflate,
	.end = free,
};
