/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For LD_PRELOAD: the clock stands still and chance is always the same, so that two runs of one command write the same bytes:
 * keys, shares, caches, bundles, names of temporaries.  Part of tests/behaviour alone.  The monotonic clock goes on. */
#include <stdatomic.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/types.h>
#include <time.h>

#define NOW 1796083200 /* 2026-12-01 00:00:00 UTC */

int RAND_bytes(unsigned char *out, int len);
int RAND_priv_bytes(unsigned char *out, int len);

/* An own row of numbers for each kind of caller: that one of them asks once more changes nothing for the others. */
static void chance(_Atomic uint32_t *state, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint32_t x = atomic_fetch_add(state, 0x9e3779b9) * 0x85ebca6b;
		out[i] = (uint8_t)((x ^ x >> 15) * 0xc2b2ae35 >> 24);
	}
}

ssize_t getrandom(void *out, size_t len, unsigned flags)
{
	static _Atomic uint32_t state = 1;
	(void)flags;
	chance(&state, out, len);
	return (ssize_t)len;
}

int RAND_bytes(unsigned char *out, int len)
{
	static _Atomic uint32_t state = 2;
	chance(&state, out, (size_t)len);
	return 1;
}

int RAND_priv_bytes(unsigned char *out, int len)
{
	static _Atomic uint32_t state = 3;
	chance(&state, out, (size_t)len);
	return 1;
}

time_t time(time_t *t)
{
	if (t)
		*t = NOW;
	return NOW;
}
