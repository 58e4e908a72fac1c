/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/damaged.h"

#include "tests/guarded.h"

#include <check.h>
#include <stdio.h>

static struct damaged d;
static struct err e;

static void setup(void)
{
	d = (struct damaged){0};
	e = (struct err){0};
}

static void teardown(void)
{
	damaged_free(&d);
	damaged_free(&d);
}

static void add(int32_t index, const char *name)
{
	ck_assert_int_eq(damaged_add(&d, index, name, "reason", &e), 0);
}

/* In any order, none twice; the first that is known of a file stays. */
START_TEST(test_order)
{
	static const int32_t in[] = {5, 1, 9, 5, 2147483647, 2, 1};

	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
		char name[16];

		snprintf(name, sizeof name, "file%zu", i);
		add(in[i], name);
	}
	static const int32_t out[] = {1, 2, 5, 9, 2147483647};

	ck_assert_uint_eq(d.count, 5);
	for (size_t i = 0; i < d.count; i++)
		ck_assert_int_eq(d.files[i].file_index, out[i]);
	ck_assert_str_eq(damaged_find(&d, 5)->name, "file0");
	ck_assert_str_eq(damaged_find(&d, 1)->name, "file1");
	ck_assert_ptr_null(damaged_find(&d, 3));
	ck_assert_ptr_null(damaged_find(&d, 0));
}
END_TEST

/* A file of which something is here is not lost. */
START_TEST(test_judged)
{
	add(1, "a");
	add(2, "");
	ck_assert_uint_eq(d.lost, 2);
	damaged_judge(&d, damaged_find(&d, 2));
	ck_assert_uint_eq(d.lost, 1);
	ck_assert(damaged_find(&d, 2)->judged && !damaged_find(&d, 1)->judged);
}
END_TEST

START_TEST(test_limit)
{
	for (int32_t i = 0; i < (int32_t)DAMAGED_FILES + 3; i++)
		add(i + 1, "");
	ck_assert_uint_eq(d.count, DAMAGED_FILES);
	ck_assert_uint_eq(d.not_listed, 3);
	add(1, "");
	ck_assert_uint_eq(d.not_listed, 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("damaged");
	TCase *t = tcase_create("damaged");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_order);
	tcase_add_test(t, test_judged);
	tcase_add_test(t, test_limit);
	suite_add_tcase(s, t);
	return check_run(s);
}
