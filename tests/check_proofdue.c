/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which units are due: the order, the share, and what follows from both over many nights of archives of any shape. */
#include "cmd/volume/proofdue.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define UNITS_MAX 200u

static struct proofdue chosen(const struct proofdue_unit *units, size_t count, uint32_t part, uint32_t whole)
{
	struct proofdue d;
	struct err e = {0};
	ck_assert_int_eq(proofdue_choose(&d, units, count, (struct proofdue_share){part, whole}, &e), 0);
	ck_assert_uint_le(d.due, count);
	ck_assert_uint_le(d.failed, d.due);
	return d;
}

/* The order, those that are due with a bar behind them. */
static void is(const struct proofdue_unit *units, size_t count, uint32_t part, uint32_t whole, const char *wanted)
{
	char got[256] = "";
	struct proofdue d = chosen(units, count, part, whole);
	for (size_t i = 0; i <= count; i++) {
		size_t len = strlen(got);
		if (i == d.due)
			got[len++] = '|';
		if (i < count)
			got[len++] = (char)('0' + (int)d.order[i]);
		got[len] = '\0';
	}
	ck_assert_str_eq(got, wanted);
	proofdue_free(&d);
	proofdue_free(&d);
}

START_TEST(order)
{
	const struct proofdue_unit units[] = {
		{.bytes = 10, .looked = 500},
		{.bytes = 10, .looked = PROOFDUE_NEVER},
		{.bytes = 10, .looked = 400},
		{.bytes = 10, .looked = PROOFDUE_NEVER},
		{.bytes = 10, .looked = 600, .failed = true},
		{.bytes = 10, .looked = 400},
		{.bytes = 10, .looked = 300, .failed = true},
	};
	is(units, 7, 0, 0, "6413250|");
	is(units, 7, 1, 1, "6413250|");
	/* 70 bytes: what failed stands beside the share. */
	is(units, 7, 1, 7, "641|3250");
	is(units, 7, 2, 7, "6413|250");
	/* Rounded up, and the last one whole. */
	is(units, 7, 1, 6, "6413|250");
	is(units, 7, 1, 1000000, "641|3250");
	is(units, 7, 5, 7, "6413250|");
	is(units, 1, 1, 30, "0|");
	is(units, 0, 1, 30, "|");
}
END_TEST

START_TEST(sizes)
{
	const struct proofdue_unit large[] = {{.bytes = 1000, .looked = 1}, {.bytes = 1, .looked = 2}, {.bytes = 1, .looked = 3}};
	is(large, 3, 1, 30, "0|12");
	const struct proofdue_unit small[] = {{.bytes = 1, .looked = 1}, {.bytes = 1, .looked = 2}, {.bytes = 1000, .looked = 3}};
	is(small, 3, 1, 30, "012|");
	/* Whose size nobody knows have their turn, too. */
	const struct proofdue_unit unknown[] = {{.looked = 1}, {.looked = 2}, {.looked = 3}, {.looked = 4}};
	is(unknown, 4, 1, 2, "01|23");
	/* 2^63 bytes, thrice, do not fit into 64 bits; half of that times a million does not, either. */
	const struct proofdue_unit vast[] = {{.bytes = UINT64_MAX / 4, .looked = 1},
					     {.bytes = UINT64_MAX / 4, .looked = 2},
					     {.bytes = UINT64_MAX / 4, .looked = 3},
					     {.bytes = UINT64_MAX / 4, .looked = 4}};
	is(vast, 4, 500000, 1000000, "01|23");
	is(vast, 4, 999999, 1000000, "0123|");
}
END_TEST

/* One night. */
static void prove(struct proofdue_unit *units, const struct proofdue *d, int64_t *clock)
{
	for (size_t i = 0; i < d->due; i++) {
		units[d->order[i]].looked = ++*clock;
		units[d->order[i]].failed = false;
	}
}

START_TEST(nights)
{
	struct proofdue_unit units[UNITS_MAX];
	srand((unsigned)_i);
	size_t count = 1 + (size_t)rand() % UNITS_MAX;
	uint32_t whole = 1 + (uint32_t)rand() % 40, part = 1 + (uint32_t)rand() % whole;
	unsigned proofs[UNITS_MAX] = {0}, runs = 0;
	int64_t clock = 0;
	for (size_t i = 0; i < count; i++)
		units[i] = (struct proofdue_unit){.bytes = (uint64_t)rand() % (rand() % 3 ? 10 : 10000), .looked = PROOFDUE_NEVER};
	/* Twice around: the second time from other places in the order. */
	for (unsigned round = 1; round <= 2; round++) {
		size_t done = 0;
		for (unsigned night = 0; night * part < whole; night++, runs++) {
			struct proofdue d = chosen(units, count, part, whole);
			for (size_t i = 0; i < d.due; i++)
				done += ++proofs[d.order[i]] == round;
			prove(units, &d, &clock);
			proofdue_free(&d);
		}
		if (round == 1)
			ck_assert_uint_eq(done, count);
	}
	/* None is a whole turn ahead of another one. */
	unsigned least = proofs[0], most = proofs[0];
	for (size_t i = 0; i < count; i++) {
		least = proofs[i] < least ? proofs[i] : least;
		most = proofs[i] > most ? proofs[i] : most;
	}
	ck_assert_uint_ge(least, 2);
	ck_assert_uint_le(most, least + 1);
}
END_TEST

/* One that fails each night is looked at each night, and costs no other its turn. */
START_TEST(failing)
{
	struct proofdue_unit units[30];
	int64_t clock = 0;
	for (size_t i = 0; i < 30; i++)
		units[i] = (struct proofdue_unit){.bytes = 100, .looked = PROOFDUE_NEVER};
	units[7].failed = true;
	for (unsigned night = 0; night < 30; night++) {
		struct proofdue d = chosen(units, 30, 1, 30);
		ck_assert_uint_eq(d.order[0], 7);
		ck_assert_uint_eq(d.due, 2);
		prove(units, &d, &clock);
		units[7].failed = true;
		proofdue_free(&d);
	}
	for (size_t i = 0; i < 30; i++)
		ck_assert_int_ne(units[i].looked, PROOFDUE_NEVER);
}
END_TEST

START_TEST(shares)
{
	static const char *const none[] = {
		"",      "1",     "/",     "1/",     "/30",   "0/30", "31/30", "1/0",       "-1/30", "1/-30",
		"+1/30", " 1/30", "1/30 ", "1/30/2", "1 /30", "a/30", "1/30x", "1/1000001", "1%",    "4294967297/4294967298"};
	struct proofdue_share s;
	ck_assert(proofdue_read("1/30", &s) && s.part == 1 && s.whole == 30);
	ck_assert(proofdue_read("30/30", &s) && s.part == 30 && s.whole == 30);
	ck_assert(proofdue_read("007/1000000", &s) && s.part == 7 && s.whole == 1000000);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_msg(!proofdue_read(none[i], &s), "%s", none[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proofdue");
	TCase *t = tcase_create("proofdue");

	tcase_add_test(t, order);
	tcase_add_test(t, sizes);
	tcase_add_loop_test(t, nights, 0, 300);
	tcase_add_test(t, failing);
	tcase_add_test(t, shares);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
