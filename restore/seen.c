/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths by 64 bits of a hash alone: of 10^8 of them two are taken for one in one run of 4,000, and then a file of the run before might be
 * replaced by its own backup.  The seed is drawn, lest volumes are made to fit. */
#include "restore/seen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIRST_SLOTS 1024u

static uint64_t seed(void)
{
	static uint64_t drawn;
	if (drawn == 0 && getrandom(&drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
		drawn = 1;
	return drawn;
}

static uint64_t hash_of(const char *path)
{
	uint64_t h = XXH3_64bits_withSeed(path, strlen(path), seed());
	return h ? h : 1;
}

/* Where it is, or would be. */
static size_t slot_of(const struct seen *s, uint64_t hash)
{
	size_t i = (size_t)hash & (s->slot_count - 1);
	while (s->slots[i] != 0 && s->slots[i] != hash)
		i = (i + 1) & (s->slot_count - 1);
	return i;
}

void seen_free(struct seen *s)
{
	free(s->slots);
	*s = SEEN_NONE;
}

static int grow(struct seen *s, struct err *e)
{
	struct seen larger = {.slot_count = s->slot_count ? s->slot_count * 2 : FIRST_SLOTS, .used = s->used};
	larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
	if (larger.slots == NULL)
		return err_memory(e, larger.slot_count * sizeof *larger.slots, "the paths that were made");
	for (size_t i = 0; i < s->slot_count; i++) {
		if (s->slots[i] != 0)
			larger.slots[slot_of(&larger, s->slots[i])] = s->slots[i];
	}
	free(s->slots);
	*s = larger;
	return 0;
}

int seen_add(struct seen *s, const char *path, struct err *e)
{
	int rc = s->used >= s->slot_count / 2 ? grow(s, e) : 0;
	if (rc != 0)
		return rc;
	uint64_t hash = hash_of(path);
	size_t at = slot_of(s, hash);
	s->used += s->slots[at] == 0;
	s->slots[at] = hash;
	return 0;
}

bool seen_has(const struct seen *s, const char *path)
{
	if (s->slot_count == 0)
		return false;
	return s->slots[slot_of(s, hash_of(path))] != 0;
}
