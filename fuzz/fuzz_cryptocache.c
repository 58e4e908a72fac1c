/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a crypto cache.  What is read and written again reads as the same, in all four layouts; if a row has no name or no
 * key, for pointers of 8 bytes alone: in a cache of the other width such a row counts as a sign of damage. */
#include "fuzz/fuzz.h"

#include "cryptocache.h"

#include <string.h>

static bool has_odd_row(const struct cryptocache *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->entries[i].volume[0] == '\0' || c->entries[i].key[0] == '\0')
			return true;
	}
	return false;
}

static void again(const struct cryptocache *c, struct cryptocache_layout layout)
{
	struct cryptocache back = CRYPTOCACHE_NONE;
	struct secret bytes = SECRET_NONE;
	struct err e = {0};
	FUZZ_MUST(cryptocache_serialize(c, layout, &bytes, &e) == 0);
	int rc = cryptocache_parse(&back, bytes.data, bytes.len, &e);
	if (rc != 0 && layout.pointer_bytes == 4 && has_odd_row(c)) {
		secret_free(&bytes);
		return;
	}
	FUZZ_MUST(rc == 0);
	FUZZ_MUST(back.count == c->count);
	FUZZ_MUST(c->count == 0 || memcmp(back.entries, c->entries, c->count * sizeof *c->entries) == 0);
	FUZZ_MUST(c->count == 0 || (back.layout.pointer_bytes == layout.pointer_bytes && back.layout.big_endian == layout.big_endian));
	FUZZ_MUST(!back.trailing || c->count == 0);
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
		FUZZ_MUST(cryptocache_put(&c, name, "key", 1, &change, &e) == 0 && cryptocache_find(&c, name));
		FUZZ_MUST(cryptocache_remove(&c, name, &e) == 0 && cryptocache_find(&c, name) == NULL);
		again(&c, cryptocache_native());
	} else {
		FUZZ_MUST(c.entries == NULL && e.text[0]);
	}
	cryptocache_free(&c);
	return 0;
}
