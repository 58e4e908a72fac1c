/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every kind of record through every policy; hostile records. */
#include "pipeline/stage.h"

#include <sys/resource.h>
#include <zstd.h>

#include "format/stream.h"
#include "volume_maker.h"

#define PLAIN_MAX 2000000
#define ADDRESS 0x1122334455667700u
#define BOMB_BYTES 25000000u

static struct stage_ctx *ctx;
static struct codec_ctx *codecs;
static uint8_t *plain;
static struct arena arena;

static void setup(void)
{
	ctx = stage_ctx_new();
	codecs = codec_ctx_new();
	plain = malloc(PLAIN_MAX);
	sample_fill(plain, PLAIN_MAX, SAMPLE_TEXT, 1);
	sample_fill(plain + 700000, 100000, SAMPLE_RANDOM, 2);
	ck_assert(arena_grow(&arena, 8 << 20));
}

static void teardown(void)
{
	stage_ctx_free(ctx);
	codec_ctx_free(codecs);
	free(plain);
	arena_free(&arena);
}

/* ---- making records ---- */

enum kind { KIND_FILE, KIND_SPARSE, KIND_WIN32, KIND_OFFSETS, KIND_COUNT };
static const uint32_t numbers[KIND_COUNT][4] = {
	{0, 2, 4, 29},
	{0, 6, 7, 30},
	{0, 11, 12, 31},
	{0, 2 | 1u << 26, 4 | 1u << 26, 29 | 1u << 26},
};

static bool with_prefix(enum kind kind)
{
	return kind == KIND_SPARSE || kind == KIND_OFFSETS;
}

/* Form 1 plain, 2 legacy, 3 headed with codec */
static struct item make(struct mk *m, enum kind kind, int form, const struct codec *codec, const uint8_t *data, size_t n)
{
	m->len = 0;
	if (with_prefix(kind))
		mk_be64(m, ADDRESS);
	if (form == 1) {
		mk_put(m, data, n);
	} else {
		size_t room = codec->bound(n), len;
		uint8_t *payload = malloc(room);

		ck_quick(codec->deflate(codecs, codec->level_default, data, n, payload, room, &len) == CODEC_OK);
		if (form == 3) {
			mk_be32(m, codec->magic);
			mk_be32(m, (uint32_t)len);
			mk_be32(m, 5u << 16 | 1);
		}
		mk_put(m, payload, len);
		free(payload);
	}
	return (struct item){
		.kind = ITEM_RECORD, .file_index = 3, .stream = numbers[kind][form], .len = (uint32_t)m->len, .data = {m->p, m->len}};
}

/* Decodes the records of a, which must be of this kind and form, and compares them with data; every piece at its
 * address, none longer than most plain bytes. */
static void check_records(const struct arena *a, enum kind kind, int form, const struct codec *codec, uint16_t level, const uint8_t *data,
			  size_t n, size_t most)
{
	size_t at = 0;

	for (size_t i = 0; i < a->record_count; i++) {
		const struct outrecord *rec = &a->records[i];
		struct mk m = {0};
		size_t off = 0, len = 0;

		ck_quick(rec->stream == numbers[kind][form]);
		ck_quick(!rec->continues && rec->len == rec->head.len + rec->body.len);
		mk_put(&m, rec->head.data, rec->head.len);
		mk_put(&m, rec->body.data, rec->body.len);
		if (with_prefix(kind)) {
			ck_quick(m.len >= 8 && mk_get64(m.p) == ADDRESS + at);
			off = 8;
		}
		ck_quick(m.len <= 999996);
		if (form == 1) {
			len = m.len - off;
			ck_quick(len <= n - at && memcmp(m.p + off, data + at, len) == 0);
		} else {
			uint8_t *back = malloc(n + 1);

			if (form == 3) {
				ck_quick(m.len >= off + 12 && mk_get32(m.p + off) == codec->magic);
				ck_quick(mk_get32(m.p + off + 4) == m.len - off - 12);
				if (level != UINT16_MAX)
					ck_quick(mk_get32(m.p + off + 8) == ((uint32_t)level << 16 | 1));
				off += 12;
			}
			ck_quick(codec->inflate(codecs, m.p + off, m.len - off, back, n, &len) == CODEC_OK);
			ck_quick(len <= n - at && memcmp(back, data + at, len) == 0);
			free(back);
		}
		ck_quick(len <= most);
		at += len;
		mk_free(&m);
	}
	ck_quick(at == n);
}

static struct stage_policy policy_of(bool inflate, bool deflate, const struct codec *codec, bool bare)
{
	return (struct stage_policy){.inflate = inflate,
				     .deflate = deflate,
				     .codec = codec,
				     .bare = bare,
				     .level = codec ? codec->level_default : 0,
				     .target = PRODUCT_BAREOS,
				     .plain_max = codec ? codec_plain_max(codec, PRODUCT_BAREOS) : 0};
}

/* Into the arena, of which nothing else is left. */
static enum stage_status apply(const struct stage_policy *policy, const struct item *item, struct converted *r)
{
	arena_empty(&arena);
	memset(r, 0xee, sizeof *r);
	enum stage_status status = stage_apply(ctx, policy, item, &arena, r);
	ck_quick(r->status == status && r->first == 0 && r->count == arena.record_count && (status == STAGE_DONE) == (r->count > 0));
	return status;
}

static bool kept(const struct item *item, const struct converted *r)
{
	const struct outrecord *only = arena.records;
	return r->count == 1 && only->stream == item->stream && only->len == item->len && only->head.len == 0 &&
	       only->body.len == item->data.len && only->body.data == item->data.data && !r->inflated && !r->deflated;
}

/* ---- every kind, form, codec ---- */

static void through_all(enum kind kind, int form, const struct codec *from, const uint8_t *data, size_t n)
{
	struct mk m = {0};
	struct item it = make(&m, kind, form, from, data, n);
	struct stage_policy p = policy_of(false, false, NULL, false);
	struct converted r;

	ck_quick(apply(&p, &it, &r) == STAGE_DONE && kept(&it, &r) && !r.changed && r.number_kept);
	/* inflate */
	p.inflate = true;
	ck_quick(apply(&p, &it, &r) == STAGE_DONE);
	ck_quick(r.changed == (form != 1) && r.inflated == (form != 1) && !r.deflated && r.number_kept == (form == 1));
	check_records(&arena, kind, 1, NULL, 0, data, n, 999996);
	if (form != 1) {
		ck_quick(r.from == from && r.inflate_in == it.len);
		ck_quick(r.inflate_out == n + r.count * (with_prefix(kind) ? 8 : 0));
	}
	for (int c = 0; c < CODEC_COUNT; c++) {
		const struct codec *to = codec_by_id((enum codec_id)c);

		for (int bare = 0; bare <= (c == CODEC_GZIP); bare++) {
			int want = bare ? 2 : 3;
			uint16_t level = codec_header_level(to, to->level_default);

			/* deflate */
			p = policy_of(false, true, to, bare);
			ck_quick(apply(&p, &it, &r) == STAGE_DONE);
			if (form == 1) {
				ck_quick(r.deflated && !r.inflated && r.changed && r.deflate_in == it.len && !r.number_kept);
				check_records(&arena, kind, want, to, level, data, n, p.plain_max);
			} else {
				ck_quick(kept(&it, &r) && !r.changed && r.number_kept);
			}
			/* both */
			for (int force = 0; force < 2; force++) {
				p = policy_of(true, true, to, bare);
				p.recompress = force;
				ck_quick(apply(&p, &it, &r) == STAGE_DONE);
				ck_quick(r.number_kept == (form == want));
				bool same = form != 1 && from == to && !force;

				if (same && form == want) {
					ck_quick(kept(&it, &r) && !r.changed && r.from == from);
				} else if (same) { /* another header around the same payload */
					ck_quick(r.count == 1 && r.changed && !r.inflated && !r.deflated);
					ck_quick(arena.records[0].body.data >= m.p && arena.records[0].body.data < m.p + m.len);
					check_records(&arena, kind, want, to, level, data, n, p.plain_max);
				} else {
					ck_quick(r.deflated && r.changed && r.inflated == (form != 1));
					ck_quick(form == 1 || r.inflate_in == it.len);
					check_records(&arena, kind, want, to, level, data, n, p.plain_max);
					uint64_t out = 0;

					for (size_t i = 0; i < r.count; i++)
						out += arena.records[i].len;
					ck_quick(r.deflate_out == out);
				}
			}
		}
	}
	mk_free(&m);
}

START_TEST(test_all)
{
	static const size_t lens[] = {1, 64, 65, 1000, 65536, 65537};

	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		for (int kind = 0; kind < KIND_COUNT; kind++) {
			through_all((enum kind)kind, 1, NULL, plain + 500, lens[i]);
			through_all((enum kind)kind, 2, codec_by_id(CODEC_GZIP), plain + 500, lens[i]);
			for (int c = 0; c < CODEC_COUNT; c++) {
				if (c != CODEC_ZSTD || lens[i] <= 65536)
					through_all((enum kind)kind, 3, codec_by_id((enum codec_id)c), plain + 500, lens[i]);
			}
		}
	}
}
END_TEST

/* ---- splitting ---- */

/* Plain records around the limits of each codec and of old clients. */
START_TEST(test_split_deflate)
{
	static const size_t lens[] = {65535,  65536,  65537,  131072, 262143, 262144,  262145, 524288,
				      524289, 917504, 917505, 999988, 999996, 1048576, 2000000};
	struct mk m = {0};
	struct converted r;
	const struct codec *codec = codec_by_id((enum codec_id)_i);

	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		for (int kind = 0; kind < KIND_COUNT; kind++) {
			for (int target = PRODUCT_BAREOS; target <= PRODUCT_BAREOS_22; target++) {
				struct stage_policy p = policy_of(false, true, codec, false);
				struct item it = make(&m, (enum kind)kind, 1, NULL, plain, lens[i]);

				p.plain_max = codec_plain_max(codec, (enum product)target);
				ck_quick(apply(&p, &it, &r) == STAGE_DONE);
				ck_quick(r.count == (lens[i] + p.plain_max - 1) / p.plain_max);
				check_records(&arena, (enum kind)kind, 3, codec, codec_header_level(codec, p.level), plain, lens[i],
					      p.plain_max);
			}
		}
	}
	mk_free(&m);
}
END_TEST

/* What inflates to more than the network takes at once comes out in pieces. */
START_TEST(test_split_inflate)
{
	static const size_t lens[] = {983040, 983041, 999988, 999989, 999996, 999997, 1000000, 1966080, 1966081, 2000000};
	struct mk m = {0};
	struct converted r;

	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		for (int kind = 0; kind < KIND_COUNT; kind++) {
			struct item it = make(&m, (enum kind)kind, 3, codec_by_id(CODEC_GZIP), plain, lens[i]);
			struct stage_policy p = policy_of(true, false, NULL, false);
			bool fits = lens[i] + (with_prefix((enum kind)kind) ? 8 : 0) <= 999996;

			ck_quick(apply(&p, &it, &r) == STAGE_DONE);
			ck_quick((r.count == 1) == fits);
			check_records(&arena, (enum kind)kind, 1, NULL, 0, plain, lens[i], 999996);
			/* and from one codec to one with smaller records */
			p = policy_of(true, true, codec_by_id(CODEC_LZ4), false);
			ck_quick(apply(&p, &it, &r) == STAGE_DONE);
			check_records(&arena, (enum kind)kind, 3, codec_by_id(CODEC_LZ4), 1, plain, lens[i], 262144);
		}
	}
	mk_free(&m);
}
END_TEST

/* In the wanted codec already, but longer than its readers take. */
START_TEST(test_same_codec_too_long)
{
	struct mk m = {0};
	struct converted r;
	const struct codec *lz4 = codec_by_id(CODEC_LZ4);
	struct item it = make(&m, KIND_SPARSE, 3, lz4, plain, 262144);
	struct stage_policy p = policy_of(true, true, lz4, false);

	ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
	ck_assert(kept(&it, &r));
	p.plain_max = 65536;
	ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
	ck_assert_uint_eq(r.count, 4);
	check_records(&arena, KIND_SPARSE, 3, lz4, 1, plain, 262144, 65536);
	mk_free(&m);
}
END_TEST

/* Two data blocks in one fastlzlib payload: Bareos decodes the first only, so it is made anew.  5.7 */
START_TEST(test_two_blocks)
{
	struct mk m = {0}, one = {0}, two = {0};
	struct converted r;
	const struct codec *lz4 = codec_by_id(CODEC_LZ4);

	make(&one, KIND_FILE, 3, lz4, plain, 1000);
	make(&two, KIND_FILE, 3, lz4, plain + 1000, 500);
	mk_be32(&m, lz4->magic);
	mk_be32(&m, (uint32_t)(one.len - 12 - 16 + two.len - 12));
	mk_be32(&m, 1u << 16 | 1);
	mk_put(&m, one.p + 12, one.len - 12 - 16);
	mk_put(&m, two.p + 12, two.len - 12);
	struct item it = {.kind = ITEM_RECORD, .file_index = 1, .stream = 29, .len = (uint32_t)m.len, .data = {m.p, m.len}};
	struct stage_policy p = policy_of(true, true, lz4, false);

	ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
	ck_assert(r.inflated && r.deflated);
	check_records(&arena, KIND_FILE, 3, lz4, 1, plain, 1500, 262144);
	p = policy_of(true, false, NULL, false);
	ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
	check_records(&arena, KIND_FILE, 1, NULL, 0, plain, 1500, 999996);
	mk_free(&m);
	mk_free(&one);
	mk_free(&two);
}
END_TEST

/* ---- empty records ---- */

/* A record of no bytes at all, even without an address: what it becomes must be a record that can be read again, and
 * be empty then. */
START_TEST(test_empty)
{
	enum kind kind = (enum kind)_i;
	struct converted r;

	for (int form = 1; form <= 3; form++) {
		struct item it = {.kind = ITEM_RECORD, .file_index = 1, .stream = numbers[kind][form], .data = {plain, 0}};
		struct stage_policy p = policy_of(true, false, NULL, false);

		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		ck_assert_uint_eq(r.count, 1);
		ck_assert_uint_eq(arena.records[0].stream, numbers[kind][1]);
		ck_assert_uint_eq(arena.records[0].len, 0);
		for (int c = 0; c < CODEC_COUNT; c++) {
			for (int bare = 0; bare <= (c == CODEC_GZIP); bare++) {
				struct mk m = {0};

				p = policy_of(true, true, codec_by_id((enum codec_id)c), bare);
				ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
				ck_assert_uint_eq(r.count, 1);
				ck_assert_uint_eq(arena.records[0].stream, numbers[kind][bare ? 2 : 3]);
				mk_put(&m, arena.records[0].head.data, arena.records[0].head.len);
				mk_put(&m, arena.records[0].body.data, arena.records[0].body.len);
				struct item back = {.kind = ITEM_RECORD,
						    .file_index = 1,
						    .stream = arena.records[0].stream,
						    .len = (uint32_t)m.len,
						    .data = {m.p, m.len}};
				struct stage_policy undo = policy_of(true, false, NULL, false);

				if (apply(&undo, &back, &r) != STAGE_DONE)
					ck_abort_msg("stream %u, deflated with %s: %s", it.stream, p.codec->name, stage_reason(ctx));
				ck_assert_uint_eq(r.count, 1);
				ck_assert_uint_eq(arena.records[0].len, 0);
				mk_free(&m);
			}
		}
	}
}
END_TEST

/* An address without data. */
START_TEST(test_address_only)
{
	struct mk m = {0};
	struct converted r;

	for (int c = 0; c < CODEC_COUNT; c++) {
		const struct codec *codec = codec_by_id((enum codec_id)c);
		struct item it = make(&m, KIND_SPARSE, 1, NULL, plain, 0);
		struct stage_policy p = policy_of(true, true, codec, false);

		ck_assert_uint_eq(it.len, 8);
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		ck_assert_uint_eq(r.count, 1);
		check_records(&arena, KIND_SPARSE, 3, codec, codec_header_level(codec, p.level), plain, 0, 0);
		it = make(&m, KIND_SPARSE, 3, codec, plain, 0);
		p = policy_of(true, false, NULL, false);
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		ck_assert_uint_eq(r.count, 1);
		check_records(&arena, KIND_SPARSE, 1, NULL, 0, plain, 0, 0);
	}
	mk_free(&m);
}
END_TEST

/* ---- records that are not to be touched ---- */

START_TEST(test_opaque)
{
	static const uint32_t streams[] = {0,
					   1,
					   3,
					   5,
					   8,
					   9,
					   10,
					   13,
					   14,
					   15,
					   17,
					   19,
					   20,
					   21,
					   22,
					   23,
					   24,
					   25,
					   26,
					   27,
					   28,
					   32,
					   33,
					   34,
					   35,
					   36,
					   40,
					   200,
					   201,
					   999,
					   1000,
					   1020,
					   1999,
					   2 | 1u << 24,
					   29 | 1u << 24,
					   30 | 1u << 24,
					   13 | 1u << 26};
	struct converted r;

	for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
		struct item it = {.kind = ITEM_RECORD, .file_index = 1, .stream = streams[i], .len = 5, .data = {plain, 5}};
		struct stage_policy p = policy_of(true, true, codec_by_id(CODEC_GZIP), false);

		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		ck_assert(kept(&it, &r) && !r.changed && r.number_kept);
		it.head_missing = true;
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		ck_assert(r.count == 1 && arena.records[0].continues && arena.records[0].stream == streams[i]);
	}
	/* Labels: their stream is a JobId. */
	for (uint32_t job = 2; job < 32; job++) {
		struct item it = {.kind = ITEM_RECORD, .file_index = LABEL_SESSION_START, .stream = job, .len = 50, .data = {plain, 50}};
		struct stage_policy p = policy_of(true, true, codec_by_id(CODEC_LZ4), false);

		p.strict = true;
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		ck_assert(kept(&it, &r));
	}
}
END_TEST

START_TEST(test_missing)
{
	struct mk m = {0};
	struct converted r;
	const struct codec *gzip = codec_by_id(CODEC_GZIP);
	struct item it = make(&m, KIND_FILE, 3, gzip, plain, 1000);

	for (int which = 0; which < 2; which++) {
		it.head_missing = which == 0;
		it.tail_missing = which == 1;
		it.len += 700;
		struct stage_policy p = policy_of(true, false, NULL, false);

		ck_assert_int_eq(apply(&p, &it, &r), STAGE_MISSING);
		ck_assert(!r.number_kept);
		p = policy_of(true, true, gzip, true); /* 29 -> 4 */
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_MISSING);
		/* 29 -> 29 can stay as it is among others */
		p = policy_of(true, true, codec_by_id(CODEC_LZO), false);
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		ck_assert(kept(&it, &r) && r.number_kept);
		ck_assert_int_eq(arena.records[0].continues, it.head_missing);
		p = policy_of(false, true, codec_by_id(CODEC_LZO), false);
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		ck_assert(kept(&it, &r));
		it.stream = 2;
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_MISSING);
		it.stream = 29;
	}
	mk_free(&m);
}
END_TEST

START_TEST(test_strict)
{
	struct mk m = {0};
	struct converted r;

	for (int target = PRODUCT_BAREOS; target <= PRODUCT_ANY; target++) {
		struct stage_policy p = policy_of(false, false, NULL, false);
		bool bacula = target == PRODUCT_BACULA || target == PRODUCT_ANY;
		struct item it;

		p.target = (enum product)target;
		p.strict = true;
		for (int c = 1; c < CODEC_COUNT; c++) {
			it = make(&m, KIND_SPARSE, 3, codec_by_id((enum codec_id)c), plain, 1000);
			bool reads = codec_reader(codec_by_id((enum codec_id)c), (enum product)target).plain_max > 0;

			ck_assert_int_eq(apply(&p, &it, &r), reads ? STAGE_DONE : STAGE_FOREIGN);
			if (!reads)
				ck_assert_ptr_nonnull(strstr(stage_reason(ctx), product_name((enum product)target)));
			p.strict = false;
			ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
			p.strict = true;
		}
		it = make(&m, KIND_FILE, 2, codec_by_id(CODEC_GZIP), plain, 1000);
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		it = make(&m, KIND_FILE, 1, NULL, plain, 1000);
		ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
		/* Bacula takes gzip only without a header ("found, but not supported").  8.3 */
		it = make(&m, KIND_FILE, 3, codec_by_id(CODEC_GZIP), plain, 1000);
		ck_assert_msg(apply(&p, &it, &r) == (bacula ? STAGE_FOREIGN : STAGE_DONE), "gzip with a header for %s",
			      product_name(p.target));
	}
	mk_free(&m);
}
END_TEST

/* ---- damage ---- */

static void damaged(const char *hex, uint32_t stream, const char *reason)
{
	uint8_t bytes[200];
	size_t n = unhex(bytes, hex);
	struct guarded g = guarded_copy(bytes, n);
	struct item it = {.kind = ITEM_RECORD, .file_index = 1, .stream = stream, .len = (uint32_t)n, .data = {g.p, n}};
	struct stage_policy policies[] = {policy_of(true, false, NULL, false), policy_of(true, true, codec_by_id(CODEC_GZIP), false),
					  policy_of(true, true, codec_by_id(CODEC_GZIP), true),
					  policy_of(true, true, codec_by_id(CODEC_LZ4), false)};
	struct converted r;

	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
		arena.used = 77;
		arena.record_count = 0;
		ck_assert(arena_add(&arena, &(struct outrecord){.stream = 1}));
		ck_assert_int_eq(stage_apply(ctx, &policies[i], &it, &arena, &r), STAGE_DAMAGE);
		ck_assert_uint_eq(arena.used, 77);
		ck_assert_uint_eq(arena.record_count, 1);
		ck_assert(r.count == 0 && !r.changed && r.inflate_in == 0 && r.deflate_in == 0);
		if (!strstr(stage_reason(ctx), reason))
			ck_abort_msg("\"%s\" is not in \"%s\"", reason, stage_reason(ctx));
	}
	/* Who does not look into it passes it. */
	struct stage_policy p = policy_of(false, true, codec_by_id(CODEC_GZIP), false);

	ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
	ck_assert(kept(&it, &r));
	guarded_free(&g);
}

#define GZIP_100A "789c7374a43d000002e91965"

START_TEST(test_damage)
{
	static const char *const good = "475a4950 0000000c 0006 0001 " GZIP_100A;
	char cut[100];
	struct item it;
	struct stage_policy p = policy_of(true, false, NULL, false);
	struct converted r;
	uint8_t bytes[40];
	size_t n = unhex(bytes, good);

	it = (struct item){.kind = ITEM_RECORD, .file_index = 1, .stream = 29, .len = (uint32_t)n, .data = {bytes, n}};
	ck_assert_int_eq(apply(&p, &it, &r), STAGE_DONE);
	ck_assert_uint_eq(arena.records[0].len, 100);

	damaged("00", 29, "1 bytes are too few for a compression header");
	damaged("475a4950 0000000c 0006 00", 29, "11 bytes are too few");
	damaged("01020304050607", 30, "7 bytes are too few for a file address");
	damaged("01020304050607", 7, "7 bytes are too few for a file address");
	damaged("0102030405060708 475a4950 0000000c 0006 00", 30, "11 bytes are too few");
	damaged("0102030405060708", 30, "0 bytes are too few");
	damaged("475a4951 0000000c 0006 0001 " GZIP_100A, 29, "unknown algorithm (magic 475a4951)");
	damaged("4e4f4e45 0000000c 0006 0001 " GZIP_100A, 29, "unknown algorithm (magic 4e4f4e45)");
	damaged("475a4950 0000000c 0006 0000 " GZIP_100A, 29, "version 0");
	damaged("475a4950 0000000c 0006 0100 " GZIP_100A, 31, "version 256");
	damaged("475a4950 0000000b 0006 0001 " GZIP_100A, 29, "says 11 bytes, the record has 12");
	damaged("475a4950 0000000d 0006 0001 " GZIP_100A, 29, "says 13 bytes, the record has 12");
	damaged("475a4950 ffffffff 0006 0001 " GZIP_100A, 29, "says 4294967295 bytes");
	damaged("475a4950 00000000 0006 0001", 29, "gzip data does not decode");
	damaged("0102030405060708 475a4950 0000000c 0006 0001 789c7374a43d000002e91966", 30, "gzip data does not decode");
	damaged("789c7374a43d000002e919", 4, "gzip data does not decode");
	damaged("789c7374a43d000002e9196500", 4, "gzip data does not decode"); /* trailing byte */
	damaged("0102030405060708", 7, "gzip data does not decode");
	damaged("4c5a4f58 00000003 0000 0001 110001", 29, "lzo data does not decode");
	damaged("4c5a4f59 00000004 0000 0001 28b52ffd", 29, "zstd data does not decode");
	/* fastlzlib: bad magic, bad type, no end marker, lengths beyond 288390 */
	damaged("465a344c 00000010 0001 0001 466173744c5b00 c8 00000000 00000000", 29, "lz4 data");
	damaged("465a344c 00000010 0001 0001 466173744c5a00 d8 00000000 00000000", 29, "lz4 data");
	damaged("465a344c 00000011 0001 0001 466173744c5a00 18 01000000 01000000 41", 29, "lz4 data");
	damaged("465a465a 00000020 0001 0001 466173744c5a00 c8 00000000 ffffffff 466173744c5a00 c8 00000000 00000000", 29, "lzfast data");
	/* All truncations */
	for (size_t i = 2; i < strlen(good); i++) {
		if (good[i - 1] == ' ' || good[i] == ' ')
			continue;
		memcpy(cut, good, i);
		cut[i] = 0;
		size_t digits = 0;

		for (size_t k = 0; k < i; k++)
			digits += cut[k] != ' ';
		if (digits % 2 == 0)
			damaged(cut, 29, " ");
	}
}
END_TEST

/* A9: cut by the network layer; the first 999996 bytes of a longer record */
START_TEST(test_cut_by_network)
{
	struct mk m = {0};
	struct stage_policy p = policy_of(true, false, NULL, false);
	struct converted r;

	mk_be32(&m, 0x475a4950);
	mk_be32(&m, 1000312);
	mk_be32(&m, 6u << 16 | 1);
	mk_put(&m, NULL, 999996 - 12);
	struct item it = {.kind = ITEM_RECORD, .file_index = 2, .stream = 29, .len = 999996, .data = {m.p, m.len}};

	ck_assert_int_eq(apply(&p, &it, &r), STAGE_DAMAGE);
	ck_assert_ptr_nonnull(strstr(stage_reason(ctx), "network"));
	mk_free(&m);
}
END_TEST

/* What joining and mending ask: the data of any form, its address apart; or whether it is damage. */
START_TEST(test_plain)
{
	enum kind kind = (enum kind)_i;
	struct mk m = {0};
	struct span address, data;
	for (int form = 1; form <= 3; form++) {
		struct item it = make(&m, kind, form, codec_by_id(CODEC_GZIP), plain, 300000);
		ck_assert_int_eq(stage_plain(ctx, &it, &address, &data), STAGE_DONE);
		ck_assert_uint_eq(address.len, with_prefix(kind) ? 8 : 0);
		ck_assert(!with_prefix(kind) || mk_get64(address.data) == ADDRESS);
		ck_assert_uint_eq(data.len, 300000);
		ck_assert_int_eq(memcmp(data.data, plain, 300000), 0);
		it.tail_missing = true;
		ck_assert_int_eq(stage_plain(ctx, &it, &address, &data), STAGE_DAMAGE);
		it.tail_missing = false;
		if (form > 1 || with_prefix(kind)) {
			it.data.len = form > 1 ? it.data.len - 1 : 7;
			ck_assert_int_eq(stage_plain(ctx, &it, &address, &data), STAGE_DAMAGE);
		}
		it.data.len = 0;
		ck_assert_int_eq(stage_plain(ctx, &it, &address, &data), STAGE_DONE);
		ck_assert(address.len == 0 && data.len == 0);
	}
	mk_free(&m);
}
END_TEST

/* ---- bombs ---- */

static void make_bomb(struct mk *m, int which)
{
	static const enum codec_id ids[] = {CODEC_GZIP, CODEC_LZO, CODEC_ZSTD, CODEC_LZ4, CODEC_LZFAST, CODEC_ZSTD, CODEC_GZIP};
	const struct codec *codec = codec_by_id(ids[which]);
	uint8_t *zeros = calloc(BOMB_BYTES, 1);

	if (ids[which] == CODEC_LZ4 || ids[which] == CODEC_LZFAST) {
		struct mk one = {0};

		make(&one, KIND_FILE, 3, codec, zeros, 262144);
		mk_put(m, NULL, 12);
		for (size_t i = 0; i < BOMB_BYTES / 262144; i++)
			mk_put(m, one.p + 12, one.len - 12 - 16);
		mk_put(m, one.p + one.len - 16, 16);
		mk_set32(m->p, codec->magic);
		mk_set32(m->p + 4, (uint32_t)m->len - 12);
		mk_set32(m->p + 8, 1u << 16 | 1);
		mk_free(&one);
	} else if (which == 5) { /* zstd that does not say how long it is */
		ZSTD_CCtx *c = ZSTD_createCCtx();
		size_t room = ZSTD_compressBound(BOMB_BYTES);
		uint8_t *to = malloc(room);

		ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
		size_t n = ZSTD_compress2(c, to, room, zeros, BOMB_BYTES);

		mk_be32(m, codec->magic);
		mk_be32(m, (uint32_t)n);
		mk_be32(m, 1);
		mk_put(m, to, n);
		free(to);
		ZSTD_freeCCtx(c);
	} else {
		make(m, KIND_FILE, 3, codec, zeros, which == 6 ? 20000000 : BOMB_BYTES);
	}
	free(zeros);
}

/* As filter does it: room is given as it is asked for. */
START_TEST(test_bombs)
{
	struct mk m = {0};
	struct converted r;
	struct rusage before, after;

	make_bomb(&m, _i);
	ck_assert_uint_lt(m.len, 1000000);
	struct item it = {.kind = ITEM_RECORD, .file_index = 1, .stream = 29, .len = (uint32_t)m.len, .data = {m.p, m.len}};
	struct stage_policy p[2] = {policy_of(true, false, NULL, false), policy_of(true, true, codec_by_id(CODEC_LZO), false)};

	p[1].recompress = true;
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 2; i++) {
		struct arena a = {0};
		int tries = 0;

		while (stage_apply(ctx, &p[i], &it, &a, &r) == STAGE_ROOM) {
			ck_assert_int_lt(++tries, 40);
			ck_assert_uint_le(stage_room(ctx), 21 << 20);
			ck_assert_uint_gt(stage_room(ctx), a.cap);
			ck_assert(arena_grow(&a, stage_room(ctx)));
		}
		ck_assert_int_eq(r.status, STAGE_DAMAGE);
		arena_free(&a);
	}
	getrusage(RUSAGE_SELF, &after);
	if (getenv("ASAN_OPTIONS") == NULL)
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
		ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 64 << 10);
#endif
	mk_free(&m);
}
END_TEST

/* The limit is the record's, not the arena's: a roomy one changes nothing. */
START_TEST(test_bomb_in_roomy_arena)
{
	struct mk m = {0};
	struct converted r;
	struct arena a = {0};

	ck_assert(arena_grow(&a, 64 << 20));
	make_bomb(&m, _i);
	struct item it = {.kind = ITEM_RECORD, .file_index = 1, .stream = 29, .len = (uint32_t)m.len, .data = {m.p, m.len}};
	struct stage_policy p = policy_of(true, false, NULL, false);

	ck_assert_int_eq(stage_apply(ctx, &p, &it, &a, &r), STAGE_DAMAGE);
	arena_free(&a);
	mk_free(&m);
}
END_TEST

/* The longest record that readers take does pass. */
START_TEST(test_longest)
{
	struct mk m = {0};
	struct converted r;
	uint8_t *zeros = calloc(19999999, 1);
	struct item it = make(&m, KIND_FILE, 3, codec_by_id(CODEC_GZIP), zeros, 19999999);
	struct stage_policy p = policy_of(true, false, NULL, false);
	struct arena a = {0};

	while (stage_apply(ctx, &p, &it, &a, &r) == STAGE_ROOM)
		ck_assert(arena_grow(&a, stage_room(ctx)));
	ck_assert_int_eq(r.status, STAGE_DONE);
	check_records(&a, KIND_FILE, 1, NULL, 0, zeros, 19999999, 999996);
	arena_free(&a);
	free(zeros);
	mk_free(&m);
}
END_TEST

/* ---- room ---- */

static void same_records(const struct outrecord *a, const struct outrecord *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ck_quick(a[i].stream == b[i].stream && a[i].len == b[i].len);
		ck_quick(a[i].head.len == b[i].head.len && a[i].body.len == b[i].body.len);
		ck_quick(a[i].head.len == 0 || memcmp(a[i].head.data, b[i].head.data, a[i].head.len) == 0);
		ck_quick(a[i].body.len == 0 || memcmp(a[i].body.data, b[i].body.data, a[i].body.len) == 0);
	}
}

START_TEST(test_room)
{
	struct mk m = {0};
	static const size_t lens[] = {0, 1, 100, 262144, 300000, 1500000};

	for (size_t l = 0; l < sizeof lens / sizeof lens[0]; l++) {
		for (int from = 1; from <= 3; from++) {
			for (int to = 0; to <= CODEC_COUNT; to++) {
				const struct codec *codec = to < CODEC_COUNT ? codec_by_id((enum codec_id)to) : NULL;
				struct item it = make(&m, KIND_SPARSE, from,
						      codec_by_id(from == 3 && lens[l] < 300000 ? CODEC_LZ4 : CODEC_GZIP), plain, lens[l]);
				struct stage_policy p = policy_of(true, codec != NULL, codec, false);
				struct arena a = {0};
				struct converted r, want;
				int tries = 0;

				ck_quick(apply(&p, &it, &want) == STAGE_DONE);
				while (stage_apply(ctx, &p, &it, &a, &r) == STAGE_ROOM) {
					ck_quick(r.count == 0 && a.used == 0 && a.record_count == 0 && ++tries < 60);
					ck_quick(stage_room(ctx) > a.cap); /* else it would never end */
					ck_quick(arena_grow(&a, stage_room(ctx)));
				}
				ck_quick(r.status == STAGE_DONE && a.used <= a.cap);
				ck_quick(r.count == want.count && r.changed == want.changed);
				same_records(a.records, arena.records, r.count);
				/* What is in the arena already stays there. */
				size_t used = a.used, cap = used + a.cap + 200, count = r.count;
				struct arena shared = {.data = malloc(cap), .cap = cap, .used = used};

				if (used > 0)
					memcpy(shared.data, a.data, used);
				for (size_t i = 0; i < count; i++)
					ck_quick(arena_add(&shared, &a.records[i]));
				stage_apply(ctx, &p, &it, &shared, &r);
				ck_quick(r.first == count && shared.record_count == count + r.count);
				if (r.status == STAGE_DONE)
					same_records(shared.records + count, arena.records, count);
				else
					ck_quick(r.status == STAGE_ROOM && r.count == 0 && shared.used == used);
				ck_quick(used == 0 || memcmp(shared.data, a.data, used) == 0);
				ck_quick(count == 0 || memcmp(shared.records, a.records, count * sizeof *a.records) == 0);
				arena_free(&shared);
				arena_free(&a);
			}
		}
	}
	mk_free(&m);
}
END_TEST

/* Noise in every stream: no crash, no read beyond, and what is taken comes out again the same with another ctx. */
START_TEST(test_noise)
{
	uint64_t seed = 5;

	for (int i = 0; i < 20000; i++) {
		size_t n = sample_next(&seed) % 120;
		struct guarded g = guarded_new(n);
		struct stage_policy p = policy_of(true, i % 2, codec_by_id((enum codec_id)(sample_next(&seed) % CODEC_COUNT)), false);
		struct converted r;
		uint32_t stream = numbers[i % KIND_COUNT][1 + sample_next(&seed) % 3];
		struct item it = {.kind = ITEM_RECORD, .file_index = 1, .stream = stream, .len = (uint32_t)n, .data = {g.p, n}};

		sample_fill(g.p, n, SAMPLE_RANDOM, (uint64_t)i);
		size_t at = stream_has_prefix(stream) ? 8 : 0;

		if (n >= at + 12 && i % 3) {
			mk_set32(g.p + at, codec_by_id((enum codec_id)(sample_next(&seed) % CODEC_COUNT))->magic);
			mk_set32(g.p + at + 4, (uint32_t)(n - at - 12));
			mk_set32(g.p + at + 8, 1);
		}
		enum stage_status status = apply(&p, &it, &r);

		ck_quick(status == STAGE_DONE || status == STAGE_DAMAGE);
		guarded_free(&g);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stage");
	TCase *t = tcase_create("stage");

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_all);
	tcase_add_loop_test(t, test_split_deflate, 0, CODEC_COUNT);
	tcase_add_test(t, test_split_inflate);
	tcase_add_test(t, test_same_codec_too_long);
	tcase_add_test(t, test_two_blocks);
	tcase_add_loop_test(t, test_empty, 0, KIND_COUNT);
	tcase_add_test(t, test_address_only);
	tcase_add_test(t, test_opaque);
	tcase_add_test(t, test_missing);
	tcase_add_test(t, test_strict);
	tcase_add_test(t, test_damage);
	tcase_add_test(t, test_cut_by_network);
	tcase_add_loop_test(t, test_plain, 0, KIND_COUNT);
	tcase_add_loop_test(t, test_bombs, 0, 7);
	tcase_add_loop_test(t, test_bomb_in_roomy_arena, 0, 7);
	tcase_add_test(t, test_longest);
	tcase_add_test(t, test_room);
	tcase_add_test(t, test_noise);
	suite_add_tcase(s, t);
	return check_run(s);
}
