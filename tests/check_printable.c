/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a foreign name may reach a terminal. */
#include "base/printable.h"

#include "base/json.h"

#include "guarded.h"

static const struct {
	const char *name, *shown, *json;
} cases[] = {
	{"", "", "\"\""},
	{"/etc/pass wd~", "/etc/pass wd~", "\"/etc/pass wd~\""},
	{"a\x1b[31m\a\tb\n\x7f", "a?[31m??b??", "\"a\\u001b[31m\\u0007\\u0009b\\u000a\\u007f\""},
	{"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\""},
	/* U+009B and the byte of that number begin an escape sequence; U+00A0 does not. */
	{"\xc2\x9b"
	 "2J\x9b"
	 "2J\xc2\xa0",
	 "??2J?2J\xc2\xa0", "\"\\u009b2J\\ufffd2J\xc2\xa0\""},
	{"\xc2\x80\xc2\x9f", "????", "\"\\u0080\\u009f\""},
	/* Latin 1 passes, overlong forms and surrogates do not become what they stand for. */
	{"f\xfcr", "f\xfcr", "\"f\\ufffdr\""},
	{"\xc0\x9b\xe0\x82\x9b\xed\xa0\x80", "\xc0?\xe0??\xed\xa0?", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
	{"cut \xe2\x82", "cut \xe2?", "\"cut \\ufffd\\ufffd\""},
};

START_TEST(test_names)
{
	char text[64], *written;
	size_t len;
	FILE *f = open_memstream(&written, &len);
	ck_assert_ptr_nonnull(f);
	snprintf(text, sizeof text, "%s", cases[_i].name);
	ck_assert_uint_eq(printable_make(text), strlen(cases[_i].name));
	ck_assert_str_eq(text, cases[_i].shown);
	printable_put(cases[_i].name, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(written, text);
	free(written);
}
END_TEST

START_TEST(test_json)
{
	char *written;
	size_t len;
	FILE *f = open_memstream(&written, &len);
	struct json j = {.out = f};
	ck_assert_ptr_nonnull(f);
	json_object(&j, NULL);
	json_text(&j, "n", cases[_i].name);
	json_end_object(&j);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_msg(strstr(written, cases[_i].json) != NULL, "case %d: %s", _i, written);
	free(written);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("printable");
	TCase *t = tcase_create("printable");
	tcase_add_loop_test(t, test_names, 0, sizeof cases / sizeof cases[0]);
	tcase_add_loop_test(t, test_json, 0, sizeof cases / sizeof cases[0]);
	suite_add_tcase(s, t);
	return check_run(s);
}
