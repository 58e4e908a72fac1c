/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this room share: the working memory of one thread, and the table entries. */
#ifndef CODEC_CTX_H
#define CODEC_CTX_H

#include "codec/codec.h"

struct libdeflate_compressor;
struct libdeflate_decompressor;
struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

/* Everything is NULL until its codec is first used on this context; codec_ctx_free releases it. */
struct codec_ctx {
	const char *reason; /* of the last CODEC_DATA, static */
	struct libdeflate_decompressor *inflater;
	struct libdeflate_compressor *deflater;
	int deflater_level; /* of deflater */
	void *lzo;
	uint16_t *fastlz; /* FASTLZ_TABLE_ENTRIES */
	void *lz4;
	void *lz4hc;
	struct ZSTD_CCtx_s *zstd_deflater;
	struct ZSTD_DCtx_s *zstd_inflater;
};

/* Notes why the payload is not one and returns CODEC_DATA.  why: static. */
static inline enum codec_result codec_refuse(struct codec_ctx *ctx, const char *why)
{
	ctx->reason = why;
	return CODEC_DATA;
}

/* For the formats that carry no plain length. */
bool codec_declares_nothing(const uint8_t *in, size_t in_len, uint64_t *plain_len);

extern const struct codec codec_gzip, codec_lzo, codec_lzfast, codec_lz4, codec_lz4hc, codec_zstd;

/* Each releases its part of ctx; parts that were never made are fine. */
void codec_gzip_free(struct codec_ctx *ctx);
void codec_zstd_free(struct codec_ctx *ctx);

#endif
