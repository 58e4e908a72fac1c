/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arithmetic for characters of keys: neither a branch nor a table depends on them. */
#ifndef BASE_CT_H
#define BASE_CT_H

/* All ones if low <= c <= high, else 0.  low and high are below 2^31. */
static inline unsigned ct_between(unsigned c, unsigned low, unsigned high)
{
	return (((c - low) | (high - c) | c) >> 31) - 1; /* a difference below 0 has its highest bit set */
}

#endif
