/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keys/bundle.c: what is written is read, however it was typed; every typing error is found and its line named. */
#include "keys/bundle.h"

#include "guarded.h"

#include <ctype.h>
#include <stdio.h>

#define W "/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g"
#define B "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY"
#define OWN "xflate1:uXRW2i6V7j7rWBPk1buPn/qcEqE776dcudAZ4JLF9O5jaGgb66a4xg"

static struct err e;
static struct keylist list;
static struct bundle_info info;
static char *text;

static void put(const char *volume, const char *key, const char *id)
{
	ck_assert_int_eq(keylist_add(&list, (struct span){(const uint8_t *)volume, strlen(volume)},
				     (struct span){(const uint8_t *)key, strlen(key)}, 1, &e),
			 0);
	strcpy(list.entries[list.count - 1].id, id);
}

static void setup(void)
{
	size_t len;
	e = (struct err){0};
	list = KEYLIST_NONE;
	put("A00001L4", W, "559d92a8");
	put("Vol 2 100%", B, "01234567");
	put("raw", OWN, "89abcdef");
	FILE *out = open_memstream(&text, &len);
	ck_assert_int_eq(bundle_write(out, &list, &(struct bundle_info){"2026-11-22T23:40:00Z", "1a2b3c4d"}, &e), 0);
	fclose(out);
}

static void forget_codes(void);

static void teardown(void)
{
	forget_codes();
	keylist_free(&list);
	free(text);
}

static int parse(const char *t)
{
	struct guarded g = guarded_copy((const uint8_t *)t, strlen(t));
	e = (struct err){0};
	int r = bundle_parse(&list, &info, (struct span){g.p, g.len}, &e);
	guarded_free(&g);
	return r;
}

static void is_whole(void)
{
	ck_assert_uint_eq(list.count, 3);
	ck_assert_str_eq(info.date, "2026-11-22T23:40:00Z");
	ck_assert_str_eq(info.kek_id, "1a2b3c4d");
	ck_assert_str_eq(list.entries[0].volume, "A00001L4");
	ck_assert_str_eq(list.entries[0].key, W);
	ck_assert_str_eq(list.entries[0].id, "559d92a8");
	ck_assert_str_eq(list.entries[1].volume, "Vol 2 100%");
	ck_assert_str_eq(list.entries[1].key, B);
	ck_assert_str_eq(list.entries[2].volume, "raw");
	ck_assert_str_eq(list.entries[2].key, OWN);
}

START_TEST(test_round)
{
	ck_assert(bundle_is((struct span){(uint8_t *)text, strlen(text)}));
	ck_assert(!bundle_is((struct span){(const uint8_t *)"A1\tkey\n", 7}));
	ck_assert_int_eq(parse(text), 0);
	is_whole();
	for (const char *c = text; *c; c++)
		ck_quick(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 79, "%s", line);
}
END_TEST

/* CRC-24 of OpenPGP over "123456789" is 21cf02, so this program and others agree. */
START_TEST(test_sum)
{
	ck_assert_ptr_nonnull(strstr(text, "XFLATE-BUNDLE 1 cb6a11\n"));
	ck_assert_int_eq(parse("123456789 x 21cf02\n"), XE_DAMAGE);
	ck_assert_ptr_nonnull(strstr(list.faults[0].text, "mistyped"));
}
END_TEST

/* In capitals, in other groups, without comments, with blanks and CRLF: hex digits and sums may be so. */
START_TEST(test_typed)
{
	char typed[4096];
	size_t n = 0;
	for (const char *c = text; *c; c++) {
		const char *line = c;
		bool hex = strncmp(line, "hex ", 4) == 0;
		if (*line == '#') {
			c = strchr(c, '\n');
			continue;
		}
		unsigned words = 0;
		for (; *c != '\n'; c++) {
			words += *c == ' ';
			if (hex && *c == ' ' && words > 2 && words % 3)
				continue;
			if (strchr(c, ' ') == NULL || strchr(c, ' ') > strchr(c, '\n')) {
				typed[n++] = ' ';
				for (; *c != '\n'; c++)
					typed[n++] = (char)toupper(*c);
				break;
			}
			typed[n++] = hex && words > 1 ? (char)toupper(*c) : *c;
		}
		memcpy(typed + n, " \r\n\r\n", 5);
		n += 5;
	}
	typed[n] = '\0';
	/* The last group and the sum were joined: a blank is needed before the sum alone. */
	ck_assert_msg(parse(typed) == 0, "%s\n%s", list.faults[0].text, typed);
	is_whole();
}
END_TEST

/* Each character replaced by each other one of hex digits and letters that look alike, each left out, each doubled: found,
 * and in the line where it is.  (A line lost in a comment is missing then, and told so.) */
START_TEST(test_every_error)
{
	static const char wrong[] = "0123456789abcdefOIlZS% #\n";
	size_t len = strlen(text), line = 1;
	char *typed = malloc(len + 2);
	for (size_t at = 0; at < len; line += text[at] == '\n', at++) {
		size_t bol = at;
		while (bol > 0 && text[bol - 1] != '\n')
			bol--;
		if (text[bol] == '#' || text[at] == ' ' || text[at] == '\n')
			continue;
		for (size_t w = 0; w + 1 < sizeof wrong + 2; w++) {
			memcpy(typed, text, len + 1);
			if (w + 1 == sizeof wrong)
				memmove(typed + at, typed + at + 1, len - at);
			else if (w == sizeof wrong)
				memmove(typed + at + 1, typed + at, len - at + 1);
			else if (tolower(wrong[w]) == tolower(text[at]) && strncmp(text + bol, "volume", 6) != 0)
				continue;
			else
				typed[at] = wrong[w];
			if (strcmp(typed, text) == 0)
				continue;
			int r = bundle_parse(&list, &info, (struct span){(uint8_t *)typed, strlen(typed)}, &e);
			e = (struct err){0};
			if (r == 0 && list.count == 3) {
				is_whole(); /* a blank more, or a case that does not count */
				continue;
			}
			ck_quick(r == XE_DAMAGE && list.fault_count > 0);
			bool cut = typed[at] == '\n';
			ck_quick(list.faults[0].line == line || typed[bol] == '#' || (cut && list.faults[0].line == line + 1));
		}
	}
	free(typed);
}
END_TEST

/* Each line left out, said twice, or exchanged with the next. */
START_TEST(test_lines)
{
	char *lines[64], typed[4096];
	size_t count = 0;
	for (char *line = strtok(strchr(text, 'X'), "\n"); line; line = strtok(NULL, "\n")) {
		if (*line != '#')
			lines[count++] = line;
	}
	/* strchr found the X of the first comment's "xflate" or of the magic. */
	ck_assert_uint_ge(count, 14);
	for (size_t i = 0; i < count; i++) {
		for (int how = 0; how < 3; how++) {
			typed[0] = '\0';
			for (size_t k = 0; k < count; k++) {
				size_t from = how == 2 && k == i && i + 1 < count ? i + 1 : how == 2 && k == i + 1 ? i : k;
				if (how == 0 && k == i)
					continue;
				strcat(strcat(typed, lines[from]), "\n");
				if (how == 1 && k == i)
					strcat(strcat(typed, lines[from]), "\n");
			}
			bool same = how == 2 && i + 1 == count;
			ck_assert_msg((parse(typed) == 0) == same, "line %zu, way %d", i, how);
			ck_assert(same || list.fault_count > 0);
		}
	}
}
END_TEST

START_TEST(test_truncations)
{
	size_t len = strlen(text);
	for (size_t n = 0; n + 1 < len; n++) {
		struct guarded g = guarded_copy((uint8_t *)text, n);
		e = (struct err){0};
		ck_quick(bundle_parse(&list, &info, (struct span){g.p, n}, &e) == XE_DAMAGE);
		bundle_is((struct span){g.p, n});
		guarded_free(&g);
	}
}
END_TEST

START_TEST(test_hostile)
{
	/* The sums are right. */
	static const char *const v[] = {
		"volume 1048576 X",
		"hex 999999.1 00",
		"key 0 wrapped -",
		"volume 1 %zz",
		"volume 1 %00",
		"hex 1.9 00",
		"hex 1. 00",
		"hex .1 00",
		"hex 1.1 0g",
		"hex 1.1 000",
		"keys 99999999999",
		"end x y",
		"hex 1.1 00112233445566778899aabbccddeeff0011223344",
		"nonsense 1",
	};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		char line[256];
		uint32_t crc = 0xb704ce;
		for (const char *c = v[i]; *c; c++) {
			crc ^= (uint32_t)(unsigned char)*c << 16;
			for (int bit = 0; bit < 8; bit++)
				crc = crc & 0x800000 ? (crc << 1 ^ 0x1864cfb) & 0xffffff : crc << 1;
		}
		snprintf(line, sizeof line, "%s %06x\n", v[i], (unsigned)crc);
		ck_assert_int_eq(parse(line), XE_DAMAGE);
		ck_assert_uint_ge(list.fault_count, 1);
	}
}
END_TEST

/* ---- in codes ---- */

static char *codes[64];
static size_t code_count;

static int keep_code(void *arg, size_t number, size_t count, struct span payload, struct err *err)
{
	(void)arg;
	(void)err;
	ck_assert_uint_eq(number, code_count + 1);
	ck_assert_uint_le(count, 64);
	codes[code_count++] = strndup((const char *)payload.data, payload.len);
	return 0;
}

static void forget_codes(void)
{
	for (; code_count > 0; code_count--)
		free(codes[code_count - 1]);
}

static void make_codes(size_t bytes)
{
	const struct bundle_codes how = {.bytes = bytes, .each = keep_code};
	forget_codes();
	ck_assert_int_eq(bundle_codes((struct span){(uint8_t *)text, strlen(text)}, &how, &e), 0);
}

/* Of the codes those whose digits are in order, each behind the other. */
static int parse_codes(const char *order)
{
	char typed[8192] = "";
	for (; *order; order++)
		strcat(typed, codes[*order - '1']);
	return parse(typed);
}

/* Every order of the three, and with each of them once more. */
START_TEST(test_codes)
{
	static const char *const orders[] = {"123", "132", "213", "231", "312", "321", "1123", "1231", "3213", "321321"};
	static const char *const missing[][2] = {{"12", "code 3 of 3 is"},
						 {"32", "code 1 of 3 is"},
						 {"31", "code 2 of 3 is"},
						 {"33", "code 1 of 3 and others are"},
						 {"1", "code 2 of 3 and others are"}};
	make_codes(330);
	ck_assert_uint_eq(code_count, 3);
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		ck_assert_msg(parse_codes(orders[i]) == 0, "%s: %s", orders[i], list.fault_count ? list.faults[0].text : e.text);
		is_whole();
	}
	for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
		ck_assert_int_eq(parse_codes(missing[i][0]), XE_DAMAGE);
		ck_assert_msg(strstr(list.faults[0].text, missing[i][1]) != NULL, "%s: %s", missing[i][0], list.faults[0].text);
	}
	for (size_t bytes = 1; bytes < 1200; bytes += 100) {
		make_codes(bytes);
		char order[65] = "";
		for (size_t i = code_count; i-- > 0;)
			strcat(order, (char[]){(char)('1' + i), '\0'});
		ck_assert_int_eq(parse_codes(order), 0);
		is_whole();
		for (size_t i = 0; i < code_count; i++)
			ck_assert(strlen(codes[i]) <= bytes || bytes < 330); /* one key is never cut */
	}
	make_codes(1000000);
	ck_assert_uint_eq(code_count, 1);
	ck_assert_int_eq(parse_codes("1"), 0);
	is_whole();
}
END_TEST

/* As a scanner types them: a prefix, CRLF, no newline at the end of a code but another. */
START_TEST(test_scanned)
{
	char typed[8192] = "";
	make_codes(330);
	for (size_t i = code_count; i-- > 0;) {
		strcat(typed, "QR-Code:");
		size_t n = strlen(typed);
		for (const char *c = codes[i]; *c; c++) {
			if (*c == '\n')
				typed[n++] = '\r';
			typed[n++] = *c;
		}
		strcpy(typed + n, "\r\n\r\n");
	}
	ck_assert(bundle_is((struct span){(uint8_t *)typed, strlen(typed)}));
	ck_assert_int_eq(parse(typed), 0);
	is_whole();
}
END_TEST

/* A code of the same bundle made at another time; and each character of a line "code" replaced. */
START_TEST(test_code_lines)
{
	char typed[8192] = "", other[4096];
	make_codes(330);
	strcpy(other, codes[1]);
	size_t len;
	char *again;
	FILE *out = open_memstream(&again, &len);
	parse(text);
	ck_assert_int_eq(bundle_write(out, &list, &(struct bundle_info){"2027-01-01T00:00:00Z", "1a2b3c4d"}, &e), 0);
	fclose(out);
	free(text);
	text = again;
	make_codes(330);
	strcat(strcat(strcat(typed, codes[0]), codes[2]), other);
	ck_assert_int_eq(parse(typed), XE_DAMAGE);
	ck_assert_ptr_nonnull(strstr(list.faults[0].text, "of another bundle"));
	typed[0] = '\0';
	strcat(strcat(strcat(typed, codes[0]), codes[1]), codes[2]);
	for (size_t at = strlen(codes[0]); typed[at] != '\n'; at++) {
		char was = typed[at];
		if (was == ' ')
			continue;
		typed[at] = was == '1' ? '7' : '1';
		ck_assert_msg(parse(typed) == XE_DAMAGE, "%s", typed);
		typed[at] = was;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bundle");
	TCase *t = tcase_create("bundle");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_round);
	tcase_add_test(t, test_sum);
	tcase_add_test(t, test_typed);
	tcase_add_test(t, test_every_error);
	tcase_add_test(t, test_lines);
	tcase_add_test(t, test_truncations);
	tcase_add_test(t, test_hostile);
	tcase_add_test(t, test_codes);
	tcase_add_test(t, test_scanned);
	tcase_add_test(t, test_code_lines);
	suite_add_tcase(s, t);
	return check_run(s);
}
