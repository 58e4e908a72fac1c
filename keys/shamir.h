/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shamir's secret sharing, byte by byte over GF(2^8) with AES's polynomial x^8+x^4+x^3+x+1: each byte of the secret is the
 * constant term of a polynomial of degree threshold - 1, a share its values at one x (draft-mcgrew-tss-03, whose vectors hold).
 *
 * Not libgfshare, which Debian has: its tables of logarithms are looked up by secret bytes, which caches give away; what it
 * works in is memory of malloc that is neither locked nor wiped; and its random bytes come from random() unless a global hook
 * says otherwise.  This is a page of code that takes the same time for all secrets and works where its caller's secrets are. */
#ifndef KEYS_SHAMIR_H
#define KEYS_SHAMIR_H

#include <stddef.h>
#include <stdint.h>

#define SHAMIR_SHARES_MAX 255u

/* The share at x (1 to 255) of len bytes.  coefficients: threshold - 1 times len random bytes, the same for all shares.
 * threshold is 1 or more. */
void shamir_share(const uint8_t *secret, size_t len, const uint8_t *coefficients, unsigned threshold, uint8_t x, uint8_t *out);

struct shamir_point {
	uint8_t x; /* all of them differ */
	const uint8_t *y;
};

/* The value at `at` of the polynomial through count points: at 0 the secret, at others a share. */
void shamir_join(const struct shamir_point *points, size_t count, uint8_t at, uint8_t *out, size_t len);

/* In GF(2^8).  shamir_divide(a, 0) is 0. */
uint8_t shamir_multiply(uint8_t a, uint8_t b);
uint8_t shamir_divide(uint8_t a, uint8_t b);

#endif
