/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keys/shamir.c: the field, published vectors, every subset; what one share less tells. */
#include "keys/shamir.h"

#include "guarded.h"

/* Another way to multiply: long multiplication, then the remainder by 11b. */
static uint8_t product(uint8_t a, uint8_t b)
{
	unsigned p = 0;
	for (unsigned i = 0; i < 8; i++)
		p ^= b >> i & 1 ? (unsigned)a << i : 0;
	for (int i = 14; i >= 8; i--)
		p ^= p >> i & 1 ? 0x11bu << (i - 8) : 0;
	return (uint8_t)p;
}

START_TEST(test_field)
{
	/* FIPS 197, 4.2 and 4.2.1 */
	ck_assert_uint_eq(shamir_multiply(0x57, 0x83), 0xc1);
	ck_assert_uint_eq(shamir_multiply(0x57, 0x13), 0xfe);
	ck_assert_uint_eq(shamir_multiply(0x57, 0x10), 0x07);
	for (unsigned a = 0; a < 256; a++) {
		ck_quick(shamir_divide((uint8_t)a, 0) == 0);
		for (unsigned b = 0; b < 256; b++) {
			ck_quick(shamir_multiply((uint8_t)a, (uint8_t)b) == product((uint8_t)a, (uint8_t)b));
			ck_quick(b == 0 || shamir_multiply(shamir_divide((uint8_t)a, (uint8_t)b), (uint8_t)b) == a);
		}
	}
}
END_TEST

/* draft-mcgrew-tss-03, section 9: the secret "test" and a zero, two shares, both needed. */
START_TEST(test_vector)
{
	static const uint8_t secret[] = {0x74, 0x65, 0x73, 0x74, 0x00};
	static const uint8_t one[] = {0xb9, 0xfa, 0x07, 0xe1, 0x85}, two[] = {0xf5, 0x40, 0x9b, 0x45, 0x11};
	const struct shamir_point points[] = {{1, one}, {2, two}};
	uint8_t out[sizeof secret], coefficients[sizeof secret];
	shamir_join(points, 2, 0, out, sizeof out);
	ck_assert_mem_eq(out, secret, sizeof out);
	for (size_t i = 0; i < sizeof secret; i++)
		coefficients[i] = secret[i] ^ one[i];
	shamir_share(secret, sizeof secret, coefficients, 2, 1, out);
	ck_assert_mem_eq(out, one, sizeof out);
	shamir_share(secret, sizeof secret, coefficients, 2, 2, out);
	ck_assert_mem_eq(out, two, sizeof out);
}
END_TEST

/* Three of five, computed in Python with tables of logarithms to the base 3. */
START_TEST(test_third_degree)
{
	static const uint8_t secret[] = {0xde, 0xad, 0xbe, 0xef, 0x00, 0xff};
	static const uint8_t coefficients[] = {1, 2, 3, 4, 5, 6, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5};
	static const struct {
		uint8_t x, y[6];
	} v[] = {
		{1, {0x2f, 0x5e, 0x4f, 0x18, 0xf1, 0x0c}},   {2, {0x31, 0x40, 0x5d, 0x06, 0xf7, 0x0a}},
		{3, {0xc0, 0xb3, 0xac, 0xf1, 0x06, 0xf9}},   {200, {0x04, 0x45, 0x0d, 0x63, 0x08, 0xc5}},
		{255, {0xb3, 0xc9, 0x10, 0x99, 0xf0, 0x06}},
	};
	uint8_t out[6];
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		shamir_share(secret, 6, coefficients, 3, v[i].x, out);
		for (size_t k = 0; k < 6; k++)
			ck_assert_msg(out[k] == v[i].y[k], "x %u, byte %zu: %02x", v[i].x, k, out[k]);
	}
}
END_TEST

/* Every subset of 1 to 6 of 6 shares, for every threshold: the secret if there are enough, and every other share; with less,
 * every secret would have been possible. */
START_TEST(test_subsets)
{
	uint8_t secret[8], coefficients[5 * 8], shares[6][8], out[8];
	for (unsigned threshold = 1; threshold <= 6; threshold++) {
		for (size_t i = 0; i < sizeof secret; i++)
			secret[i] = (uint8_t)(i * 37 + threshold);
		for (size_t i = 0; i < sizeof coefficients; i++)
			coefficients[i] = (uint8_t)(i * 101 + 7 * threshold + 1);
		for (unsigned x = 1; x <= 6; x++)
			shamir_share(secret, 8, coefficients, threshold, (uint8_t)x, shares[x - 1]);
		for (unsigned set = 1; set < 64; set++) {
			struct shamir_point points[7];
			size_t n = 0;
			for (unsigned x = 1; x <= 6; x++) {
				if (set >> (x - 1) & 1)
					points[n++] = (struct shamir_point){(uint8_t)x, shares[x - 1]};
			}
			shamir_join(points, n, 0, out, 8);
			ck_assert_int_eq(memcmp(out, secret, 8) == 0, n >= threshold);
			for (unsigned x = 1; x <= 6 && n >= threshold; x++) {
				shamir_join(points, n, (uint8_t)x, out, 8);
				ck_assert_mem_eq(out, shares[x - 1], 8);
			}
			for (unsigned other = 0; other < 256 && n + 1 == threshold; other++) {
				/* With this as the secret there is a share that makes it: what is known rules out none. */
				uint8_t guess[8], next[8];
				memset(guess, (int)other, sizeof guess);
				points[n] = (struct shamir_point){0, guess};
				shamir_join(points, n + 1, 77, next, 8);
				points[n] = (struct shamir_point){77, next};
				shamir_join(points, n + 1, 0, out, 8);
				ck_quick(memcmp(out, guess, 8) == 0);
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shamir");
	TCase *t = tcase_create("shamir");
	tcase_add_test(t, test_field);
	tcase_add_test(t, test_vector);
	tcase_add_test(t, test_third_degree);
	tcase_add_test(t, test_subsets);
	suite_add_tcase(s, t);
	return check_run(s);
}
