/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of verify: rows in order, names of any bytes there and back, every truncation and every changed byte refused. */
#include "cmd/volume/proofstate.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static struct proofstate_row row(const char *path, enum judgement verdict)
{
	return (struct proofstate_row){.path = (char *)path,
				       .bytes = 18446744073709551615u,
				       .mtime = "-5.000000001",
				       .verdict = verdict,
				       .looked = 1796074399682224699,
				       .since = 1,
				       .hashed = verdict == JUDGEMENT_SOUND,
				       .xxh64 = verdict == JUDGEMENT_SOUND ? 0x0123456789abcdef : 0};
}

static void put(struct proofstate *s, const struct proofstate_row *r)
{
	struct err e = {0};
	ck_assert_int_eq(proofstate_put(s, r, &e), 0);
}

static char *printed(const struct proofstate *s, size_t *len)
{
	struct err e = {0};
	char *text;
	ck_assert_int_eq(proofstate_print(s, &text, len, &e), 0);
	return text;
}

static int parsed(struct proofstate *s, const char *text, size_t len, struct err *e)
{
	*s = PROOFSTATE_NONE;
	*e = (struct err){0};
	/* Its end is the end of what may be read. */
	char *copy = malloc(len ? len : 1);
	memcpy(copy, text, len);
	int rc = proofstate_parse(s, copy, len, e);
	free(copy);
	return rc;
}

static const char *const names[] = {"/v/a",        "/v/with blank",   "/v/tab\there",      "/v/line\nbreak", "/v/back\\slash",
				    "/v/\\x41",    "/v/caf\xc3\xa9",  "/v/caf\xe9 latin1", "/v/\xff\xfe",    "/v/\x7f\x1b[31m",
				    "/v/\xc2\x9b", "/v/\xed\xa0\x80", "/v/\xe2\x82",       "/v/end\\",       "/"};
#define NAMES (sizeof names / sizeof *names)

static void fill(struct proofstate *s)
{
	*s = PROOFSTATE_NONE;
	for (size_t i = 0; i < NAMES; i++) {
		struct proofstate_row r = row(names[NAMES - 1 - i], (enum judgement)(i % JUDGEMENTS));
		put(s, &r);
	}
}

START_TEST(there_and_back)
{
	struct proofstate s, t;
	struct err e;
	size_t len, again_len;
	fill(&s);
	char *text = printed(&s, &len);
	ck_assert_int_eq(parsed(&t, text, len, &e), 0);
	ck_assert_uint_eq(t.count, NAMES);
	for (size_t i = 0; i < NAMES; i++) {
		const struct proofstate_row *a = proofstate_find(&s, names[i]), *b = proofstate_find(&t, names[i]);
		ck_assert(a && b && a->bytes == b->bytes && strcmp(a->mtime, b->mtime) == 0 && a->verdict == b->verdict);
		ck_assert(a->looked == b->looked && a->since == b->since && a->hashed == b->hashed && a->xxh64 == b->xxh64);
	}
	ck_assert_ptr_null(proofstate_find(&t, "/v/b"));
	ck_assert_ptr_null(proofstate_find(&t, ""));
	char *again = printed(&t, &again_len);
	ck_assert(len == again_len && memcmp(text, again, len) == 0);
	/* One line each, and nothing that a terminal would obey. */
	size_t lines = 0;
	for (size_t i = 0; i < len; i++) {
		lines += text[i] == '\n';
		ck_assert(text[i] == '\n' || text[i] == '\t' || ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f));
	}
	ck_assert_uint_eq(lines, NAMES + 2);
	free(text);
	free(again);
	proofstate_free(&s);
	proofstate_free(&t);
}
END_TEST

START_TEST(rows)
{
	struct proofstate s = PROOFSTATE_NONE;
	struct proofstate_row a = row("/b", JUDGEMENT_SOUND), b = row("/a", JUDGEMENT_DAMAGED), c = row("/b", JUDGEMENT_WOUNDED);
	put(&s, &a);
	put(&s, &b);
	ck_assert_str_eq(s.rows[0].path, "/a");
	put(&s, &c);
	ck_assert_uint_eq(s.count, 2);
	ck_assert_int_eq(proofstate_find(&s, "/b")->verdict, JUDGEMENT_WOUNDED);
	proofstate_drop(&s, 0);
	ck_assert_ptr_null(proofstate_find(&s, "/a"));
	ck_assert_str_eq(s.rows[0].path, "/b");
	proofstate_drop(&s, 0);
	ck_assert_uint_eq(s.count, 0);
	size_t len;
	char *text = printed(&s, &len);
	ck_assert_uint_eq(len, strlen("xflate-verify-state\t1\nxxh64\t0123456789abcdef\n"));
	free(text);
	proofstate_free(&s);
	proofstate_free(&s);
}
END_TEST

START_TEST(every_truncation)
{
	struct proofstate s, t;
	struct err e;
	size_t len;
	fill(&s);
	char *text = printed(&s, &len);
	for (size_t n = 0; n < len; n++) {
		ck_assert_int_eq(parsed(&t, text, n, &e), XE_FAILED);
		ck_assert(e.text[0]);
		proofstate_free(&t);
	}
	for (size_t i = 0; i < len; i++) {
		text[i] ^= (char)(1 << i % 8);
		ck_assert_msg(parsed(&t, text, len, &e) == XE_FAILED, "byte %zu", i);
		proofstate_free(&t);
		text[i] ^= (char)(1 << i % 8);
	}
	free(text);
	proofstate_free(&s);
}
END_TEST

/* A right checksum does not make a line right. */
static int of_lines(const char *lines, struct err *e)
{
	char text[1024];
	struct proofstate t;
	int n = snprintf(text, sizeof text, "xflate-verify-state\t1\n%s", lines);
	n += snprintf(text + n, sizeof text - (size_t)n, "xxh64\t%016llx\n", (unsigned long long)XXH64(text, (size_t)n, 0));
	int rc = parsed(&t, text, (size_t)n, e);
	proofstate_free(&t);
	return rc;
}

START_TEST(lines)
{
	static const char *const wrong[] = {
		"\n",
		"volume\n",
		"tape\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\tfine\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\t\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\tsoundsoundsoundsoundsoundsoundsoundsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\tsound\t1.00000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\tsound\t-1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\tsound\t9223372037.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\tsound\t1.000000000\t.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t18446744073709551616\t1.000000000\t-\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t\t1.000000000\t-\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t\t-\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\tyesterday\t-\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t11111111111111111111111111111111\t-\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t0123456789abcde\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t0123456789abcdeg\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\tb\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\\\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\\n\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\\x4\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\\x00\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\\xg0\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/"
		"b\nvolume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
		"volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/"
		"a\nvolume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n",
	};
	struct err e;
	ck_assert_int_eq(of_lines("", &e), 0);
	ck_assert_int_eq(of_lines("volume\tsound\t1.000000000\t1.000000000\t5\t1.000000000\t-\t/a\n", &e), 0);
	ck_assert_int_eq(of_lines("volume\tother-bytes\t9223372035.999999999\t0.000000000\t0\t-1\tFFFFFFFFFFFFFFFF\t\\x2fa\n", &e), 0);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_msg(of_lines(wrong[i], &e) == XE_FAILED, "%s", wrong[i]);
		ck_assert_ptr_nonnull(strstr(e.text, "line "));
	}
}
END_TEST

START_TEST(versions)
{
	static const char newer[] = "xflate-verify-state\t2\nanything\n", none[] = "xflate-verify-state\tx\n", other[] = "xflate-map\t2\n";
	struct proofstate t;
	struct err e;
	ck_assert_int_eq(parsed(&t, newer, sizeof newer - 1, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "version 2"));
	ck_assert_int_eq(parsed(&t, none, sizeof none - 1, &e), XE_FAILED);
	ck_assert_int_eq(parsed(&t, other, sizeof other - 1, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "no state"));
}
END_TEST

START_TEST(verdicts)
{
	for (enum judgement v = JUDGEMENT_SOUND; v < JUDGEMENTS; v++) {
		ck_assert_int_eq(judgement_of_word(judgement_word(v)), v);
		ck_assert_int_eq(judgement_status(v), v == JUDGEMENT_SOUND ? 0 : v == JUDGEMENT_NOT_PROVED ? 1 : 3);
	}
	ck_assert_int_eq(judgement_of_word(""), JUDGEMENTS);
	ck_assert_int_eq(judgement_of_word("SOUND"), JUDGEMENTS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proofstate");
	TCase *t = tcase_create("proofstate");

	tcase_add_test(t, there_and_back);
	tcase_add_test(t, rows);
	tcase_add_test(t, every_truncation);
	tcase_add_test(t, lines);
	tcase_add_test(t, versions);
	tcase_add_test(t, verdicts);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
