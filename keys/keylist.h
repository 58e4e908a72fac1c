/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of volumes and their keys as people and programs hand them round: lines, tables, JSON, SQL. */
#ifndef KEYS_KEYLIST_H
#define KEYS_KEYLIST_H

#include "base/bytes.h"
#include "base/names.h"
#include "base/secret.h"
#include "cryptocache.h"

#include <stdio.h>

#define KEYLIST_FAULTS_MAX 20u
#define KEYLIST_FAULT_BYTES 200u
#define KEYLIST_ENTRIES_MAX CRYPTOCACHE_ENTRIES_MAX

struct keylist_entry {
	char volume[CRYPTOCACHE_FIELD_BYTES];
	char key[CRYPTOCACHE_FIELD_BYTES]; /* its text */
	char id[SECRET_ID_BYTES];          /* of the key within, or "" */
	size_t line;                       /* where it came from, from 1; 0: nowhere */
};

/* What is wrong with a line; never a byte of a key. */
struct keylist_fault {
	size_t line; /* 0: the whole */
	char text[KEYLIST_FAULT_BYTES];
};

struct keylist {
	struct keylist_entry *entries; /* in pages */
	size_t count;
	struct secret pages;
	struct names names;
	size_t keyless; /* volumes of a table that have no key */
	struct keylist_fault faults[KEYLIST_FAULTS_MAX];
	size_t fault_count; /* all of them, also those that faults has no room for */
};

#define KEYLIST_NONE ((struct keylist){.entries = NULL})

/* Idempotent. */
void keylist_free(struct keylist *list);

/* Notes a fault. */
void keylist_fault(struct keylist *list, size_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds an entry, or a fault if the name or the key is empty, too long, holds control characters, or the volume was there
 * with another key (with the same one it is passed over).  XE_FAILED. */
int keylist_add(struct keylist *list, struct span volume, struct span key, size_t line, struct err *e) __attribute__((warn_unused_result));

/* Faults for keys that are no base64 of a passphrase, no wrapped key and no raw key of xflate; takes padding off the
 * others.  XE_KEY: there was one. */
int keylist_check_keys(struct keylist *list, struct err *e) __attribute__((warn_unused_result));

/* list becomes what the cache holds.  XE_FAILED. */
int keylist_from_cache(struct keylist *list, const struct cryptocache *c, struct err *e) __attribute__((warn_unused_result));

enum keylist_format { KEYLIST_LINES, KEYLIST_JSON, KEYLIST_SQL };

/* "lines" (or "tsv"), "json", "sql"; false if it is none. */
bool keylist_format_parse(const char *name, enum keylist_format *format);

/* Writes the list.  old, if not NULL, has what the catalog holds now, entry for entry: SQL changes only rows that still
 * have that key.  XE_FAILED: a name that this format cannot hold; that the stream took all of it, the caller checks. */
int keylist_write(FILE *out, enum keylist_format format, const struct keylist *list, const struct keylist *old, struct err *e)
	__attribute__((warn_unused_result));

/* Is it what a catalog calls the column of Volume Names, that of keys?  And is this one of its rows without a key? */
bool keylist_names_volume(struct span heading);
bool keylist_names_key(struct span heading);
bool keylist_is_keyless(struct span key);

#endif
