/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The codec table: known answers of volume-format.md 9, round trips, other people's encoders and decoders. */
#include "codec/codec.h"

#include <lz4.h>
#include <lzo/lzo1x.h>
#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

#include "codec/ctx.h"
#include "codec/fastlz.h"
#include "format/compression.h"
#include "guarded.h"

#define PLAIN_MAX 1048576
#define PAYLOAD_MAX (PLAIN_MAX + PLAIN_MAX / 16 + 1024)

/* In the framing of FastLZ: its end, and ten digits that stay raw. */
#define FRAME_END "466173744c5a00 c8 00000000 00000000"
#define RAW_TEN "466173744c5a00 18 0a000000 0a000000 30313233343536373839" FRAME_END

static struct codec_ctx *ctx;
static uint8_t *plain, *payload, *back;

static void setup(void)
{
	ctx = codec_ctx_new();
	plain = malloc(PLAIN_MAX);
	payload = malloc(PAYLOAD_MAX);
	back = malloc(PLAIN_MAX);
	ck_assert(ctx && plain && payload && back);
}

static void teardown(void)
{
	codec_ctx_free(ctx);
	free(plain);
	free(payload);
	free(back);
}

static const struct codec *named(const char *name)
{
	return codec_by_name(name, strlen(name));
}

/* Who reads what is said once more here, after volume-format.md 5.1 to 5.10 and 8.3. */
START_TEST(test_table)
{
	static const struct {
		const char *name, *log_name, *magic;
		int level_max, level_default;
		size_t bareos, bareos_22, bacula; /* plain bytes of one payload that they read */
	} want[CODEC_COUNT] = {
		{.name = "gzip",
		 .log_name = "GZIP",
		 .magic = "GZIP",
		 .level_max = 12,
		 .level_default = 6,
		 .bareos = 917504,
		 .bareos_22 = 917504,
		 .bacula = 917504},
		{.name = "lzo",
		 .log_name = "LZO",
		 .magic = "LZOX",
		 .level_max = 1,
		 .level_default = 1,
		 .bareos = 917504,
		 .bareos_22 = 917504,
		 .bacula = 65536},
		{.name = "lzfast",
		 .log_name = "FASTLZ",
		 .magic = "FZFZ",
		 .level_max = 1,
		 .level_default = 1,
		 .bareos = 262144,
		 .bareos_22 = 65536},
		{.name = "lz4",
		 .log_name = "LZ4",
		 .magic = "FZ4L",
		 .level_max = 1,
		 .level_default = 1,
		 .bareos = 262144,
		 .bareos_22 = 65536},
		{.name = "lz4hc",
		 .log_name = "LZ4HC",
		 .magic = "FZ4H",
		 .level_max = 12,
		 .level_default = 9,
		 .bareos = 262144,
		 .bareos_22 = 65536},
		{.name = "zstd", .log_name = "ZSTD", .magic = "LZOY", .level_max = 19, .level_default = 3, .bacula = 65536},
	};
	for (int i = 0; i < CODEC_COUNT; i++) {
		const struct codec *c = codec_by_id((enum codec_id)i);
		const char *m = want[i].magic;
		ck_assert_ptr_nonnull(c);
		ck_assert_int_eq((int)c->id, i);
		ck_assert_str_eq(c->name, want[i].name);
		ck_assert_str_eq(c->log_name, want[i].log_name);
		ck_assert_uint_eq(c->magic, (uint32_t)m[0] << 24 | (uint32_t)m[1] << 16 | (uint32_t)m[2] << 8 | (uint32_t)m[3]);
		ck_assert_int_eq(c->level_min, 1);
		ck_assert_int_eq(c->level_max, want[i].level_max);
		ck_assert_int_eq(c->level_default, want[i].level_default);
		size_t any = want[i].bareos < want[i].bacula ? want[i].bareos : want[i].bacula;
		ck_assert_uint_eq(codec_reader(c, PRODUCT_BAREOS).plain_max, want[i].bareos);
		ck_assert_uint_eq(codec_reader(c, PRODUCT_BAREOS_22).plain_max, want[i].bareos_22);
		ck_assert_uint_eq(codec_reader(c, PRODUCT_BACULA).plain_max, want[i].bacula);
		ck_assert_uint_eq(codec_reader(c, PRODUCT_ANY).plain_max, any);
		for (int p = 0; p <= PRODUCT_ANY; p++) {
			struct codec_reader reader = codec_reader(c, (enum product)p);
			bool bacula = p == PRODUCT_BACULA || p == PRODUCT_ANY;
			ck_assert_int_eq(reader.bare, bacula && i == CODEC_GZIP);
			ck_assert_uint_eq(reader.payload_max, bacula && i == CODEC_LZO ? 69699 : 0);
			/* What they do not read is made as others want it. */
			size_t most = codec_plain_max(c, (enum product)p), others = i == CODEC_ZSTD ? 65536 : 262144;
			ck_assert_uint_eq(most, reader.plain_max > 0 ? reader.plain_max : others);
			/* A record as long as that must pass the network in one message: 12 + 8 bytes in front.  5.3 */
			ck_assert_uint_le(c->bound(most) + 20, 999996);
		}
		ck_assert_ptr_eq(codec_by_name(c->name, strlen(c->name)), c);
		ck_assert_ptr_eq(codec_by_magic(c->magic), c);
	}
	ck_assert_ptr_null(codec_by_id(CODEC_COUNT));
	ck_assert_ptr_null(codec_by_id((enum codec_id) - 1));
	ck_assert_ptr_null(codec_by_magic(0x4E4F4E45)); /* NONE: read by nobody, 5.1 */
	ck_assert_ptr_null(codec_by_magic(0));
	ck_assert_ptr_null(named("GZIP"));
	ck_assert_ptr_null(named(""));
	ck_assert_ptr_null(codec_by_name("gzip6", 5));
	ck_assert_ptr_null(codec_by_name("gzi", 3));
	ck_assert_ptr_eq(codec_by_name("lz4hc", 3), named("lz4"));
}
END_TEST

START_TEST(test_header)
{
	uint8_t in[12], out[12];
	struct compression_header h;
	unhex(in, "4c5a4f58 0102f3f4 a5b6 c7d8");
	struct rd r = rd_over(in, sizeof in);
	ck_assert(compression_header_read(&r, &h));
	ck_assert_uint_eq(h.magic, 0x4C5A4F58);
	ck_assert_uint_eq(h.size, 0x0102F3F4);
	ck_assert_uint_eq(h.level, 0xA5B6);
	ck_assert_uint_eq(h.version, 0xC7D8);
	struct wr w = wr_over(out, sizeof out);
	compression_header_write(&w, &h);
	ck_assert(!w.bad && w.p == out + sizeof out);
	ck_assert_mem_eq(out, in, 12);
	for (size_t n = 0; n < sizeof in; n++) {
		struct guarded g = guarded_copy(in, n);
		memset(&h, 0xee, sizeof h);
		r = rd_over(g.p, n);
		ck_assert(!compression_header_read(&r, &h));
		ck_assert(h.magic == 0 && h.size == 0 && h.level == 0 && h.version == 0);
		guarded_free(&g);
	}
	ck_assert_uint_eq(codec_header_level(named("gzip"), 9), 9);
	ck_assert_uint_eq(codec_header_level(named("gzip"), CODEC_LEVEL_FAST), 1);
	ck_assert_uint_eq(codec_header_level(named("lzo"), 1), 0);
	ck_assert_uint_eq(codec_header_level(named("lzfast"), 1), 1);
	ck_assert_uint_eq(codec_header_level(named("lz4"), 1), 1);
	ck_assert_uint_eq(codec_header_level(named("lz4hc"), 9), 1);
	ck_assert_uint_eq(codec_header_level(named("zstd"), 19), 0);
	/* What the header of another codec says is no level of ours. */
	ck_assert_int_eq(codec_level_of(named("gzip"), 9), 9);
	ck_assert_int_eq(codec_level_of(named("gzip"), 0), 6);
	ck_assert_int_eq(codec_level_of(named("gzip"), 13), 6);
	ck_assert_int_eq(codec_level_of(named("lz4hc"), 1), 9);
	ck_assert_int_eq(codec_level_of(named("zstd"), 0), 3);
}
END_TEST

START_TEST(test_versions)
{
	char text[200], little[5];
	const char *zstd;
	codec_versions(text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "libdeflate "));
	ck_assert_ptr_nonnull(strstr(text, ", liblzo2 2."));
	ck_assert_ptr_nonnull(strstr(text, ", liblz4 1."));
	zstd = strstr(text, ", libzstd ");
	ck_assert_ptr_nonnull(zstd);
	ck_assert_str_eq(zstd + 10, ZSTD_versionString());
	codec_versions(little, sizeof little);
	ck_assert_str_eq(little, "libd");
	codec_names(text, sizeof text);
	ck_assert_str_eq(text, "gzip, lzo, lzfast, lz4, lz4hc, zstd");
	codec_names(little, sizeof little);
	ck_assert_str_eq(little, "gzip");
}
END_TEST

/* in -> want, from a buffer that ends where it ends into one without a byte to spare; one byte less is too few. */
static void check_inflate(const struct codec *c, const uint8_t *in, size_t in_len, const uint8_t *want, size_t n)
{
	struct guarded g = guarded_copy(in, in_len), out = guarded_new(n);
	size_t got = 999;
	enum codec_result rc = c->inflate(ctx, g.p, in_len, out.p, n, &got);
	ck_assert_msg(rc == CODEC_OK, "%s: %zu plain bytes: %d %s", c->name, n, (int)rc, codec_reason(ctx));
	ck_assert_uint_eq(got, n);
	ck_assert_int_eq(memcmp(out.p, want, n), 0);
	if (n > 0)
		ck_assert_int_eq(c->inflate(ctx, g.p, in_len, out.p + 1, n - 1, &got), CODEC_SPACE);
	guarded_free(&g);
	guarded_free(&out);
}

/* Header and payload on the volume of 100 x A.  volume-format.md 9 */
START_TEST(test_vectors)
{
	static const struct {
		const char *what, *payload;
	} vectors[] = {
		{.what = "gzip", .payload = "475a4950 0000000c 0006 0001 789c7374a43d000002e91965"},
		{.what = "lzo",
		 .payload = "4c5a4f58 00000022 0000 0001 02 41414141 41 20 2b 1000 00 01 41414141414141414141414141414141414141 110000"},
		{.what = "lz4",
		 .payload = "465a344c 0000002b 0001 0001 466173744c5a00 c8 0b000000 64000000 1f41 0100 4b 50 4141414141" FRAME_END},
		{.what = "lzfast, level 1",
		 .payload = "465a465a 00000025 0001 0001 466173744c5a00 c8 05000000 64000000 0041 e05a00" FRAME_END},
		{.what = "lzfast, level 2",
		 .payload = "465a465a 00000025 0001 0001 466173744c5a00 c8 05000000 64000000 2041 e05a00" FRAME_END},
		{.what = "lz4hc",
		 .payload = "465a3448 0000002b 0001 0001 466173744c5a00 c8 0b000000 64000000 1f41 0100 4b 50 4141414141" FRAME_END},
	};
	memset(plain, 'A', 100);
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		struct compression_header h;
		struct rd r = rd_over(payload, unhex(payload, vectors[i].payload));
		ck_assert_msg(compression_header_read(&r, &h), "%s: no header", vectors[i].what);
		ck_assert_msg(h.size == rd_left(&r), "%s: %u bytes", vectors[i].what, (unsigned)h.size);
		ck_assert_msg(h.version == COMPRESSION_HEADER_VERSION, "%s: version %u", vectors[i].what, h.version);
		check_inflate(codec_by_magic(h.magic), r.p, h.size, plain, 100);
	}
}
END_TEST

/* Payloads of other plain data.  volume-format.md 9 */
START_TEST(test_short_vectors)
{
	static const struct {
		enum codec_id first, last; /* of those that it is one for */
		const char *payload, *plain;
	} vectors[] = {
		{.first = CODEC_LZFAST, .last = CODEC_LZ4HC, .payload = RAW_TEN, .plain = "0123456789"},
		{.first = CODEC_LZFAST, .last = CODEC_LZ4HC, .payload = FRAME_END, .plain = ""},
		{.first = CODEC_LZO, .last = CODEC_LZO, .payload = "110000", .plain = ""},
	};
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		size_t n = unhex(payload, vectors[i].payload);
		for (enum codec_id id = vectors[i].first; id <= vectors[i].last; id++)
			check_inflate(codec_by_id(id), payload, n, (const uint8_t *)vectors[i].plain, strlen(vectors[i].plain));
	}
}
END_TEST

/* The vectors that one encoder only can make: the empty ones and what stays raw. */
START_TEST(test_encoded)
{
	uint8_t want[64];
	size_t n, len;
	for (enum codec_id id = CODEC_LZFAST; id <= CODEC_LZ4HC; id++) {
		const struct codec *c = codec_by_id(id);
		n = unhex(want, RAW_TEN);
		ck_assert_int_eq(c->deflate(ctx, 1, (const uint8_t *)"0123456789", 10, payload, n, &len), CODEC_OK);
		ck_assert_uint_eq(len, n);
		ck_assert_mem_eq(payload, want, n);
		n = unhex(want, FRAME_END);
		ck_assert_int_eq(c->deflate(ctx, 1, plain, 0, payload, n, &len), CODEC_OK);
		ck_assert_uint_eq(len, n);
		ck_assert_mem_eq(payload, want, n);
	}
	ck_assert_int_eq(named("lzo")->deflate(ctx, 1, plain, 0, payload, 67, &len), CODEC_OK);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(payload, "\x11\0\0", 3);
}
END_TEST

/* One data block and the end marker; compressed only above 64 bytes and only if strictly shorter.  5.6 */
static void check_frame(size_t n, size_t len, enum sample kind)
{
	uint8_t head[16], end[16];
	bool raw = n <= 64 || kind == SAMPLE_RANDOM;
	if (n > 64 && n < 1000 && (kind == SAMPLE_TEXT || kind == SAMPLE_REPEATS))
		raw = payload[7] == 0x18; /* too short to be sure */

	unhex(end, FRAME_END);
	ck_assert_mem_eq(payload + len - 16, end, 16);
	if (n == 0) {
		ck_assert_uint_eq(len, 16);
		return;
	}
	memcpy(head, end, 8);
	head[7] = raw ? 0x18 : 0xC8;
	for (int i = 0; i < 4; i++) {
		head[8 + i] = (uint8_t)((len - 32) >> 8 * i);
		head[12 + i] = (uint8_t)(n >> 8 * i);
	}
	ck_assert_mem_eq(payload, head, 16);
	if (raw)
		ck_assert_uint_eq(len, n + 32);
	else
		ck_assert_uint_lt(len, n + 32);
}

/* Level fast stands below the others. */
static int first_level(const struct codec *c)
{
	return codec_is_fast_there(c) ? CODEC_LEVEL_FAST : c->level_min;
}

/* Every kind of data, no byte of room too many at either end. */
static void check_round_trip(const struct codec *c, int level, enum sample kind, size_t n)
{
	size_t bound = c->bound(n), len = 0;
	struct guarded in = guarded_new(n), out = guarded_new(bound);
	uint64_t declared = 0;
	bool frame = c->declared != codec_declares_nothing && c->id != CODEC_ZSTD;
	sample_fill(in.p, n, kind, n);
	ck_assert_msg(c->deflate(ctx, level, in.p, n, out.p, bound, &len) == CODEC_OK, "%s:%d %zu", c->name, level, n);
	ck_assert_uint_le(len, bound);
	memcpy(payload, out.p, len);
	if (frame)
		check_frame(n, len, kind);
	ck_assert_int_eq(c->declared(payload, len, &declared), frame || c->id == CODEC_ZSTD);
	if (frame || c->id == CODEC_ZSTD)
		ck_assert_uint_eq(declared, n);
	check_inflate(c, payload, len, in.p, n);
	if (n >= 65535 && kind != SAMPLE_RANDOM)
		ck_assert_uint_lt(len, n * 3 / 4);
	guarded_free(&in);
	guarded_free(&out);
}

START_TEST(test_round_trips)
{
	static const size_t sizes[] = {0, 1, 2, 3, 63, 64, 65, 66, 100, 1000, 4097, 65535, 65536, 65537, 262143, 262144, 917504};
	const struct codec *c = codec_by_id((enum codec_id)_i);
	for (int kind = 0; kind < SAMPLE_COUNT; kind++) {
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && sizes[i] <= codec_plain_max(c, PRODUCT_BAREOS); i++)
			check_round_trip(c, c->level_default, (enum sample)kind, sizes[i]);
		for (int level = first_level(c); level <= c->level_max; level++) {
			check_round_trip(c, level, (enum sample)kind, 0);
			check_round_trip(c, level, (enum sample)kind, 90);
			check_round_trip(c, level, (enum sample)kind, 40000);
		}
		static const size_t lengths[] = {1, 2, 65535, 65536, 131070, 131071, 917504, 1048576};
		for (size_t i = 0; i < sizeof lengths / sizeof *lengths && codec_is_fast_there(c); i++) {
			check_round_trip(c, CODEC_LEVEL_FAST, (enum sample)kind, lengths[i]);
		}
	}
	for (size_t n = 4; n < 300; n++)
		check_round_trip(c, c->level_default, SAMPLE_REPEATS, n);
}
END_TEST

/* More plain data than the framing holds is refused, however much room there is. */
START_TEST(test_frame_too_long)
{
	size_t len;
	memset(plain, 0, 262145);
	for (enum codec_id id = CODEC_LZFAST; id <= CODEC_LZ4HC; id++)
		ck_assert_int_eq(codec_by_id(id)->deflate(ctx, 1, plain, 262145, payload, PAYLOAD_MAX, &len), CODEC_SPACE);
}
END_TEST

/* Any room for the encoders: the same bytes or CODEC_SPACE, nothing behind the room. */
static void check_deflate_room(const struct codec *c, int level)
{
	size_t n = 300, len, got, fitted = 0;
	for (int kind = 0; kind < SAMPLE_COUNT; kind++) {
		sample_fill(plain, n, (enum sample)kind, 9);
		ck_assert_int_eq(c->deflate(ctx, level, plain, n, payload, PAYLOAD_MAX, &len), CODEC_OK);
		for (size_t room = 0; room <= c->bound(n); room++) {
			struct guarded out = guarded_new(room);
			enum codec_result rc = c->deflate(ctx, level, plain, n, out.p, room, &got);
			ck_assert(rc == CODEC_OK || rc == CODEC_SPACE);
			ck_assert(rc == CODEC_OK || room < c->bound(n));
			if (rc == CODEC_OK) {
				fitted++;
				ck_assert_uint_eq(got, len);
				ck_assert_mem_eq(out.p, payload, len);
			}
			guarded_free(&out);
		}
	}
	ck_assert_uint_ge(fitted, SAMPLE_COUNT);
}

START_TEST(test_deflate_room)
{
	const struct codec *c = codec_by_id((enum codec_id)_i);
	check_deflate_room(c, c->level_default);
	if (codec_is_fast_there(c))
		check_deflate_room(c, CODEC_LEVEL_FAST);
}
END_TEST

/* A used context gives what a new one gives, whatever it did before; also with rubbish in the work memory. */
START_TEST(test_ctx_reuse)
{
	const struct codec *c = codec_by_id((enum codec_id)_i);
	size_t sizes[] = {65536, 300, 20000, 65536, 66}, len, used_len;
	uint8_t *used = malloc(c->bound(65536));
	for (int level = first_level(c); level <= c->level_max; level++) {
		for (size_t i = 0; i < 5; i++) {
			struct codec_ctx *fresh = codec_ctx_new();
			sample_fill(plain, sizes[i], i % 2 ? SAMPLE_TEXT : SAMPLE_REPEATS, i * 7);
			ck_assert_int_eq(c->deflate(fresh, level, plain, sizes[i], payload, PAYLOAD_MAX, &len), CODEC_OK);
			ck_assert_int_eq(c->deflate(ctx, level, plain, sizes[i], used, c->bound(65536), &used_len), CODEC_OK);
			ck_assert_uint_eq(used_len, len);
			ck_assert_mem_eq(used, payload, len);
			if (c->id == CODEC_LZO)
				sample_fill(ctx->memory[c->id], LZO1X_1_MEM_COMPRESS, SAMPLE_RANDOM, i + 1);
			if (c->id == CODEC_LZ4)
				sample_fill(ctx->memory[c->id], (size_t)LZ4_sizeofState(), SAMPLE_RANDOM, i + 1);
			if (c->id == CODEC_LZFAST)
				sample_fill(ctx->memory[c->id], FASTLZ_TABLE_ENTRIES * sizeof(uint16_t), SAMPLE_RANDOM, i + 1);
			codec_ctx_free(fresh);
		}
	}
	free(used);
}
END_TEST

START_TEST(test_zlib_peer)
{
	const struct codec *c = named("gzip");
	size_t len;
	for (int kind = 0; kind < SAMPLE_COUNT; kind++) {
		sample_fill(plain, 100000, (enum sample)kind, 3);
		for (int level = 0; level <= 9; level++) {
			uLongf n = PAYLOAD_MAX;
			ck_assert_int_eq(compress2(payload, &n, plain, 100000, level), Z_OK);
			check_inflate(c, payload, n, plain, 100000);
		}
		for (int level = first_level(c); level <= 12; level++) {
			uLongf n = PLAIN_MAX;
			ck_assert_int_eq(c->deflate(ctx, level, plain, 100000, payload, PAYLOAD_MAX, &len), CODEC_OK);
			ck_assert_int_eq(uncompress(back, &n, payload, len), Z_OK);
			ck_assert_uint_eq(n, 100000);
			ck_assert_mem_eq(back, plain, n);
		}
	}
}
END_TEST

START_TEST(test_lzo_peer)
{
	static uint8_t work[LZO1X_999_MEM_COMPRESS];
	const struct codec *c = named("lzo");
	for (int kind = 0; kind < SAMPLE_COUNT; kind++) {
		lzo_uint n, plain_len = PLAIN_MAX;
		size_t len;
		sample_fill(plain, 100000, (enum sample)kind, 3);
		ck_assert_int_eq(lzo1x_999_compress(plain, 100000, payload, &n, work), LZO_E_OK);
		check_inflate(c, payload, n, plain, 100000);
		memset(work, 0, LZO1X_1_MEM_COMPRESS);
		ck_assert_int_eq(lzo1x_1_compress(plain, 100000, payload, &n, work), LZO_E_OK);
		check_inflate(c, payload, n, plain, 100000);
		ck_assert_int_eq(c->deflate(ctx, 1, plain, 100000, back, PLAIN_MAX, &len), CODEC_OK);
		ck_assert_uint_eq(len, n);
		ck_assert_mem_eq(back, payload, n); /* as on the volumes of Bareos */
		ck_assert_int_eq(lzo1x_decompress_safe(payload, len, back, &plain_len, NULL), LZO_E_OK);
		ck_assert_uint_eq(plain_len, 100000);
		ck_assert_mem_eq(back, plain, plain_len);
	}
}
END_TEST

START_TEST(test_lz4_peer)
{
	for (int kind = 0; kind < SAMPLE_COUNT; kind++) {
		size_t len;
		int n;
		sample_fill(plain, 100000, (enum sample)kind, 3);
		for (enum codec_id id = CODEC_LZ4; id <= CODEC_LZ4HC; id++) {
			ck_assert_int_eq(codec_by_id(id)->deflate(ctx, 1, plain, 100000, payload, PAYLOAD_MAX, &len), CODEC_OK);
			if (payload[7] != 0xC8)
				continue;
			n = LZ4_decompress_safe((char *)payload + 16, (char *)back, (int)len - 32, PLAIN_MAX);
			ck_assert_int_eq(n, 100000);
			ck_assert_mem_eq(back, plain, 100000);
		}
		/* a block of the library's own, longer than the data, in the framing by hand */
		n = LZ4_compress_default((char *)plain, (char *)payload + 16, 100000, PAYLOAD_MAX - 32);
		unhex(payload, "466173744c5a00 c8 00000000 a0860100");
		unhex(payload + 16 + n, FRAME_END);
		memcpy(payload + 8, &(uint8_t[]){(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16)}, 3);
		check_inflate(named("lz4"), payload, (size_t)n + 32, plain, 100000);
	}
}
END_TEST

/* Frames of other settings than ours: with checksum, without content size, with a window of 128 MiB. */
START_TEST(test_zstd_peer)
{
	const struct codec *c = named("zstd");
	ZSTD_CCtx *z = ZSTD_createCCtx();
	uint64_t declared;
	size_t n, len;
	sample_fill(plain, 300000, SAMPLE_REPEATS, 3);
	for (int i = 0; i < 8; i++) {
		ZSTD_CCtx_reset(z, ZSTD_reset_session_and_parameters);
		ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, i & 1);
		ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, !(i & 2));
		ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, i & 4 ? 27 : 0);
		n = ZSTD_compress2(z, payload, PAYLOAD_MAX, plain, 300000);
		ck_assert(!ZSTD_isError(n));
		ck_assert_int_eq(c->declared(payload, n, &declared), !(i & 2));
		check_inflate(c, payload, n, plain, 300000);
	}
	ck_assert_int_eq(c->deflate(ctx, 3, plain, 65536, payload, PAYLOAD_MAX, &len), CODEC_OK);
	ck_assert_uint_eq(ZSTD_getFrameContentSize(payload, len), 65536);
	ck_assert_uint_eq(ZSTD_decompress(back, PLAIN_MAX, payload, len), 65536);
	ck_assert_mem_eq(back, plain, 65536);
	ZSTD_freeCCtx(z);
}
END_TEST

/* Level 19 must not take tables for more than the record. */
START_TEST(test_zstd_memory)
{
	size_t len;
	memset(plain, 1, PLAIN_MAX);
	ck_assert_int_eq(named("zstd")->deflate(ctx, 19, plain, 65536, payload, PAYLOAD_MAX, &len), CODEC_OK);
	ZSTD_CCtx *const *deflater = ctx->memory[CODEC_ZSTD];
	ck_assert_uint_lt(ZSTD_sizeof_CCtx(*deflater), 4 << 20);
	ck_assert_int_eq(named("zstd")->deflate(ctx, 19, plain, PLAIN_MAX, payload, PAYLOAD_MAX, &len), CODEC_OK);
	ck_assert_uint_lt(ZSTD_sizeof_CCtx(*deflater), 24 << 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("codec");
	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_table);
	tcase_add_test(t, test_header);
	tcase_add_test(t, test_versions);
	tcase_add_test(t, test_vectors);
	tcase_add_test(t, test_short_vectors);
	tcase_add_test(t, test_encoded);
	tcase_add_loop_test(t, test_round_trips, 0, CODEC_COUNT);
	tcase_add_test(t, test_frame_too_long);
	tcase_add_loop_test(t, test_deflate_room, 0, CODEC_COUNT);
	tcase_add_loop_test(t, test_ctx_reuse, 0, CODEC_COUNT);
	tcase_add_test(t, test_zlib_peer);
	tcase_add_test(t, test_lzo_peer);
	tcase_add_test(t, test_lz4_peer);
	tcase_add_test(t, test_zstd_peer);
	tcase_add_test(t, test_zstd_memory);
	suite_add_tcase(s, t);
	return check_run(s);
}
