/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets among inputs: sessions on two volumes, past one without them, in BB01 where records say whose they are, in dumps with
 * padding; inputs that are none. */
#include "volume/kin.h"

#include "format/block.h"
#include "format/label.h"
#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char names[6][256];
static const char *paths[6];

static void put_block(FILE *f, unsigned version, uint32_t session, int32_t file_index)
{
	uint8_t block[512] = {0};
	struct block_header h = {
		.version = version, .options = version == 3 ? BLOCK_OPTION_CHECKSUM : 0, .session_id = session, .session_time = 7};
	struct record_header r = {.session_id = session, .session_time = 7, .file_index = file_index, .stream = 2, .len = 10};
	struct wr w = wr_over(block, sizeof block);
	wr_bytes(&w, block + 256, block_header_bytes(version));
	record_header_write(&w, version, &r);
	wr_bytes(&w, block + 256, r.len);
	h.len = (uint32_t)(w.p - block);
	block_seal(block, &h, true);
	ck_assert_uint_eq(fwrite(block, h.len, 1, f), 1);
}

/* "12.A": a label, blocks of sessions 1 and 2, padding, one where session 1 begins.  A label bears session 9, which means nothing. */
static void make(size_t i, unsigned version, const char *what)
{
	const char *folder = getenv("TMPDIR");
	snprintf(names[i], sizeof names[i], "%s/kin-%d-%zu", folder ? folder : "/tmp", (int)getpid(), i);
	paths[i] = names[i];
	FILE *f = fopen(names[i], "wb");
	ck_assert_ptr_nonnull(f);
	put_block(f, version, 9, LABEL_VOLUME);
	for (const char *c = what; *c; c++) {
		if (*c == '.')
			fwrite((char[1024]){0}, 1, 1024 - (size_t)ftell(f) % 1024, f);
		else if (*c >= 'A')
			put_block(f, version, (uint32_t)(*c - 'A') + 1, LABEL_SESSION_START);
		else
			put_block(f, version, (uint32_t)(*c - '0'), 1);
	}
	ck_assert_int_eq(fclose(f), 0);
}

static void clean(void)
{
	for (size_t i = 0; i < 6; i++)
		unlink(names[i]);
}

static bool is_one_of(const void *arg, uint32_t id, uint32_t time)
{
	return time == 7 && memchr(arg, (int)id, 8) != NULL;
}

static size_t next_of(struct kin *k, size_t from, uint8_t id)
{
	uint8_t wanted[8] = {id, id, id, id, id, id, id, id};
	size_t at = 99;
	struct err e = {0};
	ck_assert_int_eq(kin_next(k, from, is_one_of, wanted, &at, &e), 0);
	return at;
}

static size_t end_of(struct kin *k, size_t first, size_t last)
{
	size_t end = 99;
	struct err e = {0};
	ck_assert_int_eq(kin_end(k, first, last, &end, &e), 0);
	return end;
}

START_TEST(test_next)
{
	unsigned version = (unsigned)_i + 1;
	const char *const what[] = {"1122", "33", "2.4", "", "455", "6"};
	for (size_t i = 0; i < 6; i++)
		make(i, version, what[i]);
	struct kin *k = kin_new(paths, 6);
	ck_assert_uint_eq(next_of(k, 0, 1), 0);
	ck_assert_uint_eq(next_of(k, 1, 1), 6);
	ck_assert_uint_eq(next_of(k, 1, 2), 2);
	ck_assert_uint_eq(next_of(k, 0, 3), 1);
	ck_assert_uint_eq(next_of(k, 0, 9), 6);
	/* 0 to 2 by session 2, then 4 by session 4 */
	ck_assert_uint_eq(end_of(k, 0, 0), 5);
	ck_assert_uint_eq(end_of(k, 1, 1), 2);
	ck_assert_uint_eq(end_of(k, 2, 3), 5);
	ck_assert_uint_eq(end_of(k, 5, 5), 6);
	kin_free(k);
	clean();
}
END_TEST

/* A job that begins again, on a copy of a volume or after a crash, is none that goes on. */
START_TEST(test_begins)
{
	const char *const what[] = {"A1B2", "A1", "2.A", "C3", "33A", "1"};
	for (size_t i = 0; i < 6; i++)
		make(i, (unsigned)_i + 1, what[i]);
	struct kin *k = kin_new(paths, 6);
	ck_assert_uint_eq(next_of(k, 1, 1), 5);
	ck_assert_uint_eq(next_of(k, 1, 2), 2);
	ck_assert_uint_eq(next_of(k, 0, 3), 4);
	ck_assert_uint_eq(end_of(k, 3, 3), 6);
	ck_assert_uint_eq(end_of(k, 0, 0), 6);
	kin_free(k);
	clean();
}
END_TEST

START_TEST(test_others)
{
	for (size_t i = 0; i < 6; i++)
		make(i, 2, "1");
	unlink(names[1]);
	ck_assert_int_eq(truncate(names[2], 80), 0);
	FILE *f = fopen(names[3], "wb");
	fputs("no volume at all", f);
	fclose(f);
	unlink(names[4]);
	ck_assert_int_eq(mkfifo(names[4], 0600), 0);
	struct kin *k = kin_new(paths, 6);
	ck_assert_uint_eq(next_of(k, 1, 1), 4); /* nobody knows what comes through a pipe */
	ck_assert_uint_eq(next_of(k, 5, 1), 5);
	kin_free(k);
	clean();
	kin_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kin");
	TCase *t = tcase_create("kin");
	tcase_add_loop_test(t, test_next, 0, 3);
	tcase_add_loop_test(t, test_begins, 0, 3);
	tcase_add_test(t, test_others);
	suite_add_tcase(s, t);
	return check_run(s);
}
