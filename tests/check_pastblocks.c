/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks are known again, however many there were; others are not; memory has a limit. */
#include "volume/pastblocks.h"

#include "volume_maker.h"

static uint32_t print(uint32_t number, uint32_t session, uint32_t content)
{
	struct block_header h = {.version = 2, .len = 64, .number = number, .session_id = session, .checksum = content};
	static const uint8_t block[64];

	return pastblocks_print(block, &h, true);
}

START_TEST(test_all_known)
{
	struct buf_pool *pool = buf_pool_new(0);
	struct pastblocks p = {0};
	uint64_t seed = 3;
	unsigned strangers = 0;

	ck_assert(!pastblocks_had(&p, 1));
	for (uint32_t n = 0; n < 100000; n++)
		pastblocks_add(&p, print(n, n % 3, (uint32_t)sample_next(&seed)), pool);
	seed = 3;
	for (uint32_t n = 0; n < 100000; n++) {
		uint32_t content = (uint32_t)sample_next(&seed);

		ck_quick(pastblocks_had(&p, print(n, n % 3, content)));
		strangers += pastblocks_had(&p, print(n, n % 3, content + 1)) + pastblocks_had(&p, print(n + 1, n % 3, content)) +
			     pastblocks_had(&p, print(n, n % 3 + 1, content));
	}
	/* Of 300,000 questions, by chance: 100,000 / 2^32 each. */
	ck_assert_uint_le(strangers, 40);
	ck_assert_uint_le(p.cap * sizeof *p.prints, 100000 * 12);
	pastblocks_free(&p);
	pastblocks_free(&p);
	buf_pool_free(pool);
}
END_TEST

/* Of a block without a checksum the content is counted. */
START_TEST(test_content)
{
	uint8_t block[64] = {0};
	struct block_header h = {.version = 2, .len = 64};
	uint32_t before = pastblocks_print(block, &h, false);

	block[63] = 1;
	ck_assert_uint_ne(before, pastblocks_print(block, &h, false));
	ck_assert_uint_ne(pastblocks_place(&h), pastblocks_print(block, &h, false));
}
END_TEST

START_TEST(test_memory)
{
	struct buf_pool *pool = buf_pool_new(0);
	struct pastblocks p = {0};

	buf_pool_limit(pool, 5000);
	for (uint32_t n = 1; n < 10000; n++)
		pastblocks_add(&p, n, pool);
	ck_assert_uint_le(p.cap * sizeof *p.prints, 5000);
	ck_assert(pastblocks_had(&p, 1) && !pastblocks_had(&p, 9999));
	pastblocks_free(&p);
	buf_pool_free(pool);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pastblocks");
	TCase *t = tcase_create("pastblocks");

	tcase_add_test(t, test_all_known);
	tcase_add_test(t, test_content);
	tcase_add_test(t, test_memory);
	suite_add_tcase(s, t);
	return check_run(s);
}
