/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of FileIndexes: as ranges, against a set that is an array of bits. */
#include "catalog/indexes.h"

#include "volume_maker.h"

#define HIGH 64

static struct indexes set;

static void teardown(void)
{
	indexes_free(&set);
}

static void parse(const char *text)
{
	struct err e = {0};
	indexes_free(&set);
	ck_assert_int_eq(indexes_parse(&set, text, &e), 0);
}

START_TEST(test_parse)
{
	parse("5");
	ck_assert_uint_eq(indexes_total(&set), 1);
	parse("5-9");
	ck_assert_uint_eq(indexes_total(&set), 5);
	parse("1,5-9,3,2,4");
	ck_assert_uint_eq(set.count, 1);
	ck_assert_int_eq(set.ranges[0].first, 1);
	ck_assert_int_eq(set.ranges[0].last, 9);
	parse("2147483647,1-2147483646");
	ck_assert_uint_eq(indexes_total(&set), 2147483647);
	ck_assert_uint_eq(set.count, 1);
}
END_TEST

START_TEST(test_parse_refuses)
{
	static const char *const wrong[] = {"",  "0",   "-1", "1-", "5-4", "1,,2", "1,", "2147483648", "1-99999999999999999999",
					    "a", "1 2", "1;2"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct err e = {0};
		ck_assert_msg(indexes_parse(&set, wrong[i], &e) == XE_USAGE, "%s", wrong[i]);
		indexes_free(&set);
	}
}
END_TEST

static void compare(const bool bits[static HIGH + 1])
{
	size_t i = 0;
	for (int n = 1; n <= HIGH; n++) {
		while (i < set.count && set.ranges[i].last < n)
			i++;
		bool in = i < set.count && set.ranges[i].first <= n;
		ck_assert_msg(in == bits[n], "%d", n);
		ck_assert(indexes_meet(&set, n, n) == bits[n]);
	}
	for (i = 1; i < set.count; i++)
		ck_assert_int_gt(set.ranges[i].first, set.ranges[i - 1].last + 1);
}

/* What is added in any order is there once; what is left out of it is not. */
START_TEST(test_random)
{
	struct err e = {0};
	unsigned seed = 7;
	for (int round = 0; round < 500; round++) {
		bool bits[HIGH + 1] = {false}, rest[HIGH + 1] = {false};
		for (int k = 0; k < 12; k++) {
			seed = seed * 1103515245 + 12345;
			int first = 1 + (int)(seed >> 16) % HIGH, last = first + (int)(seed >> 24) % 9;
			last = last > HIGH ? HIGH : last;
			ck_assert_int_eq(indexes_add(&set, first, last, &e), 0);
			for (int n = first; n <= last; n++)
				bits[n] = true;
			compare(bits);
		}
		struct indexes without = set;
		set = (struct indexes){0};
		int first = 1 + (int)(seed >> 8) % HIGH, last = first + (int)(seed >> 12) % HIGH;
		last = last > HIGH ? HIGH : last;
		ck_assert_int_eq(indexes_add_rest(&set, first, last, &without, &e), 0);
		for (int n = first; n <= last; n++)
			rest[n] = !bits[n];
		compare(rest);
		indexes_free(&without);
		indexes_free(&set);
	}
}
END_TEST

START_TEST(test_edges)
{
	struct err e = {0};
	ck_assert_int_eq(indexes_add(&set, 5, 4, &e), 0);
	ck_assert_uint_eq(set.count, 0);
	ck_assert_int_eq(indexes_add(&set, 1, INT32_MAX, &e), 0);
	struct indexes rest = {0};
	ck_assert_int_eq(indexes_add_rest(&rest, 1, INT32_MAX, &set, &e), 0);
	ck_assert_uint_eq(rest.count, 0);
	ck_assert_uint_eq(indexes_from(&set, INT32_MAX), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("indexes");
	TCase *t = tcase_create("indexes");
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, test_parse);
	tcase_add_test(t, test_parse_refuses);
	tcase_add_test(t, test_random);
	tcase_add_test(t, test_edges);
	suite_add_tcase(s, t);
	return check_run(s);
}
