/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZO1X streams against liblzo2's own decoder: the same verdict and the same bytes, on whole streams of its two encoders, on made ones,
 * and on both damaged; into room that is ample, exact or short, and no byte outside of either.
 * check_lzo1x STREAMS [SEED]: so many of them, instead of those that are quick. */
#include "codec/lzo1x.h"

#include "guarded.h"

#include <lzo/lzo1x.h>
#include <stdbool.h>
#include <stdio.h>

#define PLAIN_MAX 70000u
#define STREAM_MAX (2 * PLAIN_MAX)
#define QUICK_STREAMS 60000u

static size_t streams = QUICK_STREAMS;
static uint64_t first_seed = 1996;

/* What both decoders work on.  in and the outs are guarded. */
struct bench {
	uint64_t seed;
	uint8_t *plain, *stream, *memory;
	size_t plain_len, len;
	struct guarded in, ours, theirs;
};

static struct bench bench_new(uint64_t seed)
{
	struct bench b = {.seed = seed, .in = guarded_new(STREAM_MAX), .ours = guarded_new(STREAM_MAX), .theirs = guarded_new(STREAM_MAX)};
	b.plain = malloc(STREAM_MAX);
	b.stream = malloc(STREAM_MAX);
	b.memory = malloc(LZO1X_999_MEM_COMPRESS);
	ck_assert(b.plain && b.stream && b.memory && lzo_init() == LZO_E_OK);
	return b;
}

static void bench_free(struct bench *b)
{
	free(b->plain);
	free(b->stream);
	free(b->memory);
	guarded_free(&b->in);
	guarded_free(&b->ours);
	guarded_free(&b->theirs);
}

static size_t chance(struct bench *b, size_t of)
{
	return sample_next(&b->seed) % of;
}

static enum lzo1x_verdict verdict_of(int rc)
{
	switch (rc) {
	case LZO_E_OK: return LZO1X_WHOLE;
	case LZO_E_OUTPUT_OVERRUN: return LZO1X_SPACE;
	case LZO_E_INPUT_OVERRUN:
	case LZO_E_EOF_NOT_FOUND: return LZO1X_ENDS_EARLY;
	case LZO_E_LOOKBEHIND_OVERRUN: return LZO1X_BEFORE_START;
	case LZO_E_INPUT_NOT_CONSUMED: return LZO1X_BYTES_FOLLOW;
	default: ck_abort_msg("liblzo2 says %d", rc);
	}
}

/* Decodes the stream with both into room bytes. */
static enum lzo1x_verdict agree(struct bench *b, size_t room)
{
	uint8_t *in = guarded_last(&b->in, b->len), *ours = guarded_last(&b->ours, room), *theirs = guarded_last(&b->theirs, room);
	memcpy(in, b->stream, b->len);
	ours[-1] = 0xEE;
	lzo_uint want_len = room;
	enum lzo1x_verdict want = verdict_of(lzo1x_decompress_safe(in, b->len, theirs, &want_len, NULL));
	size_t len = 0;
	enum lzo1x_verdict verdict = lzo1x_inflate(in, b->len, ours, room, &len);
	if (verdict != want)
		ck_abort_msg("%zu bytes into %zu: verdict %d, not %d", b->len, room, (int)verdict, (int)want);
	ck_quick(ours[-1] == 0xEE);
	if (verdict == LZO1X_WHOLE) {
		ck_quick(len == want_len);
		ck_quick(memcmp(ours, theirs, len) == 0);
	}
	return verdict;
}

/* ---- whole streams ---- */

static void deflate(struct bench *b, bool thorough)
{
	lzo_uint len = STREAM_MAX;
	if (thorough)
		lzo1x_999_compress(b->plain, b->plain_len, b->stream, &len, b->memory);
	else
		lzo1x_1_compress(b->plain, b->plain_len, b->stream, &len, b->memory);
	b->len = len;
}

/* Mostly short ones: the ends of both sides matter most. */
static size_t some_length(struct bench *b)
{
	switch (chance(b, 64)) {
	case 0: return chance(b, PLAIN_MAX);
	case 1 ... 7: return chance(b, 5000);
	case 8 ... 31: return chance(b, 700);
	default: return chance(b, 150);
	}
}

static void coded(struct bench *b)
{
	b->plain_len = some_length(b);
	enum sample kind = (enum sample)chance(b, SAMPLE_COUNT);
	sample_fill(b->plain, b->plain_len, kind, b->seed);
	deflate(b, b->plain_len < 700 && chance(b, 4) == 0);
}

/* ---- made streams: every instruction, none of which an encoder would choose so ---- */

static void put(struct bench *b, size_t byte)
{
	b->stream[b->len++] = (uint8_t)byte;
}

static void put_literals(struct bench *b, size_t n)
{
	for (; n > 0; n--)
		put(b, chance(b, 256));
}

/* The low bits of an instruction that stand for len > 0, and the bytes that follow it if they cannot hold it. */
static void put_length(struct bench *b, size_t instruction, size_t bits, size_t len)
{
	put(b, instruction | (len <= bits ? len : 0));
	if (len <= bits)
		return;
	for (len -= bits; len > 255; len -= 255)
		put(b, 0);
	put(b, len);
}

static size_t put_match(struct bench *b, size_t distance, size_t len)
{
	size_t behind = chance(b, 4);
	if (distance > 16384) {
		put_length(b, 16 | ((distance - 16384) >> 14 << 3), 7, len - 2);
		distance = (distance - 16384) & 0x3fff;
	} else if (distance <= 2048 && len <= 8 && chance(b, 4) > 0) {
		put(b, (len - 1) << 5 | ((distance - 1) & 7) << 2 | behind);
		put(b, (distance - 1) >> 3);
		return behind;
	} else {
		put_length(b, 32, 31, len - 2);
		distance--;
	}
	put(b, distance << 2 | behind);
	put(b, distance >> 6);
	return behind;
}

static size_t put_short_match(struct bench *b)
{
	size_t behind = chance(b, 4);
	put(b, chance(b, 4) << 2 | behind);
	put(b, chance(b, 3) ? 0 : chance(b, 256));
	return behind;
}

/* A length that is often one at which something begins to be coded otherwise. */
static size_t some_match(struct bench *b)
{
	static const size_t edges[] = {3, 8, 9, 16, 17, 32, 33, 34, 48, 264, 288, 289, 290};
	return chance(b, 2) ? edges[chance(b, sizeof edges / sizeof *edges)] : 3 + chance(b, chance(b, 8) ? 40 : 3000);
}

static size_t some_distance(struct bench *b, size_t done)
{
	static const size_t most[] = {20, 20, 20, 2100, 17000, 49151};
	size_t limit = most[chance(b, sizeof most / sizeof *most)];
	return 1 + chance(b, done > 0 && done < limit && chance(b, 64) ? done : limit);
}

static void made(struct bench *b)
{
	size_t state = 0, done = 0;
	b->len = 0;
	if (chance(b, 2)) {
		state = 1 + chance(b, 238);
		put(b, 17 + state);
		put_literals(b, state);
		done = state;
	}
	for (size_t left = chance(b, chance(b, 16) ? 12 : 200); left > 0; left--) {
		size_t len = some_match(b);
		if (state == 0 && chance(b, 3)) {
			put_length(b, 0, 15, len - 2);
			put_literals(b, len + 1);
			done += len + 1;
			state = 4;
			continue;
		}
		if (state > 0 && chance(b, 5) == 0) {
			len = state < 4 ? 2 : 3;
			state = put_short_match(b);
		} else {
			size_t distance = some_distance(b, done);
			len = distance > 16384 && len > 9 && chance(b, 2) ? 9 : len;
			state = put_match(b, distance, len);
		}
		put_literals(b, state);
		done += len + state;
	}
	b->plain_len = done;
	put(b, 17);
	put(b, 0);
	put(b, 0);
}

/* ---- damage ---- */

static void damage(struct bench *b)
{
	size_t at = b->len ? chance(b, b->len) : 0, n = 1 + chance(b, 6);
	switch (b->len ? chance(b, 8) : 0) {
	case 0: put(b, chance(b, 256)); break;
	case 1: b->len -= n < b->len ? n : b->len; break;
	case 2: b->len = at; break;
	case 3: b->stream[at] ^= (uint8_t)(1 << chance(b, 8)); break;
	case 4: b->stream[at] = (uint8_t)chance(b, 32); break;
	case 5: b->stream[at] = (uint8_t)chance(b, 256); break;
	case 6: /* a part of it once more, or less */ memmove(b->stream + at, b->stream + chance(b, at + 1), b->len - at); break;
	default: n = n < b->len - at ? n : b->len - at; memset(b->stream + at, 0, n);
	}
}

static size_t some_room(struct bench *b)
{
	size_t exact = b->plain_len < STREAM_MAX - 200 ? b->plain_len : STREAM_MAX - 200;
	switch (chance(b, 4)) {
	case 0: return exact;
	case 1: return exact + chance(b, 150);
	case 2: return exact > 40 ? exact - chance(b, 40) : chance(b, exact + 1);
	default: return chance(b, 2) ? STREAM_MAX - 1 : chance(b, exact + 1);
	}
}

/* Half of them are damaged, most of those once. */
START_TEST(test_as_liblzo2)
{
	struct bench b = bench_new(first_seed);
	size_t count[LZO1X_BYTES_FOLLOW + 1] = {0};
	for (size_t i = 0; i < streams; i++) {
		if (chance(&b, 2))
			coded(&b);
		else
			made(&b);
		bool whole = chance(&b, 2) == 0;
		for (size_t n = whole ? 0 : 1 + (chance(&b, 4) ? 0 : chance(&b, 6)); n > 0; n--)
			damage(&b);
		count[agree(&b, some_room(&b))]++;
	}
	/* each of them was met, and not by the way */
	for (size_t i = 0; i <= LZO1X_BYTES_FOLLOW; i++)
		ck_assert_msg(count[i] > streams / 100, "verdict %zu: %zu of %zu streams", i, count[i], streams);
	if (streams != QUICK_STREAMS)
		printf("%zu streams: whole %zu, space %zu, ends early %zu, before start %zu, bytes follow %zu\n", streams, count[0],
		       count[1], count[2], count[3], count[4]);
	bench_free(&b);
}
END_TEST

/* Every cut and every room of a few streams. */
START_TEST(test_cut)
{
	struct bench b = bench_new(7 + (uint64_t)_i);
	for (int i = 0; i < 6; i++) {
		b.plain_len = 60 + chance(&b, 200);
		sample_fill(b.plain, b.plain_len, (enum sample)_i, b.seed);
		deflate(&b, i % 2);
		for (size_t room = 0; room <= b.plain_len + 130; room++)
			ck_quick((agree(&b, room) == LZO1X_WHOLE) == (room >= b.plain_len));
		for (size_t whole = b.len; b.len > 0;) {
			b.len--;
			ck_quick(agree(&b, b.plain_len) == LZO1X_ENDS_EARLY);
			ck_quick(agree(&b, b.plain_len + 200) == LZO1X_ENDS_EARLY || whole == 0);
		}
	}
	bench_free(&b);
}
END_TEST

/* The end marker is one wherever it stands, also where a match could be: far from both ends. */
START_TEST(test_behind)
{
	struct bench b = bench_new(11);
	b.plain_len = PLAIN_MAX;
	sample_fill(b.plain, b.plain_len, (enum sample)_i, b.seed);
	deflate(&b, false);
	for (size_t more = 1; more < 300; more++) {
		put(&b, chance(&b, 256));
		ck_quick(agree(&b, b.plain_len) == LZO1X_BYTES_FOLLOW);
		ck_quick(agree(&b, STREAM_MAX - 1) == LZO1X_BYTES_FOLLOW);
	}
	bench_free(&b);
}
END_TEST

/* Every distance up to where no copy overlaps, every length that is coded in its own way, every number of literals behind. */
START_TEST(test_overlaps)
{
	struct bench b = bench_new(3);
	for (size_t distance = 1; distance <= 70; distance++) {
		for (size_t len = 3; len <= 300; len += len < 80 ? 1 : 31) {
			for (size_t tail = 0; tail <= 140; tail += tail < 4 ? 1 : 34) {
				b.len = 0;
				put(&b, 17 + 70);
				put_literals(&b, 70);
				size_t behind = put_match(&b, distance, len);
				put_literals(&b, behind);
				if (behind == 0 && tail > 3) {
					put_length(&b, 0, 15, tail - 3);
					put_literals(&b, tail);
				}
				put(&b, 17);
				put(&b, 0);
				put(&b, 0);
				size_t n = 70 + len + behind + (behind == 0 && tail > 3 ? tail : 0);
				ck_quick(agree(&b, n) == LZO1X_WHOLE);
				ck_quick(agree(&b, n + 1) == LZO1X_WHOLE);
				ck_quick(agree(&b, n - 1) == LZO1X_SPACE);
			}
		}
	}
	bench_free(&b);
}
END_TEST

/* Bytes written out by hand: liblzo2 is not to be the only witness. */
START_TEST(test_by_hand)
{
	static const struct {
		const char *stream, *plain;
	} known[] = {
		{"110000", ""},
		{"12 41 110000", "A"},
		{"15 41424344 110000", "ABCD"},
		{"01 41424344 110000", "ABCD"},                                      /* a run of 3 + 1 */
		{"12 41 2300 00 110000", "AAAAAA"},                                  /* 001LLLLL: 2 + 3, distance 1 */
		{"14 414243 a8 00 110000", "ABCABCABC"},                             /* 1LLDDDSS: 5 + 1, distance 3 */
		{"14 414243 49 00 58 110000", "ABCABCX"},                            /* 01LDDDSS: 3 + 0, distance 3, then X */
		{"14 414243 04 00 110000", "ABCBC"},                                 /* after three literals: 2, distance 2 */
		{"12 41 20 0200 00 110000", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, /* 2 + 31 + 2 */
	};
	uint8_t stream[64], out[64];
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = unhex(stream, known[i].stream), want = strlen(known[i].plain), len = 0;
		ck_assert_msg(lzo1x_inflate(stream, n, out, sizeof out, &len) == LZO1X_WHOLE, "%s", known[i].stream);
		ck_assert_uint_eq(len, want);
		ck_assert_mem_eq(out, known[i].plain, want);
	}
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1)
		streams = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 10);
	Suite *s = suite_create("lzo1x");
	TCase *t = tcase_create("lzo1x");
	tcase_set_timeout(t, 3600);
	tcase_add_test(t, test_by_hand);
	tcase_add_test(t, test_as_liblzo2);
	tcase_add_loop_test(t, test_cut, 0, SAMPLE_COUNT);
	tcase_add_loop_test(t, test_behind, 0, SAMPLE_COUNT);
	tcase_add_test(t, test_overlaps);
	suite_add_tcase(s, t);
	return check_run(s);
}
