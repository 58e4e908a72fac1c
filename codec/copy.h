/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of decoders whose matches may overlap themselves: as if byte by byte, in pieces as wide as there is room for; and what reads numbers
 * of instructions. */
#ifndef CODEC_COPY_H
#define CODEC_COPY_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that a wide copy may write, and read, too many of. */
#define COPY_WIDE 32

/* From this distance on a match is copied like anything else. */
#define COPY_APART 16

/* The bytes of a pattern that is shorter than a word: which of the word they are, what the word is multiplied by to repeat them, and after
 * how many of the word's bytes the pattern begins anew. */
struct copy_pattern {
	uint64_t mask, times;
	size_t step;
};

static const struct copy_pattern copy_patterns[8] = {
	[1] = {0xff, 0x0101010101010101, 8},
	[2] = {0xffff, 0x0001000100010001, 8},
	[3] = {0xffffff, 0x0001000001000001, 6},
	[4] = {0xffffffff, 0x0000000100000001, 8},
	[5] = {0xffffffffff, 0x10000000001, 5},
	[6] = {0xffffffffffff, 0x1000000000001, 6},
	[7] = {0xffffffffffffff, 0x100000000000001, 7},
};

/* Numbers, the lowest byte first. */
static inline uint32_t copy_load32(const uint8_t *from)
{
	uint32_t v;
	memcpy(&v, from, sizeof v);
	return le32toh(v);
}

static inline uint64_t copy_load64(const uint8_t *from)
{
	uint64_t v;
	memcpy(&v, from, sizeof v);
	return le64toh(v);
}

/* A register goes between, so that even what overlaps is read before it is written. */
static inline void copy8(uint8_t *to, const uint8_t *from)
{
	uint64_t v;
	memcpy(&v, from, sizeof v);
	memcpy(to, &v, sizeof v);
}

static inline void copy16(uint8_t *to, const uint8_t *from)
{
	uint8_t v __attribute__((vector_size(16)));
	memcpy(&v, from, sizeof v);
	memcpy(to, &v, sizeof v);
}

/* distance: less than COPY_APART.  Wide. */
static inline void copy_near(uint8_t *op, size_t distance, size_t len)
{
	const uint8_t *end = op + len;
	if (distance >= 8) {
		for (; op < end; op += 8)
			copy8(op, op - distance);
		return;
	}
	const struct copy_pattern *p = &copy_patterns[distance];
	uint64_t word = htole64((copy_load64(op - distance) & p->mask) * p->times);
	for (; op < end; op += p->step)
		memcpy(op, &word, sizeof word);
}

/* distance: COPY_APART at least.  Wide. */
static inline void copy_far(uint8_t *op, size_t distance, size_t len)
{
	for (const uint8_t *end = op + len; op < end; op += COPY_APART)
		copy16(op, op - distance);
}

/* len bytes from distance behind op.  wide: there is room for COPY_WIDE bytes more. */
static inline void copy_match(uint8_t *op, size_t distance, size_t len, bool wide)
{
	if (!wide) {
		for (; len > 0; len--, op++)
			*op = *(op - distance);
	} else if (distance < COPY_APART) {
		copy_near(op, distance, len);
	} else {
		copy_far(op, distance, len);
	}
}

#endif
