/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/volumehash.h"

#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct volumehash {
	XXH64_state_t all;
	bool marked;
	uint64_t before;     /* the mark, */
	XXH64_state_t since; /* and from there on */
};

struct volumehash *volumehash_new(void)
{
	struct volumehash *h = calloc(1, sizeof *h);
	if (h)
		XXH64_reset(&h->all, 0);
	return h;
}

void volumehash_free(struct volumehash *h)
{
	free(h);
}

void volumehash_add(struct volumehash *h, const void *data, size_t len)
{
	if (len == 0)
		return;
	XXH64_update(&h->all, data, len);
	if (h->marked)
		XXH64_update(&h->since, data, len);
}

void volumehash_mark(struct volumehash *h)
{
	h->marked = true;
	h->before = XXH64_digest(&h->all);
	XXH64_reset(&h->since, 0);
}

void volumehash_unmark(struct volumehash *h)
{
	h->marked = false;
}

uint64_t volumehash_end(struct volumehash *h, bool at_mark)
{
	uint64_t value = at_mark ? h->before : XXH64_digest(&h->all);
	if (at_mark)
		h->all = h->since;
	h->marked = false;
	return value;
}
