/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of a record that are read again from their files. */
#include "volume/recall.h"

#include "volume_maker.h"

static struct mk_dir dir;
static char path[2][128];
static uint8_t data[2][5000], got[8000];
static struct recall_files files;
static struct recall *recall;
static struct err e;

static void setup(void)
{
	static const char *paths[2];

	mk_dir_new(&dir);
	for (unsigned i = 0; i < 2; i++) {
		paths[i] = mk_in_dir(&dir, i ? "b" : "a", path[i]);
		sample_fill(data[i], sizeof data[i], SAMPLE_RANDOM, i + 1);
		mk_write(paths[i], data[i], sizeof data[i]);
	}
	files = (struct recall_files){.paths = paths, .in = MEDIUM_CLOSED};
	e = (struct err){0};
	recall = recall_new();
	/* 700 of a, nothing, 1300 of b, 1 of a */
	static const struct {
		size_t input, at, len;
	} parts[] = {{0, 100, 700}, {0, 0, 0}, {1, 3700, 1300}, {0, 4999, 1}};

	for (unsigned i = 0; i < 4; i++) {
		const struct recall_place place = {true, parts[i].input, parts[i].at};

		ck_assert_int_eq(recall_add(recall, &place, (struct span){data[parts[i].input] + parts[i].at, parts[i].len}, &e), 0);
	}
}

static void teardown(void)
{
	recall_free(recall);
	medium_close(&files.in);
	mk_dir_remove(&dir);
}

static uint8_t want(size_t i)
{
	return i < 700 ? data[0][100 + i] : i < 2000 ? data[1][3000 + i] : data[0][4999];
}

START_TEST(test_every_length)
{
	for (size_t n = 0; n <= 2001; n++) {
		memset(got, 0xee, sizeof got);
		ck_quick(recall_read(recall, &files, got, n, &e) == 0);
		for (size_t i = 0; i < n; i++)
			ck_quick(got[i] == want(i));
		ck_quick(got[n] == 0xee);
	}
}
END_TEST

START_TEST(test_cut)
{
	const struct recall_place place = {true, 0, 0};

	recall_cut(recall, 2000);
	ck_assert_int_eq(recall_add(recall, &place, (struct span){data[0], 10}, &e), 0);
	ck_assert_int_eq(recall_read(recall, &files, got, 2010, &e), 0);
	ck_assert_mem_eq(got + 2000, data[0], 10);
	recall_cut(recall, 0);
	got[0] = 1;
	ck_assert_int_eq(recall_read(recall, &files, got, 0, &e), 0);
	ck_assert_int_eq(got[0], 1);
}
END_TEST

/* What is not what it was must not become somebody's data. */
START_TEST(test_changed)
{
	data[1][4999] ^= 1;
	mk_write(path[1], data[1], sizeof data[1]);
	ck_assert_int_eq(recall_read(recall, &files, got, 700, &e), 0);
	ck_assert_int_eq(recall_read(recall, &files, got, 701, &e), XE_FAILED);
	ck_assert_str_eq(e.volume, path[1]);
	ck_assert_str_eq(e.text, "byte 3700: changed while it was read");
	e = (struct err){0};
	mk_write(path[1], data[1], 4000);
	ck_assert_int_eq(recall_read(recall, &files, got, 2000, &e), XE_FAILED);
	e = (struct err){0};
	medium_close(&files.in);
	ck_assert_int_eq(unlink(path[0]), 0);
	ck_assert_int_eq(recall_read(recall, &files, got, 2000, &e), XE_FAILED);
	ck_assert_str_eq(e.volume, path[0]);
}
END_TEST

START_TEST(test_wanted)
{
	ck_assert(!recall_wanted(1, 19999999 / 2));
	ck_assert(!recall_wanted(256, 65536));
	ck_assert(recall_wanted(257, 65536));
	ck_assert(recall_wanted(4000000000u, 4000000000u));
	ck_assert(!recall_wanted(4000000000u, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recall");
	TCase *t = tcase_create("recall");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_every_length);
	tcase_add_test(t, test_cut);
	tcase_add_test(t, test_changed);
	tcase_add_test(t, test_wanted);
	suite_add_tcase(s, t);
	return check_run(s);
}
