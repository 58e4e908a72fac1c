/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cursors: values, overruns that stick, strings without an end. */
#include "base/bytes.h"

#include "guarded.h"

static const uint8_t sample[16] = {0x80, 1, 2, 3, 4, 5, 6, 7, 0xf8, 9, 10, 11, 12, 13, 14, 0xff};

START_TEST(test_values)
{
	struct rd r = rd_over(sample, 16);
	ck_assert_uint_eq(rd_be16(&r), 0x8001);
	ck_assert_uint_eq(rd_be32(&r), 0x02030405);
	ck_assert_uint_eq(rd_left(&r), 10);
	ck_assert_uint_eq(rd_le32(&r), 0x09f80706);
	ck_assert_ptr_eq(rd_bytes(&r, 2), sample + 10);
	ck_assert_uint_eq(rd_be32(&r), 0x0c0d0eff);
	ck_assert(!r.bad && rd_left(&r) == 0);
	r = rd_over(sample, 16);
	ck_assert(rd_be64(&r) == 0x8001020304050607u);
	ck_assert_int_eq(rd_be32s(&r), (int32_t)0xf8090a0b);
	ck_assert(!r.bad);
}
END_TEST

/* Every kind of field in every too short rest: zero, bad, and bad for good. */
START_TEST(test_overrun)
{
	static const size_t widths[] = {2, 4, 8, 4, 4};
	for (int kind = 0; kind < 5; kind++) {
		for (size_t n = 0; n <= widths[kind]; n++) {
			struct guarded g = guarded_copy(sample, n);
			struct rd r = rd_over(g.p, n);
			uint64_t v = kind == 0   ? rd_be16(&r)
				     : kind == 1 ? rd_be32(&r)
				     : kind == 2 ? rd_be64(&r)
				     : kind == 3 ? (uint64_t)rd_be32s(&r)
						 : rd_le32(&r);
			bool short_of = n < widths[kind];
			ck_quick(r.bad == short_of && (v == 0) == short_of);
			ck_quick(rd_left(&r) == 0);
			ck_quick(rd_bytes(&r, 1) == NULL && r.bad);
			ck_quick(rd_be16(&r) == 0 && rd_be64(&r) == 0 && rd_le32(&r) == 0);
			ck_quick(strcmp(rd_string(&r), "") == 0);
			ck_quick(rd_bytes(&r, 0) == NULL); /* not even nothing */
			guarded_free(&g);
		}
	}
	struct rd r = rd_over(sample, 16);
	ck_assert_ptr_null(rd_bytes(&r, SIZE_MAX));
	ck_assert(r.bad);
	r = rd_over(sample, 16);
	ck_assert_ptr_eq(rd_bytes(&r, 16), sample);
	ck_assert_ptr_eq(rd_bytes(&r, 0), sample + 16);
	ck_assert(!r.bad);
	r = rd_over(NULL, 0);
	ck_assert_uint_eq(rd_be32(&r), 0);
	ck_assert(r.bad);
}
END_TEST

START_TEST(test_strings)
{
	static const char text[] = "one\0\0three";
	struct rd r = rd_over(text, sizeof text);
	ck_assert_str_eq(rd_string(&r), "one");
	ck_assert_str_eq(rd_string(&r), "");
	ck_assert(!r.bad);
	ck_assert_str_eq(rd_string(&r), "three");
	ck_assert(!r.bad && rd_left(&r) == 0);
	ck_assert_str_eq(rd_string(&r), "");
	ck_assert(r.bad);
	for (size_t n = 0; n <= 4; n++) { /* "one" without its NUL */
		struct guarded g = guarded_copy((const uint8_t *)text, n);
		r = rd_over(g.p, n);
		ck_assert_str_eq(rd_string(&r), n == 4 ? "one" : "");
		ck_assert_int_eq(r.bad, n < 4);
		ck_assert_uint_eq(rd_left(&r), 0);
		guarded_free(&g);
	}
}
END_TEST

START_TEST(test_write)
{
	uint8_t out[17];
	memset(out, 0xaa, sizeof out);
	struct wr w = wr_over(out, 16);
	wr_be16(&w, 0x8001);
	wr_be32(&w, 0x02030405);
	wr_be64(&w, 0x0607f8090a0b0c0du);
	wr_bytes(&w, NULL, 0);
	wr_bytes(&w, sample + 14, 2);
	ck_assert(!w.bad && w.p == out + 16);
	ck_assert_mem_eq(out, sample, 16);
	wr_bytes(&w, sample, 1);
	ck_assert(w.bad);
	ck_assert_uint_eq(out[16], 0xaa);
	wr_bytes(&w, sample, 0);
	ck_assert(w.bad);
	w = wr_over(out, 4);
	wr_le32(&w, 0x09f80706);
	ck_assert(!w.bad && w.p == out + 4);
	ck_assert_mem_eq(out, sample + 6, 4);
}
END_TEST

/* What does not fit is not written at all, nor is anything behind it. */
START_TEST(test_write_overrun)
{
	for (size_t n = 0; n < 4; n++) {
		struct guarded g = guarded_new(n);
		memset(g.p, 0xaa, n);
		struct wr w = wr_over(g.p, n);
		wr_be32(&w, 0x01020304);
		ck_assert(w.bad && w.p == g.p);
		wr_bytes(&w, sample, n ? 1 : 0);
		ck_assert(w.bad && w.p == g.p);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(g.p[i], 0xaa);
		guarded_free(&g);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bytes");
	TCase *t = tcase_create("bytes");
	tcase_add_test(t, test_values);
	tcase_add_test(t, test_overrun);
	tcase_add_test(t, test_strings);
	tcase_add_test(t, test_write);
	tcase_add_test(t, test_write_overrun);
	suite_add_tcase(s, t);
	return check_run(s);
}
