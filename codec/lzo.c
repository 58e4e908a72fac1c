/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZO1X-1: liblzo2 deflates, lzo1x.c inflates; no length and no checksum anywhere, only an end marker.  volume-format.md 5.5 */
#include "codec/ctx.h"
#include "codec/lzo1x.h"

#include <lzo/lzo1x.h>
#include <stdlib.h>

#define BOUND(n) ((n) + (n) / 16 + 64 + 3)

static size_t lzo_bound(size_t n)
{
	return BOUND(n);
}

static enum codec_result lzo_inflate(struct codec_ctx *ctx, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len)
{
	switch (lzo1x_inflate(in, in_len, out, out_cap, out_len)) {
	case LZO1X_WHOLE: return CODEC_OK;
	case LZO1X_SPACE: return CODEC_SPACE;
	case LZO1X_ENDS_EARLY: return codec_refuse(ctx, "LZO stream ends early");
	case LZO1X_BEFORE_START: return codec_refuse(ctx, "LZO match points before the start of the data");
	case LZO1X_BYTES_FOLLOW: break;
	}
	return codec_refuse(ctx, "bytes follow the end of the LZO stream");
}

/* The work memory is not cleared between records: liblzo2 gives the same bytes whatever is in it, and the tests hold
 * it to that.  The encoder takes no output limit, hence less room than the bound is refused at once. */
static enum codec_result lzo_deflate(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				     size_t *out_len)
{
	(void)level;
	if (out_cap < lzo_bound(in_len))
		return CODEC_SPACE;
	void *memory = lzo_init() == LZO_E_OK ? codec_memory(ctx, CODEC_LZO, LZO1X_1_MEM_COMPRESS) : NULL;
	if (memory == NULL)
		return CODEC_MEMORY;
	lzo_uint len = out_cap;
	lzo1x_1_compress(in, in_len, out, &len, memory); /* always LZO_E_OK */
	*out_len = len;
	return CODEC_OK;
}

/* Bacula's bextract begins with 70000 bytes and doubles what the last try gave: with more literals than that, nothing, for
 * ever. */
const struct codec codec_lzo = {
	.id = CODEC_LZO,
	.name = "lzo",
	.log_name = "LZO",
	.magic = 0x4C5A4F58,
	.level_min = 1,
	.level_max = 1,
	.level_default = 1,
	.header_level = 0,
	.readers = {[PRODUCT_BAREOS] = {.plain_max = CODEC_NETWORK_PLAIN_BYTES},
		    [PRODUCT_BAREOS_22] = {.plain_max = CODEC_NETWORK_PLAIN_BYTES},
		    [PRODUCT_BACULA] = {.plain_max = CODEC_CLIENT_PLAIN_BYTES, .payload_max = BOUND(CODEC_CLIENT_PLAIN_BYTES)}},
	.library = "liblzo2",
	.library_version = lzo_version_string,
	.bound = lzo_bound,
	.declared = codec_declares_nothing,
	.is_common = codec_is_always_common,
	.inflate = lzo_inflate,
	.deflate = lzo_deflate,
	.end = free,
};
