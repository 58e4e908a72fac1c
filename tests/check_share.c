/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keys/share.c: a KEK in shares and again of any that are enough; every typing error, mixed splits, too few. */
#include "keys/share.h"

#include "guarded.h"

#include <ctype.h>
#include <stdio.h>

#define KEK "0123456789abcdefGHIJKLMNOPQRSTUV"
#define TOTAL 5u
#define THRESHOLD 3u

static struct err e;
static struct shares s;
static struct secret kek, joined;
static struct keylist faults;
static char lines[TOTAL][SUMLINE_BYTES];

static void make(const char *text, size_t len, unsigned total, unsigned threshold)
{
	e = (struct err){0};
	ck_assert_int_eq(secret_set(&kek, text, len, &e), 0);
	ck_assert_int_eq(shares_split(&s, &kek, total, threshold, &e), 0);
}

static void setup(void)
{
	make(KEK, strlen(KEK), TOTAL, THRESHOLD);
	for (size_t i = 0; i < TOTAL; i++) {
		struct sumline line;
		share_text(&s.share[i], &line);
		memcpy(lines[i], line.text, line.len);
		lines[i][line.len] = '\0';
	}
}

static void teardown(void)
{
	shares_free(&s);
	secret_free(&kek);
	secret_free(&joined);
	keylist_free(&faults);
}

/* The text ends at a page that traps. */
static int read_text(const char *text)
{
	struct guarded g = guarded_copy((const uint8_t *)text, strlen(text));
	e = (struct err){0};
	shares_free(&s);
	keylist_free(&faults);
	int r = shares_read(&s, &faults, "file", (struct span){g.p, g.len}, &e);
	guarded_free(&g);
	return r;
}

static int join(const char *text)
{
	ck_assert_int_eq(read_text(text), 0);
	if (faults.fault_count)
		return XE_DAMAGE;
	return shares_join(&s, &joined, &e);
}

static void is_kek(void)
{
	ck_assert_uint_eq(joined.len, strlen(KEK));
	ck_assert_mem_eq(joined.data, KEK, joined.len);
}

START_TEST(test_line)
{
	size_t words = 0;
	ck_assert_int_eq(strncmp(lines[1], "xflate-share 1 ", 15), 0);
	for (const char *c = lines[1]; *c; c++)
		words += *c == ' ' || *c == '\n';
	ck_assert_uint_eq(words, 6 + 36 / 2 + 1);
	ck_assert_ptr_null(strstr(lines[1], KEK));
}
END_TEST

/* Any three of them, in any number and order. */
START_TEST(test_every_subset)
{
	for (unsigned set = 1; set < 1u << TOTAL; set++) {
		char text[TOTAL * SUMLINE_BYTES] = "# a comment\n\n";
		unsigned n = 0;
		for (unsigned i = TOTAL; i-- > 0;) {
			if (set >> i & 1) {
				strcat(text, lines[i]);
				n++;
			}
		}
		int r = join(text);
		if (n >= THRESHOLD) {
			ck_assert_int_eq(r, 0);
			is_kek();
			continue;
		}
		ck_assert_int_eq(r, XE_KEY);
		ck_assert_ptr_null(joined.data);
		char wanted[64];
		snprintf(wanted, sizeof wanted, "%u of the 3 shares that are needed", n);
		ck_assert_msg(strstr(e.text, wanted) != NULL, "%s", e.text);
		/* Those that are not here are named. */
		const char *of = strstr(e.text, "more of: ");
		ck_assert_ptr_nonnull(of);
		for (unsigned i = 0; i < TOTAL; i++)
			ck_assert_int_eq(strchr(of, (int)('1' + i)) != NULL, !(set >> i & 1));
	}
}
END_TEST

START_TEST(test_twice)
{
	char text[TOTAL * SUMLINE_BYTES] = "";
	strcat(strcat(strcat(strcat(text, lines[0]), lines[4]), lines[0]), lines[4]);
	ck_assert_int_eq(join(text), XE_KEY);
	strcat(text, lines[2]);
	ck_assert_int_eq(join(text), 0);
	is_kek();
}
END_TEST

/* In capitals, in other groups, over several lines, with CRLF, as zbarimg prints it. */
START_TEST(test_typed)
{
	char text[2 * TOTAL * SUMLINE_BYTES];
	size_t n = 0;
	for (unsigned i = 0; i < THRESHOLD; i++) {
		unsigned words = 0;
		n += (size_t)sprintf(text + n, "%s", i == 1 ? "QR-Code:" : i == 2 ? " \t" : "");
		for (const char *c = lines[i]; *c; c++) {
			words += *c == ' ';
			if (*c == ' ' && words > 6 && words < 24 && words % 5)
				continue;
			if (*c == '\n' || (*c == ' ' && words % 5 == 0))
				text[n++] = '\r', text[n++] = '\n';
			else
				text[n++] = (char)toupper(*c);
		}
	}
	text[n] = '\0';
	ck_assert_msg(join(text) == 0, "%s: %s", e.text, faults.fault_count ? faults.faults[0].text : "");
	is_kek();
}
END_TEST

/* Each character replaced, left out, doubled: found, with the line. */
START_TEST(test_every_error)
{
	static const char wrong[] = "0123456789abcdefgOIl-";
	char text[TOTAL * SUMLINE_BYTES], typed[TOTAL * SUMLINE_BYTES];
	strcpy(text, lines[0]);
	strcat(strcat(text, lines[1]), lines[2]);
	size_t from = strlen(lines[0]), to = from + strlen(lines[1]) - 1;
	for (size_t at = from; at < to; at++) {
		if (text[at] == ' ')
			continue;
		for (size_t w = 0; w < sizeof wrong + 1; w++) {
			strcpy(typed, text);
			if (w == sizeof wrong - 1)
				memmove(typed + at, text + at + 1, strlen(text + at));
			else if (w == sizeof wrong)
				memmove(typed + at + 1, text + at, strlen(text + at) + 1);
			else if (tolower(wrong[w]) == tolower(text[at]))
				continue;
			else
				typed[at] = wrong[w];
			ck_assert_msg(join(typed) == XE_DAMAGE, "at %zu: %s", at - from, typed);
			/* Without its first word it goes on with the line before. */
			ck_assert(faults.faults[0].line == 2 || (faults.faults[0].line == 1 && at - from < 13));
			ck_assert_ptr_null(joined.data);
		}
	}
}
END_TEST

START_TEST(test_truncations)
{
	char text[TOTAL * SUMLINE_BYTES];
	strcpy(text, lines[0]);
	strcat(strcat(text, lines[1]), lines[2]);
	for (size_t n = strlen(text) - 1; n-- > 0;) {
		text[n] = '\0';
		int r = join(text);
		ck_quick(r == XE_KEY || r == XE_DAMAGE);
		ck_quick(joined.data == NULL);
	}
}
END_TEST

START_TEST(test_mixed)
{
	char first[TOTAL][SUMLINE_BYTES], text[TOTAL * SUMLINE_BYTES] = "", set[16];
	memcpy(first, lines, sizeof first);
	setup(); /* the same KEK, another split */
	strcat(strcat(strcat(text, first[0]), first[1]), lines[2]);
	snprintf(set, sizeof set, "%.8s", lines[2] + 15);
	ck_assert_int_eq(join(text), XE_KEY);
	ck_assert_msg(strstr(e.text, "line 3: share 3 is of the split") != NULL && strstr(e.text, set) != NULL, "%s", e.text);
	/* Also where there would be enough of one of them. */
	strcat(text, first[3]);
	ck_assert_int_eq(join(text), XE_KEY);
}
END_TEST

/* Whoever makes up a share can make its checksum. */
static void forge(unsigned i, size_t byte)
{
	struct share share = {.threshold = THRESHOLD, .total = TOTAL, .x = (uint8_t)(i + 1)};
	struct sumline line;
	ck_assert_int_eq(read_text(lines[i]), 0);
	share = s.share[0];
	share.bytes[byte] ^= 1;
	share_text(&share, &line);
	memcpy(lines[i], line.text, line.len);
}

START_TEST(test_forged)
{
	char text[TOTAL * SUMLINE_BYTES];
	for (size_t byte = 0; byte < 36; byte += 5) {
		setup();
		char right[SUMLINE_BYTES];
		strcpy(right, lines[1]);
		forge(1, byte);
		strcpy(text, lines[0]);
		strcat(strcat(text, lines[1]), lines[2]);
		ck_assert_int_eq(join(text), XE_DAMAGE);
		ck_assert_ptr_nonnull(strstr(e.text, "do not fit together"));
		strcat(text, lines[3]);
		ck_assert_int_eq(join(text), XE_DAMAGE);
		ck_assert_ptr_nonnull(strstr(e.text, "does not fit the others"));
		strcat(text, right);
		ck_assert_int_eq(join(text), XE_DAMAGE);
		ck_assert_ptr_nonnull(strstr(e.text, "another share 2"));
		ck_assert_ptr_null(joined.data);
	}
}
END_TEST

/* Lengths, numbers, and that nothing in two splits is the same. */
START_TEST(test_limits)
{
	uint8_t bytes[SHARE_KEK_MAX_BYTES + 1];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 5);
	for (size_t len = 1; len <= SHARE_KEK_MAX_BYTES; len += 9) {
		make((const char *)bytes, len, 3, 2);
		ck_assert_int_eq(shares_join(&s, &joined, &e), 0);
		ck_assert(secret_equal(&joined, &kek));
	}
	static const unsigned good[][2] = {{2, 2}, {255, 2}, {255, 255}}, bad[][2] = {{1, 1}, {3, 1}, {3, 4}, {256, 2}, {0, 0}};
	for (size_t i = 0; i < 3; i++) {
		make(KEK, 32, good[i][0], good[i][1]);
		ck_assert_uint_eq(s.count, good[i][0]);
		ck_assert_int_eq(shares_join(&s, &joined, &e), 0);
		is_kek();
	}
	for (size_t i = 0; i < 5; i++) {
		e = (struct err){0};
		ck_assert_int_eq(shares_split(&s, &kek, bad[i][0], bad[i][1], &e), XE_USAGE);
	}
	e = (struct err){0};
	ck_assert_int_eq(secret_set(&kek, bytes, sizeof bytes, &e), 0);
	ck_assert_int_eq(shares_split(&s, &kek, 3, 2, &e), XE_KEY);
	ck_assert_int_eq(join(""), XE_KEY);
	ck_assert_int_eq(join("no share\n"), XE_DAMAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("share");
	TCase *t = tcase_create("share");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_line);
	tcase_add_test(t, test_every_subset);
	tcase_add_test(t, test_twice);
	tcase_add_test(t, test_typed);
	tcase_add_test(t, test_every_error);
	tcase_add_test(t, test_truncations);
	tcase_add_test(t, test_mixed);
	tcase_add_test(t, test_forged);
	tcase_add_test(t, test_limits);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
