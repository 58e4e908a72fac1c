/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/pastblocks.h"

#include <stdlib.h>

#define PASTBLOCKS_FIRST 1024u

void pastblocks_free(struct pastblocks *p)
{
	free(p->prints);
	*p = (struct pastblocks){0};
}

static uint64_t mix(uint64_t seed, uint64_t value)
{
	uint64_t x = (seed ^ value) * 0x9e3779b97f4a7c15u;
	return x ^ x >> 29;
}

static uint32_t print_of(const struct block_header *h, uint64_t content)
{
	uint64_t x = mix(content, (uint64_t)h->number << 32 | h->len);
	x = mix(x, (uint64_t)h->session_time << 32 | h->session_id);
	uint32_t print = (uint32_t)(mix(x, h->version) >> 32);
	return print ? print : 1;
}

uint32_t pastblocks_print(const uint8_t *block, const struct block_header *h, bool has_checksum)
{
	return print_of(h, has_checksum ? h->checksum : block_checksum(block, h));
}

uint32_t pastblocks_place(const struct block_header *h)
{
	return print_of(h, 0xdafa1e5e0b10c5u);
}

/* Where it is, or the free place where it would be. */
static size_t place_of(const struct pastblocks *p, uint32_t print)
{
	size_t at = (print * 0x9e3779b1u) & (p->cap - 1);
	while (p->prints[at] != 0 && p->prints[at] != print)
		at = (at + 1) & (p->cap - 1);
	return at;
}

bool pastblocks_had(const struct pastblocks *p, uint32_t print)
{
	return p->cap > 0 && p->prints[place_of(p, print)] == print;
}

static bool widen(struct pastblocks *p, struct buf_pool *pool)
{
	struct pastblocks wider = {.cap = p->cap ? p->cap * 2 : PASTBLOCKS_FIRST, .count = p->count};
	uint64_t more = (wider.cap - p->cap) * sizeof *p->prints;
	if (!buf_pool_allows(pool, more) || (wider.prints = calloc(wider.cap, sizeof *p->prints)) == NULL)
		return false;
	buf_pool_charge(pool, more);
	for (size_t i = 0; i < p->cap; i++) {
		if (p->prints[i])
			wider.prints[place_of(&wider, p->prints[i])] = p->prints[i];
	}
	free(p->prints);
	*p = wider;
	return true;
}

void pastblocks_add(struct pastblocks *p, uint32_t print, struct buf_pool *pool)
{
	/* Three quarters full; one place is always free. */
	if (p->count >= p->cap / 4 * 3 && !widen(p, pool))
		return;
	size_t at = place_of(p, print);
	p->count += p->prints[at] == 0;
	p->prints[at] = print;
}
