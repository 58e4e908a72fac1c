/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FastLZ blocks against hand-made ones and against a decoder that does nothing cleverly.  volume-format.md 5.8 */
#include "codec/fastlz.h"

#include "guarded.h"

#define PLAIN_MAX 262144

/* Straight from the table of 5.8, byte by byte.  NULL, or why it is no block of plain_len bytes; *tail: how many literals came last. */
static const char *plain_decode(const uint8_t *in, size_t in_len, uint8_t *out, size_t plain_len, size_t *tail)
{
	static const char early[] = "FastLZ block ends early", longer[] = "FastLZ block is longer than its header says";
	size_t i = 1, o = 0, c;
	*tail = 0;
	if (in_len == 0)
		return early;
	if (in[0] >> 5 > 1)
		return "FastLZ block level is unknown";
	int level = (in[0] >> 5) + 1;
	for (c = in[0] & 31;; c = in[i++]) {
		if (c < 32) {
			if (c + 1 > in_len - i)
				return early;
			if (c + 1 > plain_len - o)
				return longer;
			for (size_t n = c + 1; n; n--, ++*tail)
				out[o++] = in[i++];
		} else {
			size_t len = (c >> 5) + 2, distance = (c & 31) << 8, b;
			if (len == 9) {
				do {
					if (i == in_len)
						return early;
					b = in[i++];
					len += b;
				} while (level == 2 && b == 255);
			}
			if (i == in_len)
				return early;
			b = in[i++];
			if (level == 2 && b == 255 && distance == 31 << 8) {
				if (in_len - i < 2)
					return early;
				distance = 8191 + (size_t)(in[i] << 8 | in[i + 1]);
				i += 2;
			} else {
				distance += b;
			}
			distance++;
			if (distance > o)
				return "FastLZ match points before the start of the data";
			if (len > plain_len - o)
				return longer;
			for (; len; len--, o++)
				out[o] = out[o - distance];
			*tail = 0;
		}
		if (i == in_len)
			return o == plain_len ? NULL : "FastLZ block is shorter than its header says";
	}
}

/* A block under construction. */
struct made {
	uint8_t *p;
	size_t len;
	int level;
	size_t plain_len;
};

static void add_literals(struct made *m, size_t n, uint64_t seed)
{
	m->plain_len += n;
	while (n) {
		size_t run = n < 32 ? n : 32;
		m->p[m->len] = (uint8_t)(run - 1);
		if (m->len == 0)
			m->p[0] |= (uint8_t)((m->level - 1) << 5);
		sample_fill(m->p + m->len + 1, run, SAMPLE_RANDOM, seed += n);
		m->len += run + 1;
		n -= run;
	}
}

static void add_match(struct made *m, size_t len, size_t distance)
{
	size_t d = distance - 1, more = len - 9;
	int far = m->level == 2 && d >= 8191;
	m->plain_len += len;
	m->p[m->len++] = (uint8_t)((len < 9 ? len - 2 : 7) << 5 | (far ? 31 : d >> 8));
	if (len >= 9) {
		for (; m->level == 2 && more >= 255; more -= 255)
			m->p[m->len++] = 255;
		m->p[m->len++] = (uint8_t)more;
	}
	m->p[m->len++] = (uint8_t)(far ? 255 : d);
	if (far) {
		m->p[m->len++] = (uint8_t)((d - 8191) >> 8);
		m->p[m->len++] = (uint8_t)(d - 8191);
	}
}

/* Decodes into a buffer without a byte to spare, and with wrong lengths.  g_in, g_out: guarded, large enough. */
static void check_made(const struct made *m, uint8_t *want, const struct guarded *g_in, const struct guarded *g_out)
{
	size_t tail, n = m->plain_len;
	ck_quick(!plain_decode(m->p, m->len, want, n, &tail));
	uint8_t *in = guarded_last(g_in, m->len), *out = guarded_last(g_out, n);
	const char *why;
	memcpy(in, m->p, m->len);
	memset(out - 1, 0xEE, n + 1);
	why = fastlz_inflate(in, m->len, out, n);
	ck_quick(!why);
	ck_quick(memcmp(out, want, n) == 0);
	ck_quick(out[-1] == 0xEE);
	why = fastlz_inflate(in, m->len, out + 1, n - 1);
	ck_quick(why && strcmp(why, "FastLZ block is longer than its header says") == 0);
	why = fastlz_inflate(in, m->len, out - 1, n + 1);
	ck_quick(why && strcmp(why, "FastLZ block is shorter than its header says") == 0);
}

START_TEST(test_overlaps)
{
	static const size_t lens[] = {3, 4, 7, 8, 9, 10, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 100, 263, 264};
	uint8_t *block = malloc(4096), *want = malloc(4096);
	struct guarded in = guarded_new(4096), out = guarded_new(4096);
	for (size_t distance = 1; distance <= 66; distance++) {
		for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
			for (size_t tail = 0; tail <= 66; tail += tail < 36 ? 1 : 10) {
				struct made m = {block, 0, _i, 0};
				add_literals(&m, distance, distance * 7 + i);
				add_match(&m, lens[i], distance);
				add_literals(&m, tail, tail);
				check_made(&m, want, &in, &out);
			}
		}
	}
	guarded_free(&in);
	guarded_free(&out);
	free(block);
	free(want);
}
END_TEST

START_TEST(test_long_matches)
{
	static const size_t lens[] = {9, 263, 264, 265, 518, 519, 520, 774, 5000, 65536};
	static const size_t distances[] = {1, 255, 256, 257, 4096, 8191, 8192, 8193, 8448, 40000, 73727};
	uint8_t *block = malloc(1 << 18), *want = malloc(1 << 18);
	struct guarded in = guarded_new(1 << 18), out = guarded_new(1 << 18);
	for (size_t d = 0; d < sizeof(distances) / sizeof(*distances); d++) {
		for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
			struct made m = {block, 0, _i, 0};
			if (_i == 1 && (lens[i] > 264 || distances[d] > 8192))
				continue;
			add_literals(&m, distances[d], d);
			add_match(&m, lens[i], distances[d]);
			add_match(&m, 3, distances[d]);
			add_literals(&m, 2, 1);
			check_made(&m, want, &in, &out);
		}
	}
	guarded_free(&in);
	guarded_free(&out);
	free(block);
	free(want);
}
END_TEST

/* Instructions of every kind in any order, so many that most of them are far from both ends. */
static void make_any(struct made *m, uint64_t *seed)
{
	add_literals(m, 1 + sample_next(seed) % (sample_next(seed) % 4 ? 40 : 9000), *seed);
	for (size_t left = sample_next(seed) % (sample_next(seed) % 4 ? 20 : 300); left > 0; left--) {
		size_t len = 3 + sample_next(seed) % (sample_next(seed) % 4 ? 12 : 262);
		size_t most = sample_next(seed) % 2 ? 20 : m->level == 1 ? 8192 : 73727;
		most = most < m->plain_len ? most : m->plain_len + (sample_next(seed) % 64 == 0);
		if (sample_next(seed) % 5 < 2)
			add_literals(m, 1 + sample_next(seed) % 40, *seed);
		else
			add_match(m, m->level == 2 && len == 200 ? 1000 : len, sample_next(seed) % 4 ? 1 + sample_next(seed) % most : most);
	}
}

/* One of its bytes is another, or it ends early, or its length is a lie. */
static void spoil(struct made *m, uint64_t *seed)
{
	switch (sample_next(seed) % 4) {
	case 0: m->len = sample_next(seed) % (m->len + 1); break;
	case 1: m->plain_len = sample_next(seed) % (m->plain_len + 1); break;
	case 2: m->p[sample_next(seed) % m->len] = (uint8_t)sample_next(seed); break;
	default: m->p[sample_next(seed) % m->len] ^= (uint8_t)(1 << sample_next(seed) % 8);
	}
}

/* Whole or not: the same bytes or the same reason as byte by byte. */
START_TEST(test_any)
{
	enum { ROOM = 1 << 18, ROUNDS = 20000 };
	uint8_t *block = malloc(ROOM), *want = malloc(ROOM);
	struct guarded in = guarded_new(ROOM), out = guarded_new(ROOM);
	uint64_t seed = 58 + (uint64_t)_i;
	size_t refused = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct made m = {block, 0, _i, 0};
		size_t tail;
		make_any(&m, &seed);
		for (int n = (int)(sample_next(&seed) % 3); n > 0 && m.len > 0; n--)
			spoil(&m, &seed);
		const char *why = plain_decode(block, m.len, want, m.plain_len, &tail);
		uint8_t *p = guarded_last(&in, m.len), *got = guarded_last(&out, m.plain_len);
		memcpy(p, block, m.len);
		const char *said = fastlz_inflate(p, m.len, got, m.plain_len);
		ck_quick(!said == !why);
		ck_quick(!why || strcmp(said, why) == 0);
		ck_quick(why || memcmp(got, want, m.plain_len) == 0);
		refused += why != NULL;
	}
	ck_assert(refused > ROUNDS / 4 && refused < ROUNDS * 3 / 4);
	guarded_free(&in);
	guarded_free(&out);
	free(block);
	free(want);
}
END_TEST

/* Bytes written out by hand: add_match() above must not be the only witness. */
START_TEST(test_by_hand)
{
	static const struct {
		const char *block, *plain;
	} known[] = {
		{"00 41", "A"},
		{"20 41", "A"},
		{"02 414243", "ABC"},
		{"00 41 20 00", "AAAA"},                   /* t 1: length 3, distance 1 */
		{"02 414243 c0 02 00 58", "ABCABCABCABX"}, /* t 6: length 8, distance 3 */
		{"01 4142 e0 01 01", "ABABABABABAB"},      /* t 7: length 9 + 1, distance 2 */
		{"21 4142 e0 01 01", "ABABABABABAB"},      /* the same in level 2 */
		{"20 41 e0 00 00 01 4243", "AAAAAAAAAABC"},
	};
	uint8_t block[64], out[64];
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t n = unhex(block, known[i].block), plain = strlen(known[i].plain);
		ck_assert_msg(!fastlz_inflate(block, n, out, plain), "%s", known[i].block);
		ck_assert_mem_eq(out, known[i].plain, plain);
	}
	/* 100 x A, volume-format.md 9, in both levels; and level 2 with two length bytes: 1 + 9 + 255 + 3 */
	uint8_t aaa[300], many[300];
	memset(aaa, 'A', sizeof(aaa));
	ck_assert(!fastlz_inflate(block, unhex(block, "00 41 e0 5a 00"), many, 100));
	ck_assert_mem_eq(many, aaa, 100);
	ck_assert(!fastlz_inflate(block, unhex(block, "20 41 e0 5a 00"), many, 100));
	ck_assert_mem_eq(many, aaa, 100);
	ck_assert(!fastlz_inflate(block, unhex(block, "20 41 e0 ff 03 00"), many, 268));
	ck_assert_mem_eq(many, aaa, 268);
}
END_TEST

START_TEST(test_far_by_hand)
{
	uint8_t *block = calloc(1, 16384), *out = malloc(16384);
	struct made m = {block, 0, 2, 0};
	add_literals(&m, 8193, 3);
	m.len += unhex(block + m.len, "3f ff 00 01"); /* t 1, hi 31, lo 255, w 1: length 3, distance 8193 */
	ck_assert(!fastlz_inflate(block, m.len, out, 8196));
	ck_assert_mem_eq(out + 8193, out, 3);
	block[m.len - 1] = 0; /* w 0: distance 8192 */
	ck_assert(!fastlz_inflate(block, m.len, out, 8196));
	ck_assert_mem_eq(out + 8193, out + 1, 3);
	block[m.len - 1] = 2;
	ck_assert_str_eq(fastlz_inflate(block, m.len, out, 8196), "FastLZ match points before the start of the data");
	ck_assert_str_eq(fastlz_inflate(block, m.len - 1, out, 8196), "FastLZ block ends early");
	block[m.len - 3] = 254; /* no far match any more, then an instruction of one literal */
	ck_assert(!fastlz_inflate(block, m.len, out, 8197));
	ck_assert_mem_eq(out + 8193, out + 2, 3);
	free(block);
	free(out);
}
END_TEST

START_TEST(test_refused)
{
	static const struct {
		const char *block, *why;
		size_t plain;
	} bad[] = {
		{"", "FastLZ block ends early", 0},
		{"00", "FastLZ block ends early", 1},
		{"01 41", "FastLZ block ends early", 2},
		{"00 41 20", "FastLZ block ends early", 4},
		{"00 41 e0", "FastLZ block ends early", 10},
		{"00 41 e0 00", "FastLZ block ends early", 10},
		{"20 41 e0 ff", "FastLZ block ends early", 300},
		{"20 41 e0 ff ff 00", "FastLZ block ends early", 600},
		{"20 41 3f ff", "FastLZ block ends early", 4},
		{"20 41 3f ff 00", "FastLZ block ends early", 4},
		{"00 41 20 00 00", "FastLZ block ends early", 5},
		{"40 41", "FastLZ block level is unknown", 1},
		{"e0 41", "FastLZ block level is unknown", 1},
		{"00 41 20 01", "FastLZ match points before the start of the data", 4},
		{"00 41 3f ff", "FastLZ match points before the start of the data", 4},
		{"00 41 20 00", "FastLZ block is longer than its header says", 3},
		{"00 41", "FastLZ block is longer than its header says", 0},
		{"00 41 20 00", "FastLZ block is shorter than its header says", 5},
	};
	uint8_t block[64];
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		size_t n = unhex(block, bad[i].block);
		struct guarded in = guarded_copy(block, n), out = guarded_new(bad[i].plain);
		const char *why = fastlz_inflate(in.p, n, out.p, bad[i].plain);
		ck_assert_msg(why != NULL, "%s accepted", bad[i].block);
		ck_assert_str_eq(why, bad[i].why);
		guarded_free(&in);
		guarded_free(&out);
	}
}
END_TEST

/* What the encoder makes of in: legal level 1, its last 12 bytes literal, the same whatever was in the table. */
static size_t check_encoder(const uint8_t *plain, size_t n, uint16_t *table)
{
	size_t room = n + n / 32 + 1, len, tail;
	struct guarded in = guarded_copy(plain, n), out = guarded_new(room), exact;
	uint8_t *back = malloc(n);
	memset(table, 0, FASTLZ_TABLE_ENTRIES * sizeof(*table));
	len = fastlz_deflate(table, in.p, n, out.p, room);
	ck_assert(len > 0 && len <= room);
	ck_assert_int_eq(out.p[0] >> 5, 0);
	ck_assert(!plain_decode(out.p, len, back, n, &tail));
	ck_assert_mem_eq(back, plain, n);
	ck_assert_uint_ge(tail, n < 12 ? n : 12);
	memset(back, 0, n);
	ck_assert(!fastlz_inflate(out.p, len, back, n));
	ck_assert_mem_eq(back, plain, n);
	sample_fill((uint8_t *)table, FASTLZ_TABLE_ENTRIES * sizeof(*table), SAMPLE_RANDOM, n);
	exact = guarded_new(len);
	ck_assert_uint_eq(fastlz_deflate(table, in.p, n, exact.p, len), len);
	ck_assert_mem_eq(exact.p, out.p, len);
	ck_assert_uint_eq(fastlz_deflate(table, in.p, n, exact.p + 1, len - 1), 0);
	guarded_free(&exact);
	guarded_free(&in);
	guarded_free(&out);
	free(back);
	return len;
}

START_TEST(test_encoder)
{
	static const size_t sizes[] = {300, 1000, 4095, 8192, 8193, 8210, 65535, 65536, 65537, 70000, 200000, PLAIN_MAX};
	uint8_t *plain = malloc(PLAIN_MAX);
	uint16_t *table = malloc(FASTLZ_TABLE_ENTRIES * sizeof(*table));
	for (size_t n = 1; n <= 200; n++) {
		sample_fill(plain, n, (enum sample)_i, n);
		check_encoder(plain, n, table);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		sample_fill(plain, sizes[i], (enum sample)_i, i);
		check_encoder(plain, sizes[i], table);
	}
	ck_assert_uint_eq(fastlz_deflate(table, plain, 0, plain, 0), 0);
	free(plain);
	free(table);
}
END_TEST

/* Every room from nothing to enough: never a byte too far, and the block only if it fits. */
START_TEST(test_encoder_room)
{
	uint16_t *table = malloc(FASTLZ_TABLE_ENTRIES * sizeof(*table));
	uint8_t plain[700], want[800];
	size_t len;
	sample_fill(plain, sizeof(plain), (enum sample)_i, 5);
	len = fastlz_deflate(table, plain, sizeof(plain), want, sizeof(want));
	for (size_t room = 0; room <= len + 40; room++) {
		struct guarded out = guarded_new(room);
		size_t got = fastlz_deflate(table, plain, sizeof(plain), out.p, room);
		ck_assert_uint_eq(got, room < len ? 0 : len);
		if (got)
			ck_assert_mem_eq(out.p, want, len);
		guarded_free(&out);
	}
	free(table);
}
END_TEST

/* A run of every length, so that every way of cutting long matches occurs; and it must really compress. */
START_TEST(test_encoder_wins)
{
	uint16_t *table = malloc(FASTLZ_TABLE_ENTRIES * sizeof(*table));
	uint8_t *plain = malloc(65536);
	for (size_t n = 20; n < 900; n++) {
		memset(plain, 'x', n);
		/* 1 literal, matches of up to 264 at 3 bytes each, 12 literals */
		ck_assert_uint_le(check_encoder(plain, n, table), 2 + 3 * (n / 264 + 1) + 13);
	}
	memset(plain, 0, 65536);
	ck_assert_uint_le(check_encoder(plain, 65536, table), 800);
	sample_fill(plain, 65536, SAMPLE_TEXT, 1);
	ck_assert_uint_le(check_encoder(plain, 65536, table), 65536 / 2);
	/* the same 4000 random bytes over and over: found at distance 4000 each time */
	sample_fill(plain, 4000, SAMPLE_RANDOM, 1);
	for (size_t i = 4000; i < 65536; i++)
		plain[i] = plain[i - 4000];
	ck_assert_uint_le(check_encoder(plain, 65536, table), 4000 * 33 / 32 + 3 * 240);
	free(plain);
	free(table);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fastlz");
	TCase *t = tcase_create("fastlz");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_overlaps, 1, 3);
	tcase_add_loop_test(t, test_long_matches, 1, 3);
	tcase_add_loop_test(t, test_any, 1, 3);
	tcase_add_test(t, test_by_hand);
	tcase_add_test(t, test_far_by_hand);
	tcase_add_test(t, test_refused);
	tcase_add_loop_test(t, test_encoder, 0, SAMPLE_COUNT);
	tcase_add_loop_test(t, test_encoder_room, 0, SAMPLE_COUNT);
	tcase_add_test(t, test_encoder_wins);
	suite_add_tcase(s, t);
	return check_run(s);
}
