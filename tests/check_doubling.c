/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What addresses and lengths tell of records that begin with their own address. */
#include "format/doubling.h"

#include "volume_maker.h"

#define CHUNK 1000u

static struct doubling d;

/* One record at an address, of len bytes; begins: with that address. */
static enum doubling_finding add(uint64_t at, size_t len, bool begins)
{
	static uint8_t data[4 * CHUNK];
	uint8_t address[8];
	struct wr w = wr_over(address, sizeof address);
	wr_be64(&w, at);
	memset(data, 'x', sizeof data);
	if (begins)
		memcpy(data, address, sizeof address);
	return doubling_add(&d, (struct span){address, sizeof address}, (struct span){data, len});
}

static void begin(void)
{
	d = (struct doubling){0};
}

START_TEST(test_nothing)
{
	begin();
	ck_assert_int_eq(doubling_judge(&d, 0), DOUBLING_NO);
	ck_assert_int_eq(doubling_judge(&d, 8), DOUBLING_NO);
	ck_assert_int_eq(add(0, CHUNK, false), DOUBLING_NO);
	ck_assert_int_eq(doubling_judge(&d, CHUNK - 8), DOUBLING_NO);
}
END_TEST

/* Where one record ends and the next begins. */
START_TEST(test_neighbours)
{
	begin();
	ck_assert_int_eq(add(0, CHUNK + 8, true), DOUBLING_OPEN);
	ck_assert_int_eq(add(CHUNK, CHUNK + 8, true), DOUBLING_YES);
	ck_assert_int_eq(add(2 * CHUNK, 77, false), DOUBLING_YES);
	ck_assert_int_eq(doubling_judge(&d, 5), DOUBLING_YES);
	begin();
	ck_assert_int_eq(add(0, CHUNK, true), DOUBLING_OPEN);
	ck_assert_int_eq(add(CHUNK, CHUNK, true), DOUBLING_NO);
	ck_assert_int_eq(doubling_judge(&d, 2 * CHUNK - 8), DOUBLING_NO);
	begin();
	ck_assert_int_eq(add(0, CHUNK, true), DOUBLING_OPEN);
	ck_assert_int_eq(add(2 * CHUNK, CHUNK, true), DOUBLING_OPEN);
	ck_assert_int_eq(add(4 * CHUNK, 0, true), DOUBLING_NO);
}
END_TEST

/* Where the file ends. */
START_TEST(test_size)
{
	for (uint64_t at = 0; at < 9000; at += 4500) {
		begin();
		add(at, 500, true);
		ck_assert_int_eq(doubling_judge(&d, at + 500), DOUBLING_NO);
		ck_assert_int_eq(doubling_judge(&d, at + 492), DOUBLING_YES);
		ck_assert_int_eq(doubling_judge(&d, 0), at ? DOUBLING_YES : DOUBLING_NO);
	}
}
END_TEST

/* Chunks with holes between them, the last one shorter; the size is not known, or another. */
START_TEST(test_steps)
{
	for (size_t more = 0; more <= 8; more += 8) {
		enum doubling_finding expected = more ? DOUBLING_YES : DOUBLING_NO;
		begin();
		add(7 * CHUNK, CHUNK + more, true);
		ck_assert_int_eq(doubling_judge(&d, 1000000), expected);
		add(10 * CHUNK, CHUNK + more, true);
		ck_assert_int_eq(doubling_judge(&d, 0), expected);
		add(21 * CHUNK, 20 + more, true);
		ck_assert_int_eq(doubling_judge(&d, 0), expected);
		ck_assert_int_eq(doubling_judge(&d, 5), expected);
	}
	/* Neither fits: not as a client reads. */
	begin();
	add(1001, CHUNK, true);
	add(7003, CHUNK, true);
	ck_assert_int_eq(doubling_judge(&d, 0), DOUBLING_YES);
}
END_TEST

START_TEST(test_extremes)
{
	begin();
	add(UINT64_MAX, 8, true);
	add(0, 8, true);
	add(UINT64_MAX, CHUNK, true);
	ck_assert_int_ne(doubling_judge(&d, UINT64_MAX), DOUBLING_OPEN);
	begin();
	add(16, 8, true);
	add(4096, 8, true);
	ck_assert_int_eq(doubling_judge(&d, 1), DOUBLING_NO);
	ck_assert(!doubling_begins((struct span){NULL, 0}, (struct span){NULL, 0}));
	ck_assert(!doubling_begins((struct span){(const uint8_t *)"12345678", 8}, (struct span){(const uint8_t *)"1234567", 7}));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("doubling");
	TCase *t = tcase_create("doubling");
	tcase_add_test(t, test_nothing);
	tcase_add_test(t, test_neighbours);
	tcase_add_test(t, test_size);
	tcase_add_test(t, test_steps);
	tcase_add_test(t, test_extremes);
	suite_add_tcase(s, t);
	return check_run(s);
}
