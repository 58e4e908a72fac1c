/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XXH3 in wider registers against the library's own of the whole, 64 bits and 128: each length around its stripes and its blocks, any
 * pieces at any alignment, and no byte behind the last. */
#include "base/xxh3.h"

#include "guarded.h"

#include <stdbool.h>

#define LONGEST 70000u

typedef void adding(XXH3_state_t *state, const void *data, size_t len);

static uint8_t bytes[LONGEST + 128];

static void setup(void)
{
	sample_fill(bytes, sizeof bytes, SAMPLE_RANDOM, 3);
}

static adding *way(size_t i)
{
#ifdef __x86_64__
	if (i == 2)
		return __builtin_cpu_supports("avx2") ? xxh3_avx2_add : NULL;
#endif
	return i == 0 ? xxh3_add_portably : i == 1 ? xxh3_add : NULL;
}

/* p[len], cut in two there. */
static void expect(const uint8_t *p, size_t len, size_t cut)
{
	XXH64_hash_t want = XXH3_64bits(p, len);
	XXH128_hash_t want_wide = XXH3_128bits(p, len);
	for (size_t i = 0; way(i); i++) {
		XXH3_state_t state;
		XXH3_64bits_reset(&state);
		way(i)(&state, p, cut);
		way(i)(&state, p + cut, len - cut);
		ck_quick(XXH3_64bits_digest(&state) == want);
		XXH3_128bits_reset(&state);
		way(i)(&state, p, cut);
		way(i)(&state, p + cut, len - cut);
		ck_quick(XXH128_isEqual(XXH3_128bits_digest(&state), want_wide));
	}
}

/* bacula-encryption.md 1.2 */
START_TEST(test_known)
{
	static const uint8_t zeros[32];
	XXH3_state_t state;
	XXH3_64bits_reset(&state);
	ck_assert(XXH3_64bits_digest(&state) == 0x2d06800538d394c2);
	expect(zeros, sizeof zeros, 7);
	expect(zeros, 0, 0);
}
END_TEST

/* Its end is that of memory. */
START_TEST(test_lengths)
{
	struct guarded g = guarded_copy(bytes, 2600);
	for (size_t n = 0; n <= 2600; n++)
		expect(guarded_last(&g, n), n, n / 3);
	guarded_free(&g);
}
END_TEST

START_TEST(test_any)
{
	uint64_t seed = 2600;
	for (int round = 0; round < 3000; round++) {
		size_t at = sample_next(&seed) % 128, n = sample_next(&seed) % (round % 8 ? 9000 : LONGEST);
		expect(bytes + at, n, sample_next(&seed) % (n + 1));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("xxh3");
	TCase *t = tcase_create("xxh3");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_known);
	tcase_add_test(t, test_lengths);
	tcase_add_test(t, test_any);
	suite_add_tcase(s, t);
	return check_run(s);
}
