/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_LIBSQLITE3

#include "index/fileindex.h"

#include "base/array.h"
#include "base/io.h"
#include "index/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define APPLICATION_ID 0x78664978 /* "xfIx" */
#define VERSION 1
#define CACHE_BYTES ((uint64_t)256 << 20)
#define CACHE_LEAST_BYTES ((uint64_t)2 << 20)

#define HEADER_BYTES 100
static const char MAGIC[16] = "SQLite format 3";

#define TEXT_OF(number) #number
#define AS_TEXT(number) TEXT_OF(number)

/* docs/index-format.md tells what each column is.  Names are BLOBs: bytes, whatever the client called its files. */
const char fileindex_tables[] =
	"CREATE TABLE volume(id INTEGER PRIMARY KEY, name BLOB NOT NULL, label_time INTEGER NOT NULL, pool BLOB NOT NULL, media_type BLOB "
	"NOT "
	"NULL, product INTEGER NOT NULL, path BLOB NOT NULL, size INTEGER NOT NULL, last_at INTEGER NOT NULL, last_bytes INTEGER NOT NULL, "
	"last_hash INTEGER NOT NULL, damages INTEGER NOT NULL, gone INTEGER NOT NULL, UNIQUE(name, label_time));"
	"CREATE TABLE job(id INTEGER PRIMARY KEY, session_id INTEGER NOT NULL, session_time INTEGER NOT NULL, begun INTEGER NOT NULL, "
	"ended "
	"INTEGER NOT NULL, job_id INTEGER NOT NULL, job BLOB NOT NULL, job_name BLOB NOT NULL, client BLOB NOT NULL, fileset BLOB NOT "
	"NULL, "
	"fileset_md5 BLOB NOT NULL, pool BLOB NOT NULL, type INTEGER NOT NULL, level INTEGER NOT NULL, start_time INTEGER NOT NULL, "
	"end_time "
	"INTEGER NOT NULL, end_level INTEGER NOT NULL, status INTEGER NOT NULL, job_files INTEGER NOT NULL, job_bytes INTEGER NOT NULL, "
	"errors "
	"INTEGER NOT NULL, missing INTEGER NOT NULL, damaged INTEGER NOT NULL, files INTEGER NOT NULL, bytes INTEGER NOT NULL);"
	"CREATE INDEX job_session ON job(session_time, session_id);"
	"CREATE TABLE job_volume(job INTEGER NOT NULL, ordinal INTEGER NOT NULL, volume INTEGER NOT NULL, PRIMARY KEY(job, ordinal)) "
	"WITHOUT "
	"ROWID;"
	"CREATE INDEX job_volume_volume ON job_volume(volume);"
	"CREATE TABLE folder(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, parent INTEGER);"
	"CREATE INDEX folder_parent ON folder(parent);"
	"CREATE TABLE job_folder(job INTEGER NOT NULL, folder INTEGER NOT NULL, PRIMARY KEY(job, folder)) WITHOUT ROWID;"
	"CREATE TABLE path(id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, name BLOB NOT NULL, UNIQUE(folder, name));"
	"CREATE TABLE file(id INTEGER PRIMARY KEY, path INTEGER NOT NULL, text_index INTEGER NOT NULL, type INTEGER NOT NULL, mode INTEGER "
	"NOT "
	"NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL, links INTEGER NOT NULL, size INTEGER NOT NULL, atime INTEGER NOT NULL, mtime "
	"INTEGER "
	"NOT NULL, ctime INTEGER NOT NULL, system INTEGER NOT NULL, inode INTEGER NOT NULL, device INTEGER NOT NULL, link BLOB, link_index "
	"INTEGER NOT NULL, stat_stream INTEGER NOT NULL, extended BLOB, bytes INTEGER NOT NULL, stored INTEGER NOT NULL, data_stream "
	"INTEGER NOT "
	"NULL, digest_kind INTEGER, digest BLOB, verdict INTEGER NOT NULL, flags INTEGER NOT NULL, first_volume INTEGER NOT NULL, first_at "
	"INTEGER NOT NULL, last_volume INTEGER NOT NULL, last_at INTEGER NOT NULL);"
	"INSERT INTO folder VALUES(1, x'', NULL);";

const char fileindex_indexes[] = "CREATE INDEX path_name ON path(name);"
				 "CREATE INDEX file_path ON file(path);";
const char fileindex_no_indexes[] = "DROP INDEX path_name;"
				    "DROP INDEX file_path;";

/* For people with an SQL shell; we never look at it. */
static const char view[] =
	"CREATE VIEW version AS SELECT CAST(o.name || p.name AS TEXT) AS name, f.id >> 32 AS job, f.id & 2147483647 AS file_index, "
	"datetime(f.mtime, 'unixepoch') AS modified, f.size AS size, CAST(j.job AS TEXT) AS job_name, CAST(j.client AS TEXT) AS client, "
	"CAST(v.name AS TEXT) AS volume, f.first_at AS address, CASE f.verdict WHEN 0 THEN '' WHEN 1 THEN 'proven' WHEN 2 THEN 'plausible' "
	"WHEN 3 THEN 'closed' WHEN 4 THEN 'cut' ELSE 'damaged' END AS verdict FROM file f JOIN path p ON p.id = f.path JOIN folder o ON "
	"o.id = "
	"p.folder JOIN job j ON j.id = f.id >> 32 JOIN volume v ON v.id = f.first_volume;";

/* ---- is it ours? ---- */

static int refuse(const char *path, const char *why, struct err *e)
{
	err_volume(e, path);
	return err_set(e, XE_USAGE, "%s: it stays as it is; name another file for the index", why);
}

static int read_header(const char *path, uint8_t head[static HEADER_BYTES], size_t *got, struct err *e)
{
	struct io in = IO_CLOSED;
	int rc = io_open_input(&in, path, e);
	if (rc == 0)
		rc = io_is_file(&in) ? io_read_at(&in, 0, head, HEADER_BYTES, got, e) : refuse(path, "this is no file", e);
	io_close(&in);
	return rc;
}

/* "SQLite format 3", NUL; from byte 60 on user_version, 4 bytes of something else, application_id. */
static int judge_header(const char *path, const uint8_t *head, size_t n, struct err *e)
{
	struct rd r = rd_over(head, n);
	const uint8_t *magic = rd_bytes(&r, sizeof MAGIC);
	if (magic == NULL || memcmp(magic, MAGIC, sizeof MAGIC) != 0)
		return refuse(path, "this is no SQLite database", e);
	rd_bytes(&r, 60 - sizeof MAGIC);
	uint32_t version = rd_be32(&r);
	rd_bytes(&r, 4);
	if (rd_be32(&r) != APPLICATION_ID || r.bad)
		return refuse(path, "this is an SQLite database of another program", e);
	return version <= VERSION ? 0 : refuse(path, "this index is of a newer xflate, whose tables this one does not know", e);
}

/* Before SQLite, which would finish what others began in it, touches it.  *fresh: there is nothing in it yet. */
static int look(const char *path, bool write, bool *fresh, struct err *e)
{
	*fresh = access(path, F_OK) != 0 && errno == ENOENT;
	if (*fresh && !write) {
		err_volume(e, path);
		return err_set(e, XE_USAGE, "there is no such index; xflate find --index FILE --update VOLUME... makes one");
	}
	uint8_t head[HEADER_BYTES];
	size_t got = 0;
	int rc = *fresh ? 0 : read_header(path, head, &got, e);
	*fresh = rc == 0 && got == 0;
	return rc != 0 || *fresh ? rc : judge_header(path, head, got, e);
}

/* Each of our tables and indexes is as we make it. */
static int compare_tables(struct fileindex *x, struct err *e)
{
	struct sql ours;
	sqlite3_stmt *want = NULL, *have = NULL;
	int rc = sql_open(&ours, NULL, true, e);
	if (rc == 0)
		rc = sql_run(&ours, fileindex_tables, e);
	if (rc == 0)
		rc = sql_run(&ours, fileindex_indexes, e);
	if (rc == 0)
		rc = sql_prepare(&ours, &want, "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL", e);
	if (rc == 0)
		rc = sql_prepare(&x->sql, &have, "SELECT sql FROM sqlite_master WHERE type = ? AND name = ?", e);
	while (rc == 0 && (rc = sql_step(&ours, want, e)) == 1) {
		sql_end(have);
		int bound = sqlite3_bind_text(have, 1, (const char *)sqlite3_column_text(want, 0), -1, SQLITE_TRANSIENT);
		if (bound == SQLITE_OK)
			bound = sqlite3_bind_text(have, 2, (const char *)sqlite3_column_text(want, 1), -1, SQLITE_TRANSIENT);
		rc = bound == SQLITE_OK ? sql_step(&x->sql, have, e) : sql_fail(&x->sql, bound, e);
		const char *sql = rc == 1 ? (const char *)sqlite3_column_text(have, 0) : NULL;
		const char *wanted = (const char *)sqlite3_column_text(want, 2);
		if (rc >= 0)
			rc = sql && wanted && strcmp(sql, wanted) == 0
				     ? 0
				     : err_set(e, XE_DAMAGE, "its tables are not those of an index; remove it, and make it anew");
	}
	sqlite3_finalize(have);
	sqlite3_finalize(want);
	sql_close(&ours);
	return rc;
}

/* ---- opening ---- */

static int make_tables(struct fileindex *x, struct err *e)
{
	int rc = sql_run(&x->sql, "BEGIN IMMEDIATE", e);
	int64_t there = 0;
	/* Another process may have been faster. */
	if (rc == 0)
		rc = sql_number(&x->sql, "SELECT count(*) FROM sqlite_master", &there, e);
	rc = rc < 0 ? rc : 0;
	if (rc == 0 && there == 0) {
		rc = sql_run(&x->sql, fileindex_tables, e);
		if (rc == 0)
			rc = sql_run(&x->sql, fileindex_indexes, e);
		if (rc == 0)
			rc = sql_run(&x->sql, view, e);
		if (rc == 0)
			rc = sql_run(&x->sql,
				     "PRAGMA application_id = " AS_TEXT(APPLICATION_ID) "; PRAGMA user_version = " AS_TEXT(VERSION), e);
	}
	return rc == 0 ? sql_run(&x->sql, "COMMIT", e) : rc;
}

/* It is new; or was, when its maker was killed, and SQLite has undone what there was. */
static int make_if_empty(struct fileindex *x, struct err *e)
{
	int64_t tables = 0;
	int rc = sql_number(&x->sql, "SELECT count(*) FROM sqlite_master", &tables, e);
	return rc < 0 ? rc : tables == 0 ? make_tables(x, e) : 0;
}

static int settle(struct fileindex *x, bool write, uint64_t cache_bytes, struct err *e)
{
	char text[160];
	uint64_t bytes = cache_bytes == 0 ? CACHE_BYTES : cache_bytes < CACHE_LEAST_BYTES ? CACHE_LEAST_BYTES : cache_bytes;
	snprintf(text, sizeof text, "PRAGMA cache_size = -%llu; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA query_only = %s",
		 (unsigned long long)(bytes >> 10), write ? "OFF" : "ON");
	return sql_run(&x->sql, text, e);
}

/* By us, as far as its pages say so, in the encoding in which we compare. */
static int check(struct fileindex *x, struct err *e)
{
	int64_t id = 0, version = 0;
	int rc = sql_number(&x->sql, "PRAGMA application_id", &id, e);
	if (rc == 1)
		rc = sql_number(&x->sql, "PRAGMA user_version", &version, e);
	if (rc == 1 && (id != APPLICATION_ID || version != VERSION))
		return refuse(x->sql.path, "this is an SQLite database of another program", e);
	return rc == 1 ? compare_tables(x, e) : rc < 0 ? rc : err_set(e, XE_DAMAGE, "it holds no index; remove it, and make it anew");
}

static int open_index(struct fileindex *x, enum fileindex_access access, uint64_t cache_bytes, struct err *e)
{
	bool fresh = true, write = access == FILEINDEX_WRITE || x->path == NULL;
	int rc = x->path ? look(x->path, write, &fresh, e) : 0;
	if (rc == 0)
		rc = sql_open(&x->sql, x->path, fresh, e);
	if (rc == 0)
		rc = settle(x, write, cache_bytes, e);
	if (rc == 0 && write)
		rc = make_if_empty(x, e);
	return rc == 0 ? check(x, e) : rc;
}

bool fileindex_is_there(void)
{
	return true;
}

struct fileindex *fileindex_open(const char *path, enum fileindex_access access, uint64_t cache_bytes, struct err *e)
{
	struct fileindex *x = calloc(1, sizeof *x);
	char *own = path ? strdup(path) : NULL;
	if (x == NULL || (path && own == NULL)) {
		free(x);
		free(own);
		err_memory(e, sizeof *x, "an index");
		return NULL;
	}
	x->path = own;
	if (open_index(x, access, cache_bytes, e) == 0)
		return x;
	if (path)
		err_volume(e, path);
	fileindex_free(x);
	return NULL;
}

void fileindex_free(struct fileindex *x)
{
	if (x == NULL)
		return;
	fileindex_rollback(x);
	for (int i = 0; i < INSIDE_STATEMENTS; i++)
		sqlite3_finalize(x->statements[i]);
	sql_close(&x->sql);
	fileindex_strings_free(&x->strings);
	free(x->volume_path.text);
	free(x->folder.text);
	free(x->tallies);
	free(x->path);
	free(x);
}

/* ---- what its files share ---- */

sqlite3_stmt *fileindex_statement(struct fileindex *x, enum inside_statement which, const char *text, struct err *e)
{
	return sql_prepare(&x->sql, &x->statements[which], text, e) == 0 ? x->statements[which] : NULL;
}

int fileindex_bound(struct fileindex *x, const struct sql_put *p, struct err *e)
{
	return p->rc == SQLITE_OK ? 0 : sql_fail(&x->sql, p->rc, e);
}

int fileindex_step(struct fileindex *x, const struct sql_put *p, struct err *e)
{
	int rc = fileindex_bound(x, p, e);
	return rc == 0 ? sql_step(&x->sql, p->s, e) : rc;
}

int fileindex_keep(struct fileindex *x, struct inside_text *t, struct span a, struct span b, struct err *e)
{
	char *room = array_reach(t->text, &t->cap, a.len + b.len, 1);
	if (room == NULL)
		return err_memory(e, a.len + b.len, "a name");
	t->text = room;
	if (a.len > 0)
		memcpy(room, a.data, a.len);
	if (b.len > 0)
		memcpy(room + a.len, b.data, b.len);
	room[a.len + b.len] = '\0';
	const struct sql_get g = {.bad = strlen(room) != a.len + b.len};
	return sql_judge(&x->sql, &g, e);
}

void fileindex_strings_free(struct inside_strings *s)
{
	free(s->name.text);
	free(s->link.text);
	free(s->extended.text);
}

/* ---- transactions ---- */

int fileindex_begin(struct fileindex *x, struct err *e)
{
	int64_t row = 0;
	int rc = sql_run(&x->sql, "BEGIN IMMEDIATE", e);
	if (rc != 0)
		return rc;
	x->begun = true;
	rc = sql_number(&x->sql, "SELECT 1 FROM file LIMIT 1", &row, e);
	x->bulk = rc == 0;
	if (x->bulk)
		rc = sql_run(&x->sql, fileindex_no_indexes, e);
	return rc < 0 ? rc : 0;
}

static int write_tallies(struct fileindex *x, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < x->tally_count; i++) {
		sqlite3_stmt *s = fileindex_statement(x, INSIDE_COUNT_JOB,
						      "UPDATE job SET files = max(0, files + ?2), bytes = max(0, bytes + ?3), damaged = "
						      "max(0, damaged + ?4) WHERE id = ?1",
						      e);
		if (s == NULL)
			return e->code;
		struct sql_put p = sql_put(s);
		sql_put_number(&p, x->tallies[i].job);
		sql_put_number(&p, x->tallies[i].files);
		sql_put_number(&p, x->tallies[i].bytes);
		sql_put_number(&p, x->tallies[i].damaged);
		rc = fileindex_step(x, &p, e);
	}
	return rc;
}

static void forget(struct fileindex *x)
{
	x->begun = x->bulk = false;
	x->tally_count = x->tally_last = 0;
	x->folder_id = 0;
	for (int i = 0; i < INSIDE_STATEMENTS; i++) {
		if (x->statements[i])
			sql_end(x->statements[i]);
	}
}

int fileindex_commit(struct fileindex *x, struct err *e)
{
	int rc = write_tallies(x, e);
	if (rc == 0 && x->bulk)
		rc = sql_run(&x->sql, fileindex_indexes, e);
	if (rc == 0)
		rc = sql_run(&x->sql, "COMMIT", e);
	if (rc == 0)
		forget(x);
	else
		fileindex_rollback(x);
	return rc;
}

void fileindex_rollback(struct fileindex *x)
{
	struct err ignored = {0};
	if (!x->begun)
		return;
	forget(x);
	/* A statement that failed may have undone all already. */
	if (sqlite3_get_autocommit(x->sql.db) == 0 && sql_run(&x->sql, "ROLLBACK", &ignored) != 0)
		sql_close(&x->sql);
}

#endif
