/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/der.h"

#define LONG_FORM 0x80u
#define LENGTH_BYTES 4u /* 4 GiB: more than any record has */

/* Bytes of content.  A long form that a shorter one would do for is none of DER's. */
static size_t length(struct rd *r)
{
	uint8_t first = rd_u8(r);
	if (first < LONG_FORM)
		return first;
	unsigned bytes = first & ~LONG_FORM;
	uint64_t value = 0;
	r->bad = r->bad || bytes == 0 || bytes > LENGTH_BYTES;
	for (unsigned i = 0; i < bytes && !r->bad; i++)
		value = value << 8 | rd_u8(r);
	uint64_t least = bytes > 1 && !r->bad ? (uint64_t)1 << 8 * (bytes - 1) : LONG_FORM;
	r->bad = r->bad || value < least;
	return r->bad ? 0 : (size_t)value;
}

struct rd der_open(struct rd *r, uint8_t tag)
{
	uint8_t found = rd_u8(r);
	size_t n = length(r);
	r->bad = r->bad || found != tag;
	const uint8_t *at = rd_bytes(r, n);
	return rd_over(at, at ? n : 0);
}

struct span der_bytes(struct rd *r, uint8_t tag)
{
	struct rd content = der_open(r, tag);
	return (struct span){content.p, rd_left(&content)};
}

void der_expect(struct rd *r, uint8_t value)
{
	struct rd content = der_open(r, DER_INTEGER);
	r->bad = rd_left(&content) != 1 || rd_u8(&content) != value || r->bad;
}
