/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of files, and the dictionary of their names. */
#ifdef HAVE_LIBSQLITE3

#include "base/array.h"
#include "index/inside.h"

#include <stdlib.h>

/* A folder above these has no parent: it is found by its name, and is in no folder's list.  Else one name of a hostile volume would be
 * many. */
#define FOLDER_LEVELS 256u
#define FOLDER_BYTES ((size_t)32768)

/* ---- folders ---- */

void fileindex_split(const char *name, struct span *folder, struct span *last)
{
	size_t n = strlen(name), at = n;
	while (at > 0 && name[at - 1] == '/')
		at--;
	while (at > 0 && name[at - 1] != '/')
		at--;
	*folder = (struct span){(const uint8_t *)name, at};
	*last = (struct span){(const uint8_t *)name + at, n - at};
}

int fileindex_folder_id(struct fileindex *x, struct span name, int64_t *id, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_FOLDER_ID, "SELECT id FROM folder WHERE name = ?", e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_bytes(&p, name);
	int rc = fileindex_step(x, &p, e);
	if (rc == 1) {
		*id = sqlite3_column_int64(s, 0);
		sql_end(s);
	}
	return rc;
}

static int insert_folder(struct fileindex *x, struct span name, int64_t parent, int64_t *id, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_PUT_FOLDER, "INSERT INTO folder(name, parent) VALUES(?, ?)", e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_bytes(&p, name);
	if (parent > 0)
		sql_put_number(&p, parent);
	else
		sql_put_null(&p);
	int rc = fileindex_step(x, &p, e);
	*id = sqlite3_last_insert_rowid(x->sql.db);
	return rc;
}

/* All to the slash before the last one. */
static struct span above(struct span folder)
{
	size_t n = folder.len > 0 ? folder.len - 1 : 0;
	while (n > 0 && folder.data[n - 1] != '/')
		n--;
	return (struct span){folder.data, n};
}

static bool is_listed(struct span folder)
{
	size_t levels = 0;
	for (size_t i = 0; folder.len <= FOLDER_BYTES && i < folder.len; i++)
		levels += folder.data[i] == '/';
	return folder.len <= FOLDER_BYTES && levels <= FOLDER_LEVELS;
}

/* From the folder up to the first that is there; then down again, for each wants its parent's number. */
static int make_folder(struct fileindex *x, struct span name, int64_t *id, struct err *e)
{
	struct span missing[FOLDER_LEVELS + 1];
	size_t count = 0;
	int64_t parent = 0;
	if (!is_listed(name))
		return insert_folder(x, name, 0, id, e);
	int rc = 0;
	for (struct span at = name; (rc = fileindex_folder_id(x, at, &parent, e)) == 0; at = above(at))
		missing[count++] = at;
	rc = rc < 0 ? rc : 0;
	while (rc == 0 && count > 0)
		rc = insert_folder(x, missing[--count], parent, &parent, e);
	*id = parent;
	return rc;
}

/* The job has something in this folder, and so in those above it. */
static int note_folder(struct fileindex *x, int64_t job, int64_t folder, struct err *e)
{
	int rc = 0;
	while (rc == 0 && folder > 0) {
		sqlite3_stmt *s = fileindex_statement(x, INSIDE_PUT_JOB_FOLDER, "INSERT OR IGNORE INTO job_folder VALUES(?, ?)", e);
		sqlite3_stmt *up = s ? fileindex_statement(x, INSIDE_FOLDER_PARENT, "SELECT parent FROM folder WHERE id = ?", e) : NULL;
		if (up == NULL)
			return e->code;
		struct sql_put p = sql_put(s);
		sql_put_number(&p, job);
		sql_put_number(&p, folder);
		rc = fileindex_step(x, &p, e);
		if (rc != 0 || sqlite3_changes(x->sql.db) == 0)
			return rc;
		p = sql_put(up);
		sql_put_number(&p, folder);
		rc = fileindex_step(x, &p, e);
		folder = rc == 1 ? sqlite3_column_int64(up, 0) : 0;
		sql_end(up);
		rc = rc < 0 ? rc : 0;
	}
	return rc;
}

/* Files of one folder come together, mostly. */
static int folder_of(struct fileindex *x, int64_t job, struct span name, int64_t *id, struct err *e)
{
	bool same = x->folder_id > 0 && strlen(x->folder.text) == name.len &&
		    (name.len == 0 || memcmp(x->folder.text, name.data, name.len) == 0);
	if (same && x->folder_job == job) {
		*id = x->folder_id;
		return 0;
	}
	int rc = same ? (*id = x->folder_id, 0) : fileindex_folder_id(x, name, id, e);
	if (rc == 0 && !same)
		rc = make_folder(x, name, id, e);
	if (rc >= 0)
		rc = note_folder(x, job, *id, e);
	if (rc == 0 && !same)
		rc = fileindex_keep(x, &x->folder, name, (struct span){NULL, 0}, e);
	x->folder_id = rc == 0 ? *id : 0;
	x->folder_job = job;
	return rc;
}

/* ---- paths ---- */

static int path_of(struct fileindex *x, int64_t folder, struct span name, int64_t *id, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_PATH_ID, "SELECT id FROM path WHERE folder = ? AND name = ?", e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, folder);
	sql_put_bytes(&p, name);
	int rc = fileindex_step(x, &p, e);
	if (rc == 1) {
		*id = sqlite3_column_int64(s, 0);
		sql_end(s);
		return 0;
	}
	s = rc == 0 ? fileindex_statement(x, INSIDE_PUT_PATH, "INSERT INTO path(folder, name) VALUES(?, ?)", e) : NULL;
	if (s == NULL)
		return e->code;
	p = sql_put(s);
	sql_put_number(&p, folder);
	sql_put_bytes(&p, name);
	rc = fileindex_step(x, &p, e);
	*id = sqlite3_last_insert_rowid(x->sql.db);
	return rc;
}

/* ---- files ---- */

/* times: 1, or -1 for what is taken back. */
static int count(struct fileindex *x, const struct inside_tally *rows, int64_t times, struct err *e)
{
	size_t i = x->tally_last;
	if (i >= x->tally_count || x->tallies[i].job != rows->job) {
		for (i = 0; i < x->tally_count && x->tallies[i].job != rows->job; i++)
			;
	}
	if (i == x->tally_count) {
		struct inside_tally *grown = array_reach(x->tallies, &x->tally_room, i, sizeof *grown);
		if (grown == NULL)
			return err_memory(e, i * sizeof *grown, "jobs");
		x->tallies = grown;
		x->tallies[x->tally_count++] = (struct inside_tally){.job = rows->job};
	}
	x->tally_last = i;
	x->tallies[i].files += times * rows->files;
	x->tallies[i].bytes += times * rows->bytes;
	x->tallies[i].damaged += times * rows->damaged;
	return 0;
}

/* What a second record of one FileIndex takes the place of. */
static int uncount(struct fileindex *x, const struct fileindex_file *f, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_FILE_BYTES, "SELECT bytes, verdict = 5 FROM file WHERE id = ?", e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, FILE_ID(f->job, f->file_index));
	int rc = fileindex_step(x, &p, e);
	if (rc == 1) {
		const struct inside_tally old = {f->job, 1, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1)};
		rc = count(x, &old, -1, e);
		sql_end(s);
	}
	return rc;
}

static void put_stat(struct sql_put *p, const struct filestat *s)
{
	sql_put_number(p, s->file_index);
	sql_put_number(p, s->type);
	sql_put_number(p, s->mode);
	sql_put_number(p, s->uid);
	sql_put_number(p, s->gid);
	sql_put_number(p, (int64_t)s->links);
	sql_put_number(p, (int64_t)s->size);
	sql_put_number(p, s->atime);
	sql_put_number(p, s->mtime);
	sql_put_number(p, s->ctime);
	sql_put_number(p, s->system);
	sql_put_number(p, (int64_t)s->inode);
	sql_put_number(p, s->device);
}

static void put_or_null(struct sql_put *p, const char *text)
{
	if (text && text[0])
		sql_put_text(p, text);
	else
		sql_put_null(p);
}

static void put_digest(struct sql_put *p, const struct fileindex_file *f)
{
	if (!f->has_digest) {
		sql_put_null(p);
		sql_put_null(p);
		return;
	}
	sql_put_number(p, f->digest);
	sql_put_bytes(p, (struct span){f->value, f->value_bytes});
}

static void put_place(struct sql_put *p, const struct fileindex_place *at)
{
	sql_put_number(p, at->volume);
	sql_put_number(p, (int64_t)at->addr);
}

static void put_row(struct sql_put *p, const struct fileindex_file *f, int64_t path)
{
	sql_put_number(p, FILE_ID(f->job, f->file_index));
	sql_put_number(p, path);
	put_stat(p, &f->stat);
	put_or_null(p, f->stat.link);
	sql_put_number(p, f->stat.link_index);
	sql_put_number(p, f->stat.data_stream);
	put_or_null(p, f->stat.extended);
	sql_put_number(p, (int64_t)f->bytes);
	sql_put_number(p, (int64_t)f->stored);
	sql_put_number(p, f->data_stream);
	put_digest(p, f);
	sql_put_number(p, f->verdict);
	sql_put_number(p, f->flags | (f->stat.delta ? FILEINDEX_DELTA : 0));
	put_place(p, &f->first);
	put_place(p, &f->last);
}

int fileindex_put_file(struct fileindex *x, const struct fileindex_file *f, struct err *e)
{
	struct span folder, name;
	int64_t in = 0, path = 0;
	fileindex_split(f->stat.name, &folder, &name);
	int rc = folder_of(x, f->job, folder, &in, e);
	if (rc == 0)
		rc = path_of(x, in, name, &path, e);
	if (rc == 0)
		rc = uncount(x, f, e);
	sqlite3_stmt *s =
		rc == 0 ? fileindex_statement(x, INSIDE_PUT_FILE,
					      "INSERT OR REPLACE INTO file VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
					      "?,?,?)",
					      e)
			: NULL;
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	put_row(&p, f, path);
	rc = fileindex_step(x, &p, e);
	const struct inside_tally row = {f->job, 1, (int64_t)f->bytes, f->verdict == FILEINDEX_DAMAGED};
	return rc == 0 ? count(x, &row, 1, e) : rc;
}

/* ---- forgetting ---- */

/* Its own two ends, or all between them: files may go over three volumes. */
#define PARTS_ON_VOLUME                                                                                                                  \
	" WHERE id BETWEEN (?1 << 32) AND (?1 << 32) + 2147483647 AND (first_volume = ?2 OR last_volume = ?2 OR (first_volume <> "       \
	"last_volume AND (SELECT ordinal FROM job_volume WHERE job = ?1 AND volume = ?2) BETWEEN (SELECT ordinal FROM job_volume WHERE " \
	"job = ?1 AND volume = first_volume) AND (SELECT ordinal FROM job_volume WHERE job = ?1 AND volume = last_volume)))"

static int change_two(struct fileindex *x, const char *text, int64_t job, int64_t volume, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&x->sql, &s, text, e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, job);
	if (sqlite3_bind_parameter_count(s) > 1)
		sql_put_number(&p, volume);
	rc = fileindex_step(x, &p, e);
	sqlite3_finalize(s);
	return rc;
}

static int drop_job_files(struct fileindex *x, int64_t job, int64_t volume, struct err *e)
{
	sqlite3_stmt *s = NULL;
	struct inside_tally rows = {.job = job};
	int rc = sql_prepare(&x->sql, &s,
			     "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(verdict = 5), 0) FROM file" PARTS_ON_VOLUME, e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, job);
	sql_put_number(&p, volume);
	rc = fileindex_step(x, &p, e);
	if (rc == 1) {
		rows.files = sqlite3_column_int64(s, 0);
		rows.bytes = sqlite3_column_int64(s, 1);
		rows.damaged = sqlite3_column_int64(s, 2);
	}
	sqlite3_finalize(s);
	rc = rc < 0 ? rc : count(x, &rows, -1, e);
	return rc == 0 && rows.files > 0 ? change_two(x, "DELETE FROM file" PARTS_ON_VOLUME, job, volume, e) : rc;
}

/* A job that lies on no volume any more. */
static int drop_job(struct fileindex *x, int64_t job, struct err *e)
{
	static const char *const rows[] = {
		("DELETE FROM file WHERE id BETWEEN (?1 << 32) AND (?1 << 32) + 2147483647 AND NOT EXISTS (SELECT 1 FROM job_volume WHERE "
		 "job = ?1)"),
		"DELETE FROM job_folder WHERE job = ?1 AND NOT EXISTS (SELECT 1 FROM job_volume WHERE job = ?1)",
		"DELETE FROM job WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM job_volume WHERE job = ?1)",
	};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof *rows; i++)
		rc = change_two(x, rows[i], job, 0, e);
	/* Its number may be another job's now. */
	bool dropped = rc == 0 && sqlite3_changes(x->sql.db) > 0;
	for (size_t i = 0; dropped && i < x->tally_count; i++) {
		if (x->tallies[i].job == job)
			x->tallies[i] = (struct inside_tally){.job = job};
	}
	return rc;
}

int fileindex_drop_files(struct fileindex *x, int64_t volume, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int64_t *jobs = NULL;
	size_t n = 0, room = 0;
	int rc = sql_prepare(&x->sql, &s, "SELECT job FROM job_volume WHERE volume = ?", e);
	if (rc == 0)
		rc = sqlite3_bind_int64(s, 1, volume) == SQLITE_OK ? 0 : sql_fail(&x->sql, SQLITE_NOMEM, e);
	while (rc == 0 && (rc = sql_step(&x->sql, s, e)) == 1) {
		int64_t *grown = array_reach(jobs, &room, n, sizeof *grown);
		rc = grown ? 0 : err_memory(e, n * sizeof *grown, "jobs");
		jobs = grown ? grown : jobs;
		if (grown)
			jobs[n++] = sqlite3_column_int64(s, 0);
	}
	sqlite3_finalize(s);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = drop_job_files(x, jobs[i], volume, e);
	if (rc == 0)
		rc = change_two(x, "DELETE FROM job_volume WHERE volume = ?1", volume, 0, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = drop_job(x, jobs[i], e);
	free(jobs);
	x->folder_id = 0;
	return rc;
}

#endif
