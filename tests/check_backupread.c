/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/backupread.h"

#include "tests/guarded.h"

#include <check.h>
#include <stdlib.h>

static uint8_t raw[4096];
static size_t raw_len;
static uint8_t file[256];
static uint64_t end;

static void put_le(uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		raw[raw_len++] = (uint8_t)(v >> (8 * i));
}

static void put_stream(uint32_t id, const char *name, const void *data, size_t n)
{
	put_le(id, 4);
	put_le(0, 4);
	put_le(n, 8);
	put_le(strlen(name), 4);
	memcpy(raw + raw_len, name, strlen(name));
	raw_len += strlen(name);
	memcpy(raw + raw_len, data, n);
	raw_len += n;
}

/* All of it in pieces of cut bytes, each at the end of a page. */
static bool take(struct backupread *b, size_t cut)
{
	*b = (struct backupread){0};
	memset(file, '.', sizeof file);
	end = 0;
	for (size_t at = 0; at < raw_len; at += cut) {
		size_t n = raw_len - at < cut ? raw_len - at : cut;
		struct guarded g = guarded_copy(raw + at, n);
		struct span data = {g.p, n};
		struct backupread_piece piece;

		while (backupread_next(b, &data, &piece)) {
			ck_assert(piece.at + piece.data.len <= sizeof file);
			memcpy(file + piece.at, piece.data.data, piece.data.len);
			end = piece.at + piece.data.len > end ? piece.at + piece.data.len : end;
		}
		ck_assert(b->bad || data.len == 0);
		guarded_free(&g);
	}
	return backupread_is_whole(b);
}

START_TEST(cut_anywhere)
{
	struct backupread b;

	raw_len = 0;
	put_stream(BACKUPREAD_SECURITY, "", "descriptor", 10);
	put_stream(BACKUPREAD_DATA, "", "content", 7);
	put_stream(BACKUPREAD_ALTERNATE, "::", "other", 5);
	put_stream(BACKUPREAD_SPARSE, "", "\40\0\0\0\0\0\0\0block", 13);
	put_stream(BACKUPREAD_SPARSE, "", "\100\0\0\0\0\0\0\0", 8);
	put_stream(7, "", "", 0);
	for (size_t cut = 1; cut <= raw_len; cut++) {
		ck_assert(take(&b, cut));
		ck_assert_int_eq(memcmp(file, "content.........................block...", 40), 0);
		ck_assert_uint_eq(end, 64);
		ck_assert_uint_eq(b.seen, 1u << 3 | 1u << 1 | 1u << 4 | 1u << 9 | 1u << 7);
	}
}
END_TEST

START_TEST(truncated)
{
	struct backupread b;
	size_t whole;

	raw_len = 0;
	put_stream(BACKUPREAD_DATA, "", "content", 7);
	whole = raw_len;
	for (raw_len = 0; raw_len <= whole; raw_len++)
		ck_assert(take(&b, 5) == (raw_len == 0 || raw_len == whole));
}
END_TEST

static bool is_bad(uint32_t id, uint64_t size, uint32_t name)
{
	struct backupread b;

	raw_len = 0;
	put_le(id, 4);
	put_le(0, 4);
	put_le(size, 8);
	put_le(name, 4);
	put_le(UINT64_MAX, 8);
	take(&b, 100);
	return b.bad;
}

START_TEST(hostile)
{
	ck_assert(is_bad(0, 1, 0));
	ck_assert(is_bad(12, 1, 0));
	ck_assert(is_bad(UINT32_MAX, 1, 0));
	ck_assert(is_bad(1, UINT64_MAX, 0));
	ck_assert(is_bad(4, 1, 0x10000));
	ck_assert(is_bad(9, 7, 0));
	ck_assert(is_bad(9, 9, 0)); /* at 2^64 - 1 */
	ck_assert(!is_bad(1, 9, 0));
	ck_assert_ptr_null(backupread_name(0));
	ck_assert_ptr_null(backupread_name(BACKUPREAD_DATA));
	ck_assert_ptr_null(backupread_name(4711));
	ck_assert_ptr_nonnull(backupread_name(BACKUPREAD_SECURITY));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("backupread");
	TCase *t = tcase_create("backupread");

	tcase_add_test(t, cut_anywhere);
	tcase_add_test(t, truncated);
	tcase_add_test(t, hostile);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
