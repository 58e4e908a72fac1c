/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_LIBSQLITE3

#include "index/sql.h"

#include <stdio.h>
#include <stdlib.h>

#define BUSY_MILLISECONDS 60000
#define DAMAGED "the index is damaged: remove it, and make it anew from the volumes"

/* ---- opening ---- */

/* Our own functions need none of this; a hostile schema might. */
static int guard(sqlite3 *db)
{
	static const struct {
		int what, value;
	} switches[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0}, {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	};
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof switches / sizeof *switches; i++)
		rc = sqlite3_db_config(db, switches[i].what, switches[i].value, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, SQL_VALUE_BYTES);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	return rc == SQLITE_OK ? sqlite3_busy_timeout(db, BUSY_MILLISECONDS) : rc;
}

/* Neither a URI nor one of SQLite's names that mean something. */
static char *plain_path(const char *path)
{
	size_t n = strlen(path) + 3;
	char *own = malloc(n);
	if (own)
		snprintf(own, n, "%s%s", path[0] == '/' ? "" : "./", path);
	return own;
}

int sql_open(struct sql *q, const char *path, bool make, struct err *e)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (make || path == NULL ? SQLITE_OPEN_CREATE : 0);
	char *own = path ? plain_path(path) : strdup(":memory:");
	*q = (struct sql){.path = path ? path : "the index in memory"};
	if (own == NULL)
		return err_memory(e, 0, "an index");
	int rc = sqlite3_open_v2(own, &q->db, flags, NULL);
	free(own);
	if (rc == SQLITE_OK)
		rc = guard(q->db);
	return rc == SQLITE_OK ? 0 : sql_fail(q, rc, e);
}

void sql_close(struct sql *q)
{
	sqlite3_close_v2(q->db);
	q->db = NULL;
}

/* ---- errors ---- */

/* SQLite does not always know what the system said. */
static int say_why(const struct sql *q, const char *what, struct err *e)
{
	int errnum = q->db ? sqlite3_system_errno(q->db) : 0;
	if (errnum != 0)
		return err_errno(e, XE_FAILED, errnum, "%s", what);
	return err_set(e, XE_FAILED, "%s (%s)", what, q->db ? sqlite3_errstr(sqlite3_extended_errcode(q->db)) : "no memory");
}

static int say(const struct sql *q, int rc, struct err *e)
{
	switch (rc & 0xff) {
	case SQLITE_NOMEM: return err_memory(e, 0, "the index");
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return err_set(e, XE_FAILED, "another process is at work on the index; once more when it has ended");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return err_set(e, XE_DAMAGE, DAMAGED " (%s)", sqlite3_errstr(rc));
	case SQLITE_FULL: return err_set(e, XE_FAILED, "no space is left for the index, which stays as it was");
	case SQLITE_READONLY:
	case SQLITE_PERM: return err_set(e, XE_PERMISSION, "the index cannot be written (%s)", sqlite3_errstr(rc));
	case SQLITE_CANTOPEN: return say_why(q, "cannot open the index", e);
	case SQLITE_IOERR: return say_why(q, "cannot read or write the index", e);
	default: return err_set(e, XE_FAILED, "the index: %s", q->db ? sqlite3_errmsg(q->db) : sqlite3_errstr(rc));
	}
}

int sql_fail(const struct sql *q, int rc, struct err *e)
{
	int code = say(q, rc, e);
	err_volume(e, q->path);
	return code;
}

int sql_judge(const struct sql *q, const struct sql_get *g, struct err *e)
{
	if (!g->bad)
		return 0;
	int code = err_set(e, XE_DAMAGE, DAMAGED " (a value in it is none that belongs there)");
	err_volume(e, q->path);
	return code;
}

/* ---- statements ---- */

int sql_run(const struct sql *q, const char *text, struct err *e)
{
	int rc = sqlite3_exec(q->db, text, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sql_fail(q, rc, e);
}

int sql_prepare(const struct sql *q, sqlite3_stmt **s, const char *text, struct err *e)
{
	if (*s) {
		sql_end(*s);
		return 0;
	}
	int rc = sqlite3_prepare_v3(q->db, text, -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
	return rc == SQLITE_OK ? 0 : sql_fail(q, rc, e);
}

int sql_step(const struct sql *q, sqlite3_stmt *s, struct err *e)
{
	int rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		return 1;
	int code = rc == SQLITE_DONE ? 0 : sql_fail(q, rc, e);
	sqlite3_reset(s);
	return code;
}

void sql_end(sqlite3_stmt *s)
{
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
}

int sql_number(const struct sql *q, const char *text, int64_t *v, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(q, &s, text, e);
	if (rc == 0)
		rc = sql_step(q, s, e);
	if (rc == 1)
		*v = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return rc;
}

/* ---- values ---- */

static void put(struct sql_put *p, int rc)
{
	p->rc = p->rc == SQLITE_OK ? rc : p->rc;
}

void sql_put_number(struct sql_put *p, int64_t v)
{
	put(p, sqlite3_bind_int64(p->s, ++p->at, v));
}

void sql_put_bytes(struct sql_put *p, struct span v)
{
	/* NULL would bind NULL. */
	put(p, sqlite3_bind_blob64(p->s, ++p->at, v.data ? (const void *)v.data : "", v.len, SQLITE_STATIC));
}

void sql_put_text(struct sql_put *p, const char *v)
{
	sql_put_bytes(p, (struct span){(const uint8_t *)v, strlen(v)});
}

void sql_put_null(struct sql_put *p)
{
	put(p, sqlite3_bind_null(p->s, ++p->at));
}

int64_t sql_get_number(struct sql_get *g, int64_t min, int64_t max)
{
	bool is = sqlite3_column_type(g->s, g->at) == SQLITE_INTEGER;
	int64_t v = sqlite3_column_int64(g->s, g->at++);
	g->bad = g->bad || !is || v < min || v > max;
	return g->bad ? 0 : v;
}

struct span sql_get_bytes(struct sql_get *g)
{
	int type = sqlite3_column_type(g->s, g->at);
	const void *data = sqlite3_column_blob(g->s, g->at);
	int n = sqlite3_column_bytes(g->s, g->at++);
	g->bad = g->bad || (type != SQLITE_BLOB && type != SQLITE_NULL);
	return g->bad || data == NULL ? (struct span){NULL, 0} : (struct span){data, (size_t)n};
}

void sql_get_text(struct sql_get *g, char *text, size_t text_bytes)
{
	struct span v = sql_get_bytes(g);
	g->bad = g->bad || v.len >= text_bytes || (v.len > 0 && memchr(v.data, 0, v.len));
	size_t n = g->bad ? 0 : v.len;
	if (n > 0)
		memcpy(text, v.data, n);
	text[n] = '\0';
}

#endif
