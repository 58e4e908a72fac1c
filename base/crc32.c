/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CRC is what is left of a polynomial, divided: 256 bytes of it may be put, each bit by what its place leaves of the division, onto the
 * 256 bytes behind them, and nothing changes.  So all of them but the last are folded away by multiplications without carries, and what is
 * left, 256 bytes and the odd ones, is libdeflate's.  ("Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel,
 * 2009; libdeflate up to 1.19 does the same 16 bytes at a time, which takes twice as long and more.) */
#include "base/crc32.h"

#include <libdeflate.h>

static uint32_t add_portably(uint32_t crc, const void *data, size_t len)
{
	return libdeflate_crc32(crc, data, len);
}

#ifdef __x86_64__

#include <immintrin.h>
#include <stdbool.h>

#define FOLD_BYTES 256u
#define LEAST_BYTES 1024u /* below, folding wins nothing */

/* What x^(2048 - 33) and x^(2048 + 31) leave, lowest bit first: for the later and the earlier eight bytes of sixteen.  (33 = 32 + 1 and
 * 31 = 64 - 33: a product of such mirrored numbers stands one bit too low, and a remainder of 32 bits 32 bits too high in its word.) */
#define LATER 0xe95c1271
#define EARLIER 0xce3371cb

/* Folds bytes, a multiple of FOLD_BYTES and at least two of them, into left.  crc: as it is between bytes, not turned. */
typedef void folding(uint32_t crc, const uint8_t *p, size_t bytes, uint8_t left[static FOLD_BYTES]);

#define LOAD(offset) _mm256_loadu_si256((const void *)(p + (offset)))
#define FOLD(v, offset) \
	v = _mm256_xor_si256(_mm256_xor_si256(_mm256_clmulepi64_epi128(v, by, 0x00), _mm256_clmulepi64_epi128(v, by, 0x11)), LOAD(offset))
#define STORE(v, offset) _mm256_storeu_si256((void *)(left + (offset)), v)

__attribute__((target("avx2,pclmul,vpclmulqdq"))) static void fold_avx2(uint32_t crc, const uint8_t *p, size_t bytes,
									uint8_t left[static FOLD_BYTES])
{
	const __m256i by = _mm256_set_epi64x(LATER, EARLIER, LATER, EARLIER);
	const uint8_t *end = p + bytes;
	__m256i a = LOAD(0), b = LOAD(32), c = LOAD(64), d = LOAD(96), e = LOAD(128), f = LOAD(160), g = LOAD(192), h = LOAD(224);
	a = _mm256_xor_si256(a, _mm256_set_epi32(0, 0, 0, 0, 0, 0, 0, (int)crc));
	for (p += FOLD_BYTES; p < end; p += FOLD_BYTES) {
		FOLD(a, 0);
		FOLD(b, 32);
		FOLD(c, 64);
		FOLD(d, 96);
		FOLD(e, 128);
		FOLD(f, 160);
		FOLD(g, 192);
		FOLD(h, 224);
	}
	STORE(a, 0);
	STORE(b, 32);
	STORE(c, 64);
	STORE(d, 96);
	STORE(e, 128);
	STORE(f, 160);
	STORE(g, 192);
	STORE(h, 224);
}

#undef LOAD
#undef FOLD
#undef STORE
#define LOAD(offset) _mm512_loadu_si512(p + (offset))
#define XOR3 0x96 /* what _mm512_ternarylogic_epi64 calls it */
#define FOLD(v, offset) \
	v = _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(v, by, 0x00), _mm512_clmulepi64_epi128(v, by, 0x11), LOAD(offset), XOR3)
#define STORE(v, offset) _mm512_storeu_si512(left + (offset), v)

__attribute__((target("avx512f,pclmul,vpclmulqdq"))) static void fold_avx512(uint32_t crc, const uint8_t *p, size_t bytes,
									     uint8_t left[static FOLD_BYTES])
{
	const __m512i by = _mm512_set_epi64(LATER, EARLIER, LATER, EARLIER, LATER, EARLIER, LATER, EARLIER);
	const uint8_t *end = p + bytes;
	__m512i a = LOAD(0), b = LOAD(64), c = LOAD(128), d = LOAD(192);
	a = _mm512_xor_si512(a, _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (int)crc));
	for (p += FOLD_BYTES; p < end; p += FOLD_BYTES) {
		FOLD(a, 0);
		FOLD(b, 64);
		FOLD(c, 128);
		FOLD(d, 192);
	}
	STORE(a, 0);
	STORE(b, 64);
	STORE(c, 128);
	STORE(d, 192);
}

static uint32_t add_folded(folding *fold, uint32_t crc, const uint8_t *p, size_t len)
{
	if (len < LEAST_BYTES)
		return add_portably(crc, p, len);
	uint8_t left[FOLD_BYTES];
	size_t bytes = len / FOLD_BYTES * FOLD_BYTES;
	fold(~crc, p, bytes, left);
	/* The CRC is in left already: libdeflate, which turns what it is given, is to begin with none. */
	return add_portably(add_portably(UINT32_MAX, left, sizeof left), p + bytes, len - bytes);
}

static uint32_t add_avx2(uint32_t crc, const void *data, size_t len)
{
	return add_folded(fold_avx2, crc, data, len);
}

static uint32_t add_avx512(uint32_t crc, const void *data, size_t len)
{
	return add_folded(fold_avx512, crc, data, len);
}

crc32_adding *crc32_form(size_t i)
{
	static crc32_adding *const forms[] = {add_portably, add_avx2, add_avx512};
	bool wide = __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx2");
	size_t count = !wide ? 1 : __builtin_cpu_supports("avx512f") ? 3 : 2;
	return i < count ? forms[i] : NULL;
}

uint32_t crc32_add(uint32_t crc, const void *data, size_t len)
{
	crc32_adding *add = add_portably;
	for (size_t i = 1; len >= LEAST_BYTES && crc32_form(i); i++)
		add = crc32_form(i);
	return add(crc, data, len);
}

#else

crc32_adding *crc32_form(size_t i)
{
	return i == 0 ? add_portably : NULL;
}

uint32_t crc32_add(uint32_t crc, const void *data, size_t len)
{
	return add_portably(crc, data, len);
}

#endif
