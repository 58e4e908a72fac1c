/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MD5 side by side: the values of RFC 1321, and against the library's every length around a block's end, every way of cutting, any number
 * of texts of any lengths; with what this processor has, and without. */
#include "base/digest.h"
#include "base/hex.h"
#include "base/md5lanes.h"

#include "guarded.h"

typedef void counting(struct md5lanes_text *texts, size_t count);

static counting *const ways[] = {md5lanes_count, md5lanes_count_portably};

static const struct {
	const char *text, *value;
} known[] = {
	{"", "d41d8cd98f00b204e9800998ecf8427e"},
	{"a", "0cc175b9c0f1b6a831c399e269772661"},
	{"abc", "900150983cd24fb0d6963f7d28e17f72"},
	{"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
	{"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
	{"12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a"},
};

#define KNOWN (sizeof known / sizeof known[0])
#define TEXTS 40u
#define PARTS 8u
#define LONGEST 5000u

static uint8_t bytes[LONGEST];
static uint64_t seed = 1321;

static size_t chance(void)
{
	return sample_next(&seed);
}

static void fill(void)
{
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)chance();
}

START_TEST(test_known)
{
	struct span parts[KNOWN];
	struct md5lanes_text texts[KNOWN];
	char text[DIGEST_TEXT_BYTES];
	for (size_t i = 0; i < KNOWN; i++) {
		parts[i] = (struct span){(const uint8_t *)known[i].text, strlen(known[i].text)};
		texts[i] = (struct md5lanes_text){.parts = &parts[i], .part_count = 1};
	}
	ways[_i](texts, KNOWN);
	for (size_t i = 0; i < KNOWN; i++) {
		hex_text(texts[i].value, MD5LANES_VALUE_BYTES, text);
		ck_assert_str_eq(text, known[i].value);
	}
}
END_TEST

static void expect(const struct md5lanes_text *t)
{
	uint8_t value[DIGEST_MAX_BYTES];
	struct digest *d = digest_new(DIGEST_MD5);
	ck_assert_ptr_nonnull(d);
	for (size_t i = 0; i < t->part_count; i++)
		digest_add(d, t->parts[i].data, t->parts[i].len);
	ck_assert_uint_eq(digest_value(d, value), MD5LANES_VALUE_BYTES);
	ck_assert_mem_eq(t->value, value, MD5LANES_VALUE_BYTES);
	digest_free(d);
}

/* Alone, in two parts, and beside a longer one; what it reads ends where its memory does. */
START_TEST(test_lengths)
{
	for (size_t n = 0; n <= 200; n++) {
		struct guarded last = guarded_copy(bytes, n);
		for (size_t cut = 0; cut <= n; cut++) {
			const struct span parts[] = {{last.p, cut}, {NULL, 0}, {last.p + cut, n - cut}, {bytes, 3 * n}};
			struct md5lanes_text texts[] = {{.parts = parts, .part_count = 3}, {.parts = parts + 3, .part_count = 1}};
			ways[_i](texts, 1 + cut % 2);
			expect(&texts[0]);
			if (cut % 2)
				expect(&texts[1]);
		}
		guarded_free(&last);
	}
}
END_TEST

START_TEST(test_many)
{
	struct span parts[TEXTS][PARTS];
	struct md5lanes_text texts[TEXTS];
	for (int round = 0; round < 300; round++) {
		size_t count = chance() % (TEXTS + 1), longest = chance() % LONGEST + 1;
		for (size_t i = 0; i < count; i++) {
			texts[i] = (struct md5lanes_text){.parts = parts[i], .part_count = chance() % (PARTS + 1)};
			for (size_t k = 0; k < texts[i].part_count; k++) {
				size_t n = chance() % 3 ? chance() % longest : chance() % 65;
				parts[i][k] = (struct span){bytes + chance() % (LONGEST - n), n};
			}
		}
		ways[_i](texts, count);
		for (size_t i = 0; i < count; i++)
			expect(&texts[i]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("md5lanes");
	TCase *t = tcase_create("md5lanes");
	fill();
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_known, 0, 2);
	tcase_add_loop_test(t, test_lengths, 0, 2);
	tcase_add_loop_test(t, test_many, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
