/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/xxh3.h"

void xxh3_add_portably(XXH3_state_t *state, const void *data, size_t len)
{
	XXH3_64bits_update(state, data, len);
}

void xxh3_add(XXH3_state_t *state, const void *data, size_t len)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2")) {
		xxh3_avx2_add(state, data, len);
		return;
	}
#endif
	xxh3_add_portably(state, data, len);
}
