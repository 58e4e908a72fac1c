/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/timetext.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

static void is(const char *text, bool last, int64_t wanted)
{
	int64_t got;

	ck_assert_msg(timetext_read(text, last, &got), "%s", text);
	ck_assert_msg(got == wanted, "%s: %lld, not %lld", text, (long long)got, (long long)wanted);
}

START_TEST(known)
{
	is("2026-11-22Z", false, 1795305600000000);
	is("2026-11-22Z", true, 1795391999999999);
	is("2026-11-22 12:44Z", false, 1795351440000000);
	is("2026-11-22T12:44Z", true, 1795351499999999);
	is("2026-11-22 12:44:19Z", false, 1795351459000000);
	is("2026-11-22T12:44:19Z", true, 1795351459999999);
	is("1969-12-31T23:59:58Z", false, -2000000);
	is("@1795351213", false, 1795351213000000);
	is("@-5", true, -4000001);
	setenv("TZ", "UTC-2", 1);
	tzset();
	is("2026-11-22 12:44:19", false, 1795344259000000);
	is("2026-11-22 12:44:19Z", false, 1795351459000000);
}
END_TEST

START_TEST(none)
{
	static const char *const texts[] = {"",
					    "yesterday",
					    "2026",
					    "2026-13-01",
					    "2026-02-31",
					    "@",
					    "@1x",
					    "2026-11-22 25:00",
					    "2026-11-22T12:44:19+01",
					    "2026-11-22 12",
					    "@99999999999999999999"};
	int64_t got;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_msg(!timetext_read(texts[i], false, &got), "%s", texts[i]);
}
END_TEST

START_TEST(durations)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} known_ones[] = {{"4h", 14400}, {"90m", 5400}, {"1h30m", 5400},    {"2d", 172800},
			  {"30s", 30},   {"30", 30},    {"1d1h1m1", 90061}, {"36600d", 3162240000}};
	static const char *const others[] = {"",
					     "0",
					     "0h",
					     "h",
					     "4 h",
					     "-1h",
					     "+1h",
					     "1.5h",
					     "4H",
					     "1w",
					     "1hh",
					     "36601d",
					     "4hours",
					     "18446744073709551616",
					     "9999999999999999d",
					     "36600d1s"};
	uint64_t got;

	for (size_t i = 0; i < sizeof known_ones / sizeof *known_ones; i++) {
		ck_assert_msg(timetext_duration(known_ones[i].text, &got), "%s", known_ones[i].text);
		ck_assert_uint_eq(got, known_ones[i].seconds);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_msg(!timetext_duration(others[i], &got), "%s", others[i]);
}
END_TEST

START_TEST(utc)
{
	char text[TIMETEXT_BYTES];

	timetext_utc(1795351459, text);
	ck_assert_str_eq(text, "2026-11-22T12:44:19Z");
	timetext_utc(-2, text);
	ck_assert_str_eq(text, "1969-12-31T23:59:58Z");
	timetext_utc(INT64_MAX, text);
	ck_assert_str_eq(text, "");
	timetext_utc(INT32_MAX, text);
	ck_assert_str_eq(text, "2038-01-19T03:14:07Z");
	/* One that has no room is not shown as another. */
	timetext_utc(4102444800, text);
	ck_assert_str_eq(text, sizeof(time_t) == 8 ? "2100-01-01T00:00:00Z" : "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timetext");
	TCase *t = tcase_create("timetext");

	tcase_add_test(t, known);
	tcase_add_test(t, none);
	tcase_add_test(t, durations);
	tcase_add_test(t, utc);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
