/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GZIP: despite the name a zlib stream (RFC 1950), no gzip wrapper.  volume-format.md 5.4
 * libdeflate does the work, 2.4 times as fast as zlib in both directions; zlib itself is asked only what is wrong with
 * a stream that libdeflate refuses, because libdeflate does not tell a truncated stream from a bad one. */
#include "codec/ctx.h"
#include "codec/igzip.h"

#include <libdeflate.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

/* Each NULL until it is needed. */
struct gzip {
	struct libdeflate_decompressor *inflater;
	struct libdeflate_compressor *deflater;
	int level; /* of deflater */
	struct igzip *fast;
};

static size_t gzip_bound(size_t n)
{
	size_t usual = libdeflate_zlib_compress_bound(NULL, n), fast = igzip_bound(n);
	return fast > usual ? fast : usual;
}

/* zlib's own words for the fault; they are literals inside zlib.  plain_max: libdeflate found it within so many
 * plain bytes. */
static const char *gzip_fault(const uint8_t *in, size_t in_len, size_t plain_max)
{
	uint8_t sink[4096];
	z_stream z = {.next_in = (z_const Bytef *)in, .avail_in = (uInt)in_len};
	const char *why = "zlib stream is invalid";
	if (in_len > UINT_MAX || inflateInit(&z) != Z_OK)
		return why;
	int rc;
	do {
		z.next_out = sink;
		z.avail_out = sizeof sink;
		rc = inflate(&z, Z_NO_FLUSH);
	} while (rc == Z_OK && z.total_out <= plain_max);
	if (rc == Z_BUF_ERROR)
		why = "zlib stream ends early";
	else if (rc == Z_NEED_DICT)
		why = "zlib stream needs a dictionary";
	else if (rc == Z_DATA_ERROR && z.msg)
		why = z.msg;
	inflateEnd(&z);
	return why;
}

static enum codec_result gzip_inflate(struct codec_ctx *ctx, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				      size_t *out_len)
{
	struct gzip *g = codec_memory(ctx, CODEC_GZIP, sizeof *g);
	if (g && g->inflater == NULL)
		g->inflater = libdeflate_alloc_decompressor();
	if (g == NULL || g->inflater == NULL)
		return CODEC_MEMORY;
	size_t used = 0;
	switch (libdeflate_zlib_decompress_ex(g->inflater, in, in_len, out, out_cap, &used, out_len)) {
	case LIBDEFLATE_SUCCESS: break;
	case LIBDEFLATE_INSUFFICIENT_SPACE: return CODEC_SPACE;
	default: return codec_refuse(ctx, gzip_fault(in, in_len, out_cap));
	}
	/* zlib's uncompress(), hence Bareos, would ignore such bytes. */
	if (used != in_len)
		return codec_refuse(ctx, "bytes follow the end of the zlib stream");
	return CODEC_OK;
}

/* NULL without memory. */
static struct libdeflate_compressor *deflater_of(struct gzip *g, int level)
{
	if (g->deflater && g->level == level)
		return g->deflater;
	libdeflate_free_compressor(g->deflater);
	g->level = level;
	return g->deflater = libdeflate_alloc_compressor(level);
}

static enum codec_result gzip_deflate(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				      size_t *out_len)
{
	struct gzip *g = codec_memory(ctx, CODEC_GZIP, sizeof *g);
	if (g && level == CODEC_LEVEL_FAST)
		return igzip_deflate(&g->fast, in, in_len, out, out_cap, out_len);
	struct libdeflate_compressor *deflater = g ? deflater_of(g, level) : NULL;
	if (deflater == NULL)
		return CODEC_MEMORY;
	*out_len = libdeflate_zlib_compress(deflater, in, in_len, out, out_cap);
	return *out_len > 0 ? CODEC_OK : CODEC_SPACE;
}

static void gzip_end(void *memory)
{
	struct gzip *g = memory;
	libdeflate_free_compressor(g->deflater);
	libdeflate_free_decompressor(g->inflater);
	igzip_free(g->fast);
	free(g);
}

static const char *gzip_library_version(void)
{
	return LIBDEFLATE_VERSION_STRING;
}

const struct codec codec_gzip = {
	.id = CODEC_GZIP,
	.name = "gzip",
	.log_name = "GZIP",
	.magic = 0x475A4950,
	.level_min = 1,
	.level_max = 12,
	.level_default = 6,
	.fast_library = "ISA-L",
	.fast_version = igzip_version,
	.header_level = CODEC_LEVEL_ITSELF,
	.readers = {[PRODUCT_BAREOS] = {.plain_max = CODEC_NETWORK_PLAIN_BYTES},
		    [PRODUCT_BAREOS_22] = {.plain_max = CODEC_NETWORK_PLAIN_BYTES},
		    [PRODUCT_BACULA] = {.plain_max = CODEC_NETWORK_PLAIN_BYTES, .bare = true}},
	.library = "libdeflate",
	.library_version = gzip_library_version,
	.bound = gzip_bound,
	.declared = codec_declares_nothing,
	.is_common = codec_is_always_common,
	.inflate = gzip_inflate,
	.deflate = gzip_deflate,
	.end = gzip_end,
};
