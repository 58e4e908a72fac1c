/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damaged and forged payloads: refused with a reason, no byte read or written outside.  volume-format.md 5.6, 5.7 */
#include "codec/codec.h"

#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

#include "guarded.h"

#define PLAIN_MAX 300000
#define PAYLOAD_MAX 400000

static struct codec_ctx *ctx;
static uint8_t *plain, *payload;
static struct guarded in_room, out_room; /* PAYLOAD_MAX, PLAIN_MAX */

static void setup(void)
{
	ctx = codec_ctx_new();
	plain = malloc(PLAIN_MAX);
	payload = malloc(PAYLOAD_MAX);
	ck_assert(ctx && plain && payload);
	in_room = guarded_new(PAYLOAD_MAX);
	out_room = guarded_new(PLAIN_MAX);
}

static void teardown(void)
{
	codec_ctx_free(ctx);
	free(plain);
	free(payload);
	guarded_free(&in_room);
	guarded_free(&out_room);
}

static const struct codec *named(const char *name)
{
	return codec_by_name(name, strlen(name));
}

/* payload[len] into room bytes, both against the guard pages. */
static enum codec_result inflate_into(const struct codec *c, size_t len, size_t room, size_t *got)
{
	uint8_t *in = guarded_last(&in_room, len), *out = guarded_last(&out_room, room);
	uint64_t declared;
	enum codec_result rc;
	memcpy(in, payload, len);
	out[-1] = 0xEE;
	(void)c->declared(in, len, &declared);
	rc = c->inflate(ctx, in, len, out, room, got);
	ck_quick(rc == CODEC_OK || rc == CODEC_SPACE || rc == CODEC_DATA);
	ck_quick(rc != CODEC_OK || *got <= room);
	ck_quick(out[-1] == 0xEE);
	return rc;
}

static enum codec_result inflate_payload(const struct codec *c, size_t len)
{
	size_t got;
	return inflate_into(c, len, PLAIN_MAX - 1, &got);
}

static void refused(const struct codec *c, size_t len, const char *why)
{
	enum codec_result rc = inflate_payload(c, len);
	ck_assert_msg(rc == CODEC_DATA, "%s: %d instead of \"%s\"", c->name, (int)rc, why);
	ck_assert_str_eq(codec_reason(ctx), why);
}

/* Three samples of each codec in payload; returns the length. */
static size_t sample(const struct codec *c, int which)
{
	static const struct {
		enum sample kind;
		size_t n;
	} kinds[3] = {{SAMPLE_TEXT, 1500}, {SAMPLE_REPEATS, 3000}, {SAMPLE_RANDOM, 120}};
	size_t len;
	sample_fill(plain, kinds[which].n, kinds[which].kind, 11);
	ck_assert_int_eq(c->deflate(ctx, c->level_default, plain, kinds[which].n, payload, PAYLOAD_MAX, &len), CODEC_OK);
	return len;
}

START_TEST(test_truncated)
{
	const struct codec *c = codec_by_id((enum codec_id)(_i / 3));
	size_t len = sample(c, _i % 3);
	for (size_t n = 0; n < len; n++) {
		enum codec_result rc = inflate_payload(c, n);
		ck_quick(rc == CODEC_DATA);
		ck_quick(strcmp(codec_reason(ctx), "no error") != 0);
		if (c->id == CODEC_GZIP || c->id == CODEC_LZO || c->declared == named("lz4")->declared)
			ck_quick(strstr(codec_reason(ctx), "ends early"));
	}
	ck_assert_int_eq(inflate_payload(c, len), CODEC_OK);
}
END_TEST

START_TEST(test_extended)
{
	const struct codec *c = codec_by_id((enum codec_id)(_i / 3));
	size_t len = sample(c, _i % 3);
	for (int b = 0; b < 256; b++) {
		payload[len] = (uint8_t)b;
		ck_quick(inflate_payload(c, len + 1) == CODEC_DATA);
		ck_quick(strstr(codec_reason(ctx), "bytes follow the end") || c->id == CODEC_ZSTD);
	}
	memcpy(payload + len, payload, len); /* a second whole stream */
	ck_assert_int_eq(inflate_payload(c, 2 * len), CODEC_DATA);
}
END_TEST

/* Into ample room and into exactly enough; whatever comes out, nothing goes outside. */
START_TEST(test_bit_flips)
{
	const struct codec *c = codec_by_id((enum codec_id)(_i / 3));
	size_t len = sample(c, _i % 3), n = (const size_t[]){1500, 3000, 120}[_i % 3], got, accepted = 0;
	for (size_t bit = 0; bit < len * 8; bit++) {
		payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (inflate_into(c, len, PLAIN_MAX - 1, &got) == CODEC_OK) {
			accepted++;
			/* Adler-32 lets nothing through but flips of unused codes and bits */
			ck_quick(c->id != CODEC_GZIP || memcmp(guarded_last(&out_room, PLAIN_MAX - 1), plain, n) == 0);
		}
		inflate_into(c, len, n, &got);
		payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	if (c->id == CODEC_GZIP)
		ck_assert_uint_lt(accepted, 32);
}
END_TEST

START_TEST(test_random_damage)
{
	const struct codec *c = codec_by_id((enum codec_id)(_i / 3));
	size_t len = sample(c, _i % 3), got;
	uint8_t *good = malloc(len);
	uint64_t seed = 99;
	memcpy(good, payload, len);
	for (int round = 0; round < 20000; round++) {
		/* of every second one the frame header stays whole, so that the block decoders see the damage */
		size_t from = round % 2 && len > 40 ? 16 : 0;
		memcpy(payload, good, len);
		for (uint32_t n = 1 + sample_next(&seed) % 8; n; n--)
			payload[from + sample_next(&seed) % (len - from)] = (uint8_t)sample_next(&seed);
		inflate_into(c, len, round % 3 ? 3000 : 1500, &got);
	}
	sample_fill(payload, 4000, SAMPLE_RANDOM, 5);
	for (size_t i = 0; i < 3000; i++) {
		memmove(payload, payload + 1, 4000);
		inflate_into(c, 1 + i % 900, 2000, &got);
	}
	free(good);
}
END_TEST

#define END "466173744c5a00 c8 00000000 00000000"

START_TEST(test_frame_tricks)
{
	static const struct {
		const char *payload, *why;
	} bad[] = {
		{"", "fastlzlib framing ends early"},
		{"46", "fastlzlib framing ends early"},
		{"466173744c5a00 c8 00000000 000000", "fastlzlib framing ends early"},
		{"466173744c5a01 c8 00000000 00000000", "fastlzlib block magic is wrong"},
		{"466173744c5b00 c8 00000000 00000000", "fastlzlib block magic is wrong"},
		{"00000000000000 00 00000000 00000000", "fastlzlib block magic is wrong"},
		{"466173744c5a00 18 00000000 00000000", "fastlzlib block is empty"},
		{"466173744c5a00 28 00000000 00000000", "fastlzlib block type is unknown"},
		{"466173744c5a00 d8 00000000 00000000", "fastlzlib block type is unknown"},
		{"466173744c5a00 c9 00000000 00000000", "fastlzlib block is larger than a reader accepts"},
		{"466173744c5a00 19 01000000 01000000 41" END, "fastlzlib block is larger than a reader accepts"},
		{"466173744c5a00 18 ffffffff ffffffff", "fastlzlib block is larger than a reader accepts"},
		{"466173744c5a00 c8 01000000 87660400 00", "fastlzlib block is larger than a reader accepts"},
		{"466173744c5a00 c8 87660400 01000000 00", "fastlzlib block is larger than a reader accepts"},
		{"466173744c5a00 18 02000000 01000000 4142" END, "lengths of a raw fastlzlib block differ"},
		{"466173744c5a00 18 01000000 02000000 41" END, "lengths of a raw fastlzlib block differ"},
		{"466173744c5a00 18 00000000 01000000" END, "lengths of a raw fastlzlib block differ"},
		{"466173744c5a00 c8 00000000 01000000" END, "fastlzlib block is empty"},
		{"466173744c5a00 c8 01000000 00000000 00" END, "fastlzlib block is empty"},
		{"466173744c5a00 18 01000000 01000000 41", "fastlzlib framing ends early"},
		{"466173744c5a00 18 02000000 02000000 41", "fastlzlib framing ends early"},
		{"466173744c5a00 18 01000000 01000000 4100", "fastlzlib framing ends early"},
		{END END, "bytes follow the end of the fastlzlib framing"},
		{END "466173744c5a00 18 01000000 01000000 41" END, "bytes follow the end of the fastlzlib framing"},
		{"466173744c5a00 18 01000000 01000000 41" END "00", "bytes follow the end of the fastlzlib framing"},
		{"466173744c5a00 18 01000000 01000000 41 0000", "fastlzlib framing ends early"},
	};
	for (enum codec_id id = CODEC_LZFAST; id <= CODEC_LZ4HC; id++) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
			refused(codec_by_id(id), unhex(payload, bad[i].payload), bad[i].why);
	}
	/* 100 x A with lengths that are not those of the block */
	static const char *const lies[] = {"63000000", "65000000", "01000000", "86660400"};
	for (size_t i = 0; i < 4; i++) {
		size_t n = unhex(payload, "466173744c5a00 c8 05000000 00000000 0041 e05a00" END);
		unhex(payload + 12, lies[i]);
		ck_assert_int_eq(inflate_payload(named("lzfast"), n), CODEC_DATA);
		n = unhex(payload, "466173744c5a00 c8 0b000000 00000000 1f41 0100 4b 50 4141414141" END);
		unhex(payload + 12, lies[i]);
		ck_assert_int_eq(inflate_payload(named("lz4"), n), CODEC_DATA);
	}
}
END_TEST

/* Payloads of several blocks, as no Bareos can read but fastlzlib can write; and the largest block of all. */
START_TEST(test_frame_blocks)
{
	uint64_t declared;
	size_t n, got;
	n = unhex(payload, "466173744c5a00 18 02000000 02000000 4142 466173744c5a00 c0 05000000 64000000 0041 e05a00"
			   "466173744c5a00 10 01000000 01000000 43"
			   "466173744c5a00 c0 00000000 00000000");
	ck_assert(named("lzfast")->declared(payload, n, &declared));
	ck_assert_uint_eq(declared, 103);
	ck_assert_int_eq(inflate_into(named("lzfast"), n, 103, &got), CODEC_OK);
	ck_assert_uint_eq(got, 103);
	memset(plain, 'A', 103);
	memcpy(plain + 1, "B", 1);
	memcpy(plain + 102, "C", 1);
	ck_assert_mem_eq(guarded_last(&out_room, 103), plain, 103);
	for (size_t room = 0; room < 103; room++)
		ck_assert_int_eq(inflate_into(named("lzfast"), n, room, &got), CODEC_SPACE);
	ck_assert(!named("lzfast")->declared(payload, n - 1, &declared));
	ck_assert(!named("lzfast")->declared(payload, 0, &declared));

	memset(payload, 'x', PAYLOAD_MAX);
	unhex(payload, "466173744c5a00 18 86660400 86660400");
	unhex(payload + 16 + 288390, END);
	ck_assert_int_eq(inflate_into(named("lz4"), 288390 + 32, 288390, &got), CODEC_OK);
	ck_assert_uint_eq(got, 288390);
	unhex(payload + 8, "87660400 87660400");
	refused(named("lz4"), 288391 + 32, "fastlzlib block is larger than a reader accepts");
}
END_TEST

START_TEST(test_zlib_tricks)
{
	static const uint8_t words[] = "of the record and the block";
	const struct codec *c = named("gzip");
	z_stream z = {.next_in = plain, .avail_in = 1000};
	size_t n;
	sample_fill(plain, 1000, SAMPLE_TEXT, 1);
	refused(c, 0, "zlib stream ends early");
	refused(c, unhex(payload, "789c"), "zlib stream ends early");
	refused(c, unhex(payload, "789c7374a43d000002e91964"), "incorrect data check");
	refused(c, unhex(payload, "789d7374a43d000002e91965"), "incorrect header check");
	refused(c, unhex(payload, "789c7374a43d000002e9196500"), "bytes follow the end of the zlib stream");
	/* RFC 1952, bare deflate, and a preset dictionary: no zlib streams as 5.4 has them */
	for (int bits = -15; bits <= 31; bits += 46) {
		ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
		z.next_in = plain;
		z.avail_in = 1000;
		z.next_out = payload;
		z.avail_out = PAYLOAD_MAX;
		ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
		n = z.total_out;
		deflateEnd(&z);
		ck_assert_int_eq(inflate_payload(c, n), CODEC_DATA);
	}
	ck_assert_int_eq(deflateInit(&z, 6), Z_OK);
	ck_assert_int_eq(deflateSetDictionary(&z, words, sizeof(words)), Z_OK);
	z.next_in = plain;
	z.avail_in = 1000;
	z.next_out = payload;
	z.avail_out = PAYLOAD_MAX;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	n = z.total_out;
	deflateEnd(&z);
	ck_assert_int_eq(inflate_payload(c, n), CODEC_DATA);
}
END_TEST

START_TEST(test_lzo_tricks)
{
	const struct codec *c = named("lzo");
	refused(c, 0, "LZO stream ends early");
	refused(c, unhex(payload, "1100"), "LZO stream ends early");
	refused(c, unhex(payload, "15 41424344"), "LZO stream ends early"); /* no end marker */
	refused(c, unhex(payload, "15 41424344 110000 00"), "bytes follow the end of the LZO stream");
	refused(c, unhex(payload, "15 41424344 20 01 ff00 110000"), "LZO match points before the start of the data");
	ck_assert_int_eq(inflate_payload(c, unhex(payload, "15 41424344 110000")), CODEC_OK);
}
END_TEST

START_TEST(test_zstd_tricks)
{
	static const char skippable[] = "502a4d18 04000000 00000000";
	const struct codec *c = named("zstd");
	uint64_t declared;
	size_t n = sample(c, 0), skip, got;
	uint8_t *good = malloc(n);
	memcpy(good, payload, n);
	refused(c, 0, "not a zstd frame");
	refused(c, 3, "not a zstd frame");
	refused(c, n - 1, "zstd frame ends early");
	memcpy(payload + n, good, n);
	refused(c, 2 * n, "bytes follow the end of the zstd frame");
	skip = unhex(payload + n, skippable);
	refused(c, n + skip, "bytes follow the end of the zstd frame");
	unhex(payload, skippable);
	refused(c, skip, "not a zstd frame");
	memcpy(payload + skip, good, n);
	refused(c, skip + n, "not a zstd frame");
	ck_assert(!c->declared(payload, skip, &declared));
	refused(c, unhex(payload, "27b52ffd 00000000 00000000"), "not a zstd frame"); /* zstd 0.7 */
	/* one segment with a dictionary id, a content size of 2^64 - 3, an empty last block */
	n = unhex(payload, "28b52ffd e1 07 fdffffffffffffff 010000");
	ck_assert(c->declared(payload, n, &declared));
	ck_assert_uint_eq(declared, UINT64_MAX - 2);
	ck_assert_int_eq(inflate_into(c, n, 1000, &got), CODEC_SPACE);
	/* the content size is a lie: 2 instead of 0 */
	refused(c, unhex(payload, "28b52ffd 20 02 010000"), "Data corruption detected");
	ck_assert_int_eq(inflate_payload(c, unhex(payload, "28b52ffd 20 00 010000")), CODEC_OK);
	refused(c, unhex(payload, "28b52ffd 21 07 00 010000"), "Dictionary mismatch");
	free(good);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec_hostile");
	TCase *t = tcase_create("codec_hostile");
	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_truncated, 0, 3 * CODEC_COUNT);
	tcase_add_loop_test(t, test_extended, 0, 3 * CODEC_COUNT);
	tcase_add_loop_test(t, test_bit_flips, 0, 3 * CODEC_COUNT);
	tcase_add_loop_test(t, test_random_damage, 0, 3 * CODEC_COUNT);
	tcase_add_test(t, test_frame_tricks);
	tcase_add_test(t, test_frame_blocks);
	tcase_add_test(t, test_zlib_tricks);
	tcase_add_test(t, test_lzo_tricks);
	tcase_add_test(t, test_zstd_tricks);
	suite_add_tcase(s, t);
	return check_run(s);
}
