/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files out of the index: by job, by number, by name, by folder. */
#ifdef HAVE_LIBSQLITE3

#include "index/inside.h"

#include <stdlib.h>

/* ---- a row ---- */

static void get_stat(struct sql_get *g, struct filestat *s)
{
	s->file_index = (int32_t)sql_get_number(g, INT32_MIN, INT32_MAX);
	s->type = sql_get_u32(g);
	s->mode = sql_get_u32(g);
	s->uid = sql_get_u32(g);
	s->gid = sql_get_u32(g);
	s->links = (uint64_t)sql_get_number(g, INT64_MIN, INT64_MAX);
	s->size = sql_get_count(g);
	s->atime = sql_get_number(g, INT64_MIN, INT64_MAX);
	s->mtime = sql_get_number(g, INT64_MIN, INT64_MAX);
	s->ctime = sql_get_number(g, INT64_MIN, INT64_MAX);
	s->system = sql_get_number(g, INT64_MIN, INT64_MAX);
	s->inode = (uint64_t)sql_get_number(g, INT64_MIN, INT64_MAX);
	s->device = sql_get_number(g, INT64_MIN, INT64_MAX);
}

/* Both NULL, or a kind and its value. */
static void get_digest(struct sql_get *g, struct fileindex_file *f)
{
	f->has_digest = sqlite3_column_type(g->s, g->at) != SQLITE_NULL;
	if (f->has_digest)
		f->digest = (enum digest_kind)sql_get_number(g, 0, DIGEST_KINDS - 1);
	else
		g->at++;
	struct span value = sql_get_bytes(g);
	g->bad = g->bad || value.len > sizeof f->value;
	f->value_bytes = g->bad ? 0 : value.len;
	if (f->value_bytes > 0)
		memcpy(f->value, value.data, f->value_bytes);
}

static void get_place(struct sql_get *g, struct fileindex_place *at)
{
	at->volume = sql_get_number(g, 0, INT64_MAX);
	at->addr = (uint64_t)sql_get_number(g, INT64_MIN, INT64_MAX);
}

int fileindex_row(struct fileindex *x, sqlite3_stmt *s, struct inside_strings *strings, struct fileindex_file *f, struct err *e)
{
	struct sql_get g = sql_get(s);
	const struct span none = {NULL, 0};
	*f = (struct fileindex_file){0};
	int64_t id = sql_get_number(&g, 1, INT64_MAX);
	f->job = id >> 32;
	g.bad = g.bad || (id & 0xffffffff) > INT32_MAX;
	f->file_index = (int32_t)(id & INT32_MAX);
	f->path = sql_get_number(&g, 1, INT64_MAX);
	struct span folder = sql_get_bytes(&g), name = sql_get_bytes(&g);
	get_stat(&g, &f->stat);
	struct span link = sql_get_bytes(&g);
	f->stat.link_index = (int32_t)sql_get_number(&g, 0, INT32_MAX);
	f->stat.data_stream = sql_get_u32(&g);
	struct span extended = sql_get_bytes(&g);
	f->bytes = sql_get_count(&g);
	f->stored = sql_get_count(&g);
	f->data_stream = sql_get_u32(&g);
	get_digest(&g, f);
	f->verdict = (enum fileindex_verdict)sql_get_number(&g, 0, FILEINDEX_VERDICTS - 1);
	f->flags = sql_get_u32(&g);
	f->stat.delta = f->flags & FILEINDEX_DELTA;
	get_place(&g, &f->first);
	get_place(&g, &f->last);
	int rc = sql_judge(&x->sql, &g, e);
	if (rc == 0)
		rc = fileindex_keep(x, &strings->name, folder, name, e);
	if (rc == 0)
		rc = fileindex_keep(x, &strings->link, link, none, e);
	if (rc == 0)
		rc = fileindex_keep(x, &strings->extended, extended, none, e);
	f->stat.name = strings->name.text;
	f->stat.link = strings->link.text;
	f->stat.extended = strings->extended.text;
	return rc;
}

int fileindex_each_row(struct fileindex *x, const struct sql_put *p, inside_each_file *each, void *arg, struct err *e)
{
	struct inside_strings strings = {0};
	struct fileindex_file f;
	int rc = fileindex_bound(x, p, e);
	while (rc == 0 && (rc = sql_step(&x->sql, p->s, e)) == 1) {
		rc = fileindex_row(x, p->s, &strings, &f, e);
		if (rc == 0)
			rc = each(arg, &f, e);
	}
	sqlite3_finalize(p->s);
	fileindex_strings_free(&strings);
	return rc;
}

/* ---- one ---- */

static int one_file(struct fileindex *x, sqlite3_stmt *s, const struct sql_put *p, struct fileindex_file *f, struct err *e)
{
	int rc = fileindex_step(x, p, e);
	if (rc != 1)
		return rc;
	rc = fileindex_row(x, s, &x->strings, f, e);
	sql_end(s);
	return rc == 0 ? 1 : rc;
}

int fileindex_file(struct fileindex *x, int64_t job, int32_t file_index, struct fileindex_file *f, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_FILE_BY_ID, "SELECT " INSIDE_FILE_COLUMNS INSIDE_FILE_FROM "WHERE f.id = ?", e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, FILE_ID(job, file_index));
	return one_file(x, s, &p, f, e);
}

/* Numbers of the first and the last file that the job can have. */
static void put_span(struct sql_put *p, int64_t job)
{
	sql_put_number(p, FILE_ID(job, 0));
	sql_put_number(p, FILE_ID(job, INT32_MAX));
}

static int by_name(struct fileindex *x, int64_t job, const char *name, struct fileindex_file *f, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_FILE_BY_PATH,
					      "SELECT " INSIDE_FILE_COLUMNS INSIDE_FILE_FROM
					      "WHERE o.name = ? AND p.name = ? AND f.id BETWEEN ? AND ? ORDER BY f.id DESC LIMIT 1",
					      e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	struct span folder, last;
	fileindex_split(name, &folder, &last);
	sql_put_bytes(&p, folder);
	sql_put_bytes(&p, last);
	put_span(&p, job);
	return one_file(x, s, &p, f, e);
}

/* The other way of writing a folder. */
static char *other_form(const char *name)
{
	size_t n = strlen(name);
	char *other = malloc(n + 2);
	if (other == NULL)
		return NULL;
	memcpy(other, name, n + 1);
	if (n > 0 && name[n - 1] == '/')
		other[n - 1] = '\0';
	else
		memcpy(other + n, "/", 2);
	return other;
}

int fileindex_look_up(struct fileindex *x, int64_t job, const char *name, struct fileindex_file *f, struct err *e)
{
	int rc = by_name(x, job, name, f, e);
	if (rc != 0)
		return rc;
	char *other = other_form(name);
	if (other == NULL)
		return err_memory(e, 0, "a name");
	rc = by_name(x, job, other, f, e);
	free(other);
	return rc;
}

int fileindex_span(struct fileindex *x, int64_t job, struct fileindex_span *span, struct err *e)
{
	sqlite3_stmt *s = NULL;
	*span = (struct fileindex_span){0};
	int rc = sql_prepare(
		&x->sql, &s,
		"SELECT coalesce(max(text_index <> (id & 2147483647)), 0), coalesce(min(CASE WHEN type IN (2, 3) AND max(mtime, ctime) > 0 "
		"THEN max(mtime, ctime) END), 0), coalesce(max(ctime), 0) FROM file WHERE id BETWEEN ? AND ? AND type <> ? AND "
		"flags & ? = 0",
		e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	put_span(&p, job);
	sql_put_number(&p, FILESTAT_DELETED);
	sql_put_number(&p, FILEINDEX_UPDATE | FILEINDEX_NAMELESS);
	rc = fileindex_step(x, &p, e);
	struct sql_get g = sql_get(s);
	if (rc == 1) {
		span->renumbered = sql_get_number(&g, 0, 1) == 1;
		span->oldest = sql_get_number(&g, 0, INT64_MAX);
		span->latest = sql_get_number(&g, INT64_MIN, INT64_MAX);
		rc = sql_judge(&x->sql, &g, e);
	}
	sqlite3_finalize(s);
	return rc;
}

/* ---- several ---- */

int64_t fileindex_paths(struct fileindex *x)
{
	struct err ignored = {0};
	int64_t highest = 0;
	return sql_number(&x->sql, "SELECT coalesce(max(id), 0) FROM path", &highest, &ignored) == 1 && highest > 0 ? highest : 0;
}

int fileindex_files(struct fileindex *x, int64_t job, inside_each_file *each, void *arg, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&x->sql, &s,
			     "SELECT " INSIDE_FILE_COLUMNS
			     " FROM file f CROSS JOIN path p ON p.id = f.path CROSS JOIN folder o ON o.id = p.folder "
			     "WHERE f.id BETWEEN ? AND ? ORDER BY f.id",
			     e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	put_span(&p, job);
	return fileindex_each_row(x, &p, each, arg, e);
}

int fileindex_extents(struct fileindex *x, int64_t job, int32_t first, int32_t last,
		      int (*each)(void *arg, const struct fileindex_extent *f, struct err *e), void *arg, struct err *e)
{
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_EXTENTS,
					      "SELECT id & 2147483647, first_volume, first_at, last_volume, last_at FROM file "
					      "WHERE id BETWEEN ? AND ? ORDER BY id",
					      e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, FILE_ID(job, first));
	sql_put_number(&p, FILE_ID(job, last));
	int rc = fileindex_bound(x, &p, e);
	while (rc == 0 && (rc = sql_step(&x->sql, s, e)) == 1) {
		struct sql_get g = sql_get(s);
		struct fileindex_extent f = {.file_index = (int32_t)sql_get_number(&g, 0, INT32_MAX)};
		get_place(&g, &f.first);
		get_place(&g, &f.last);
		rc = sql_judge(&x->sql, &g, e);
		if (rc == 0)
			rc = each(arg, &f, e);
	}
	sql_end(s);
	return rc;
}

int fileindex_place_behind(struct fileindex *x, int64_t job, int32_t file_index, const struct fileindex_place *at,
			   struct fileindex_place *place, struct err *e)
{
	/* Of a job that has ended before, its last file tells, and no other is looked at. */
	static const char text[] = "SELECT first_volume, first_at FROM file WHERE id > CASE WHEN "
				   "(SELECT first_volume <> ?3 OR first_at > ?4 FROM file WHERE id <= ?2 ORDER BY id DESC LIMIT 1) "
				   "THEN ?1 ELSE ?2 END AND id <= ?2 AND (first_volume <> ?3 OR first_at > ?4) ORDER BY id LIMIT 1";
	sqlite3_stmt *s = fileindex_statement(x, INSIDE_PLACE_BEHIND, text, e);
	if (s == NULL)
		return e->code;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, FILE_ID(job, file_index));
	sql_put_number(&p, FILE_ID(job, INT32_MAX));
	sql_put_number(&p, at->volume);
	sql_put_number(&p, (int64_t)at->addr);
	int rc = fileindex_step(x, &p, e);
	if (rc == 1) {
		struct sql_get g = sql_get(s);
		get_place(&g, place);
		rc = sql_judge(&x->sql, &g, e);
		rc = rc == 0 ? 1 : rc;
	}
	sql_end(s);
	return rc;
}

int fileindex_list(struct fileindex *x, int64_t job, const char *folder, inside_each_file *each, void *arg, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int64_t in = 0;
	int rc = fileindex_folder_id(x, (struct span){(const uint8_t *)folder, strlen(folder)}, &in, e);
	if (rc != 1)
		return rc;
	rc = sql_prepare(&x->sql, &s,
			 "SELECT " INSIDE_FILE_COLUMNS
			 " FROM folder o CROSS JOIN path p ON p.folder = o.id CROSS JOIN file f ON f.path = p.id "
			 "WHERE o.id = ? AND f.id BETWEEN ? AND ? ORDER BY p.name, f.id",
			 e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, in);
	put_span(&p, job);
	return fileindex_each_row(x, &p, each, arg, e);
}

int fileindex_folders(struct fileindex *x, int64_t job, const char *folder, int (*each)(void *arg, const char *name, struct err *e),
		      void *arg, struct err *e)
{
	sqlite3_stmt *s = NULL;
	struct inside_text name = {0};
	int64_t in = 0;
	int rc = fileindex_folder_id(x, (struct span){(const uint8_t *)folder, strlen(folder)}, &in, e);
	if (rc != 1)
		return rc;
	rc = sql_prepare(
		&x->sql, &s,
		"SELECT o.name FROM folder o CROSS JOIN job_folder j ON j.job = ?2 AND j.folder = o.id WHERE o.parent = ?1 ORDER BY o.name",
		e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, in);
	sql_put_number(&p, job);
	rc = fileindex_bound(x, &p, e);
	while (rc == 0 && (rc = sql_step(&x->sql, s, e)) == 1) {
		struct sql_get g = sql_get(s);
		struct span text = sql_get_bytes(&g);
		rc = sql_judge(&x->sql, &g, e);
		if (rc == 0)
			rc = fileindex_keep(x, &name, text, (struct span){NULL, 0}, e);
		if (rc == 0)
			rc = each(arg, name.text, e);
	}
	sqlite3_finalize(s);
	free(name.text);
	return rc;
}

#endif
