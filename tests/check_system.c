/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base/system.c: times, also where time_t has 32 bits. */
#include "base/system.h"

#include "guarded.h"

/* What both kinds of time_t hold. */
START_TEST(test_times_of_now)
{
	static const int64_t all[] = {0, 1, -1, 1700000000, INT32_MAX, INT32_MIN};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		time_t t = 7;
		ck_assert(system_time(all[i], &t));
		ck_assert_int_eq((int64_t)t, all[i]);
	}
}
END_TEST

/* What 32 bits do not hold is told, and is never another time in between. */
START_TEST(test_times_beyond)
{
	static const int64_t all[] = {
		(int64_t)INT32_MAX + 1, (int64_t)INT32_MIN - 1, 4102444800, 4294967296 + 1700000000, -4294967296, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		time_t t = 7;
		bool fits = sizeof t == 8;
		int64_t nearest = fits ? all[i] : all[i] < 0 ? INT32_MIN : INT32_MAX;
		ck_assert(system_time(all[i], &t) == fits);
		ck_assert_int_eq((int64_t)t, nearest);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("system");
	TCase *t = tcase_create("times");
	tcase_add_test(t, test_times_of_now);
	tcase_add_test(t, test_times_beyond);
	suite_add_tcase(s, t);
	return check_run(s);
}
