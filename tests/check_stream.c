/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every stream number of volume-format.md 4.2, with every flag. */
#include "format/stream.h"

#include "guarded.h"

static enum stream_form form_of(uint32_t n)
{
	return n == 2 || n == 6 || n == 11     ? STREAM_PLAIN
	       : n == 4 || n == 7 || n == 12   ? STREAM_LEGACY
	       : n == 29 || n == 30 || n == 31 ? STREAM_HEADED
					       : STREAM_OPAQUE;
}

START_TEST(test_form)
{
	for (uint32_t n = 0; n < 2048; n++) {
		ck_quick(stream_form(n) == form_of(n));
		for (int bit = 11; bit < 31; bit++) {
			uint32_t flagged = n | 1u << bit;
			ck_quick(stream_form(flagged) == (bit == 24 ? STREAM_OPAQUE : form_of(n)));
		}
		ck_quick(stream_form(n | 1u << 24 | 1u << 26) == STREAM_OPAQUE);
	}
}
END_TEST

START_TEST(test_prefix)
{
	for (uint32_t n = 0; n < 2048; n++) {
		bool want = n == 6 || n == 7 || n == 30;
		ck_quick(stream_has_prefix(n) == want);
		for (int bit = 11; bit < 31; bit++)
			ck_quick(stream_has_prefix(n | 1u << bit) == (want || bit == 26));
	}
}
END_TEST

static bool is_in(uint32_t n, const uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (numbers[i] == n)
			return true;
	}
	return false;
}

/* Each of exactly these numbers, whatever the flags. */
START_TEST(test_predicates)
{
	static const struct {
		bool (*is)(uint32_t stream);
		uint32_t numbers[10];
		size_t count;
	} rows[] = {
		{stream_is_sparse, {6, 7, 30}, 3},
		{stream_begins_file, {1, 5, 28, 34, 37}, 5},
		{stream_precedes_data, {1, 5, 22, 35, 36}, 5},
		{stream_is_closed_content, {13, 20, 21, 23, 24, 25, 27, 32, 33}, 9},
		{stream_is_restore_object, {28}, 1},
		{stream_is_plugin_name, {26}, 1},
		{stream_is_ndmp_separator, {999}, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (uint32_t n = 0; n < 2048; n++) {
			bool want = is_in(n, rows[i].numbers, rows[i].count);
			ck_quick(rows[i].is(n) == want);
			for (int bit = 11; bit < 31; bit++)
				ck_quick(rows[i].is(n | 1u << bit) == (want || (bit == 24 && rows[i].is == stream_is_closed_content)));
		}
	}
	ck_assert_uint_eq(stream_number(0x7ffff800 | 29), 29);
}
END_TEST

START_TEST(test_in_form)
{
	static const uint32_t kinds[3][3] = {{2, 4, 29}, {6, 7, 30}, {11, 12, 31}};
	for (int k = 0; k < 3; k++) {
		for (int from = 0; from < 3; from++) {
			for (int to = 0; to < 3; to++) {
				enum stream_form form = (enum stream_form)(STREAM_PLAIN + to);
				ck_assert_uint_eq(stream_in_form(kinds[k][from], form), kinds[k][to]);
				for (int bit = 11; bit < 31; bit++)
					ck_quick(stream_in_form(kinds[k][from] | 1u << bit, form) == (kinds[k][to] | 1u << bit));
				ck_assert_uint_eq(stream_in_form(kinds[k][from] | 0x7ffff800, form), kinds[k][to] | 0x7ffff800);
			}
		}
	}
	for (uint32_t n = 0; n < 2048; n++) {
		if (form_of(n) == STREAM_OPAQUE)
			ck_quick(stream_in_form(n, STREAM_HEADED) == n);
	}
}
END_TEST

START_TEST(test_products)
{
	const uint32_t flag = 1u << 25;
	ck_assert_uint_eq(stream_for(true, flag | 41, 16), flag | 40);
	ck_assert_uint_eq(stream_for(false, flag | 40, 16), flag | 41);
	/* Already so; or another digest, which the other product does not make. */
	const struct {
		bool bareos;
		uint32_t stream;
		size_t len;
	} same[] = {{true, 40, 16}, {false, 41, 16}, {true, 41, 8}, {false, 40, 8},
		    {true, 39, 8},  {false, 39, 8},  {true, 2, 16}, {false, 3, 16}};
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		ck_assert_uint_eq(stream_for(same[i].bareos, same[i].stream, same[i].len), same[i].stream);
	ck_assert(stream_known_to_bareos(40, 16) && stream_known_to_bareos(flag | 2, 5) && stream_known_to_bareos(1998, 8));
	ck_assert(!stream_known_to_bareos(40, 8) && !stream_known_to_bareos(41, 16) && !stream_known_to_bareos(flag | 39, 8));
	for (uint32_t n = 0; n < 2048; n++) {
		bool is = n == 20 || n == 21 || n == 23 || n == 24 || n == 25 || n == 32 || n == 33;
		ck_quick(stream_is_client_encrypted(n | flag) == is);
	}
}
END_TEST

START_TEST(test_names)
{
	static const struct {
		uint32_t n;
		const char *name;
	} some[] = {{1, "UNIX_ATTRIBUTES"},
		    {2, "FILE_DATA"},
		    {4, "GZIP_DATA"},
		    {7, "SPARSE_GZIP_DATA"},
		    {13, "MACOS_FORK_DATA"},
		    {19, "SIGNED_DIGEST"},
		    {28, "RESTORE_OBJECT"},
		    {29, "COMPRESSED_DATA"},
		    {30, "SPARSE_COMPRESSED_DATA"},
		    {31, "WIN32_COMPRESSED_DATA"},
		    {33, "ENCRYPTED_WIN32_COMPRESSED_DATA"},
		    {999, "NDMP_SEPARATOR"},
		    {1000, "ACL_AIX_TEXT"},
		    {1007, "ACL_LINUX_DEFAULT"},
		    {1008, "ACL_LINUX_ACCESS"},
		    {1019, "ACL_HURD_ACCESS"},
		    {1988, "XATTR_PLUGIN"},
		    {1998, "XATTR_LINUX"},
		    {1999, "XATTR_NETBSD"},
		    {29 | 1u << 26, "COMPRESSED_DATA"}};
	static const uint32_t defined[][2] = {{1, 41}, {200, 201}, {999, 1022}, {1987, 1999}};
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
		ck_assert_str_eq(stream_name(some[i].n), some[i].name);
	for (uint32_t n = 0; n < 2048; n++) {
		bool is = false;
		for (size_t i = 0; i < 4; i++)
			is = is || (n >= defined[i][0] && n <= defined[i][1]);
		if ((stream_name(n) != NULL) != is && n != 0)
			ck_abort_msg("%u is %s", n, is ? "nameless" : "named");
		/* no name twice */
		for (uint32_t k = n + 1; stream_name(n) && k < 2048; k++)
			ck_quick(!stream_name(k) || strcmp(stream_name(k), stream_name(n)) != 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stream");
	TCase *t = tcase_create("stream");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_form);
	tcase_add_test(t, test_prefix);
	tcase_add_test(t, test_predicates);
	tcase_add_test(t, test_in_form);
	tcase_add_test(t, test_products);
	tcase_add_test(t, test_names);
	suite_add_tcase(s, t);
	return check_run(s);
}
