/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cryptomem.h"

#include "base/quit.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static void *or_give_up(void *p)
{
	if (p == NULL)
		quit_now("xflate: out of memory (in libcrypto)\n");
	return p;
}

static void *allocate(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n ? or_give_up(malloc(n)) : NULL;
}

static void *reallocate(void *old, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (n > 0)
		return or_give_up(realloc(old, n));
	free(old);
	return NULL;
}

static void release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

void cryptomem_guard(void)
{
	(void)CRYPTO_set_mem_functions(allocate, reallocate, release);
}
