/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New keys of volumes as statements for the catalog: SQL for PostgreSQL, and behind "-- bconsole: " lines for the console.
 *
 * A volume is in the table Media already, or it is not; and a director keeps the key of a record whose volume it has yet to
 * label, if "label" is said without "encrypt" (formats/keys-and-drives.md 8.1).  So: a record is made where there is none,
 * and gets its key where it has none; at the end the database counts, and divides by zero unless all have theirs, which
 * undoes them all. */
#ifndef KEYS_CATALOG_SQL_H
#define KEYS_CATALOG_SQL_H

#include "keys/keylist.h"

struct catalog_sql {
	const char *pool, *media_type; /* of records that are made; NULL: none are */
	const char *storage;           /* in lines for the console; NULL: STORAGE */
};

/* May these names stand in statements and console lines?  XE_USAGE. */
int catalog_sql_check(const struct catalog_sql *sql, struct err *e) __attribute__((warn_unused_result));

/* All but the end.  old, if not NULL, has keys that may be replaced, by volume; of a purged volume only, as the director
 * does it.  What the stream took the caller checks. */
void catalog_sql_write(FILE *out, const struct catalog_sql *sql, const struct keylist *list, const struct cryptocache *old);

/* The end, without which nothing is changed. */
void catalog_sql_commit(FILE *out);

/* A piece of a statement, and 'TEXT' behind it: its quotes are doubled. */
void catalog_sql_put(FILE *out, const char *before, const char *text);

#endif
