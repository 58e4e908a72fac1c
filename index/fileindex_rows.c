/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of volumes and jobs. */
#ifdef HAVE_LIBSQLITE3

#include "index/inside.h"

#include <stdlib.h>

/* ---- volumes ---- */

#define VOLUME_COLUMNS "id, name, label_time, pool, media_type, product, path, size, last_at, last_bytes, last_hash, damages, gone"

int fileindex_put_volume(struct fileindex *x, struct fileindex_volume *v, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&x->sql, &s, "INSERT OR REPLACE INTO volume(" VOLUME_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	if (v->id > 0)
		sql_put_number(&p, v->id);
	else
		sql_put_null(&p);
	sql_put_text(&p, v->name);
	sql_put_number(&p, v->label_time);
	sql_put_text(&p, v->pool);
	sql_put_text(&p, v->media_type);
	sql_put_number(&p, v->product);
	sql_put_text(&p, v->path ? v->path : "");
	sql_put_number(&p, (int64_t)v->size);
	sql_put_number(&p, (int64_t)v->last_at);
	sql_put_number(&p, (int64_t)v->last_bytes);
	sql_put_number(&p, (int64_t)v->last_hash);
	sql_put_number(&p, (int64_t)v->damages);
	sql_put_number(&p, v->gone);
	rc = fileindex_step(x, &p, e);
	if (rc == 0 && v->id == 0)
		v->id = sqlite3_last_insert_rowid(x->sql.db);
	sqlite3_finalize(s);
	return rc;
}

static int read_volume(struct fileindex *x, sqlite3_stmt *s, struct inside_text *path, struct fileindex_volume *v, struct err *e)
{
	struct sql_get g = sql_get(s);
	*v = (struct fileindex_volume){.path = ""};
	v->id = sql_get_number(&g, 1, INT64_MAX);
	sql_get_text(&g, v->name, sizeof v->name);
	v->label_time = sql_get_number(&g, INT64_MIN, INT64_MAX);
	sql_get_text(&g, v->pool, sizeof v->pool);
	sql_get_text(&g, v->media_type, sizeof v->media_type);
	v->product = (enum product)sql_get_number(&g, 0, PRODUCT_ANY);
	struct span seen = sql_get_bytes(&g);
	v->size = sql_get_count(&g);
	v->last_at = sql_get_count(&g);
	v->last_bytes = sql_get_count(&g);
	v->last_hash = (uint64_t)sql_get_number(&g, INT64_MIN, INT64_MAX);
	v->damages = sql_get_count(&g);
	v->gone = sql_get_number(&g, 0, 1);
	int rc = sql_judge(&x->sql, &g, e);
	if (rc == 0)
		rc = fileindex_keep(x, path, seen, (struct span){NULL, 0}, e);
	v->path = path->text ? path->text : "";
	return rc;
}

/* The one row that s is bound to find. */
static int one_volume(struct fileindex *x, sqlite3_stmt *s, const struct sql_put *p, struct fileindex_volume *v, struct err *e)
{
	int rc = fileindex_step(x, p, e);
	if (rc != 1)
		return rc;
	rc = read_volume(x, s, &x->volume_path, v, e);
	sql_end(s);
	return rc == 0 ? 1 : rc;
}

int fileindex_volume(struct fileindex *x, int64_t id, struct fileindex_volume *v, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_VOLUME_BY_ID, "SELECT " VOLUME_COLUMNS " FROM volume WHERE id = ?", e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, id);
	return one_volume(x, s, &p, v, e);
}

int fileindex_volume_named(struct fileindex *x, const char *name, int64_t label_time, struct fileindex_volume *v, struct err *e)
{
	sqlite3_stmt *s =
		fileindex_statement(x, INSIDE_VOLUME_BY_NAME, "SELECT " VOLUME_COLUMNS " FROM volume WHERE name = ? AND label_time = ?", e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_text(&p, name);
	sql_put_number(&p, label_time);
	return one_volume(x, s, &p, v, e);
}

typedef int each_volume(void *arg, const struct fileindex_volume *v, struct err *e);

static int all_volumes(struct fileindex *x, const char *text, int64_t job, each_volume *each, void *arg, struct err *e)
{
	sqlite3_stmt *s = NULL;
	struct inside_text path = {0};
	struct fileindex_volume v;
	int rc = sql_prepare(&x->sql, &s, text, e);
	if (rc == 0 && job > 0)
		rc = sqlite3_bind_int64(s, 1, job) == SQLITE_OK ? 0 : sql_fail(&x->sql, SQLITE_NOMEM, e);
	while (rc == 0 && (rc = sql_step(&x->sql, s, e)) == 1) {
		rc = read_volume(x, s, &path, &v, e);
		if (rc == 0)
			rc = each(arg, &v, e);
	}
	sqlite3_finalize(s);
	free(path.text);
	return rc;
}

int fileindex_volumes(struct fileindex *x, each_volume *each, void *arg, struct err *e)
{
	return all_volumes(x, "SELECT " VOLUME_COLUMNS " FROM volume ORDER BY id", 0, each, arg, e);
}

int fileindex_job_volumes(struct fileindex *x, int64_t job, each_volume *each, void *arg, struct err *e)
{
	return all_volumes(x, "SELECT " VOLUME_COLUMNS " FROM job_volume JOIN volume ON id = volume WHERE job = ? ORDER BY ordinal", job,
			   each, arg, e);
}

/* ---- jobs ---- */

#define JOB_COLUMNS                                                                                                                        \
	"id, session_id, session_time, begun, ended, job_id, job, job_name, client, fileset, fileset_md5, pool, type, level, start_time, " \
	"end_time, end_level, status, job_files, job_bytes, errors, missing"
#define JOB_COUNTS ", damaged, files, bytes"

static void put_names(struct sql_put *p, const struct session_label *l)
{
	sql_put_number(p, l->job_id);
	sql_put_text(p, l->job);
	sql_put_text(p, l->job_name);
	sql_put_text(p, l->client);
	sql_put_text(p, l->fileset);
	sql_put_text(p, l->fileset_md5);
	sql_put_text(p, l->pool);
	sql_put_number(p, l->type);
}

/* Counts of rows stay as they are in the index: it makes them itself. */
int fileindex_put_job(struct fileindex *x, struct fileindex_job *j, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&x->sql, &s,
			     "INSERT INTO job(" JOB_COLUMNS JOB_COUNTS
			     ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,"
			     "?18,?19,?20,?21,?22,0,0,0) ON CONFLICT(id) DO UPDATE SET begun=?4, ended=?5, job_id=?6, job=?7, job_name=?8, "
			     "client=?9, fileset=?10, fileset_md5=?11, pool=?12, type=?13, level=?14, start_time=?15, end_time=?16, "
			     "end_level=?17, status=?18, job_files=?19, job_bytes=?20, errors=?21, missing=?22",
			     e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	if (j->id > 0)
		sql_put_number(&p, j->id);
	else
		sql_put_null(&p);
	sql_put_number(&p, j->session_id);
	sql_put_number(&p, j->session_time);
	sql_put_number(&p, j->begun);
	sql_put_number(&p, j->ended);
	put_names(&p, j->begun ? &j->start : &j->end);
	sql_put_number(&p, j->start.level);
	sql_put_number(&p, j->start.time);
	sql_put_number(&p, j->end.time);
	sql_put_number(&p, j->end.level);
	sql_put_number(&p, j->end.status);
	sql_put_number(&p, j->end.job_files);
	sql_put_number(&p, (int64_t)j->end.job_bytes);
	sql_put_number(&p, j->end.errors);
	sql_put_number(&p, (int64_t)j->missing);
	rc = fileindex_step(x, &p, e);
	if (rc == 0 && j->id == 0)
		j->id = sqlite3_last_insert_rowid(x->sql.db);
	sqlite3_finalize(s);
	return rc == 0 && j->id > FILE_ID_JOB_MAX ? err_set(e, XE_FAILED, "%s: more jobs than an index holds", x->sql.path) : rc;
}

static void get_names(struct sql_get *g, struct session_label *l)
{
	l->job_id = sql_get_u32(g);
	sql_get_text(g, l->job, sizeof l->job);
	sql_get_text(g, l->job_name, sizeof l->job_name);
	sql_get_text(g, l->client, sizeof l->client);
	sql_get_text(g, l->fileset, sizeof l->fileset);
	sql_get_text(g, l->fileset_md5, sizeof l->fileset_md5);
	sql_get_text(g, l->pool, sizeof l->pool);
	l->type = sql_get_u32(g);
}

static int read_job(struct fileindex *x, sqlite3_stmt *s, struct fileindex_job *j, struct err *e)
{
	struct sql_get g = sql_get(s);
	struct session_label names = {0};
	*j = (struct fileindex_job){0};
	j->id = sql_get_number(&g, 1, FILE_ID_JOB_MAX);
	j->session_id = sql_get_u32(&g);
	j->session_time = sql_get_u32(&g);
	j->begun = sql_get_number(&g, 0, 1);
	j->ended = sql_get_number(&g, 0, 1);
	get_names(&g, &names);
	if (j->begun)
		j->start = names;
	if (j->ended)
		j->end = names;
	j->start.level = sql_get_u32(&g);
	j->start.time = sql_get_number(&g, INT64_MIN, INT64_MAX);
	j->end.time = sql_get_number(&g, INT64_MIN, INT64_MAX);
	j->end.level = sql_get_u32(&g);
	j->end.status = sql_get_u32(&g);
	j->end.job_files = sql_get_u32(&g);
	j->end.job_bytes = (uint64_t)sql_get_number(&g, INT64_MIN, INT64_MAX);
	j->end.errors = sql_get_u32(&g);
	j->end.has_totals = j->ended;
	j->missing = sql_get_count(&g);
	j->damaged = sql_get_count(&g);
	j->files = sql_get_count(&g);
	j->bytes = sql_get_count(&g);
	return sql_judge(&x->sql, &g, e);
}

/* The one row that s is bound to find. */
static int one_job(struct fileindex *x, sqlite3_stmt *s, const struct sql_put *p, struct fileindex_job *j, struct err *e)
{
	int rc = fileindex_step(x, p, e);
	if (rc != 1)
		return rc;
	rc = read_job(x, s, j, e);
	sql_end(s);
	return rc == 0 ? 1 : rc;
}

int fileindex_job(struct fileindex *x, int64_t id, struct fileindex_job *j, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_JOB_BY_ID, "SELECT " JOB_COLUMNS JOB_COUNTS " FROM job WHERE id = ?", e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, id);
	return one_job(x, s, &p, j, e);
}

int fileindex_job_of_session(struct fileindex *x, uint32_t session_id, uint32_t session_time, const char *job, struct fileindex_job *j,
			     struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_JOB_BY_SESSION,
					      "SELECT " JOB_COLUMNS JOB_COUNTS " FROM job WHERE session_id = ?1 AND session_time = ?2 AND "
					      "(job = ?3 OR job = x'' OR ?3 = x'') ORDER BY id DESC LIMIT 1",
					      e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, session_id);
	sql_put_number(&p, session_time);
	sql_put_text(&p, job);
	return one_job(x, s, &p, j, e);
}

typedef int each_job(void *arg, const struct fileindex_job *j, struct err *e);

/* volume > 0: bound. */
static int all_jobs(struct fileindex *x, const char *text, int64_t volume, each_job *each, void *arg, struct err *e)
{
	sqlite3_stmt *s = NULL;
	struct fileindex_job j;
	int rc = sql_prepare(&x->sql, &s, text, e);
	if (rc == 0 && volume > 0)
		rc = sqlite3_bind_int64(s, 1, volume) == SQLITE_OK ? 0 : sql_fail(&x->sql, SQLITE_NOMEM, e);
	while (rc == 0 && (rc = sql_step(&x->sql, s, e)) == 1) {
		rc = read_job(x, s, &j, e);
		if (rc == 0)
			rc = each(arg, &j, e);
	}
	sqlite3_finalize(s);
	return rc;
}

int fileindex_jobs(struct fileindex *x, each_job *each, void *arg, struct err *e)
{
	return all_jobs(x, "SELECT " JOB_COLUMNS JOB_COUNTS " FROM job ORDER BY start_time, id", 0, each, arg, e);
}

int fileindex_volume_jobs(struct fileindex *x, int64_t volume, each_job *each, void *arg, struct err *e)
{
	return all_jobs(x,
			"SELECT " JOB_COLUMNS JOB_COUNTS " FROM job WHERE id IN (SELECT job FROM job_volume WHERE volume = ?) ORDER BY id",
			volume, each, arg, e);
}

int fileindex_put_job_volume(struct fileindex *x, int64_t job, int64_t volume, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&x->sql, &s,
			     "INSERT INTO job_volume SELECT ?1, coalesce((SELECT max(ordinal) FROM job_volume WHERE job = ?1), 0) + 1, ?2 "
			     "WHERE NOT EXISTS (SELECT 1 FROM job_volume WHERE job = ?1 AND volume = ?2)",
			     e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, job);
	sql_put_number(&p, volume);
	rc = fileindex_step(x, &p, e);
	sqlite3_finalize(s);
	return rc;
}

#endif
