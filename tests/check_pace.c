/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pace.h"

#include "base/io.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* As fast as it goes, n bytes in steps: how long it takes. */
static double takes(struct pace *p, uint64_t n, uint64_t step)
{
	double began = seconds();
	for (uint64_t at = 0; at < n; at += step)
		pace_keep(p, step);
	return seconds() - began;
}

START_TEST(kept)
{
	struct pace p = {.rate = 1000000};

	/* A tenth of a second is made up for at the beginning, too. */
	double t = takes(&p, 600000, 10000);
	ck_assert_msg(t > 0.49 && t < 3, "%f s", t);
	t = takes(&p, 300000, 300000);
	ck_assert_msg(t > 0.29 && t < 3, "%f s", t);
}
END_TEST

START_TEST(arrears)
{
	struct pace p = {.rate = 1000000};

	(void)takes(&p, 1000, 1000);
	ck_assert(io_pause(0.6));
	/* Of 600000 bytes that might have passed meanwhile 100000 may. */
	double t = takes(&p, 500000, 10000);
	ck_assert_msg(t > 0.39 && t < 3, "%f s", t);
}
END_TEST

START_TEST(unlimited)
{
	struct pace p = {.rate = 0};

	ck_assert(takes(&p, UINT64_MAX / 2, UINT64_MAX / 8) < 1);
}
END_TEST

START_TEST(cancelled)
{
	struct pace p = {.rate = 1};

	io_cancel_reads();
	ck_assert(takes(&p, 1u << 30, 1u << 30) < 1);
	ck_assert(!io_pause(5));
	io_allow_reads();
	ck_assert(io_pause(0.01));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pace");
	TCase *tc = tcase_create("pace");
	tcase_add_test(tc, kept);
	tcase_add_test(tc, arrears);
	tcase_add_test(tc, unlimited);
	tcase_add_test(tc, cancelled);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
