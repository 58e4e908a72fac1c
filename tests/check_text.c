/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base/hex.c and base/base64.c: every byte, every character, every length. */
#include "base/base64.h"
#include "base/hex.h"

#include "check_samples.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>

/* ---- hex ---- */

START_TEST(test_hex_digit)
{
	static const char digits[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	for (int c = -300; c <= 600; c++) {
		const char *low = c > 0 && c < 256 ? strchr(digits, c) : NULL, *high = c > 0 && c < 256 ? strchr(upper, c) : NULL;
		int want = low ? (int)(low - digits) : high ? (int)(high - upper) : -1;
		ck_assert_msg(hex_digit(c) == want, "character %d", c);
	}
	ck_assert_int_eq(hex_digit(INT_MAX), -1);
	ck_assert_int_eq(hex_digit(INT_MIN), -1);
}
END_TEST

/* Every byte, and every character at every place of every length. */
START_TEST(test_hex)
{
	for (int i = 0; i < 256; i++) {
		uint8_t byte = (uint8_t)i, back = 0;
		char text[4] = "..", want[4];
		snprintf(want, sizeof want, "%02x", (unsigned)i);
		hex_text(&byte, 1, text);
		ck_assert_str_eq(text, want);
		ck_quick(hex_read(text, 1, &back) && back == byte);
		snprintf(want, sizeof want, "%02X", (unsigned)i);
		ck_quick(hex_read(want, 1, &back) && back == byte);
	}
	for (size_t n = 0; n <= 64; n++) {
		uint64_t seed = n + 1;
		uint8_t in[64], out[64];
		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)sample_next(&seed);
		struct guarded g = guarded_new(2 * n);
		hex_write(in, n, (char *)g.p);
		ck_quick(hex_read(g.p, n, out) && (n == 0 || memcmp(in, out, n) == 0));
		for (size_t at = 0; at < 2 * n; at++) {
			uint8_t was = g.p[at];
			for (int c = 0; c < 256; c++) {
				g.p[at] = (uint8_t)c;
				ck_quick(hex_read(g.p, n, out) == (isxdigit(c) != 0));
			}
			g.p[at] = was;
		}
		guarded_free(&g);
	}
}
END_TEST

/* ---- base64 ---- */

START_TEST(test_base64_vectors)
{
	static const char *const text[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"}; /* RFC 4648, 10 */
	char out[32];
	uint8_t bytes[32];
	size_t n;
	for (size_t i = 0; i < 7; i++) {
		base64_write("foobar", i, out);
		ck_assert_uint_eq(BASE64_CHARS(i), strlen(text[i]));
		ck_assert_mem_eq(out, text[i], strlen(text[i]));
		ck_assert(base64_read(text[i], strlen(text[i]), bytes, sizeof bytes, &n));
		ck_assert_uint_eq(n, i);
		ck_assert_mem_eq(bytes, "foobar", i);
	}
	uint8_t all[256];
	char coded[400];
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	base64_write(all, sizeof all, coded);
	uint8_t again[300];
	ck_assert(base64_read(coded, BASE64_CHARS(256), again, sizeof again, &n));
	ck_assert_uint_eq(n, 256);
	ck_assert_mem_eq(again, all, 256);
}
END_TEST

START_TEST(test_base64_lenient)
{
	uint8_t b[8];
	size_t n;
	ck_assert(base64_read("Zm 9\tv\r\nYg", 10, b, sizeof b, &n) && n == 4);
	ck_assert(!base64_read("Zm9v!", 5, b, sizeof b, &n) && n == 0);
	ck_assert(!base64_read("Zg==Zg", 6, b, sizeof b, &n));
	ck_assert(!base64_read("Zm9vYmFyZm9v", 12, b, sizeof b, &n) && n == 0);
	for (int c = 0; c < 256; c++) {
		char t[4] = {'A', 'A', 'A', (char)c};
		bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		bool fine = alnum || c == '+' || c == '/' || c == '=' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
		ck_assert_msg(base64_read(t, 4, b, sizeof b, &n) == fine, "character %d", c);
	}
}
END_TEST

START_TEST(test_base64_exact)
{
	uint8_t in[80], out[80];
	char text[120];
	uint64_t seed = 7;
	for (size_t n = 1; n <= sizeof in; n++) {
		size_t chars = BASE64_BARE_CHARS(n);
		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)sample_next(&seed);
		struct guarded g = guarded_new(chars);
		base64_write_bare(in, n, (char *)g.p);
		memcpy(text, g.p, chars);
		memcpy(text + chars, "==", 2);
		ck_quick(base64_read_exact((char *)g.p, chars, out, n));
		ck_quick(memcmp(in, out, n) == 0);
		/* Padding: whole, or none. */
		for (size_t len = 0; len < chars + 3; len++) {
			bool good = len == chars || (n % 3 && len == (n + 2) / 3 * 4);
			ck_quick(base64_read_exact(text, len, out, n) == good);
		}
		/* Every character at every place; odd bits at the end. */
		for (size_t at = 0; at < chars; at++) {
			for (int c = 0; c < 256; c++) {
				const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
				const char *where = c ? strchr(alphabet, c) : NULL;
				unsigned odd = n % 3 == 1 ? 15 : n % 3 == 2 ? 3 : 0;
				bool good = where && (at + 1 < chars || ((unsigned)(where - alphabet) & odd) == 0);
				char was = text[at];
				text[at] = (char)c;
				ck_quick(base64_read_exact(text, chars, out, n) == good);
				text[at] = was;
			}
		}
		guarded_free(&g);
	}
	base64_write_bare((const uint8_t *)"\xfb\xff\xbf", 3, text);
	ck_assert_mem_eq(text, "+/+/", 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_hex_digit);
	tcase_add_test(t, test_hex);
	tcase_add_test(t, test_base64_vectors);
	tcase_add_test(t, test_base64_lenient);
	tcase_add_test(t, test_base64_exact);
	suite_add_tcase(s, t);
	return check_run(s);
}
