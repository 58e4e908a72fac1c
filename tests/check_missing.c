/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/missing.h"

#include "tests/guarded.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct missing m;
static struct err e;

static void setup(void)
{
	m = (struct missing){.begun = true};
	e = (struct err){0};
}

static void teardown(void)
{
	missing_free(&m);
}

static void see(const char *indexes)
{
	for (const char *at = indexes; *at;) {
		char *end;
		long index = strtol(at, &end, 10);

		ck_assert_int_eq(missing_see(&m, (int32_t)index, false, &e), 0);
		at = *end ? end + 1 : end;
	}
}

/* "2-3 7" */
static const char *text(void)
{
	static char out[512];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < m.count; i++) {
		const struct missing_range *r = &m.ranges[i];

		n += (size_t)snprintf(out + n, sizeof out - n, r->first == r->last ? "%s%d" : "%s%d-%d", n ? " " : "", r->first, r->last);
	}
	return out;
}

/* What is seen, what the label says (0: there is none), what is missing then. */
static const struct {
	const char *seen;
	uint32_t files;
	bool begun;
	const char *missing;
	uint64_t count;
} rows[] = {
	{"1 1 1 2 3", 3, true, "", 0},
	{"1 2 5 6 9", 9, true, "3-4 7-8", 4},
	{"3 4", 4, true, "1-2", 2},
	{"3 4", 4, false, "", 0},
	{"1 2", 5, true, "3-5", 3},
	{"3 4", 5, false, "5", 1},
	{"", 2, true, "1-2", 2},
	{"", 2, false, "", 0},
	{"1 9 4 5 2 8", 0, true, "3 6-7", 3}, /* blocks in another order fill in, at each side of a row */
	{"1 4 2 3 4", 4, true, "", 0},
	{"1 4 2 2 2", 4, true, "3", 1},
	{"1 2 2147483647 3", 4, true, "4", 1}, /* garbage claimed more than there was */
	{"1 2147483647 2", 2, true, "", 0},
	{"1 1000 2 1001", 1002, true, "3-999 1002", 998},
	{"1 2147483647 2147483647 2147483646", 0, true, "2-2147483645", 2147483644},
	{"2147483647", 0, true, "1-2147483646", 2147483646},
	{"1", UINT32_MAX, true, "2-2147483647", 2147483646},
};

START_TEST(test_rows)
{
	m.begun = rows[_i].begun;
	see(rows[_i].seen);
	if (rows[_i].files)
		ck_assert_int_eq(missing_end(&m, rows[_i].files, false, &e), 0);
	ck_assert_str_eq(text(), rows[_i].missing);
	ck_assert_uint_eq(missing_files(&m), rows[_i].count);
}
END_TEST

/* Which rows damage lies by: also what is left of one when a late file comes. */
START_TEST(test_hurt)
{
	ck_assert_int_eq(missing_see(&m, 3, false, &e), 0);
	ck_assert_int_eq(missing_see(&m, 9, true, &e), 0);
	ck_assert_int_eq(missing_see(&m, 6, false, &e), 0);
	ck_assert_int_eq(missing_end(&m, 12, true, &e), 0);
	ck_assert_str_eq(text(), "1-2 4-5 7-8 10-12");
	for (size_t i = 0; i < m.count; i++)
		ck_assert_int_eq(m.ranges[i].hurt, i > 0);
	ck_assert_uint_eq(missing_unhurt(&m), 2);
}
END_TEST

/* A second label behind the first one adds nothing. */
START_TEST(test_two_ends)
{
	see("1");
	ck_assert_int_eq(missing_end(&m, 3, false, &e), 0);
	ck_assert_int_eq(missing_end(&m, 3, false, &e), 0);
	ck_assert_str_eq(text(), "2-3");
}
END_TEST

/* Rows without end are counted, not kept; what was kept stays in order. */
START_TEST(test_limit)
{
	for (int32_t i = 1; i <= (int32_t)MISSING_RANGES * 4; i += 2)
		ck_assert_int_eq(missing_see(&m, i, false, &e), 0);
	ck_assert_uint_eq(m.count, MISSING_RANGES);
	ck_assert_uint_eq(missing_files(&m), MISSING_RANGES * 2 - 1);
	ck_assert_int_eq(missing_see(&m, 2, false, &e), 0);
	ck_assert_int_eq(missing_see(&m, 2 * (int32_t)MISSING_RANGES, false, &e), 0);
	ck_assert_uint_eq(m.count, MISSING_RANGES - 2);
	for (size_t i = 1; i < m.count; i++)
		ck_assert_int_lt(m.ranges[i - 1].last, m.ranges[i].first);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("missing");
	TCase *t = tcase_create("missing");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_rows, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(t, test_hurt);
	tcase_add_test(t, test_two_ends);
	tcase_add_test(t, test_limit);
	suite_add_tcase(s, t);
	return check_run(s);
}
