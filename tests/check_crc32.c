/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every form that this processor has against the value that everybody knows, a division bit by bit, and zlib: each length around its
 * pieces, each alignment, in pieces, and no byte behind the last. */
#include "base/crc32.h"

#include "guarded.h"

#include <zlib.h>

#define LONGEST 70000u

static uint8_t bytes[LONGEST + 128];

static void setup(void)
{
	sample_fill(bytes, sizeof bytes, SAMPLE_RANDOM, 32);
}

/* As RFC 1952 puts it, without its table. */
static uint32_t divide(uint32_t crc, const uint8_t *p, size_t len)
{
	crc = ~crc;
	for (; len > 0; len--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

START_TEST(test_known)
{
	for (size_t i = 0; crc32_form(i); i++) {
		ck_assert_uint_eq(crc32_form(i)(0, "", 0), 0);
		ck_assert_uint_eq(crc32_form(i)(0, "123456789", 9), 0xcbf43926);
		ck_assert_uint_eq(crc32_form(i)(0, bytes, 5000), divide(0, bytes, 5000));
		ck_assert_uint_eq(crc32_form(i)(5, bytes, 5000), divide(5, bytes, 5000));
	}
	ck_assert_uint_eq(crc32_add(0, "123456789", 9), 0xcbf43926);
	ck_assert_ptr_nonnull(crc32_form(0));
}
END_TEST

/* Its end is that of memory. */
START_TEST(test_lengths)
{
	struct guarded g = guarded_copy(bytes, 4200);
	for (size_t n = 0; n <= 4200; n++) {
		const uint8_t *p = guarded_last(&g, n);
		uint32_t before = (uint32_t)n * 2654435761u, want = (uint32_t)crc32(before, p, (uInt)n);
		for (size_t i = 0; crc32_form(i); i++)
			ck_quick(crc32_form(i)(before, p, n) == want);
		ck_quick(crc32_add(before, p, n) == want);
	}
	guarded_free(&g);
}
END_TEST

START_TEST(test_any)
{
	uint64_t seed = 1952;
	for (int round = 0; round < 3000; round++) {
		size_t at = sample_next(&seed) % 128, n = sample_next(&seed) % (round % 8 ? 9000 : LONGEST);
		size_t cut = sample_next(&seed) % (n + 1);
		uint32_t before = sample_next(&seed), want = (uint32_t)crc32(before, bytes + at, (uInt)n);
		for (size_t i = 0; crc32_form(i); i++) {
			uint32_t first = crc32_form(i)(before, bytes + at, cut);
			ck_quick(crc32_form(i)(first, bytes + at + cut, n - cut) == want);
			ck_quick(crc32_form(i)(before, bytes + at, n) == want);
		}
		ck_quick(crc32_add(before, bytes + at, n) == want);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("crc32");
	TCase *t = tcase_create("crc32");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_known);
	tcase_add_test(t, test_lengths);
	tcase_add_test(t, test_any);
	suite_add_tcase(s, t);
	return check_run(s);
}
