/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The codec table, the 12-byte compression header, and the working memory of one thread. */
#include "codec/codec.h"

#include <libdeflate.h>
#include <lz4.h>
#include <lzo/lzoconf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/bytes.h"
#include "codec/ctx.h"
#include "codec/fzframe.h"

static const struct codec *const codecs[CODEC_COUNT] = {
	[CODEC_GZIP] = &codec_gzip, [CODEC_LZO] = &codec_lzo,     [CODEC_LZFAST] = &codec_lzfast,
	[CODEC_LZ4] = &codec_lz4,   [CODEC_LZ4HC] = &codec_lz4hc, [CODEC_ZSTD] = &codec_zstd,
};

const struct codec *codec_by_id(enum codec_id id)
{
	return (size_t)id < CODEC_COUNT ? codecs[id] : NULL;
}

const struct codec *codec_by_name(const char *name, size_t name_len)
{
	for (size_t i = 0; i < CODEC_COUNT; i++) {
		if (strlen(codecs[i]->name) == name_len && memcmp(codecs[i]->name, name, name_len) == 0)
			return codecs[i];
	}
	return NULL;
}

const struct codec *codec_by_magic(uint32_t magic)
{
	for (size_t i = 0; i < CODEC_COUNT; i++) {
		if (codecs[i]->magic == magic)
			return codecs[i];
	}
	return NULL;
}

struct codec_ctx *codec_ctx_new(void)
{
	return calloc(1, sizeof(struct codec_ctx));
}

void codec_ctx_free(struct codec_ctx *ctx)
{
	if (!ctx)
		return;
	codec_gzip_free(ctx);
	codec_zstd_free(ctx);
	free(ctx->lzo);
	free(ctx->fastlz);
	free(ctx->lz4);
	free(ctx->lz4hc);
	free(ctx);
}

const char *codec_reason(const struct codec_ctx *ctx)
{
	return ctx->reason ? ctx->reason : "no error";
}

bool codec_declares_nothing(const uint8_t *in, size_t in_len, uint64_t *plain_len)
{
	(void)in;
	(void)in_len;
	(void)plain_len;
	return false;
}

void codec_header_read(const uint8_t in[static CODEC_HEADER_BYTES], struct codec_header *h)
{
	struct rd r = rd_over(in, CODEC_HEADER_BYTES);

	h->magic = rd_be32(&r);
	h->size = rd_be32(&r);
	h->level = rd_be16(&r);
	h->version = rd_be16(&r);
}

void codec_header_write(uint8_t out[static CODEC_HEADER_BYTES], const struct codec_header *h)
{
	struct wr w = wr_over(out, CODEC_HEADER_BYTES);

	wr_be32(&w, h->magic);
	wr_be32(&w, h->size);
	wr_be16(&w, h->level);
	wr_be16(&w, h->version);
}

uint16_t codec_header_level(const struct codec *c, int level)
{
	switch (c->id) {
	case CODEC_GZIP: return (uint16_t)level;
	case CODEC_LZFAST:
	case CODEC_LZ4:
	case CODEC_LZ4HC: return 1;
	default: return 0;
	}
}

void codec_versions(char *text, size_t text_bytes)
{
	snprintf(text, text_bytes, "libdeflate %s, liblzo2 %s, liblz4 %s, libzstd %s", LIBDEFLATE_VERSION_STRING, lzo_version_string(),
		 LZ4_versionString(), ZSTD_versionString());
}

bool codec_is_common(const struct codec *c, const uint8_t *in, size_t in_len)
{
	bool framed = c->id == CODEC_LZFAST || c->id == CODEC_LZ4 || c->id == CODEC_LZ4HC;
	return !framed || fzframe_is_one_block(in, in_len);
}
