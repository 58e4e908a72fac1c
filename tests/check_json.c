/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON as it is written: layout, escapes, bytes that are no UTF-8. */
#include "base/json.h"

#include "guarded.h"

static char *out;
static size_t out_len;
static struct json j;

static void begin(void)
{
	j = (struct json){.out = open_memstream(&out, &out_len)};
	ck_assert_ptr_nonnull(j.out);
}

static const char *end(void)
{
	fclose(j.out);
	return out;
}

static void string_is(const char *text, const char *want)
{
	char all[200];
	begin();
	json_array(&j, NULL);
	json_text(&j, NULL, text);
	json_end_array(&j);
	snprintf(all, sizeof all, "[\n  \"%s\"\n]\n", want);
	ck_assert_str_eq(end(), all);
	free(out);
}

START_TEST(test_layout)
{
	begin();
	json_object(&j, NULL);
	json_text(&j, "a", "b");
	json_array(&j, "list");
	json_number(&j, NULL, 0);
	json_number(&j, NULL, UINT64_MAX);
	json_object(&j, NULL);
	json_end_object(&j);
	json_end_array(&j);
	json_array(&j, "none");
	json_end_array(&j);
	json_signed(&j, "min", INT64_MIN);
	json_real(&j, "pi", 3.14159, 2);
	json_bool(&j, "yes", true);
	json_bool(&j, "no", false);
	json_end_object(&j);
	ck_assert_str_eq(end(), "{\n  \"a\": \"b\",\n  \"list\": [\n    0,\n    18446744073709551615,\n    {}\n  ],\n  \"none\": [],\n"
				"  \"min\": -9223372036854775808,\n  \"pi\": 3.14,\n  \"yes\": true,\n  \"no\": false\n}\n");
	free(out);
}
END_TEST

START_TEST(test_one_line)
{
	begin();
	j.one_line = true;
	json_object(&j, NULL);
	json_text(&j, "a", "b\n");
	json_array(&j, "list");
	json_number(&j, NULL, 0);
	json_number(&j, NULL, 1);
	json_end_array(&j);
	json_end_object(&j);
	ck_assert_str_eq(end(), "{\"a\": \"b\\u000a\", \"list\": [0, 1]}\n");
	free(out);
}
END_TEST

START_TEST(test_escapes)
{
	string_is("", "");
	string_is("plain / text", "plain / text");
	string_is("quote \" back \\", "quote \\\" back \\\\");
	for (int c = 1; c < 0x20; c++) {
		char text[4] = {'x', (char)c, 'y', 0}, want[16];
		snprintf(want, sizeof want, "x\\u%04xy", (unsigned)c);
		string_is(text, want);
	}
	/* The key as well. */
	begin();
	json_object(&j, NULL);
	json_number(&j, "a\"b", 1);
	json_end_object(&j);
	ck_assert_str_eq(end(), "{\n  \"a\\\"b\": 1\n}\n");
	free(out);
}
END_TEST

START_TEST(test_utf8)
{
	static const char *const good[] = {"\x7e",         "\xc2\xa0",         "\xc3\xa4",        "\xdf\xbf",
					   "\xe0\xa0\x80", "\xe2\x82\xac",     "\xed\x9f\xbf",    "\xee\x80\x80",
					   "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	static const struct {
		const char *text, *want;
	} bad[] = {
		{"\x80", "\\ufffd"},
		{"a\xff"
		 "b",
		 "a\\ufffdb"},
		{"\xc0\x80", "\\ufffd\\ufffd"},
		{"\xc1\xbf", "\\ufffd\\ufffd"},
		{"\xc3", "\\ufffd"},
		{"\xc3(", "\\ufffd("},
		{"\xe2\x82", "\\ufffd\\ufffd"},
		{"\xe2\x82x", "\\ufffd\\ufffdx"},
		{"\xe0\x9f\xbf", "\\ufffd\\ufffd\\ufffd"},
		{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
		{"\xf0\x8f\xbf\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd"},
		{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
		{"\xf5\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
		{"\xf0\x90\x80", "\\ufffd\\ufffd\\ufffd"},
		{"\xe4\xf6\xfc", "\\ufffd\\ufffd\\ufffd"}, /* Latin 1 */
		{"\xc3\xa4\xe4\xc3\xa4", "\xc3\xa4\\ufffd\xc3\xa4"},
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		string_is(good[i], good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		string_is(bad[i].text, bad[i].want);
	/* The end of the string is not passed. */
	for (int c = 0x80; c < 0x100; c++) {
		struct guarded g = guarded_new(2);
		g.p[0] = (uint8_t)c;
		g.p[1] = 0;
		string_is((const char *)g.p, "\\ufffd");
		guarded_free(&g);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("json");
	tcase_add_test(t, test_layout);
	tcase_add_test(t, test_one_line);
	tcase_add_test(t, test_escapes);
	tcase_add_test(t, test_utf8);
	suite_add_tcase(s, t);
	return check_run(s);
}
