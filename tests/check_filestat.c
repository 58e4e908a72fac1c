/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/filestat.h"

#include "tests/guarded.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A hard link, as Bareos wrote it (restore-format.md 1.1). */
static const char hard_link[] = "57 1 /srv/data/tree/links/target.txt\0P4A EqAs IGE D A A A u4 BAA I BrAuKt BlU/Ew BrAuKt 2 A d\0"
				"/srv/data/tree/links/hard2.txt\0\0000";

static bool read_text(const char *text, size_t n, struct filestat *s)
{
	return filestat_read((struct span){(const uint8_t *)text, n}, s);
}

START_TEST(known)
{
	struct filestat s;

	ck_assert(read_text(hard_link, sizeof hard_link, &s));
	ck_assert_int_eq(s.file_index, 57);
	ck_assert_uint_eq(s.type, FILESTAT_HARD_LINK);
	ck_assert_str_eq(s.name, "/srv/data/tree/links/target.txt");
	ck_assert_str_eq(s.link, "/srv/data/tree/links/hard2.txt");
	ck_assert_str_eq(s.extended, "");
	ck_assert_uint_eq(s.mode, 0100604);
	ck_assert_uint_eq(s.links, 3);
	ck_assert_uint_eq(s.size, 3000);
	ck_assert_int_eq(s.atime, 1795351213);
	ck_assert_int_eq(s.mtime, 1700000048);
	ck_assert_int_eq(s.link_index, 54);
	ck_assert_uint_eq(s.data_stream, 29);
	ck_assert(!s.delta && !filestat_of_windows(&s));
}
END_TEST

/* Of each beginning of it: an answer, and no byte behind it. */
START_TEST(truncated)
{
	struct filestat s;

	for (size_t n = 0; n <= sizeof hard_link; n++) {
		struct guarded g = guarded_copy((const uint8_t *)hard_link, n);
		bool right = filestat_read((struct span){g.p, n}, &s);
		/* The whole record: what is behind the packet may be missing, but each string has its NUL. */
		size_t packet_ends = 1 + (size_t)((const char *)memchr(hard_link + 40, 0, 100) - hard_link);

		ck_assert(right == (n >= packet_ends));
		guarded_free(&g);
	}
}
END_TEST

static bool packet(const char *numbers, struct filestat *s)
{
	static char text[512];
	int n = snprintf(text, sizeof text, "1 3 /a%c%s%c%c%c0", 0, numbers, 0, 0, 0);

	return read_text(text, (size_t)n + 1, s);
}

START_TEST(numbers)
{
	struct filestat s;

	ck_assert(packet("A A A A A A A A A A A A A", &s)); /* thirteen, as very old ones */
	ck_assert(!packet("A A A A A A A A A A A A", &s));
	ck_assert(!packet("A A IGk= A A A A A A A A A A A A A", &s)); /* no MIME */
	ck_assert(!packet("A A A  A A A A A A A A A A A A A", &s));   /* two blanks */
	ck_assert(!packet("", &s));
	ck_assert(packet("A A A A -B -B A H////////// A A -E -BA A A A A", &s));
	ck_assert_uint_eq(s.uid, UINT32_MAX);
	ck_assert_uint_eq(s.gid, UINT32_MAX);
	ck_assert_int_eq(s.atime, -4);
	ck_assert_int_eq(s.mtime, -64);
	ck_assert_uint_eq(s.size, (uint64_t)INT64_MAX);
	ck_assert(!packet("A A A A A A A IAAAAAAAAAA A A A A A A A A", &s)); /* 2^63 */
	ck_assert(packet("A A A A A A A -B A A A A A -B A A", &s));
	ck_assert_uint_eq(s.size, 0);
	ck_assert_int_eq(s.link_index, 0);
}
END_TEST

START_TEST(names)
{
	struct filestat s;
	static const char blank[] = "3 3  two  blanks \n\0A A A A A A A A A A A A A\0\0\0001";
	static const char windows[] = "3 65539 C:/x\0A A A A A A A A A A A A A\0\0B B B B B B\0000";
	static const char none[] = "3 3\0A A A A A A A A A A A A A\0\0\0000";

	ck_assert(read_text(blank, sizeof blank, &s));
	ck_assert_str_eq(s.name, " two  blanks \n");
	ck_assert(s.delta);
	ck_assert(read_text(windows, sizeof windows, &s));
	ck_assert_uint_eq(s.type, FILESTAT_FILE);
	ck_assert_str_eq(s.extended, "B B B B B B");
	ck_assert(filestat_of_windows(&s));
	ck_assert(!read_text(none, sizeof none, &s));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("filestat");
	TCase *t = tcase_create("filestat");

	tcase_add_test(t, known);
	tcase_add_test(t, truncated);
	tcase_add_test(t, numbers);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
