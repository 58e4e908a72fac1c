/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which records of a block are used whose header is bad: those before it, and those behind it that fill the block. */
#include "volume/gap.h"

#include "volume_maker.h"

static struct mk m;
static size_t at[16]; /* of its records */
static unsigned count;
static struct block_header h;

static void begin(unsigned version)
{
	mk_free(&m);
	m = (struct mk){0};
	mk_begin(&m, version, 7, 8, 9, true);
	count = 0;
}

static void record(int32_t index, int32_t stream, size_t len)
{
	static const uint8_t data[400];

	at[count++] = m.len;
	mk_record(&m, index, stream, data, len);
}

static void end(void)
{
	mk_end(&m);
	ck_assert(block_header_read(m.p, m.len, &h));
}

/* Files 5 to 8, each of an attributes record and some data. */
static void four_files(unsigned version)
{
	begin(version);
	for (int32_t i = 5; i < 9; i++) {
		record(i, 1, 60);
		record(i, 2, 40 + 30 * (size_t)i);
	}
	end();
}

/* Another 32-bit field in the header of the n-th record: 0 FileIndex, 1 stream, 2 length. */
static void spoil(unsigned n, unsigned field, uint32_t value)
{
	size_t own = h.version == 1 ? 8 : 0;

	mk_set32(m.p + at[n] + own + 4 * (size_t)field, value);
}

static struct gap first_gap(void)
{
	struct gap g;

	ck_assert(gap_next(m.p, &h, block_header_bytes(h.version), 4, &g));
	ck_assert_uint_le(g.from, g.to);
	ck_assert_uint_le(g.to, h.len);
	return g;
}

static void expect(size_t from, size_t to, int32_t index)
{
	struct gap g = first_gap(), next;

	ck_assert_uint_eq(g.from, from);
	ck_assert_uint_eq(g.to, to);
	ck_assert_int_eq(g.file_index, index);
	ck_assert(!gap_next(m.p, &h, g.to, g.file_index, &next));
	ck_assert_uint_eq(next.from, h.len);
}

START_TEST(test_none)
{
	struct gap g;

	four_files((unsigned)_i);
	ck_assert(!gap_next(m.p, &h, block_header_bytes(h.version), 4, &g));
	ck_assert_uint_eq(g.from, h.len);
	ck_assert_uint_eq(g.to, h.len);
}
END_TEST

/* One bad field costs one record, whichever it is. */
START_TEST(test_one_record)
{
	static const struct {
		unsigned field;
		uint32_t value;
	} bad[] = {{2, 20000000}, {2, 0xffffffff}, {1, 0}, {1, 0x80000000}, {2, 0x80000000}};

	for (unsigned version = 1; version <= 3; version++) {
		for (unsigned n = 1; n < 7; n++) {
			four_files(version);
			spoil(n, bad[_i].field, bad[_i].value);
			expect(at[n], at[n + 1], 5 + (int32_t)n / 2);
		}
	}
}
END_TEST

/* A continuation in mid-block; in BB01 it may be of another session. */
START_TEST(test_continuation)
{
	four_files(2);
	spoil(3, 1, (uint32_t)-2);
	expect(at[3], at[4], 6);
}
END_TEST

/* The first and the last one. */
START_TEST(test_edges)
{
	four_files(2);
	spoil(0, 2, 0xffffffff);
	expect(at[0], at[1], 5);
	four_files(2);
	spoil(7, 2, 0xffffffff);
	expect(at[7], h.len, 8);
}
END_TEST

/* A length that is too large or too small makes a header of what is none: its own record goes, and none that it claims. */
START_TEST(test_length_before)
{
	static const uint32_t lengths[] = {0, 39, 47, 70, 90};

	four_files(2);
	spoil(2, 2, lengths[_i]);
	expect(at[2], at[3], 6);
}
END_TEST

/* Two gaps in one block. */
START_TEST(test_two)
{
	struct gap g;

	four_files(2);
	spoil(1, 2, 0xffffffff);
	spoil(5, 2, 0xffffffff);
	g = first_gap();
	ck_assert_uint_eq(g.from, at[1]);
	/* The longest row begins behind the second one. */
	ck_assert(g.to == at[2] || g.to == at[6]);
}
END_TEST

/* Too few bytes for a header. */
START_TEST(test_leftover)
{
	begin(2);
	record(5, 1, 60);
	record(5, 2, 70);
	mk_put(&m, "1234567", (size_t)_i);
	end();
	expect(h.len - (size_t)_i, h.len, 5);
	begin(2);
	record(5, 1, 60);
	record(-5, 35, 70);
	mk_put(&m, "1234567", (size_t)_i);
	end();
	expect(h.len - (size_t)_i, h.len, 0);
}
END_TEST

/* Whatever stands there: the gaps go forward, and end with the block. */
START_TEST(test_noise)
{
	uint64_t seed = 5;

	for (int i = 0; i < 2000; i++) {
		four_files(1 + sample_next(&seed) % 3);
		for (unsigned n = sample_next(&seed) % 40; n > 0; n--) {
			size_t head = block_header_bytes(h.version);

			m.p[head + sample_next(&seed) % (h.len - head)] = (uint8_t)sample_next(&seed);
		}
		size_t from = block_header_bytes(h.version);
		struct gap g = {0};

		while (gap_next(m.p, &h, from, g.file_index > 0 ? g.file_index : 0, &g)) {
			ck_quick(g.from >= from && g.to > g.from && g.to <= h.len);
			from = g.to;
		}
		ck_quick(g.from == h.len && g.to == h.len);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gap");
	TCase *t = tcase_create("gap");

	tcase_add_loop_test(t, test_none, 1, 4);
	tcase_add_loop_test(t, test_one_record, 0, 5);
	tcase_add_test(t, test_continuation);
	tcase_add_test(t, test_edges);
	tcase_add_loop_test(t, test_length_before, 0, 5);
	tcase_add_test(t, test_two);
	tcase_add_loop_test(t, test_leftover, 1, 8);
	tcase_add_test(t, test_noise);
	suite_add_tcase(s, t);
	return check_run(s);
}
