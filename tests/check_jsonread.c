/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON as it is read: every value with its path, and what is none. */
#include "base/jsonread.h"

#include "guarded.h"

#include <stdio.h>

static char told[2000];
static struct err e;

static int take(void *arg, const struct jsonread_value *v, struct err *why)
{
	static const char *const kinds[] = {"{", "[", "t", "n", "b", "0"};
	size_t len = strlen(told);
	(void)arg;
	if (strcmp(v->text, "stop") == 0)
		return err_set(why, XE_USAGE, "stopped");
	snprintf(told + len, sizeof told - len, "%s %s=%s@%zu;", kinds[v->kind], v->path, v->text, v->row);
	return 0;
}

/* The text lies behind a page that faults, at its end: what reads on is seen. */
static int reads(const char *text)
{
	size_t len = strlen(text);
	struct guarded g = guarded_copy((const uint8_t *)text, len);
	told[0] = '\0';
	e = (struct err){0};
	int rc = jsonread(g.p, len, take, NULL, &e);
	guarded_free(&g);
	return rc;
}

static void becomes(const char *text, const char *want)
{
	ck_assert_msg(reads(text) == 0, "%s: %s", text, e.text);
	ck_assert_str_eq(told, want);
}

START_TEST(test_values)
{
	becomes("{}", "{ =@0;");
	becomes(" [ ] \n", "[ =@0;");
	becomes("\"a\"", "t =a@0;");
	becomes("[true, false, null]", "[ =@0;b []=true@0;b []=false@1;0 []=@2;");
	becomes("[0, -1, 1.5, 2e9, 1E-3, 18446744073709551616]",
		"[ =@0;n []=0@0;n []=-1@1;n []=1.5@2;n []=2e9@3;n []=1E-3@4;n []=18446744073709551616@5;");
	becomes("{\"a\": {\"b\": [{\"c\": 1}, {\"c\": 2}]}, \"d\": \"\"}",
		"{ =@0;{ a=@0;[ a.b=@0;{ a.b[]=@0;n a.b[].c=1@0;{ a.b[]=@1;n a.b[].c=2@1;t d=@0;");
}
END_TEST

START_TEST(test_strings)
{
	becomes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "t =\"\\/\b\f\n\r\t@0;");
	becomes("\"\\u0041\\u00e4\\u20AC\\uD83D\\ude00\"", "t =A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80@0;");
	becomes("\"\xc3\xa4\xf0\x9f\x98\x80\"", "t =\xc3\xa4\xf0\x9f\x98\x80@0;");
}
END_TEST

static const char *const none[] = {
	"",
	" ",
	"{",
	"}",
	"[",
	"]",
	"\"",
	"\"a",
	"tru",
	"nul",
	"x",
	"[1,]",
	"[1 2]",
	"[,]",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{a:1}",
	"{\"a\" 1}",
	"{\"a\":1 \"b\":2}",
	"1 2",
	"[] []",
	"01",
	"-",
	"1.",
	".5",
	"1e",
	"1e+",
	"+1",
	"0x1",
	"NaN",
	"'a'",
	"\"\\x\"",
	"\"\\u12\"",
	"\"\\u12g4\"",
	"\"\\u0000\"",
	"\"\\ud800\"",
	"\"\\ud800\\u0041\"",
	"\"\\udc00\"",
	"\"\n\"",
	"\"\x80\"",
	"\"\xc3\"",
	"\"\xed\xa0\x80\"",
	"\"\x01\"",
};

START_TEST(test_none)
{
	ck_assert_msg(reads(none[_i]) == XE_FAILED, "%s is taken for JSON", none[_i]);
	ck_assert_ptr_nonnull(strstr(e.text, "no JSON"));
}
END_TEST

/* No beginning of it is whole. */
START_TEST(test_truncations)
{
	static const char whole[] = "{\"a\": [1, true, \"b\\u00e4\", {\"c\": null}], \"d\": -2.5e1}";
	for (size_t n = 0; n < sizeof whole - 1; n++) {
		char part[sizeof whole] = "";
		memcpy(part, whole, n);
		ck_assert_msg(reads(part) != 0, "%s", part);
	}
	ck_assert_int_eq(reads(whole), 0);
}
END_TEST

START_TEST(test_limits)
{
	char deep[2 * JSONREAD_DEPTH + 3] = "", wide[2 * JSONREAD_PATH_BYTES];
	memset(deep, '[', JSONREAD_DEPTH);
	memset(deep + JSONREAD_DEPTH, ']', JSONREAD_DEPTH);
	ck_assert_int_eq(reads(deep), 0);
	memset(deep, '[', JSONREAD_DEPTH + 1);
	memset(deep + JSONREAD_DEPTH + 1, ']', JSONREAD_DEPTH + 1);
	ck_assert_int_eq(reads(deep), XE_FAILED);
	/* "" and a name, and the bytes that a path has room for: a point may be before it. */
	for (size_t n = JSONREAD_PATH_BYTES - 4; n < JSONREAD_PATH_BYTES + 4; n++) {
		snprintf(wide, sizeof wide, "{\"%.*s\":1}", (int)n, "");
		memset(wide + 2, 'x', n);
		memcpy(wide + 2 + n, "\":1}", 5);
		ck_assert_int_eq(reads(wide) == 0, n + 2 <= JSONREAD_PATH_BYTES);
	}
}
END_TEST

START_TEST(test_stops)
{
	ck_assert_int_eq(reads("[1, \"stop\", 2]"), XE_USAGE);
	ck_assert_str_eq(told, "[ =@0;n []=1@0;");
}
END_TEST

START_TEST(test_whole)
{
	uint64_t n;
	struct jsonread_value v = {.kind = JSONREAD_NUMBER, .text = "18446744073709551615"};
	ck_assert(jsonread_whole(&v, &n) && n == UINT64_MAX);
	v.text = "18446744073709551616";
	ck_assert(!jsonread_whole(&v, &n));
	v.text = "-1";
	ck_assert(!jsonread_whole(&v, &n));
	v.text = "1.0";
	ck_assert(!jsonread_whole(&v, &n));
	v = (struct jsonread_value){.kind = JSONREAD_TEXT, .text = "1"};
	ck_assert(!jsonread_whole(&v, &n));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("jsonread");
	TCase *t = tcase_create("jsonread");
	tcase_add_test(t, test_values);
	tcase_add_test(t, test_strings);
	tcase_add_loop_test(t, test_none, 0, (int)(sizeof none / sizeof none[0]));
	tcase_add_test(t, test_truncations);
	tcase_add_test(t, test_limits);
	tcase_add_test(t, test_stops);
	tcase_add_test(t, test_whole);
	suite_add_tcase(s, t);
	return check_run(s);
}
