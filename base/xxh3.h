/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XXH3 as the header of libxxhash has it, but for what takes the time: that is compiled once more for wider registers. */
#ifndef BASE_XXH3_H
#define BASE_XXH3_H

#define XXH_INLINE_ALL /* the state's size is no part of the library's ABI */
#include <xxhash.h>

/* What XXH3_64bits_update and XXH3_128bits_update do, which are one. */
void xxh3_add(XXH3_state_t *state, const void *data, size_t len);

/* The same in what every processor of the family has; for the tests. */
void xxh3_add_portably(XXH3_state_t *state, const void *data, size_t len);

/* The same where __builtin_cpu_supports("avx2"); x86-64 only. */
void xxh3_avx2_add(XXH3_state_t *state, const void *data, size_t len);

#endif
