/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fastlzlib framing with both block coders.  The first byte picks the codec. */
#include "fuzz/fuzz.h"

#include "codec/codec.h"
#include "codec/fzframe.h"

static struct codec_ctx *ctx;

static void round_trip(const struct codec *c, const uint8_t *plain, size_t n)
{
	if (n > FZFRAME_PLAIN_MAX_BYTES)
		return;
	size_t bound = c->bound(n), len, plain_len;
	uint64_t declared;
	uint8_t *packed = malloc(bound), *again = malloc(n ? n : 1);
	FUZZ_MUST(packed && again);
	FUZZ_MUST(c->deflate(ctx, c->level_default, plain, n, packed, bound, &len) == CODEC_OK && len <= bound);
	FUZZ_MUST(c->is_common(packed, len));
	FUZZ_MUST(c->declared(packed, len, &declared) && declared == n);
	FUZZ_MUST(c->inflate(ctx, packed, len, again, n, &plain_len) == CODEC_OK && plain_len == n);
	FUZZ_MUST(n == 0 || memcmp(plain, again, n) == 0);
	FUZZ_MUST(n == 0 || c->inflate(ctx, packed, len, again, n - 1, &plain_len) == CODEC_SPACE);
	free(packed);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum codec_id ids[] = {CODEC_LZFAST, CODEC_LZ4, CODEC_LZ4HC};
	if (ctx == NULL)
		ctx = codec_ctx_new();
	if (ctx == NULL || size < 1)
		return 0;
	const struct codec *c = codec_by_id(ids[data[0] % 3]);
	size_t n = size - 1, cap = 65536, len = 0;
	uint64_t declared;
	uint8_t *in = malloc(n ? n : 1);
	FUZZ_MUST(in);
	memcpy(in, data + 1, n);
	bool declares = c->declared(in, n, &declared);
	if (declares && declared < cap)
		cap = (size_t)declared;
	uint8_t *out = malloc(cap ? cap : 1);
	FUZZ_MUST(out);
	enum codec_result result = c->inflate(ctx, in, n, out, cap, &len);
	if (result == CODEC_OK) {
		FUZZ_MUST(declares && declared == len);
		round_trip(c, out, len);
		if (c->is_common(in, n))
			FUZZ_MUST(len <= FZFRAME_PLAIN_MAX_BYTES);
	}
	FUZZ_MUST(result != CODEC_SPACE || !declares || declared > cap);
	round_trip(c, in, n);
	free(in);
	free(out);
	return 0;
}
