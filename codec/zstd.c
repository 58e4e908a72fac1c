/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One zstd frame per record, with its content size, as Bacula 15 writes and wants it.  volume-format.md 5.10 */
#include "codec/ctx.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define ZSTD_MAGIC_BYTES 4

/* From 1.5.5 on libzstd salts its row hash anew whenever a context is used again, so that the bytes would depend on
 * the records before; such a library gets a new context for every record. */
#define ZSTD_SALTED_VERSION 10505

/* Each NULL until it is needed. */
struct zstd {
	ZSTD_CCtx *deflater; /* first: tests/check_codec.c weighs it */
	ZSTD_DCtx *inflater;
};

static size_t zstd_bound(size_t n)
{
	return ZSTD_compressBound(n);
}

/* Skippable frames and those of zstd before 0.8 have other magics; libzstd would take both. */
static bool zstd_is_frame(const uint8_t *in, size_t in_len)
{
	static const uint8_t magic[ZSTD_MAGIC_BYTES] = {0x28, 0xB5, 0x2F, 0xFD};
	for (size_t i = 0; i < ZSTD_MAGIC_BYTES; i++) {
		if (i >= in_len || in[i] != magic[i])
			return false;
	}
	return true;
}

static bool zstd_declared(const uint8_t *in, size_t in_len, uint64_t *plain_len)
{
	if (!zstd_is_frame(in, in_len))
		return false;
	unsigned long long n = ZSTD_getFrameContentSize(in, in_len);
	if (n == ZSTD_CONTENTSIZE_ERROR || n == ZSTD_CONTENTSIZE_UNKNOWN)
		return false;
	*plain_len = n;
	return true;
}

/* Decoding in one call uses out as the window: no window memory, whatever window size the frame asks for. */
static enum codec_result zstd_inflate(struct codec_ctx *ctx, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				      size_t *out_len)
{
	if (!zstd_is_frame(in, in_len))
		return codec_refuse(ctx, "not a zstd frame");
	size_t n = ZSTD_findFrameCompressedSize(in, in_len);
	if (ZSTD_getErrorCode(n) == ZSTD_error_srcSize_wrong)
		return codec_refuse(ctx, "zstd frame ends early");
	if (ZSTD_isError(n))
		return codec_refuse(ctx, ZSTD_getErrorName(n));
	if (n != in_len)
		return codec_refuse(ctx, "bytes follow the end of the zstd frame");
	uint64_t plain;
	if (zstd_declared(in, in_len, &plain) && plain > out_cap)
		return CODEC_SPACE;
	struct zstd *z = codec_memory(ctx, CODEC_ZSTD, sizeof *z);
	if (z && z->inflater == NULL)
		z->inflater = ZSTD_createDCtx();
	if (z == NULL || z->inflater == NULL)
		return CODEC_MEMORY;
	n = ZSTD_decompressDCtx(z->inflater, out, out_cap, in, in_len);
	switch (ZSTD_getErrorCode(n)) {
	case ZSTD_error_no_error: *out_len = n; return CODEC_OK;
	case ZSTD_error_dstSize_tooSmall: return CODEC_SPACE;
	case ZSTD_error_memory_allocation: return CODEC_MEMORY;
	default: return codec_refuse(ctx, ZSTD_getErrorName(n));
	}
}

/* NULL without memory. */
static ZSTD_CCtx *deflater_of(struct zstd *z)
{
	if (z->deflater && ZSTD_versionNumber() < ZSTD_SALTED_VERSION)
		return z->deflater;
	ZSTD_freeCCtx(z->deflater);
	return z->deflater = ZSTD_createCCtx();
}

/* In one call libzstd knows the length: it writes the content size and fits window and tables to the record. */
static enum codec_result zstd_deflate(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				      size_t *out_len)
{
	struct zstd *z = codec_memory(ctx, CODEC_ZSTD, sizeof *z);
	ZSTD_CCtx *deflater = z ? deflater_of(z) : NULL;
	if (deflater == NULL)
		return CODEC_MEMORY;
	size_t n = ZSTD_compressCCtx(deflater, out, out_cap, in, in_len, level);
	if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
		return CODEC_MEMORY;
	if (ZSTD_isError(n))
		return CODEC_SPACE;
	*out_len = n;
	return CODEC_OK;
}

static void zstd_end(void *memory)
{
	struct zstd *z = memory;
	ZSTD_freeCCtx(z->deflater);
	ZSTD_freeDCtx(z->inflater);
	free(z);
}

const struct codec codec_zstd = {
	.id = CODEC_ZSTD,
	.name = "zstd",
	.log_name = "ZSTD",
	.magic = 0x4C5A4F59,
	.level_min = 1,
	.level_max = 19,
	.level_default = 3,
	.header_level = 0,
	.readers = {[PRODUCT_BACULA] = {.plain_max = CODEC_CLIENT_PLAIN_BYTES}},
	.library = "libzstd",
	.library_version = ZSTD_versionString,
	.bound = zstd_bound,
	.declared = zstd_declared,
	.is_common = codec_is_always_common,
	.inflate = zstd_inflate,
	.deflate = zstd_deflate,
	.end = zstd_end,
};
