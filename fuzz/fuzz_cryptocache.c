/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a crypto cache.  What is read and written again reads as the same, in all four layouts. */
#include "fuzz/fuzz.h"

#include "cryptocache.h"

#include <string.h>

static void again(const struct cryptocache *c, struct cryptocache_layout layout)
{
	struct cryptocache back = CRYPTOCACHE_NONE;
	struct secret bytes = SECRET_NONE;
	struct err e = {0};
	if (cryptocache_serialize(c, layout, &bytes, &e) != 0 || cryptocache_parse(&back, bytes.data, bytes.len, &e) != 0)
		abort();
	if (back.count != c->count || (c->count && memcmp(back.entries, c->entries, c->count * sizeof *c->entries) != 0))
		abort();
	if (c->count && (back.layout.pointer_bytes != layout.pointer_bytes || back.layout.big_endian != layout.big_endian || back.trailing))
		abort();
	cryptocache_free(&back);
	secret_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct err e = {0};
	enum cryptocache_change change;
	if (cryptocache_parse(&c, data, size, &e) == 0) {
		for (unsigned i = 0; i < 4; i++)
			again(&c, (struct cryptocache_layout){i & 1 ? 4 : 8, i & 2});
		char name[CRYPTOCACHE_FIELD_BYTES] = "";
		if (c.count > 0)
			memcpy(name, c.entries[0].volume, sizeof name);
		if (cryptocache_put(&c, name, "key", 1, &change, &e) != 0 || cryptocache_find(&c, name) == NULL)
			abort();
		if (cryptocache_remove(&c, name, &e) != 0 || cryptocache_find(&c, name) != NULL)
			abort();
		again(&c, cryptocache_native());
	} else if (c.entries != NULL || e.text[0] == '\0') {
		abort();
	}
	cryptocache_free(&c);
	return 0;
}
