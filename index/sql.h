/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SQLite as the index uses it: statements whose values are bound and read straight down, and its errors in our words.  The only one that
 * includes sqlite3.h. */
#ifndef INDEX_SQL_H
#define INDEX_SQL_H

#include "base/bytes.h"
#include "base/err.h"

#include <sqlite3.h>

#define SQL_VALUE_BYTES ((int)16 << 20) /* the largest value that is read or written */

struct sql {
	sqlite3 *db;
	const char *path; /* in errors; lent */
};

/* make: it is made if it is not there.  path NULL: in memory.  Where it may be, it is opened to be written, too: what a process that was killed
 * left half done is undone by who comes next.  Nothing that a database brings with it runs: no trigger, no view, no
 * function that is not SQLite's own.  XE_FAILED, XE_PERMISSION. */
int sql_open(struct sql *q, const char *path, bool make, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void sql_close(struct sql *q);

/* What SQLite said last; rc: its code.  Returns e->code. */
int sql_fail(const struct sql *q, int rc, struct err *e);

/* Statements without values. */
int sql_run(const struct sql *q, const char *text, struct err *e) __attribute__((warn_unused_result));

/* *s: NULL at first, else it is made ready to be used again, and nothing is bound. */
int sql_prepare(const struct sql *q, sqlite3_stmt **s, const char *text, struct err *e) __attribute__((warn_unused_result));

/* 1: a row; 0: no more, and the statement is reset; < 0: an error. */
int sql_step(const struct sql *q, sqlite3_stmt *s, struct err *e) __attribute__((warn_unused_result));

/* Ends it before its last row. */
void sql_end(sqlite3_stmt *s);

/* One whole number.  0: there is none; 1. */
int sql_number(const struct sql *q, const char *text, int64_t *v, struct err *e) __attribute__((warn_unused_result));

/* ---- values of a statement, one behind the other ---- */

/* Bound: they are lent until the statement is reset. */
struct sql_put {
	sqlite3_stmt *s;
	int at;
	int rc; /* the first that was not SQLITE_OK */
};

static inline struct sql_put sql_put(sqlite3_stmt *s)
{
	return (struct sql_put){s, 0, SQLITE_OK};
}

void sql_put_number(struct sql_put *p, int64_t v);
void sql_put_bytes(struct sql_put *p, struct span v);
void sql_put_text(struct sql_put *p, const char *v); /* as bytes */
void sql_put_null(struct sql_put *p);

/* Read: what is of another kind, or out of its range, sets bad, yields 0 and sticks. */
struct sql_get {
	sqlite3_stmt *s;
	int at;
	bool bad;
};

static inline struct sql_get sql_get(sqlite3_stmt *s)
{
	return (struct sql_get){s, 0, false};
}

int64_t sql_get_number(struct sql_get *g, int64_t min, int64_t max);
static inline uint64_t sql_get_count(struct sql_get *g)
{
	return (uint64_t)sql_get_number(g, 0, INT64_MAX);
}
static inline uint32_t sql_get_u32(struct sql_get *g)
{
	return (uint32_t)sql_get_number(g, 0, UINT32_MAX);
}
/* Lent until the next step; empty for NULL. */
struct span sql_get_bytes(struct sql_get *g);
/* Such without a NUL, which is put behind it.  Longer ones are bad. */
void sql_get_text(struct sql_get *g, char *text, size_t text_bytes);

/* XE_DAMAGE, if something was bad. */
int sql_judge(const struct sql *q, const struct sql_get *g, struct err *e) __attribute__((warn_unused_result));

#endif
