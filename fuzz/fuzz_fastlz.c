/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One FastLZ block.  The first two bytes are the plain length that its frame would claim. */
#include "fuzz/fuzz.h"

#include "codec/fastlz.h"

static uint16_t table[FASTLZ_TABLE_ENTRIES];

/* Data that was never compressed survives the round trip, whatever the table held. */
static void round_trip(const uint8_t *plain, size_t n)
{
	size_t bound = n + n / 32 + 1;
	uint8_t *packed = malloc(bound), *again = malloc(n ? n : 1);
	FUZZ_MUST(packed && again);
	size_t len = fastlz_deflate(table, plain, n, packed, bound);
	FUZZ_MUST(n == 0 ? len == 0 : len > 0 && len <= bound);
	if (n > 0) {
		FUZZ_MUST(fastlz_inflate(packed, len, again, n) == NULL);
		FUZZ_MUST(memcmp(plain, again, n) == 0);
		/* It is no other length's block, and no shorter one is the same. */
		FUZZ_MUST(n == 1 || fastlz_inflate(packed, len, again, n - 1) != NULL);
		FUZZ_MUST(len == 1 || fastlz_inflate(packed, len - 1, again, n) != NULL);
		size_t less = fastlz_deflate(table, plain, n, packed, n - 1);
		FUZZ_MUST(less < n);
	}
	free(packed);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	size_t plain_len = (size_t)data[0] << 8 | data[1];
	/* A copy of its own: a sanitizer sees a read before or behind it. */
	uint8_t *in = malloc(size - 2 ? size - 2 : 1), *out = malloc(plain_len ? plain_len : 1);
	FUZZ_MUST(in && out);
	memcpy(in, data + 2, size - 2);
	if (fastlz_inflate(in, size - 2, out, plain_len) == NULL)
		round_trip(out, plain_len);
	round_trip(in, size - 2);
	free(in);
	free(out);
	return 0;
}
