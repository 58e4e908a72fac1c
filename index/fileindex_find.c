/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that fit patterns.  First which names do, as bits: where a pattern begins with something, the dictionary is looked up in its order;
 * else it is read through.  Then the versions of each. */
#ifdef HAVE_LIBSQLITE3

#include "base/array.h"
#include "index/inside.h"
#include "index/namepattern.h"

#include <stdio.h>
#include <stdlib.h>

struct hunt {
	struct fileindex *x;
	const struct namepattern *pattern;
	uint8_t *found; /* a bit for each path */
	int64_t paths;
	struct inside_text name;
};

static void mark(struct hunt *h, int64_t path)
{
	if (path > 0 && path <= h->paths)
		h->found[path / 8] |= (uint8_t)(1u << path % 8);
}

/* Rows: path, first part of its name, last part; those whose whole name fits count.  As fileindex_each_row. */
static int take_fitting(struct hunt *h, const struct sql_put *p, struct err *e)
{
	int rc = fileindex_bound(h->x, p, e);
	while (rc == 0 && (rc = sql_step(&h->x->sql, p->s, e)) == 1) {
		struct sql_get g = sql_get(p->s);
		int64_t path = sql_get_number(&g, 1, INT64_MAX);
		struct span folder = sql_get_bytes(&g), last = sql_get_bytes(&g);
		rc = sql_judge(&h->x->sql, &g, e);
		if (rc == 0)
			rc = fileindex_keep(h->x, &h->name, folder, last, e);
		if (rc == 0 && namepattern_fits(h->pattern, h->name.text))
			mark(h, path);
	}
	sqlite3_finalize(p->s);
	return rc;
}

/* All that begins with some bytes: from these on, below the next that does not begin so.  Behind 0xff alone, or nothing, there is no such. */
struct range {
	uint8_t *from, *to;
	size_t len, to_len;
};

/* lead and n bytes of text. */
static int range_of(struct range *r, const char *lead, const char *text, size_t n, struct err *e)
{
	size_t lead_len = strlen(lead);
	r->len = r->to_len = lead_len + n;
	r->from = malloc(r->len + 1);
	r->to = malloc(r->len + 1);
	if (r->from == NULL || r->to == NULL)
		return err_memory(e, r->len, "a pattern");
	memcpy(r->from, lead, lead_len);
	memcpy(r->from + lead_len, text, n);
	memcpy(r->to, r->from, r->len);
	while (r->to_len > 0 && r->to[r->to_len - 1] == 0xff)
		r->to_len--;
	if (r->to_len > 0)
		r->to[r->to_len - 1]++;
	return 0;
}

static void range_free(struct range *r)
{
	free(r->from);
	free(r->to);
}

/* From, and what is behind it, if there is anything. */
static void put_range(struct sql_put *p, const struct range *r)
{
	sql_put_bytes(p, (struct span){r->from, r->len});
	if (r->to_len > 0)
		sql_put_bytes(p, (struct span){r->to, r->to_len});
}

#define FOLDERS_PATHS "SELECT p.id, o.name, p.name FROM folder o CROSS JOIN path p ON p.folder = o.id WHERE "
#define PATHS_FOLDERS "SELECT p.id, o.name, p.name FROM path p CROSS JOIN folder o ON o.id = p.folder WHERE "

/* Rows of the statement whose column lies in the range; folder: bound first, if it is > 0. */
static int take_range(struct hunt *h, const char *select, const char *column, int64_t folder, const struct range *r, struct err *e)
{
	sqlite3_stmt *s = NULL;
	char text[320];
	snprintf(text, sizeof text, "%s%s >= ?%s%s%s", select, column, r->to_len > 0 ? " AND " : "", r->to_len > 0 ? column : "",
		 r->to_len > 0 ? " < ?" : "");
	int rc = sql_prepare(&h->x->sql, &s, text, e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	if (folder > 0)
		sql_put_number(&p, folder);
	put_range(&p, r);
	return take_fitting(h, &p, e);
}

/* ---- whole names ---- */

/* The pattern's literal beginning, behind lead: names in its folder, and all in folders that begin with it. */
static int hunt_behind(struct hunt *h, const char *lead, struct err *e)
{
	const struct namepattern *p = h->pattern;
	size_t folder_len = p->literal;
	while (folder_len > 0 && p->text[folder_len - 1] != '/')
		folder_len--;
	struct range folder = {0}, name = {0}, below = {0};
	int64_t in = 0;
	int rc = range_of(&folder, lead, p->text, folder_len, e);
	if (rc == 0)
		rc = range_of(&name, "", p->text + folder_len, p->literal - folder_len, e);
	if (rc == 0)
		rc = range_of(&below, lead, p->text, p->literal, e);
	if (rc == 0)
		rc = fileindex_folder_id(h->x, (struct span){folder.from, folder.len}, &in, e);
	if (rc == 1)
		rc = take_range(h, FOLDERS_PATHS "o.id = ? AND ", "p.name", in, &name, e);
	if (rc == 0)
		rc = take_range(h, FOLDERS_PATHS, "o.name", 0, &below, e);
	range_free(&folder);
	range_free(&name);
	range_free(&below);
	return rc;
}

/* Names with more slashes in front than any client writes: there are few. */
static int hunt_slashes(struct hunt *h, struct err *e)
{
	struct range slashes = {0};
	int rc = range_of(&slashes, "", "///", 3, e);
	if (rc == 0)
		rc = take_range(h, FOLDERS_PATHS, "o.name", 0, &slashes, e);
	range_free(&slashes);
	return rc;
}

/* Where it ends with a part that begins with something, and is all of it or goes on to any end: '*' + '/' + "passwd*".  NULL: it does not. */
static const char *literal_end(const struct namepattern *p)
{
	const char *slash = strrchr(p->text, '/');
	const char *part = slash ? slash + 1 : NULL;
	size_t n = part ? strcspn(part, "*?[") : 0;
	/* A bracket may hold a slash. */
	if (n == 0 || strchr(p->text, '[') || (part[n] && strcmp(part + n, "*") != 0))
		return NULL;
	return part;
}

static int add_last(struct hunt *h, size_t folder_len, struct span last, struct err *e)
{
	char *room = array_reach(h->name.text, &h->name.cap, folder_len + last.len, 1);
	if (room == NULL)
		return err_memory(e, folder_len + last.len, "a name");
	h->name.text = room;
	if (last.len > 0)
		memcpy(room + folder_len, last.data, last.len);
	room[folder_len + last.len] = '\0';
	return 0;
}

/* Names in the folder of h->name that lie in the statement's range, which stays bound. */
static int take_inside(struct hunt *h, sqlite3_stmt *s, int64_t folder, size_t folder_len, struct err *e)
{
	sqlite3_reset(s);
	int rc = sqlite3_bind_int64(s, 1, folder) == SQLITE_OK ? 0 : sql_fail(&h->x->sql, SQLITE_NOMEM, e);
	while (rc == 0 && (rc = sql_step(&h->x->sql, s, e)) == 1) {
		struct sql_get g = sql_get(s);
		int64_t path = sql_get_number(&g, 1, INT64_MAX);
		struct span last = sql_get_bytes(&g);
		rc = sql_judge(&h->x->sql, &g, e);
		if (rc == 0)
			rc = add_last(h, folder_len, last, e);
		if (rc == 0 && namepattern_fits(h->pattern, h->name.text))
			mark(h, path);
	}
	return rc;
}

/* All in folders that fit; inside (NULL: none): and of those whose names may fit, those in its range. */
static int hunt_folders(struct hunt *h, sqlite3_stmt *inside, struct err *e)
{
	sqlite3_stmt *folders = NULL, *paths = NULL;
	int rc = sql_prepare(&h->x->sql, &folders, "SELECT id, name FROM folder", e);
	if (rc == 0)
		rc = sql_prepare(&h->x->sql, &paths, "SELECT id FROM path WHERE folder = ?", e);
	while (rc == 0 && (rc = sql_step(&h->x->sql, folders, e)) == 1) {
		struct sql_get g = sql_get(folders);
		int64_t id = sql_get_number(&g, 1, INT64_MAX);
		struct span name = sql_get_bytes(&g);
		rc = sql_judge(&h->x->sql, &g, e);
		if (rc == 0)
			rc = fileindex_keep(h->x, &h->name, name, (struct span){NULL, 0}, e);
		bool fits = rc == 0 && namepattern_fits(h->pattern, h->name.text);
		if (rc == 0 && !fits && inside && namepattern_fits_folder(h->pattern, h->name.text))
			rc = take_inside(h, inside, id, name.len, e);
		if (rc != 0 || !fits)
			continue;
		sql_end(paths);
		rc = sqlite3_bind_int64(paths, 1, id) == SQLITE_OK ? 0 : sql_fail(&h->x->sql, SQLITE_NOMEM, e);
		while (rc == 0 && (rc = sql_step(&h->x->sql, paths, e)) == 1) {
			mark(h, sqlite3_column_int64(paths, 0));
			rc = 0;
		}
	}
	sqlite3_finalize(folders);
	sqlite3_finalize(paths);
	return rc;
}

static int hunt_name(struct hunt *h, const char *begin, size_t n, struct err *e)
{
	struct range name = {0};
	int rc = range_of(&name, "", begin, n, e);
	if (rc == 0)
		rc = take_range(h, PATHS_FOLDERS, "p.name", 0, &name, e);
	range_free(&name);
	return rc;
}

/* More than so many names with one beginning are sought folder by folder: to look each one's folder up reads all over the index. */
#define FEW_NAMES 1000

static int is_few(struct hunt *h, const struct range *r, bool *few, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&h->x->sql, &s,
			     r->to_len > 0 ? "SELECT 1 FROM path WHERE name >= ?1 AND name < ?2 LIMIT 1 OFFSET ?3"
					   : "SELECT 1 FROM path WHERE name >= ?1 LIMIT 1 OFFSET ?3",
			     e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	put_range(&p, r);
	p.at = 2;
	sql_put_number(&p, FEW_NAMES);
	rc = fileindex_step(h->x, &p, e);
	*few = rc == 0;
	sqlite3_finalize(s);
	return rc < 0 ? rc : 0;
}

/* Folder by folder: those that fit, and names that begin so in those where they may. */
static int hunt_inside(struct hunt *h, const struct range *r, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&h->x->sql, &s,
			     r->to_len > 0 ? "SELECT id, name FROM path WHERE folder = ?1 AND name >= ?2 AND name < ?3"
					   : "SELECT id, name FROM path WHERE folder = ?1 AND name >= ?2",
			     e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	sql_put_number(&p, 0);
	put_range(&p, r);
	rc = fileindex_bound(h->x, &p, e);
	if (rc == 0)
		rc = hunt_folders(h, s, e);
	sqlite3_finalize(s);
	return rc;
}

/* Any folder, and a last part that begins so. */
static int hunt_end(struct hunt *h, const char *begin, size_t n, struct err *e)
{
	struct range name = {0};
	bool few = true;
	int rc = range_of(&name, "", begin, n, e);
	if (rc == 0)
		rc = is_few(h, &name, &few, e);
	if (rc == 0 && few)
		rc = take_range(h, PATHS_FOLDERS, "p.name", 0, &name, e);
	if (rc == 0)
		rc = few ? hunt_folders(h, NULL, e) : hunt_inside(h, &name, e);
	range_free(&name);
	return rc;
}

/* The folder's name into h->name, which is kept while its names come. */
static int begin_folder(struct hunt *h, sqlite3_stmt *s, int64_t folder, size_t *len, struct err *e)
{
	struct sql_put p = sql_put(s);
	sql_put_number(&p, folder);
	int rc = fileindex_step(h->x, &p, e);
	struct sql_get g = sql_get(s);
	const struct span none = {NULL, 0}, name = rc == 1 ? sql_get_bytes(&g) : none;
	*len = name.len;
	rc = rc < 0 ? rc : sql_judge(&h->x->sql, &g, e);
	if (rc == 0)
		rc = fileindex_keep(h->x, &h->name, name, none, e);
	sql_end(s);
	return rc;
}

/* All names, in the order of their folders: out of an index that holds no more than that. */
static int hunt_all(struct hunt *h, struct err *e)
{
	sqlite3_stmt *s = NULL, *folders = NULL;
	int64_t at = 0;
	size_t folder_len = 0;
	int rc = sql_prepare(&h->x->sql, &s, "SELECT id, folder, name FROM path ORDER BY folder, name", e);
	if (rc == 0)
		rc = sql_prepare(&h->x->sql, &folders, "SELECT name FROM folder WHERE id = ?", e);
	while (rc == 0 && (rc = sql_step(&h->x->sql, s, e)) == 1) {
		struct sql_get g = sql_get(s);
		int64_t path = sql_get_number(&g, 1, INT64_MAX), folder = sql_get_number(&g, 1, INT64_MAX);
		struct span last = sql_get_bytes(&g);
		rc = sql_judge(&h->x->sql, &g, e);
		if (rc == 0 && folder != at)
			rc = begin_folder(h, folders, folder, &folder_len, e);
		at = folder;
		if (rc == 0)
			rc = add_last(h, folder_len, last, e);
		if (rc == 0 && namepattern_fits(h->pattern, h->name.text))
			mark(h, path);
	}
	sqlite3_finalize(s);
	sqlite3_finalize(folders);
	return rc;
}

static int hunt_whole(struct hunt *h, struct err *e)
{
	static const char *const leads[] = {"", "/", "//"};
	const char *end = h->pattern->literal == 0 ? literal_end(h->pattern) : NULL;
	if (h->pattern->literal == 0 && end == NULL)
		return hunt_all(h, e);
	int rc = 0;
	if (end)
		return hunt_end(h, end, strcspn(end, "*"), e);
	for (size_t i = 0; rc == 0 && i < sizeof leads / sizeof *leads; i++)
		rc = hunt_behind(h, leads[i], e);
	return rc == 0 ? hunt_slashes(h, e) : rc;
}

/* ---- last parts ---- */

/* Of all: only the last part is looked at; SQLite leaves out what has not what each has to have. */
static int hunt_last(struct hunt *h, struct err *e)
{
	const struct span must = {(const uint8_t *)h->pattern->must, strlen(h->pattern->must)};
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&h->x->sql, &s, must.len > 0 ? "SELECT id, name FROM path WHERE instr(name, ?)" : "SELECT id, name FROM path",
			     e);
	if (rc != 0)
		return rc;
	struct sql_put p = sql_put(s);
	if (must.len > 0)
		sql_put_bytes(&p, must);
	rc = fileindex_bound(h->x, &p, e);
	while (rc == 0 && (rc = sql_step(&h->x->sql, s, e)) == 1) {
		struct sql_get g = sql_get(s);
		int64_t path = sql_get_number(&g, 1, INT64_MAX);
		struct span last = sql_get_bytes(&g);
		rc = sql_judge(&h->x->sql, &g, e);
		if (rc == 0)
			rc = fileindex_keep(h->x, &h->name, last, (struct span){NULL, 0}, e);
		if (rc == 0 && namepattern_fits_last(h->pattern, h->name.text))
			mark(h, path);
	}
	sqlite3_finalize(s);
	return rc;
}

static int hunt(struct hunt *h, const char *text, struct err *e)
{
	struct namepattern pattern;
	int rc = namepattern_read(&pattern, text, e);
	h->pattern = &pattern;
	if (rc == 0 && !pattern.last)
		rc = hunt_whole(h, e);
	else if (rc == 0)
		rc = pattern.literal > 0 ? hunt_name(h, pattern.text, pattern.literal, e) : hunt_last(h, e);
	namepattern_free(&pattern);
	return rc;
}

/* ---- their versions ---- */

struct wanted {
	int64_t *jobs; /* sorted; NULL: all */
	size_t job_count;
	inside_each_file *each;
	void *arg;
};

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int sort_jobs(struct wanted *w, const struct fileindex_query *q, struct err *e)
{
	if (q->jobs == NULL)
		return 0;
	w->jobs = calloc(q->job_count + 1, sizeof *w->jobs);
	if (w->jobs == NULL)
		return err_memory(e, q->job_count * sizeof *w->jobs, "jobs");
	for (size_t i = 0; i < q->job_count; i++)
		w->jobs[w->job_count++] = q->jobs[i];
	qsort(w->jobs, w->job_count, sizeof *w->jobs, by_number);
	return 0;
}

static int if_wanted(void *arg, const struct fileindex_file *f, struct err *e)
{
	const struct wanted *w = arg;
	bool wanted = w->jobs == NULL || bsearch(&f->job, w->jobs, w->job_count, sizeof *w->jobs, by_number);
	return wanted ? w->each(w->arg, f, e) : 0;
}

static int tell_path(struct hunt *h, sqlite3_stmt *s, struct inside_strings *strings, int64_t path, struct wanted *w, struct err *e)
{
	struct fileindex_file f;
	sql_end(s);
	int rc = sqlite3_bind_int64(s, 1, path) == SQLITE_OK ? 0 : sql_fail(&h->x->sql, SQLITE_NOMEM, e);
	while (rc == 0 && (rc = sql_step(&h->x->sql, s, e)) == 1) {
		rc = fileindex_row(h->x, s, strings, &f, e);
		if (rc == 0)
			rc = if_wanted(w, &f, e);
	}
	return rc;
}

static int tell(struct hunt *h, struct wanted *w, struct err *e)
{
	struct inside_strings strings = {0};
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&h->x->sql, &s,
			     "SELECT " INSIDE_FILE_COLUMNS
			     " FROM path p CROSS JOIN folder o ON o.id = p.folder CROSS JOIN file f ON f.path = p.id "
			     "WHERE p.id = ? ORDER BY f.id",
			     e);
	for (int64_t path = 1; rc == 0 && path <= h->paths; path++) {
		if (path % 8 == 0 && h->found[path / 8] == 0)
			path += 7;
		else if (h->found[path / 8] & 1u << path % 8)
			rc = tell_path(h, s, &strings, path, w, e);
	}
	sqlite3_finalize(s);
	fileindex_strings_free(&strings);
	return rc;
}

static int tell_all(struct fileindex *x, struct wanted *w, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sql_prepare(&x->sql, &s,
			     "SELECT " INSIDE_FILE_COLUMNS
			     " FROM file f CROSS JOIN path p ON p.id = f.path CROSS JOIN folder o ON o.id = p.folder ORDER BY f.id",
			     e);
	if (rc != 0)
		return rc;
	const struct sql_put none = sql_put(s);
	return fileindex_each_row(x, &none, if_wanted, w, e);
}

static int tell_fitting(struct fileindex *x, const struct fileindex_query *q, struct wanted *w, struct err *e)
{
	struct hunt h = {.x = x, .paths = fileindex_paths(x)};
	/* A hostile number would make us ask for all memory there is. */
	h.found = h.paths <= (int64_t)1 << 36 ? calloc((size_t)h.paths / 8 + 1, 1) : NULL;
	if (h.found == NULL)
		return err_memory(e, (uint64_t)h.paths / 8, "what was found");
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < q->pattern_count; i++)
		rc = hunt(&h, q->patterns[i], e);
	if (rc == 0)
		rc = tell(&h, w, e);
	free(h.found);
	free(h.name.text);
	return rc;
}

int fileindex_find(struct fileindex *x, const struct fileindex_query *q, inside_each_file *each, void *arg, struct err *e)
{
	struct wanted w = {.each = each, .arg = arg};
	int rc = sort_jobs(&w, q, e);
	if (rc == 0)
		rc = q->pattern_count > 0 ? tell_fitting(x, q, &w, e) : tell_all(x, &w, e);
	free(w.jobs);
	return rc;
}

#endif
