/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cryptocache.h"

#include "base/bytes.h"

#include <endian.h>
#include <string.h>

#define ID_BYTES 21u
#define HEADER_BYTES 32u
#define VERSION 1u
static const char id_bareos[ID_BYTES] = "BAREOS Crypto Cache\n";
static const char id_bacula[ID_BYTES] = "Bacula Crypto Cache\n";

struct cryptocache_layout cryptocache_native(void)
{
	return (struct cryptocache_layout){sizeof(void *), BYTE_ORDER == BIG_ENDIAN};
}

static size_t row_bytes(unsigned pointer_bytes)
{
	return (size_t)pointer_bytes * 2 + CRYPTOCACHE_FIELD_BYTES * 2 + sizeof(int64_t);
}

void cryptocache_free(struct cryptocache *c)
{
	secret_free(&c->pages);
	names_free(&c->names);
	*c = CRYPTOCACHE_NONE;
}

/* ---- rows in memory ---- */

/* Room for one more, zeroed; it counts only after c->count++. */
static int make_room(struct cryptocache *c, struct err *e)
{
	size_t used = c->count * sizeof *c->entries;
	if (c->count >= CRYPTOCACHE_ENTRIES_MAX)
		return err_set(e, XE_FAILED, "more than %zu entries", CRYPTOCACHE_ENTRIES_MAX);
	c->pages.len = used;
	int r = secret_grow(&c->pages, used + sizeof *c->entries, e);
	if (r != 0)
		return r;
	c->entries = (struct cryptocache_entry *)(void *)c->pages.data;
	memset(&c->entries[c->count], 0, sizeof *c->entries);
	return 0;
}

static int count_in(struct cryptocache *c, struct err *e)
{
	int r = names_add(&c->names, c->entries, sizeof *c->entries, c->count, e);
	if (r == 0)
		c->count++;
	return r;
}

struct cryptocache_entry *cryptocache_find(const struct cryptocache *c, const char *volume)
{
	size_t i = names_find(&c->names, c->entries, sizeof *c->entries, volume);
	return i == NAMES_ABSENT ? NULL : &c->entries[i];
}

int cryptocache_put(struct cryptocache *c, const char *volume, const char *key, int64_t now, enum cryptocache_change *change,
		    struct err *e)
{
	if (strlen(volume) >= CRYPTOCACHE_FIELD_BYTES || strlen(key) >= CRYPTOCACHE_FIELD_BYTES)
		return err_set(e, XE_USAGE, "a volume name or a key of more than %u characters", CRYPTOCACHE_FIELD_BYTES - 1);
	struct cryptocache_entry *entry = cryptocache_find(c, volume);
	*change = entry == NULL ? CRYPTOCACHE_ADDED : strcmp(entry->key, key) == 0 ? CRYPTOCACHE_SAME : CRYPTOCACHE_CHANGED;
	if (entry == NULL) {
		int r = make_room(c, e);
		if (r != 0)
			return r;
		entry = &c->entries[c->count];
		strcpy(entry->volume, volume);
		r = count_in(c, e);
		if (r != 0)
			return r;
	}
	memset(entry->key, 0, sizeof entry->key);
	strcpy(entry->key, key);
	entry->added = now;
	return 0;
}

int cryptocache_remove(struct cryptocache *c, const char *volume, struct err *e)
{
	size_t kept = 0, before = c->count;
	for (size_t i = 0; i < before; i++) {
		if (strcmp(c->entries[i].volume, volume) != 0)
			c->entries[kept++] = c->entries[i];
	}
	if (kept == before)
		return err_set(e, XE_KEY, "%s is not in the cache", volume);
	secret_wipe(&c->entries[kept], (before - kept) * sizeof *c->entries);
	names_free(&c->names);
	int r = 0;
	for (c->count = 0; r == 0 && c->count < kept;)
		r = count_in(c, e);
	return r;
}

int64_t cryptocache_expires(const struct cryptocache_entry *entry)
{
	return entry->added > INT64_MAX - CRYPTOCACHE_MAX_AGE_S ? INT64_MAX : entry->added + CRYPTOCACHE_MAX_AGE_S;
}

/* ---- the format ---- */

static uint32_t rd_32(struct rd *r, bool big_endian)
{
	uint32_t v = rd_le32(r);
	return big_endian ? __builtin_bswap32(v) : v;
}

static int64_t rd_64(struct rd *r, bool big_endian)
{
	uint64_t v = rd_be64(r);
	return (int64_t)(big_endian ? v : __builtin_bswap64(v));
}

/* A field up to its NUL; false if it has none. */
static bool rd_field(struct rd *r, char field[static CRYPTOCACHE_FIELD_BYTES])
{
	const uint8_t *at = rd_bytes(r, CRYPTOCACHE_FIELD_BYTES);
	const uint8_t *nul = at ? memchr(at, 0, CRYPTOCACHE_FIELD_BYTES) : NULL;
	memset(field, 0, CRYPTOCACHE_FIELD_BYTES);
	if (nul == NULL)
		return false;
	memcpy(field, at, (size_t)(nul - at));
	return true;
}

static bool rd_row(struct rd *r, struct cryptocache_layout layout, struct cryptocache_entry *entry)
{
	rd_bytes(r, (size_t)layout.pointer_bytes * 2);
	bool good = rd_field(r, entry->volume);
	good = rd_field(r, entry->key) && good;
	entry->added = rd_64(r, layout.big_endian);
	return good && !r->bad;
}

/* How many of count rows have both a name and a key, were they laid out like this. */
static size_t plausible_rows(const uint8_t *rows, size_t len, size_t count, struct cryptocache_layout layout)
{
	struct rd r = rd_over(rows, len);
	struct cryptocache_entry entry;
	size_t good = 0;
	for (size_t i = 0; i < count; i++)
		good += rd_row(&r, layout, &entry) && entry.volume[0] && entry.key[0];
	secret_wipe(&entry, sizeof entry);
	return good;
}

/* Bareos takes a file of which less than a row is left over; so both widths may fit a small one. */
static int find_width(struct cryptocache *c, const uint8_t *rows, size_t len, size_t count, struct err *e)
{
	struct cryptocache_layout wide = {8, c->layout.big_endian}, narrow = {4, c->layout.big_endian};
	bool fits_wide = len / row_bytes(8) == count, fits_narrow = len / row_bytes(4) == count;
	if (!fits_wide && !fits_narrow)
		return err_set(e, XE_DAMAGE, "byte 28: the header counts %zu entries, but %zu bytes follow it, which are %zu (or, of a "
			       "32-bit daemon, %zu); the file is damaged, or was cut", count, len, len / row_bytes(8),
			       len / row_bytes(4));
	/* A cache that was cut, or has bytes behind it, may be as long as one of the other width: the one whose rows all make
	 * sense it is; a whole wide one need not, daemons may have written an empty name. */
	fits_narrow = fits_narrow && plausible_rows(rows, len, count, narrow) == count;
	bool plausible = fits_wide && plausible_rows(rows, len, count, wide) == count;
	fits_wide = plausible || (len == count * row_bytes(8) && !fits_narrow);
	if (!fits_wide && !fits_narrow)
		return err_set(e, XE_DAMAGE, "the header counts %zu entries, but the %zu bytes behind it are not as many; the file is damaged, "
			       "or was cut", count, len);
	c->layout = fits_wide ? wide : narrow;
	if (count == 0)
		c->layout.pointer_bytes = cryptocache_native().pointer_bytes;
	c->trailing = len - count * row_bytes(c->layout.pointer_bytes);
	return 0;
}

static int parse_header(struct cryptocache *c, struct rd *r, size_t *count, struct err *e)
{
	if (rd_left(r) < HEADER_BYTES)
		return err_set(e, XE_DAMAGE, "is %zu bytes long, the header of a crypto cache alone has %u", rd_left(r), HEADER_BYTES);
	const uint8_t *id = rd_bytes(r, ID_BYTES);
	c->bacula = memcmp(id, id_bacula, ID_BYTES) == 0;
	if (!c->bacula && memcmp(id, id_bareos, ID_BYTES) != 0)
		return err_set(e, XE_DAMAGE, "byte 0: no crypto cache, which would begin with \"BAREOS Crypto Cache\"");
	rd_bytes(r, 3);
	uint32_t version = rd_le32(r);
	c->layout.big_endian = version == __builtin_bswap32(VERSION);
	if (version != VERSION && !c->layout.big_endian)
		return err_set(e, XE_DAMAGE, "byte 24: the version of this crypto cache is 0x%x, only %u is known", version, VERSION);
	*count = rd_32(r, c->layout.big_endian);
	if (*count > CRYPTOCACHE_ENTRIES_MAX)
		return err_set(e, XE_DAMAGE, "byte 28: the header counts %zu entries, more than %zu", *count, CRYPTOCACHE_ENTRIES_MAX);
	return 0;
}

int cryptocache_parse(struct cryptocache *c, const uint8_t *data, size_t len, struct err *e)
{
	struct rd r = rd_over(data, len);
	size_t count = 0;
	cryptocache_free(c);
	int rc = parse_header(c, &r, &count, e);
	if (rc == 0)
		rc = find_width(c, r.p, rd_left(&r), count, e);
	while (rc == 0 && c->count < count) {
		rc = make_room(c, e);
		if (rc == 0 && !rd_row(&r, c->layout, &c->entries[c->count]))
			rc = err_set(e, XE_DAMAGE, "byte %zu: entry %zu has a name or a key without an end",
				     HEADER_BYTES + c->count * row_bytes(c->layout.pointer_bytes), c->count + 1);
		if (rc == 0)
			rc = count_in(c, e);
	}
	if (rc != 0)
		cryptocache_free(c);
	return rc;
}

static void wr_32(struct wr *w, uint32_t v, bool big_endian)
{
	wr_be32(w, big_endian ? v : __builtin_bswap32(v));
}

static void wr_zeros(struct wr *w, size_t n)
{
	static const uint8_t zeros[16];
	wr_bytes(w, zeros, n);
}

int cryptocache_serialize(const struct cryptocache *c, struct cryptocache_layout layout, struct secret *bytes, struct err *e)
{
	size_t len = HEADER_BYTES + c->count * row_bytes(layout.pointer_bytes);
	int r = secret_new(bytes, len, e);
	if (r != 0)
		return r;
	struct wr w = wr_over(bytes->data, len);
	wr_bytes(&w, id_bareos, ID_BYTES);
	wr_zeros(&w, 3);
	wr_32(&w, VERSION, layout.big_endian);
	wr_32(&w, (uint32_t)c->count, layout.big_endian);
	for (size_t i = 0; i < c->count; i++) {
		const struct cryptocache_entry *entry = &c->entries[i];
		uint64_t added = (uint64_t)entry->added;
		wr_zeros(&w, (size_t)layout.pointer_bytes * 2);
		wr_bytes(&w, entry->volume, CRYPTOCACHE_FIELD_BYTES);
		wr_bytes(&w, entry->key, CRYPTOCACHE_FIELD_BYTES);
		wr_be64(&w, layout.big_endian ? added : __builtin_bswap64(added));
	}
	bytes->len = len;
	return 0;
}
