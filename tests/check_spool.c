/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/spool.h"

#include "tests/guarded.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM (SPOOL_MEMORY_BYTES + 3000000)

static struct spool s;
static struct err e;
static uint8_t *model; /* what is there, */
static bool *there;    /* and where */

static void setup(void)
{
	s = SPOOL_NONE("/tmp");
	e = (struct err){0};
	model = calloc(1, ROOM);
	there = calloc(ROOM, sizeof *there);
}

static void teardown(void)
{
	spool_free(&s);
	spool_free(&s);
	free(model);
	free(there);
}

static void put(uint64_t at, size_t n, uint8_t seed)
{
	uint8_t *data = malloc(n ? n : 1);

	for (size_t i = 0; i < n; i++) {
		data[i] = model[at + i] = (uint8_t)(seed + i);
		there[at + i] = true;
	}
	ck_assert_int_eq(spool_write(&s, at, (struct span){data, n}, &e), 0);
	free(data);
}

/* Extents are what was written, ascending, apart from each other; and so is their content. */
static void agrees(void)
{
	bool *told = calloc(ROOM, sizeof *told);
	uint64_t at = 0;
	size_t end = ROOM;

	for (size_t i = 0; i < s.count; i++) {
		const struct spool_extent *x = &s.extents[i];
		uint8_t *data = malloc(x->bytes);

		ck_assert(x->bytes > 0 && (i == 0 || x->offset > at) && x->offset + x->bytes <= ROOM);
		ck_assert_int_eq(spool_read(&s, x->offset, data, (size_t)x->bytes, &e), 0);
		ck_assert_int_eq(memcmp(data, model + x->offset, (size_t)x->bytes), 0);
		memset(told + x->offset, 1, (size_t)x->bytes);
		at = x->offset + x->bytes;
		free(data);
	}
	ck_assert_int_eq(memcmp(told, there, ROOM * sizeof *told), 0);
	free(told);
	while (end > 0 && !there[end - 1])
		end--;
	ck_assert_uint_eq(s.end, end);
}

START_TEST(in_order)
{
	agrees();
	put(0, 0, 1);
	put(0, 1000, 1);
	put(1000, 500, 2);
	ck_assert_uint_eq(s.count, 1);
	put(5000, 10, 3);
	ck_assert_uint_eq(s.count, 2);
	ck_assert_int_eq(s.fd, -1);
	agrees();
}
END_TEST

START_TEST(in_any_order)
{
	uint64_t seed = 7;

	for (int i = 0; i < 300; i++)
		put(sample_next(&seed) % 200000, sample_next(&seed) % 2000, (uint8_t)i);
	agrees();
}
END_TEST

/* What grows beyond the memory goes to a file, with what was there before; so does one far away. */
START_TEST(spills)
{
	put(10, 100, 1);
	put(3000, 100, 2);
	put(SPOOL_MEMORY_BYTES - 50, 50, 3);
	ck_assert_int_eq(s.fd, -1);
	put(SPOOL_MEMORY_BYTES - 20, 40, 4);
	ck_assert_int_ge(s.fd, 0);
	put(SPOOL_MEMORY_BYTES + 2000000, 1000, 5);
	put(50, 10, 6);
	agrees();
	spool_empty(&s);
	ck_assert_int_eq(s.fd, -1);
	memset(there, 0, ROOM);
	put(7, 7, 7);
	agrees();
}
END_TEST

START_TEST(nowhere)
{
	s.folder = "/nowhere/at/all";
	ck_assert_int_eq(spool_write(&s, SPOOL_MEMORY_BYTES, (struct span){(const uint8_t *)"x", 1}, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.volume, "/nowhere/at/all"));
}
END_TEST

/* What no file can hold is no error of the run: further than any reaches, and pieces without number in no order. */
START_TEST(unfit)
{
	const struct span byte = {(const uint8_t *)"x", 1};
	ck_assert_int_eq(spool_write(&s, (uint64_t)1 << 62, byte, &e), SPOOL_UNFIT);
	ck_assert_int_eq(spool_write(&s, UINT64_MAX - 5, byte, &e), SPOOL_UNFIT);
	spool_empty(&s);
	for (uint64_t i = SPOOL_DISORDERLY_MAX; i > 0; i--)
		ck_assert_int_eq(spool_write(&s, 2 * i, byte, &e), 0);
	ck_assert_uint_eq(s.count, SPOOL_DISORDERLY_MAX);
	ck_assert_int_eq(spool_write(&s, 0, byte, &e), SPOOL_UNFIT);
	ck_assert_int_eq(spool_write(&s, 4 * SPOOL_DISORDERLY_MAX, byte, &e), 0);
	ck_assert_int_eq(e.code, XE_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *t = tcase_create("spool");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, in_order);
	tcase_add_test(t, in_any_order);
	tcase_add_test(t, spills);
	tcase_add_test(t, nowhere);
	tcase_add_test(t, unfit);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
