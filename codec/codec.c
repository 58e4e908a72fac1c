/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "codec/codec.h"

#include "codec/ctx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void codec_names(char *text, size_t text_bytes)
{
	size_t n = 0;
	for (size_t i = 0; i < CODEC_COUNT && n < text_bytes; i++)
		n += (size_t)snprintf(text + n, text_bytes - n, "%s%s", i ? ", " : "", codecs[i]->name);
}

void codec_versions(char *text, size_t text_bytes)
{
	size_t n = 0;
	for (size_t i = 0; i < CODEC_COUNT && n < text_bytes; i++) {
		const struct codec *c = codecs[i];
		if (c->library)
			n += (size_t)snprintf(text + n, text_bytes - n, "%s%s %s", n ? ", " : "", c->library, c->library_version());
		if (n < text_bytes && codec_is_fast_there(c))
			n += (size_t)snprintf(text + n, text_bytes - n, ", %s %s", c->fast_library, c->fast_version());
	}
}

/* ---- contexts ---- */

struct codec_ctx *codec_ctx_new(void)
{
	return calloc(1, sizeof(struct codec_ctx));
}

void codec_ctx_free(struct codec_ctx *ctx)
{
	if (ctx == NULL)
		return;
	for (size_t i = 0; i < CODEC_COUNT; i++) {
		if (ctx->memory[i])
			codecs[i]->end(ctx->memory[i]);
	}
	free(ctx);
}

const char *codec_reason(const struct codec_ctx *ctx)
{
	return ctx->reason ? ctx->reason : "no error";
}

/* ---- what rows say ---- */

/* The smaller of two limits, of which 0 is none. */
static size_t tighter(size_t a, size_t b)
{
	return a == 0 || (b > 0 && b < a) ? b : a;
}

struct codec_reader codec_reader(const struct codec *c, enum product p)
{
	if (p != PRODUCT_ANY)
		return c->readers[p];
	const struct codec_reader *bareos = &c->readers[PRODUCT_BAREOS], *bacula = &c->readers[PRODUCT_BACULA];
	bool both = bareos->plain_max > 0 && bacula->plain_max > 0;
	return (struct codec_reader){
		.plain_max = both ? tighter(bareos->plain_max, bacula->plain_max) : 0,
		.payload_max = tighter(bareos->payload_max, bacula->payload_max),
		.bare = bareos->bare || bacula->bare,
	};
}

size_t codec_plain_max(const struct codec *c, enum product p)
{
	size_t most = codec_reader(c, p).plain_max;
	for (size_t i = 0; most == 0 && i < PRODUCT_ANY; i++)
		most = c->readers[i].plain_max;
	return most;
}

bool codec_is_fast_there(const struct codec *c)
{
	return c->fast_library && c->fast_version();
}

uint16_t codec_header_level(const struct codec *c, int level)
{
	int itself = level == CODEC_LEVEL_FAST ? c->level_min : level;
	return (uint16_t)(c->header_level == CODEC_LEVEL_ITSELF ? itself : c->header_level);
}

int codec_level_of(const struct codec *c, uint16_t header_level)
{
	bool told = c->header_level == CODEC_LEVEL_ITSELF && header_level >= c->level_min && header_level <= c->level_max;
	return told ? header_level : c->level_default;
}
