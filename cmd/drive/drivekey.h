/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key for a drive: from a secret's source, or by volume name from a crypto cache. */
#ifndef CMD_DRIVE_DRIVEKEY_H
#define CMD_DRIVE_DRIVEKEY_H

#include "base/secret.h"
#include "cryptocache.h"

struct drivekey_sources {
	const char *key;     /* SOURCE of the key, or NULL */
	const char *cache;   /* FILE, or NULL */
	const char *catalog; /* COMMAND in its stead (catalog.h), or NULL */
	const char *kek;     /* SOURCE, or NULL */
	bool raw;            /* key is 32 bytes or 64 hex digits */
};

struct drivekey {
	struct secret key; /* 32 bytes, as the drive gets them */
	char id[SECRET_ID_BYTES];
};

#define DRIVEKEY_NONE ((struct drivekey){.key = SECRET_NONE})

/* Can what was given be, together?  0 or the exit status of wrong usage. */
int drivekey_check(const char *verb, const struct drivekey_sources *s);

/* Are there keys by volume name? */
bool drivekey_by_name(const struct drivekey_sources *s);

/* Where they are, for messages: the cache's path, "the catalog". */
const char *drivekey_place(const struct drivekey_sources *s);

/* Reads the KEK (kek stays empty where there is none) and the keys by volume name, if there are any: cache becomes the crypto
 * cache or what the catalog command says.  XE_KEY and others. */
int drivekey_prepare(const struct drivekey_sources *s, struct secret *kek, struct cryptocache *cache, struct err *e)
	__attribute__((warn_unused_result));

/* From s->key, which drivekey_free forgets.  XE_KEY, and as secretsource_read. */
int drivekey_read(const struct drivekey_sources *s, const struct secret *kek, struct drivekey *k, struct err *e)
	__attribute__((warn_unused_result));

/* Of a cache's entry.  XE_KEY: it is no key, or kek does not open it. */
int drivekey_open(const struct cryptocache_entry *entry, const struct secret *kek, struct drivekey *k, struct err *e)
	__attribute__((warn_unused_result));

/* Wipes it.  Idempotent. */
void drivekey_free(struct drivekey *k);

#endif
