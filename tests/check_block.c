/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Block and record headers, checksums, impossible lengths, every truncation. */
#include "format/block.h"

#include "volume_maker.h"

/* volume-format.md 9 */
static const char vector_bb02[] = "36103d7e 00000029 00000001 42423032 00000007 65000000"
				  "00000001 00000002 00000005 68656c6c6f";

START_TEST(test_vector)
{
	uint8_t in[64], out[64];
	struct block_header h;
	size_t n = unhex(in, vector_bb02);
	ck_assert_uint_eq(n, 41);
	ck_assert_uint_eq(block_probe(in), 2);
	ck_assert(block_header_read(in, n, &h));
	ck_assert_uint_eq(h.version, 2);
	ck_assert_uint_eq(h.options, 0);
	ck_assert_uint_eq(h.checksum, 0x36103d7e);
	ck_assert_uint_eq(h.len, 41);
	ck_assert_uint_eq(h.number, 1);
	ck_assert_uint_eq(h.session_id, 7);
	ck_assert_uint_eq(h.session_time, 0x65000000);
	ck_assert(block_has_checksum(&h));
	ck_assert(!block_is_encrypted(&h));
	ck_assert_uint_eq(block_checksum(in, &h), 0x36103d7e);

	memcpy(out, in, n);
	memset(out, 0xee, 24);
	block_seal(out, &h, true);
	ck_assert_mem_eq(out, in, n);
	block_seal(out, &h, false);
	ck_assert_uint_eq(mk_get32(out), 0);
	ck_assert_mem_eq(out + 4, in + 4, n - 4);
	ck_assert(block_header_read(out, n, &h));
	ck_assert(!block_has_checksum(&h));

	struct rd rest = rd_over(in + 24, n - 24);
	struct record_header r;
	struct span part;
	ck_assert(record_next(&rest, 2, &r, &part));
	ck_assert_int_eq(r.file_index, 1);
	ck_assert_int_eq(r.stream, 2);
	ck_assert_uint_eq(r.len, 5);
	ck_assert_uint_eq(r.session_id, 0);
	ck_assert_uint_eq(part.len, 5);
	ck_assert_ptr_eq(part.data, in + 36);
	ck_assert(!record_next(&rest, 2, &r, &part));
}
END_TEST

/* bacula-encryption.md 1.2 and 1.3: XXH3-64 of nothing, of 32 zeros, and the plain text of the encrypted block there */
START_TEST(test_xxh3)
{
	uint8_t block[52] = {0};
	struct block_header h = {.version = 3, .len = 32};
	ck_assert(XXH3_64bits("", 0) == 0x2d06800538d394c2); /* the library is the right one */
	ck_assert(block_checksum(block, &h) == 0xa057271c9071c99d);
	memset(block + 24, 0xaa, 8); /* its own field does not count */
	ck_assert(block_checksum(block, &h) == 0xa057271c9071c99d);
	block[23] = 1;
	ck_assert(block_checksum(block, &h) != 0xa057271c9071c99d);

	h = (struct block_header){.version = 3, .options = 7, .len = 52, .number = 1, .session_id = 16, .session_time = 0x6b02d541};
	for (int i = 0; i < 20; i++)
		block[32 + i] = (uint8_t)(0x64 + i);
	block_seal(block, &h, true);
	uint8_t want[32];
	unhex(want, "00000007 00000034 00000001 42423033 00000010 6b02d541 0753f9c6eafe9ba7");
	ck_assert_mem_eq(block, want, 32);
	ck_assert(block_header_read(block, sizeof block, &h));
	ck_assert(h.checksum == 0x0753f9c6eafe9ba7);
	ck_assert_uint_eq(h.options, 7);
	ck_assert(block_has_checksum(&h) && block_is_encrypted(&h));
}
END_TEST

/* Known answers from the code that Bareos 19.2.4/5 ran, with its tables (tests/wounds.py); below 64 bytes it is CRC-32. */
START_TEST(test_reversed)
{
	static const struct {
		uint32_t bytes, crc;
	} known[] = {{63, 0xb7350c2a}, {64, 0x9198eae3}, {100, 0x58189ea5}, {128, 0xfc3c5fc1}, {4159, 0xe1d188f3}, {10000, 0x26055e90}};
	static uint8_t block[4 + 10000];
	for (uint32_t i = 0; i < 10000; i++)
		block[4 + i] = (uint8_t)(i * 7 + 3);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		struct block_header h = {.version = 2, .len = 4 + known[i].bytes};
		ck_assert_uint_eq(block_checksum_reversed(block, &h), known[i].crc);
		ck_assert_int_eq(block_checksum(block, &h) == known[i].crc, known[i].bytes < 64);
	}
	memset(block, 'x', sizeof block);
	struct block_header same = {.version = 1, .len = sizeof block};
	ck_assert_uint_eq(block_checksum_reversed(block, &same), block_checksum(block, &same));
}
END_TEST

START_TEST(test_bb03_options)
{
	uint8_t block[44] = {0};
	for (uint32_t options = 0; options < 10; options++) {
		struct block_header h = {.version = 3, .options = options, .len = sizeof block};
		block_seal(block, &h, options & 1);
		ck_assert(block_header_read(block, sizeof block, &h));
		ck_assert_uint_eq(h.options, options);
		ck_assert_int_eq(block_has_checksum(&h), options & 1);
		ck_assert_int_eq(block_is_encrypted(&h), (options & 6) == 6 && options < 8);
		ck_assert_int_eq(block_options_known(&h), options < 8 && (options & 6) != 4);
		ck_assert_int_eq(h.checksum != 0, options & 1);
		ck_assert(!block_options_lie(&h));
		h.checksum = !h.checksum;
		ck_assert(block_options_lie(&h));
		h.version = 2;
		ck_assert(!block_options_lie(&h));
	}
}
END_TEST

START_TEST(test_header_round_trip)
{
	uint8_t block[200], other[200];
	uint64_t seed = 42;
	for (int i = 0; i < 3000; i++) {
		unsigned version = 1 + sample_next(&seed) % 3;
		size_t head = block_header_bytes(version);
		uint32_t len = (uint32_t)head + sample_next(&seed) % (uint32_t)(sizeof block - head);
		bool sum = sample_next(&seed) % 2;
		struct block_header h = {.version = version,
					 .options = version == 3 ? sum : 0,
					 .len = len,
					 .number = sample_next(&seed),
					 .session_id = sample_next(&seed),
					 .session_time = sample_next(&seed),
					 .checksum = 0x1234567812345678};
		struct block_header back;
		sample_fill(block, sizeof block, SAMPLE_RANDOM, (uint64_t)i);
		memcpy(other, block, sizeof block);
		block_seal(block, &h, sum);
		mk_seal(other, version, h.options, len, h.number, h.session_id, h.session_time, sum);
		ck_quick(memcmp(block, other, sizeof block) == 0);
		ck_quick(block_header_read(block, len, &back));
		ck_quick(back.version == version && back.options == h.options && back.len == len && back.number == h.number);
		ck_quick(version == 1 ? back.session_id == 0 && back.session_time == 0
				      : back.session_id == h.session_id && back.session_time == h.session_time);
		ck_quick(block_has_checksum(&back) == sum);
		ck_quick(!sum || block_checksum(block, &back) == back.checksum);
		/* One changed bit anywhere else in the block is seen. */
		if (sum) {
			size_t first = version == 3 ? 0 : 4;
			size_t at = first + sample_next(&seed) % (len - (uint32_t)first);
			if (version == 3 && at >= 24 && at < 32)
				continue;
			block[at] ^= (uint8_t)(1 << sample_next(&seed) % 8);
			if (version == 3) /* BB03's option bits are those of the header that is read */
				back.options = mk_get32(block);
			ck_quick(block_checksum(block, &back) != back.checksum);
			back.options = h.options;
			ck_quick(at < 4 || block_checksum(block, &back) != back.checksum);
		}
	}
	ck_assert_uint_eq(block_header_bytes(1), 16);
	ck_assert_uint_eq(block_header_bytes(2), 24);
	ck_assert_uint_eq(block_header_bytes(3), 32);
	ck_assert_uint_eq(record_header_bytes(1), 20);
	ck_assert_uint_eq(record_header_bytes(2), 12);
	ck_assert_uint_eq(record_header_bytes(3), 12);
}
END_TEST

START_TEST(test_lengths)
{
	for (unsigned version = 1; version <= 3; version++) {
		uint32_t head = (uint32_t)mk_header_bytes(version);
		const struct {
			uint32_t len;
			bool ok;
		} lens[] = {{0, false},       {1, false},        {head - 1, false},   {head, true},        {head + 1, true},
			    {20000000, true}, {20000001, false}, {0x7fffffff, false}, {0x80000000, false}, {0xffffffff, false}};

		for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
			uint8_t at[32];
			struct block_header h;
			mk_seal(at, version, 0, lens[i].len, 1, 2, 3, false);
			ck_assert_int_eq(block_header_read(at, sizeof at, &h), lens[i].ok);
			ck_assert_uint_eq(h.len, lens[i].len);
		}
	}
}
END_TEST

START_TEST(test_truncations)
{
	for (unsigned version = 1; version <= 3; version++) {
		size_t head = mk_header_bytes(version);
		uint8_t at[32];
		struct block_header h;
		mk_seal(at, version, 0, 100, 1, 2, 3, false);
		for (size_t n = BLOCK_PROBE_BYTES; n <= head; n++) {
			struct guarded g = guarded_copy(at, n);
			ck_assert_uint_eq(block_probe(g.p), version);
			ck_assert_int_eq(block_header_read(g.p, n, &h), n == head);
			guarded_free(&g);
		}
	}
}
END_TEST

START_TEST(test_probe)
{
	uint8_t at[16] = {0};
	static const struct {
		const char *id;
		unsigned version;
	} ids[] = {{"BB01", 1}, {"BB02", 2}, {"BB03", 3}, {"BB00", 0},   {"BB04", 0}, {"BB12", 0},
		   {"bb02", 0}, {"AB02", 0}, {"BA02", 0}, {"BB\0\2", 0}, {"2BB0", 0}, {"BB0\2", 0}};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		struct block_header h;
		memcpy(at + 12, ids[i].id, 4);
		ck_assert_uint_eq(block_probe(at), ids[i].version);
		at[7] = 100;
		if (ids[i].version == 0)
			ck_assert(!block_header_read(at, sizeof at, &h));
	}
}
END_TEST

START_TEST(test_record_header_round_trip)
{
	for (unsigned version = 1; version <= 3; version++) {
		const struct record_header in = {
			.session_id = 0x01020304, .session_time = 0xf1f2f3f4, .file_index = -5, .stream = -0x04000002, .len = 0xfffefdfc};
		struct record_header out;
		uint8_t bytes[20];
		struct wr w = wr_over(bytes, sizeof bytes);
		size_t n = record_header_bytes(version);
		record_header_write(&w, version, &in);
		ck_assert(!w.bad);
		ck_assert_uint_eq((size_t)(w.p - bytes), n);
		if (version == 1)
			ck_assert_uint_eq(mk_get32(bytes), 0x01020304);
		ck_assert_uint_eq(mk_get32(bytes + n - 12), 0xfffffffb);
		struct rd r = rd_over(bytes, n);
		record_header_read(&r, version, &out);
		ck_assert(!r.bad && rd_left(&r) == 0);
		ck_assert_int_eq(out.file_index, in.file_index);
		ck_assert_int_eq(out.stream, in.stream);
		ck_assert_uint_eq(out.len, in.len);
		ck_assert_uint_eq(out.session_id, version == 1 ? in.session_id : 0);
		ck_assert_uint_eq(out.session_time, version == 1 ? in.session_time : 0);
	}
}
END_TEST

/* Three records, the last one cut: the rest of a block at every length. */
START_TEST(test_record_next)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct mk m = {0};
		struct record_header h;
		struct span part;
		size_t head = record_header_bytes(version);
		mk_begin(&m, version, 7, 8, 0, false);
		size_t start = m.len;
		mk_record(&m, 1, 2, "hello", 5);
		mk_record(&m, 2, 3, NULL, 0);
		mk_part(&m, 3, 4, 1000, "abcdefgh", 8);
		size_t total = m.len - start;
		for (size_t n = 0; n <= total; n++) {
			struct guarded g = guarded_copy(m.p + start, n);
			struct rd r = rd_over(g.p, n);
			size_t seen = 0, want = n < head ? 0 : n < 2 * head + 5 ? 1 : n < 3 * head + 5 ? 2 : 3;
			while (record_next(&r, version, &h, &part)) {
				seen++;
				ck_quick(h.file_index == (int32_t)seen && h.stream == (int32_t)seen + 1);
				ck_quick(h.session_id == (version == 1 ? 7 : 0));
				ck_quick(part.len <= h.len);
				ck_quick(part.data >= g.p && part.data + part.len <= g.p + n);
				if (seen == 1)
					ck_quick(part.len == (n - head < 5 ? n - head : 5) && memcmp(part.data, "hello", part.len) == 0);
				if (seen == 2)
					ck_quick(part.len == 0);
				if (seen == 3)
					ck_quick(h.len == 1000 && part.len == n - 3 * head - 5);
			}
			ck_quick(seen == want);
			ck_quick(!record_next(&r, version, &h, &part)); /* it stays at the end */
			guarded_free(&g);
		}
		mk_free(&m);
	}
	/* A length near 2^32 neither wraps nor reads on. */
	uint8_t huge[16];
	struct wr w = wr_over(huge, sizeof huge);
	struct record_header h;
	struct span part;
	record_header_write(&w, 2, &(struct record_header){.file_index = 1, .stream = 2, .len = UINT32_MAX});
	struct rd r = rd_over(huge, sizeof huge);
	ck_assert(record_next(&r, 2, &h, &part));
	ck_assert_uint_eq(h.len, UINT32_MAX);
	ck_assert_uint_eq(part.len, 4);
	r = (struct rd){huge, huge + sizeof huge, true};
	ck_assert(!record_next(&r, 2, &h, &part));
}
END_TEST

struct rec {
	int32_t index, stream;
	uint32_t len, here;
};

static const char *check_records(unsigned version, const struct rec *recs, size_t count, size_t *offset)
{
	struct mk m = {0};
	struct block_header h;
	mk_begin(&m, version, 1, 2, 3, true);
	for (size_t i = 0; i < count; i++)
		mk_part(&m, recs[i].index, recs[i].stream, recs[i].len, NULL, recs[i].here);
	mk_end(&m);
	struct guarded g = guarded_copy(m.p, m.len);
	ck_assert(block_header_read(g.p, g.len, &h));
	const char *fault = block_check_records(g.p, &h, offset);
	guarded_free(&g);
	mk_free(&m);
	return fault;
}

START_TEST(test_check_records)
{
	size_t at;
#define RULES(v, ...) \
	check_records(v, (const struct rec[]){__VA_ARGS__}, sizeof((const struct rec[]){__VA_ARGS__}) / sizeof(struct rec), &at)
	for (unsigned v = 1; v <= 3; v++) {
		size_t head = mk_header_bytes(v), rh = v == 1 ? 20 : 12;
		ck_assert_ptr_null(RULES(v, {1, 2, 5, 5}));
		ck_assert_ptr_null(RULES(v, {1, 2, 5, 5}, {1, 3, 0, 0}, {2, 1, 100, 7}));
		ck_assert_ptr_null(RULES(v, {1, -2, 5, 5}, {1, 3, 16, 16}));
		ck_assert_ptr_null(RULES(v, {1, -2, 0, 0}));
		ck_assert_ptr_null(RULES(v, {1, 2, 19999999, 5}));
		ck_assert_ptr_null(RULES(v, {-5, 30, 5, 5}));
		ck_assert_ptr_nonnull(RULES(v, {1, 2, 3, 3}, {1, 2, 20000000, 5}));
		ck_assert_uint_eq(at, head + rh + 3);
		ck_assert_ptr_nonnull(RULES(v, {1, 2, UINT32_MAX, 5}));
		ck_assert_uint_eq(at, head);
		ck_assert_ptr_nonnull(RULES(v, {1, INT32_MIN, 5, 5}));
		ck_assert_ptr_nonnull(RULES(v, {1, 0, 5, 5}));
		ck_assert_ptr_null(RULES(v, {-2, 0, 5, 5}));
		/* A plugin that saved nothing has a record of FileIndex 0, which may be cut like any other. */
		ck_assert_ptr_null(RULES(v, {0, -26, 5, 5}));
	}
	/* Only BB01 has several sessions in a block. */
	ck_assert_ptr_null(RULES(1, {1, 2, 5, 5}, {1, -2, 5, 5}));
	ck_assert_ptr_nonnull(RULES(2, {1, 2, 5, 5}, {1, -2, 5, 5}));
	ck_assert_uint_eq(at, 24 + 12 + 5);
	ck_assert_ptr_nonnull(RULES(3, {1, -2, 5, 5}, {1, -2, 5, 5}));
#undef RULES
}
END_TEST

/* 1..11 odd bytes behind the last record are no record and no fault.  volume-format.md 2.3 */
START_TEST(test_odd_bytes)
{
	for (size_t odd = 0; odd < 12; odd++) {
		struct mk m = {0};
		struct block_header h;
		size_t at;
		mk_begin(&m, 2, 1, 2, 3, true);
		mk_record(&m, 1, 2, "abc", 3);
		mk_put(&m, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", odd);
		mk_end(&m);
		ck_assert(block_header_read(m.p, m.len, &h));
		const char *fault = block_check_records(m.p, &h, &at);
		ck_assert(odd == 0 ? fault == NULL : strcmp(fault, "behind its last record are bytes that are none") == 0);
		ck_assert_uint_eq(at, h.len - odd);
		mk_free(&m);
	}
}
END_TEST

/* Hostile bytes: whatever stands there, nothing is read beyond the block. */
START_TEST(test_noise)
{
	uint64_t seed = 7;
	for (int i = 0; i < 4000; i++) {
		size_t n = 32 + sample_next(&seed) % 300;
		struct guarded g = guarded_new(n);
		struct block_header h;
		size_t at = 0;
		sample_fill(g.p, n, SAMPLE_RANDOM, (uint64_t)i);
		if (i % 2)
			memset(g.p + 24, 0, n - 24); /* records of no length */
		mk_seal(g.p, 1 + (unsigned)i % 3, 1, (uint32_t)n, 0, 1, 2, i % 5 == 0);
		ck_quick(block_header_read(g.p, n, &h));
		(void)block_check_records(g.p, &h, &at);
		ck_quick(at <= n);
		(void)block_checksum(g.p, &h);
		guarded_free(&g);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("block");
	TCase *t = tcase_create("block");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_vector);
	tcase_add_test(t, test_xxh3);
	tcase_add_test(t, test_reversed);
	tcase_add_test(t, test_bb03_options);
	tcase_add_test(t, test_header_round_trip);
	tcase_add_test(t, test_lengths);
	tcase_add_test(t, test_truncations);
	tcase_add_test(t, test_probe);
	tcase_add_test(t, test_record_header_round_trip);
	tcase_add_test(t, test_record_next);
	tcase_add_test(t, test_check_records);
	tcase_add_test(t, test_odd_bytes);
	tcase_add_test(t, test_noise);
	suite_add_tcase(s, t);
	return check_run(s);
}
