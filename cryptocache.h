/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crypto cache of a storage daemon: which volume has which key, for the time when there is no director to ask.
 *
 * The file is the daemon's memory written as it lay there (formats/keys-and-drives.md 4): a header of 32 bytes and rows
 * of 280 (or, of 32-bit daemons, 272), in the byte order of the writer.  All of those are read; what is written is as a
 * daemon on this machine writes it, with zeros where it would have its pointers. */
#ifndef CRYPTOCACHE_H
#define CRYPTOCACHE_H

#include "base/names.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

#define CRYPTOCACHE_FIELD_BYTES 128u /* of a volume name or a key, with the NUL */
#define CRYPTOCACHE_MAX_AGE_S ((int64_t)60 * 24 * 60 * 60)
#define CRYPTOCACHE_ENTRIES_MAX ((size_t)1 << 18)

struct cryptocache_entry {
	char volume[CRYPTOCACHE_FIELD_BYTES];
	char key[CRYPTOCACHE_FIELD_BYTES]; /* its text, as catalog and daemon have it */
	int64_t added;                     /* Unix seconds */
};

struct cryptocache_layout {
	unsigned pointer_bytes; /* 4 or 8 */
	bool big_endian;
};

struct cryptocache {
	struct cryptocache_entry *entries; /* in pages */
	size_t count;
	struct secret pages;
	struct names names;
	/* What was read. */
	struct cryptocache_layout layout;
	bool bacula;     /* it has the id of the patched Bacula that was before Bareos */
	size_t trailing; /* bytes behind the last entry, less than one: a daemon passes over them */
};

#define CRYPTOCACHE_NONE ((struct cryptocache){.entries = NULL})

/* What a daemon on this machine writes. */
struct cryptocache_layout cryptocache_native(void);

/* Idempotent. */
void cryptocache_free(struct cryptocache *c);

/* c becomes what the bytes say; the entries are as the file has them, expired or double.  XE_DAMAGE, XE_FAILED. */
int cryptocache_parse(struct cryptocache *c, const uint8_t *data, size_t len, struct err *e) __attribute__((warn_unused_result));

/* The bytes of a file in this layout.  XE_FAILED. */
int cryptocache_serialize(const struct cryptocache *c, struct cryptocache_layout layout, struct secret *bytes, struct err *e)
	__attribute__((warn_unused_result));

/* The first entry of this name, case and all, or NULL.  Borrowed until the cache changes. */
struct cryptocache_entry *cryptocache_find(const struct cryptocache *c, const char *volume);

enum cryptocache_change { CRYPTOCACHE_ADDED, CRYPTOCACHE_CHANGED, CRYPTOCACHE_SAME };

/* The volume has this key from now on; an entry that is there keeps its place and becomes as new.  Never drops another.
 * Both texts have at most 127 characters.  XE_FAILED, XE_USAGE. */
int cryptocache_put(struct cryptocache *c, const char *volume, const char *key, int64_t now, enum cryptocache_change *change, struct err *e)
	__attribute__((warn_unused_result));

/* Takes all entries of this name out.  XE_KEY: there is none. */
int cryptocache_remove(struct cryptocache *c, const char *volume, struct err *e) __attribute__((warn_unused_result));

/* When the daemon's next change of the file drops the entry; saturates. */
int64_t cryptocache_expires(const struct cryptocache_entry *entry);

/* ---- files ---- */

/* Reads a file, "-" is standard input.  Nothing is changed or removed, whatever it holds.  XE_FAILED, XE_DAMAGE. */
int cryptocache_read(struct cryptocache *c, const char *path, struct err *e) __attribute__((warn_unused_result));

/* Reads the file under a lock, lets change edit it, and puts the new one in its place, whole: other writers wait, readers
 * see the old or the new one.  It keeps mode and owner; a new one has 0600.  create: a file that is missing is an empty
 * cache.  change returns 0 to write, above 0 to leave the file alone, or an error; it may be called more than once, each
 * time with the file as it is then.  On any failure the file stays as it was.  XE_FAILED, XE_DAMAGE, XE_PERMISSION. */
int cryptocache_update(const char *path, bool create, int (*change)(struct cryptocache *c, void *arg, struct err *e), void *arg,
		       struct err *e) __attribute__((warn_unused_result));

#endif
