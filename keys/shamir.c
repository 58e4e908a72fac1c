/* SPDX-License-Identifier: GPL-3.0-or-later */
/* No branch and no index depends on a secret. */
#include "keys/shamir.h"

#define POLYNOMIAL 0x1bu /* without x^8, which has been shifted out */

uint8_t shamir_multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0, factor = a;
	for (unsigned bit = 0; bit < 8; bit++) {
		product ^= factor & (0u - ((unsigned)b >> bit & 1u));
		factor = (factor << 1 ^ (POLYNOMIAL & (0u - (factor >> 7 & 1u)))) & 0xffu;
	}
	return (uint8_t)product;
}

/* b^254 is 1/b, and 0 of 0: 254 is 11111110 in binary. */
uint8_t shamir_divide(uint8_t a, uint8_t b)
{
	uint8_t power = b, inverse = 1;
	for (unsigned bit = 1; bit < 8; bit++) {
		power = shamir_multiply(power, power);
		inverse = shamir_multiply(inverse, power);
	}
	return shamir_multiply(a, inverse);
}

/* Horner's rule, from the highest coefficient down. */
void shamir_share(const uint8_t *secret, size_t len, const uint8_t *coefficients, unsigned threshold, uint8_t x, uint8_t *out)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t y = 0;
		for (unsigned k = threshold - 1; k > 0; k--)
			y = shamir_multiply(y ^ coefficients[(k - 1) * len + i], x);
		out[i] = y ^ secret[i];
	}
}

/* Lagrange's weight of a point: the product of (at - xj) / (xi - xj) over the others; minus is plus here. */
static uint8_t weight(const struct shamir_point *points, size_t count, size_t i, uint8_t at)
{
	uint8_t w = 1;
	for (size_t j = 0; j < count; j++) {
		if (j != i)
			w = shamir_multiply(w, shamir_divide(at ^ points[j].x, points[i].x ^ points[j].x));
	}
	return w;
}

void shamir_join(const struct shamir_point *points, size_t count, uint8_t at, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = 0;
	for (size_t k = 0; k < count; k++) {
		uint8_t w = weight(points, count, k, at);
		for (size_t i = 0; i < len; i++)
			out[i] ^= shamir_multiply(points[k].y[i], w);
	}
}
