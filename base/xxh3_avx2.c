/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header of libxxhash once more, for AVX2, in which it takes half the time; AVX-512 wins nothing beyond that.  (libxxhash has a choice at
 * run time of its own, but is not built with it everywhere.)  The state is laid out alike. */
#ifdef __x86_64__

#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

#define XXH_VECTOR 2 /* XXH_AVX2, which is no name yet */
#include "base/xxh3.h"

void xxh3_avx2_add(XXH3_state_t *state, const void *data, size_t len)
{
	XXH3_64bits_update(state, data, len);
}

#ifdef __clang__
#pragma clang attribute pop
#endif

#endif
