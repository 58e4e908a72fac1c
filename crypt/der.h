/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cursor over DER (X.690): elements of one byte of tag, whose lengths are definite and in their shortest form, as whoever writes DER has
 * to.  All else is bad, as an overrun is. */
#ifndef CRYPT_DER_H
#define CRYPT_DER_H

#include "base/bytes.h"

enum {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};

/* The content of the next element, which is to have this tag; empty, and r is bad, if it has another one or is not all there. */
struct rd der_open(struct rd *r, uint8_t tag);

/* The same as bytes. */
struct span der_bytes(struct rd *r, uint8_t tag);

/* The next element is the INTEGER value, 0 to 127; else r is bad. */
void der_expect(struct rd *r, uint8_t value);

#endif
