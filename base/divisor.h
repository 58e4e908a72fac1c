/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of sizes that are all multiples of one that nobody tells. */
#ifndef BASE_DIVISOR_H
#define BASE_DIVISOR_H

#include <stdint.h>

/* The greatest number of which both are multiples; 0 and a number: that number. */
static inline uint64_t divisor_common(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

#endif
