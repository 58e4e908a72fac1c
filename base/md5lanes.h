/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MD5 (RFC 1321) of several texts side by side.  Each of its steps waits for the one before, so that one text leaves most of a processor
 * idle; eight in the lanes of its vectors take hardly longer than one alone. */
#ifndef BASE_MD5LANES_H
#define BASE_MD5LANES_H

#include "base/bytes.h"

#define MD5LANES_VALUE_BYTES 16

struct md5lanes_text {
	const struct span *parts; /* one behind the other */
	size_t part_count;
	uint8_t value[MD5LANES_VALUE_BYTES]; /* what md5lanes_count makes */
};

/* Fills value of each of them.  Of much the same lengths they come cheapest. */
void md5lanes_count(struct md5lanes_text *texts, size_t count);

/* The same without what only some processors have; for the tests. */
void md5lanes_count_portably(struct md5lanes_text *texts, size_t count);

#endif
