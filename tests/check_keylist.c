/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keys/keylist.c: every form that lists come in, what is wrong with them, and what is written. */
#include "keys/keylist_read.h"

#include "guarded.h"

#include <stdio.h>

#define W "/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g"
#define B "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY"

static struct err e;
static struct keylist list;

static void setup(void)
{
	e = (struct err){0};
	list = KEYLIST_NONE;
}

static void teardown(void)
{
	keylist_free(&list);
}

/* The text ends at a page that traps. */
static int parse(const char *text)
{
	struct guarded g = guarded_copy((const uint8_t *)text, strlen(text));
	e = (struct err){0};
	int r = keylist_read(&list, (struct span){g.p, g.len}, &e);
	guarded_free(&g);
	return r;
}

/* Two volumes, wrapped and not, and so many without a key. */
START_TEST(test_forms)
{
	static const struct {
		const char *name, *text;
		size_t keyless;
	} v[] = {
		{"lines", "A1\t" W "\nB2\t" B "\n", 0},
		{"lines, CRLF, comments, BOM", "\xef\xbb\xbf# keys\r\n\r\nA1\t" W "\r\nB2\t" B " \r\n   \n", 0},
		{"no newline at the end", "A1\t" W "\nB2\t" B, 0},
		{"twice the same", "A1\t" W "\nB2\t" B "\nA1\t" W "==\n", 0},
		{"psql",
		 " volumename |                     encryptionkey                      \n------------+-----------------------------\n"
		 " A1         | " W "\n B2         | " B "\n C3         | \n(3 rows)\n\n",
		 1},
		{"psql, other order", " encryptionkey | pool | VolumeName \n--------+------+---\n " W " | p | A1\n " B " | | B2\n", 0},
		{"psql -A", "volumename|encryptionkey\nA1|" W "\nB2|" B "\nC3|\n(3 rows)\n", 1},
		{"psql -At", "A1|" W "\nB2|" B "\nC3|\n", 1},
		{"psql --csv", "volumename,encryptionkey\nA1," W "\n\"B2\",\"" B "\"\nC3,\n", 1},
		{"psql -F TAB", "A1\t" W "\nB2\t" B "\n", 0},
		{"mysql -B", "VolumeName\tEncryptionKey\nA1\t" W "\nB2\t" B "\nC3\tNULL\nD4\t\n", 2},
		{"mysql",
		 "+------------+------+\n| VolumeName | EncryptionKey |\n+-----+-----+\n| A1 | " W " |\n| B2 | " B " |\n"
		 "| C3 | NULL |\n+----+----+\n3 rows in set (0.00 sec)\n",
		 1},
		{"bconsole",
		 "Entering SQL query mode.\nTerminate each query with a semicolon.\nEnter SQL query: \n"
		 "+---------+------------+---------------+\n| mediaid | volumename | encryptionkey |\n+---+---+---+\n"
		 "|       1 | A1 | " W " |\n|   1,002 | B2 | " B " |\n|       3 | C3 | |\n+---+---+---+\nEnter SQL query: \n"
		 "End query mode.\n",
		 1},
		{"two tables",
		 "+-----+----+\n| volume | key |\n+-----+----+\n| A1 | " W " |\n+-----+----+\nsaid in between\n"
		 "+-----+----+\n| key | volume |\n+-----+----+\n| " B " | B2 |\n+-----+----+\n",
		 0},
		{"psql -x",
		 "-[ RECORD 1 ]-+-----\nmediaid       | 1\nvolumename    | A1\nencryptionkey | " W "\n-[ RECORD 2 ]-+-----\n"
		 "mediaid       | 2\nvolumename    | B2\nencryptionkey | " B "\n-[ RECORD 3 ]-+-----\nmediaid       | 3\n"
		 "volumename    | C3\nencryptionkey | \n\n",
		 1},
		{"psql -x, a comment of several lines",
		 "-[ RECORD 1 ]-+-----\nvolumename    | A1\ncomment       | one      +\n              |   +\n"
		 "              | \n\n | key: two\nencryptionkey | " W "\n-[ RECORD 2 ]-+-----\nencryptionkey | " B
		 "\nvolumename    | B2\n",
		 0},
		{"psql -x, border 2",
		 "+-[ RECORD 1 ]--+-----+\n| volumename    | A1 |\n| encryptionkey | " W " |\n+-[ RECORD 2 ]--+-----+\n"
		 "| volumename    | B2 |\n| encryptionkey | " B " |\n+---------------+---+\n",
		 0},
		{"psql -x, Unicode",
		 "\u2500[ RECORD 1 ]\u2500\u252c\u2500\nvolumename    \u2502 A1\nencryptionkey \u2502 " W "\n"
		 "\u2500[ RECORD 2 ]\u2500\u253c\u2500\nvolumename    \u2502 B2\nencryptionkey \u2502 " B "\n",
		 0},
		{"psql -x -A",
		 "volumename|A1\nencryptionkey|" W "\n\nvolumename|B2\nencryptionkey|" B "\n\nvolumename|C3\nencryptionkey|\n", 1},
		{"psql -x --csv", "volumename,A1\nencryptionkey," W "\nvolumename,B2\nencryptionkey," B "\n", 0},
		{"psql -x -t",
		 "mediaid       | 7\nvolumename    | A1\nencryptionkey | " W "\n\nmediaid       | 8\nvolumename    | B2\nencryptionkey | " B
		 "\n\n",
		 0},
		{"mysql \\G",
		 "*************************** 1. row ***************************\n   VolumeName: A1\nEncryptionKey: " W "\n"
		 "*************************** 2. row ***************************\n   VolumeName: B2\nEncryptionKey: " B "\n"
		 "*************************** 3. row ***************************\n   VolumeName: C3\nEncryptionKey: NULL\n3 rows in set "
		 "(0.00 sec)\n",
		 1},
		{"sqlite3 -line", "   VolumeName = A1\nEncryptionKey = " W "\n\n   VolumeName = B2\nEncryptionKey = " B "\n", 0},
		{"bconsole, vertical",
		 "Connecting to Director\nEnter SQL query: \n    mediaid: 1\n volumename: A1\n encryptionkey: " W "\n\n"
		 "    mediaid: 2\n volumename: B2\n encryptionkey: " B "\n\nEnd query mode.\n",
		 0},
		{"own JSON",
		 "{\"format\": 1, \"keys\": [{\"volume\": \"A1\", \"key\": \"" W "\"}, {\"key\":\"" B "\",\"volume\":\"B2\"}]}\n", 0},
		{"JSON, array",
		 " [{\"VolumeName\":\"A1\",\"EncryptionKey\":\"" W "\"},{\"volumename\":\"\\u00422\",\"encryptionkey\":\"" B
		 "\"},{\"volumename\":\"C3\",\"encryptionkey\":null},{\"volumename\":\"D4\",\"encryptionkey\":\"\"}]",
		 2},
		{"JSON, objects in a row", "{\"volume\":\"A1\",\"key\":\"" W "\"}\n{\"volume\":\"B2\",\"key\":\"" B "\"}\n", 0},
		{"JSON, bconsole",
		 "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{\"query\":[{\"volumename\":\"A1\",\"x\":[1,-2.5e+3,true,[[]],{}],"
		 "\"encryptionkey\":\"" W "\"},{\"volumename\":\"B2\",\"encryptionkey\":\"" B "\"}]}}",
		 0},
	};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		ck_assert_msg(parse(v[i].text) == 0, "%s: %s: %s", v[i].name, e.text, list.faults[0].text);
		ck_assert_msg(list.count == 2 && list.keyless == v[i].keyless, "%s: %zu, %zu", v[i].name, list.count, list.keyless);
		size_t a = strcmp(list.entries[0].volume, "A1") == 0 ? 0 : 1;
		ck_assert_str_eq(list.entries[a].volume, "A1");
		ck_assert_str_eq(list.entries[a].key, W);
		ck_assert_str_eq(list.entries[1 - a].volume, "B2");
		ck_assert_str_eq(list.entries[1 - a].key, B);
		ck_assert_int_eq(keylist_check_keys(&list, &e), 0);
	}
}
END_TEST

/* The line that is wrong is named; all of them are; and no fault has a byte of a key. */
START_TEST(test_faults)
{
	static const struct {
		const char *text;
		size_t line, faults;
	} v[] = {
		{"A1\t" W "\nB2 " B "\n", 2, 1},
		{"A1 " W "\nB2\t" B "\n", 1, 1},
		{"A1\t\n", 1, 1},
		{"\t" W "\n", 1, 1},
		{"A1\t" W "\tx\n", 1, 1},
		{"A1\t" W "\n\nA1\t" B "\n", 3, 1},
		{"A1\tx\x01y\n", 1, 1},
		{"A1\t" W "\nB2\n"
		 "C3\t\nD4\t" B "\n",
		 2, 2},
		{"+---+---+\n| volume | key |\n+---+---+\n| A1 | " W " |\nlost\n+---+---+\n", 5, 1},
		{"+---+---+\n| volume | key |\n+---+---+\n| A1 | " W " | x |\n+---+---+\n", 4, 1},
		{"volumename|encryptionkey|x\nA1|" W "\n", 2, 1},
		{"a|b|c\n1|2|3\n", 1, 2},
		{"[{\"volume\":\"A1\",\"key\":\"" W "\"},\n{\"volume\":\"B2\",\"key\":\"x\"]", 2, 1},
		{"[{\"volume\":\"A1\",\"key\":\"" W "\"},\n{\"key\":\"x\"}]", 2, 1},
		{"[{\"volume\":\"A1\",\"key\":\"" W "\"},\n{\"volume\":\"A1\",\n\"key\":\"x\"}]", 2, 1},
		{"[{\"volume\":\"A1\",\"key\":\"a\\u0000b\"}]", 1, 1},
		{"{\"volume\":\"A1\",\"volume\":\"A2\",\"key\":\"a\"}", 1, 1},
		{"-[ RECORD 1 ]-+-----\nvolumename    | A1\nencryptionkey | " W "\n-[ RECORD 2 ]-+-----\nencryptionkey | " B "\n", 5, 1},
		{"VolumeName: A1\nEncryptionKey: " W "\n\nVolumeName: A1\nEncryptionKey: " B "\n", 4, 1},
		{"volumename|A1\nencryptionkey|" W "\n\nencryptionkey|" B "\n\nvolumename|B2\nencryptionkey|x\x01y\n", 4, 2},
	};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		ck_assert_msg(parse(v[i].text) == XE_DAMAGE, "%s", v[i].text);
		ck_assert_msg(list.fault_count == v[i].faults && list.faults[0].line == v[i].line, "%s: %zu, line %zu: %s", v[i].text,
			      list.fault_count, list.faults[0].line, list.faults[0].text);
		for (size_t f = 0; f < list.fault_count; f++) {
			ck_assert_ptr_null(strstr(list.faults[f].text, "3Fq8"));
			ck_assert_ptr_null(strstr(list.faults[f].text, "QUJD"));
		}
	}
}
END_TEST

START_TEST(test_json_grammar)
{
	static const char *const bad[] = {
		"{",
		"[",
		"[]]",
		"{]",
		"[}",
		"[1,]",
		"[,1]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"[01]",
		"[1.]",
		"[1e]",
		"[-]",
		"[+1]",
		"[.5]",
		"[tru]",
		"[nul]",
		"[\"\\x\"]",
		"[\"\\u12\"]",
		"[\"\\ud800\"]",
		"[\"\\udc00\"]",
		"[\"\\ud800\\u0041\"]",
		"[\"",
		"[\"\t\"]",
		"{\"a\":1 \"b\":2}",
		"[1 2]",
		"{\"volume\":\"A1\",\"key\":\"" W "\"} x",
		"[{\"volume\":\"A1\",\"key\":\"" W "\"}",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	};
	static const char *const empty[] = {"[]", "{}", "[[],{}]", "{\"a\":{\"b\":[]}}", "[1,-0,0.5,1e9,\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(parse(bad[i]) == XE_DAMAGE && list.fault_count == 1, "%s: %zu", bad[i], list.fault_count);
		ck_assert_ptr_nonnull(strstr(list.faults[0].text, "JSON"));
	}
	for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
		ck_assert_msg(parse(empty[i]) == XE_DAMAGE && list.fault_count == 0, "%s: %s", empty[i], list.faults[0].text);
	ck_assert_int_eq(parse("[{\"volume\":\"\\u00e4\\u20ac\\ud83d\\ude00\",\"key\":\"k\"}]"), 0);
	ck_assert_str_eq(list.entries[0].volume, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}
END_TEST

/* Every beginning of every form: never a crash, and never a half of an entry. */
START_TEST(test_truncations)
{
	static const char *const whole[] = {
		"A1\t" W "\nB2\t" B "\n",
		" volumename | encryptionkey \n------+-----\n A1 | " W "\n B2 | " B "\n(2 rows)\n",
		"+---+---+\n| volume | key |\n+---+---+\n| A1 | " W " |\n| B2 | " B " |\n+---+---+\n",
		"-[ RECORD 1 ]-+---\nvolumename    | A1\nencryptionkey | " W "\n-[ RECORD 2 ]-+---\nvolumename    | B2\nencryptionkey | " B
		"\n",
		"VolumeName: A1\nEncryptionKey: " W "\n\nVolumeName: B2\nEncryptionKey: " B "\n",
		"{\"keys\": [{\"volume\": \"A1\", \"key\": \"" W "\"}, {\"key\":\"" B "\",\"volume\":\"B2\"}]}\n",
	};
	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
		for (size_t n = 0; n < strlen(whole[i]); n++) {
			struct guarded g = guarded_copy((const uint8_t *)whole[i], n);
			e = (struct err){0};
			int r = keylist_read(&list, (struct span){g.p, n}, &e);
			ck_quick(r == 0 || (r == XE_DAMAGE && e.text[0]));
			ck_quick(r != 0 || list.count > 0);
			/* Half a heading is taken for a row, but not its key for one. */
			ck_quick(list.count == 0 || strcmp(list.entries[0].volume, "A1") == 0 || keylist_check_keys(&list, &e) == XE_KEY);
			guarded_free(&g);
		}
	}
}
END_TEST

START_TEST(test_limits)
{
	char text[700];
	for (size_t n = 120; n < 140; n++) {
		memset(text, 'v', n);
		snprintf(text + n, sizeof text - n, "\tkey\n");
		ck_assert_int_eq(parse(text), n < 128 ? 0 : XE_DAMAGE);
		snprintf(text, sizeof text, "A1\t");
		memset(text + 3, 'k', n);
		strcpy(text + 3 + n, "\n");
		ck_assert_int_eq(parse(text), n < 128 ? 0 : XE_DAMAGE);
	}
	for (size_t n = 500; n < 530; n++) {
		int at = snprintf(text, sizeof text, "[{\"volume\":\"A\",\"key\":\"");
		memset(text + at, 'k', n);
		strcpy(text + at + n, "\"}]");
		ck_assert_int_eq(parse(text), XE_DAMAGE);
	}
	/* More faults than are kept are counted. */
	struct secret many = SECRET_NONE;
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(secret_append(&many, "x\ty\tz\n", 6, &e), 0);
	ck_assert_int_eq(keylist_read(&list, (struct span){many.data, many.len}, &e), XE_DAMAGE);
	ck_assert_uint_eq(list.fault_count, 50);
	ck_assert_uint_eq(list.faults[KEYLIST_FAULTS_MAX - 1].line, KEYLIST_FAULTS_MAX);
	secret_free(&many);
}
END_TEST

START_TEST(test_check_keys)
{
	ck_assert_int_eq(parse("A1\t" W "==\nB2\t" B "=\n"), 0);
	ck_assert_int_eq(keylist_check_keys(&list, &e), 0);
	ck_assert_str_eq(list.entries[0].key, W);
	ck_assert_str_eq(list.entries[1].key, B);
	ck_assert_int_eq(parse("A1\t" W "\nB2\tsecretsecret\n\nC3\tABCDEFGHIJKLMNOPQRSTUVWXYZabcdef\n"), 0);
	ck_assert_int_eq(keylist_check_keys(&list, &e), XE_KEY);
	ck_assert_uint_eq(list.fault_count, 2);
	ck_assert_uint_eq(list.faults[0].line, 2);
	ck_assert_uint_eq(list.faults[1].line, 4);
	ck_assert_ptr_null(strstr(list.faults[0].text, "secret"));
	ck_assert_ptr_null(strstr(list.faults[1].text, "ABC"));
}
END_TEST

static char *written(enum keylist_format format, const struct keylist *old, int *r)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(out);
	*r = keylist_write(out, format, &list, old, &e);
	fclose(out);
	return text;
}

START_TEST(test_write)
{
	int r;
	ck_assert_int_eq(parse("A1\t" W "\nit's\t" B "\n"), 0);
	char *text = written(KEYLIST_LINES, NULL, &r);
	ck_assert_str_eq(text, "A1\t" W "\nit's\t" B "\n");
	free(text);
	text = written(KEYLIST_SQL, NULL, &r);
	ck_assert_str_eq(text, "BEGIN;\nUPDATE Media SET EncryptionKey='" W "' WHERE VolumeName='A1';\n"
			       "UPDATE Media SET EncryptionKey='" B "' WHERE VolumeName='it''s';\nCOMMIT;\n");
	free(text);
	text = written(KEYLIST_SQL, &list, &r);
	ck_assert_ptr_nonnull(strstr(text, "WHERE VolumeName='it''s' AND EncryptionKey='" B "';\n"));
	free(text);
	text = written(KEYLIST_JSON, NULL, &r);
	ck_assert_int_eq(keylist_read(&list, (struct span){(uint8_t *)text, strlen(text)}, &e), 0);
	ck_assert_str_eq(list.entries[1].volume, "it's");
	free(text);
	/* What a form cannot hold is refused. */
	ck_assert_int_eq(parse("a\\b\tk\n"), 0);
	free(written(KEYLIST_SQL, NULL, &r));
	ck_assert_int_eq(r, XE_FAILED);
	e = (struct err){0};
	free(written(KEYLIST_JSON, NULL, &r));
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(parse("a\xff\tk\n"), 0);
	free(written(KEYLIST_JSON, NULL, &r));
	ck_assert_int_eq(r, XE_FAILED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keylist");
	TCase *t = tcase_create("keylist");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_forms);
	tcase_add_test(t, test_faults);
	tcase_add_test(t, test_json_grammar);
	tcase_add_test(t, test_truncations);
	tcase_add_test(t, test_limits);
	tcase_add_test(t, test_check_keys);
	tcase_add_test(t, test_write);
	suite_add_tcase(s, t);
	return check_run(s);
}
