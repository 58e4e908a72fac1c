/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/sqlguard.h"

#include <string.h>

#define ROWS_IN_ONE_GUARD 50u

static void begin_guard(struct sqlpart *s, const char *what)
{
	s->guards++;
	fprintf(s->out, "INSERT INTO %s (what, behind, ahead) SELECT '%s%s%s', ", s->table, s->v->from->name, *what ? ": " : "", what);
}

void sqlguard_version(struct sqlpart *s)
{
	s->guards++;
	fprintf(s->out,
		"INSERT INTO %s (what, behind, ahead) SELECT 'the catalog is one of %s', 1 - COUNT(*), 1 - COUNT(*) FROM Version\n"
		" WHERE %sVersionId BETWEEN 2001 AND 2999;\n",
		s->table, s->o->bareos ? "Bareos" : "Bacula", s->o->bareos ? "" : "NOT ");
}

static void put_size(struct sqlpart *s, const char *name, const struct mapped_bytes *b)
{
	fprintf(s->out, "(VolumeName = '%s' AND %s = %llu)", name, b->tape ? "VolFiles" : "VolBytes",
		(unsigned long long)(b->tape ? b->files : b->bytes));
}

/* Half of it: a job that read the volume while the script ran has put the old size back.  formats/catalog-facts.md 3.3 */
static void guard_size(struct sqlpart *s)
{
	const struct mapped_bytes *from = sqlpart_bytes(s, false), *to = sqlpart_bytes(s, true);
	s->guards++;
	fprintf(s->out, "INSERT INTO %s SELECT '%s: name and size are those of the map', 1 - COALESCE(SUM(CASE WHEN ", s->table,
		s->v->from->name);
	put_size(s, sqlpart_name(s, false), from);
	fputs(" THEN 1 ELSE 0 END), 0),\n 1 - COALESCE(SUM(CASE WHEN ", s->out);
	put_size(s, sqlpart_name(s, true), to);
	fputs(" THEN 1 ELSE 0 END), 0),\n 1 - COALESCE(SUM(CASE WHEN ", s->out);
	put_size(s, sqlpart_name(s, true), from);
	fputs(" OR ", s->out);
	put_size(s, sqlpart_name(s, true), to);
	fprintf(s->out, " THEN 1 ELSE 0 END), 0)\n FROM Media WHERE VolumeName IN ('%s', '%s');\n", sqlpart_name(s, false),
		sqlpart_name(s, true));
}

static void guard_media(struct sqlpart *s)
{
	const struct mapped_bytes *from = sqlpart_bytes(s, false), *to = sqlpart_bytes(s, true);
	begin_guard(s, "the catalog has one volume of this name");
	fprintf(s->out, "1 - COUNT(*), 1 - COUNT(*) FROM Media WHERE VolumeName IN ('%s', '%s');\n", sqlpart_name(s, false),
		sqlpart_name(s, true));
	guard_size(s);
	begin_guard(s, "it is not to be recycled, and of the native kind");
	fprintf(s->out, "COUNT(*), COUNT(*) FROM Media WHERE VolumeName IN ('%s', '%s') AND (VolStatus = 'Recycle'%s",
		sqlpart_name(s, false), sqlpart_name(s, true), from->tape || to->tape ? "" : " OR LabelType <> 0");
	if (!s->o->bareos && s->o->version >= 16)
		fputs(" OR VolABytes <> 0 OR VolParts <> 0", s->out);
	fputs(");\n", s->out);
	if (s->o->bareos && s->o->version >= 2171) {
		begin_guard(s, "no row of it is written by NDMP");
		fputs("COUNT(*), COUNT(*) FROM JobMedia WHERE JobBytes <> 0 AND ", s->out);
		sqlpart_put_volume(s);
		fputs(";\n", s->out);
	}
}

/* The rows of a session at a glance. */
static void put_covered(struct sqlpart *s)
{
	const char *start = sqlpart_start_of_row(s), *end = sqlpart_end_of_row(s);
	fprintf(s->out,
		"\n FROM (SELECT COUNT(*) AS n, MIN(FirstIndex) AS lowest, MAX(LastIndex) AS highest, MIN(%s) AS begins, MAX(%s) AS ends,\n"
		"  MAX(%s) AS last_begins, MIN(%s) AS first_ends FROM JobMedia WHERE FirstIndex > 0 AND ",
		start, end, start, end);
}

/* No rows, for jobs are pruned; or such that cover its blocks; or such that cover any volume. */
static void put_covers(struct sqlpart *s, const struct mapped_session *session, bool goal)
{
	const struct mapped_bytes *b = sqlpart_bytes(s, goal);
	const struct mapped_range *r = sqlpart_range(s, session, goal);
	fprintf(s->out, "\n CASE WHEN n = 0 OR (lowest = %d AND highest = %d AND (", r->first, r->last);
	fprintf(s->out, "(begins >%s %llu AND begins <= %llu AND ends = %llu)", b->labelled ? "" : "=", (unsigned long long)b->label_end,
		(unsigned long long)r->data_start, (unsigned long long)r->end);
	fprintf(s->out, " OR (last_begins = 0 AND first_ends = %llu))) THEN 0 ELSE 1 END", (unsigned long long)PLAN_WHOLE_END);
}

/* All rows are of sessions that are known. */
static void guard_strangers(struct sqlpart *s)
{
	begin_guard(s, "all rows are of jobs in the map");
	fputs("n, n FROM (SELECT COUNT(*) AS n FROM JobMedia WHERE FirstIndex > 0 AND ", s->out);
	sqlpart_put_volume(s);
	/* Rows of jobs that are gone are what no restore selects. */
	fputs("\n AND JobId IN (SELECT JobId FROM Job)\n AND JobId NOT IN (SELECT Job.JobId FROM Job JOIN xflate_session ON "
	      "Job.VolSessionId = xflate_session.id"
	      " AND Job.VolSessionTime = xflate_session.began",
	      s->out);
	fprintf(s->out, " AND xflate_session.volume = %zu)) AS others;\n", sqlpart_number(s));
}

/* And cover them. */
static void guard_sessions(struct sqlpart *s)
{
	const struct mapped_volume *v = s->v->to;
	char what[64];
	for (size_t i = 0; i < v->session_count; i++) {
		snprintf(what, sizeof what, "session %u of %u", v->sessions[i]->id, v->sessions[i]->time);
		begin_guard(s, what);
		put_covers(s, v->sessions[i], false);
		fputc(',', s->out);
		put_covers(s, v->sessions[i], true);
		put_covered(s);
		sqlpart_put_volume(s);
		fputs(" AND ", s->out);
		sqlpart_put_session(s, v->sessions[i]);
		fputs(") AS r;\n", s->out);
	}
}

/* How many of the rows from the first-th on are not there as they have to be. */
static void put_missing_rows(struct sqlpart *s, size_t first, size_t rows, bool goal)
{
	unsigned present = 0;
	for (size_t k = first; k < first + rows; k++)
		present += sqlpart_row(s, k, goal) != NULL;
	fprintf(s->out, "\n %u - COALESCE(SUM(CASE WHEN 1 = 0", present);
	for (size_t k = first; k < first + rows; k++) {
		if (sqlpart_row(s, k, goal) == NULL)
			continue;
		fputs("\n  OR ", s->out);
		sqlpart_put_same_row(s, k, goal);
	}
	fputs(" THEN 1 ELSE 0 END), 0)", s->out);
}

static size_t rows_there(const struct sqlpart *s, bool goal)
{
	size_t n = 0;
	for (size_t k = 0; k < s->v->row_count; k++)
		n += sqlpart_row(s, k, goal) != NULL;
	return n;
}

/* By their key, or each guard reads all rows of the volume, or of the catalog. */
static void put_row_ids(struct sqlpart *s, size_t first, size_t rows)
{
	for (size_t k = first; k < first + rows; k++)
		fprintf(s->out, "%s%llu", k == first ? "JobMediaId IN (" : ", ", (unsigned long long)s->v->rows[k].id);
	fputc(')', s->out);
}

/* Every row is as it was when the rows were asked for, and there are no others. */
static void guard_rows(struct sqlpart *s)
{
	const struct plan_volume *v = s->v;
	begin_guard(s, "its number is that of the rows");
	fprintf(s->out, "1 - COUNT(*), 1 - COUNT(*) FROM Media WHERE MediaId = %llu AND VolumeName IN ('%s', '%s');\n",
		(unsigned long long)v->media->id, sqlpart_name(s, false), sqlpart_name(s, true));
	begin_guard(s, "as many rows as there were");
	fprintf(s->out, "%zu - COUNT(*), %zu - COUNT(*) FROM JobMedia WHERE FirstIndex > 0 AND MediaId = %llu;\n", rows_there(s, false),
		rows_there(s, true), (unsigned long long)v->media->id);
	for (size_t k = 0, n; k < v->row_count; k += n) {
		n = v->row_count - k < ROWS_IN_ONE_GUARD ? v->row_count - k : ROWS_IN_ONE_GUARD;
		begin_guard(s, "no row has changed");
		put_missing_rows(s, k, n, false);
		fputc(',', s->out);
		put_missing_rows(s, k, n, true);
		fprintf(s->out, "\n FROM JobMedia WHERE MediaId = %llu AND ", (unsigned long long)v->media->id);
		put_row_ids(s, k, n);
		fputs(";\n", s->out);
	}
}

/* A database that gives numbers again may have given those of rows that are gone. */
static void guard_free_ids(struct sqlpart *s)
{
	const struct plan_volume *v = s->v;
	for (size_t k = 0, n; k < v->row_count; k += n) {
		n = v->row_count - k < ROWS_IN_ONE_GUARD ? v->row_count - k : ROWS_IN_ONE_GUARD;
		begin_guard(s, "the numbers of its rows are free");
		fprintf(s->out, "COUNT(*), COUNT(*) FROM JobMedia WHERE MediaId <> %llu AND ", (unsigned long long)v->media->id);
		put_row_ids(s, k, n);
		fputs(";\n", s->out);
	}
}

/* Its jobs have the sessions that the rows say, or are gone as they say. */
static void guard_jobs(struct sqlpart *s)
{
	const struct plan_volume *v = s->v;
	for (size_t k = 0; k < v->row_count; k += plan_group(v, k)) {
		const struct mapped_session *session = plan_session(s->p, v, &v->rows[k]);
		char what[64];
		if (session == NULL) {
			begin_guard(s, "jobs that the rows do not have are gone");
			fprintf(s->out, "COUNT(*), COUNT(*) FROM Job WHERE JobId = %llu;\n", (unsigned long long)v->rows[k].job_id);
			continue;
		}
		snprintf(what, sizeof what, "session %u of %u", session->id, session->time);
		begin_guard(s, what);
		fprintf(s->out, "1 - COUNT(*), 1 - COUNT(*) FROM Job WHERE JobId = %llu AND VolSessionId = %u AND VolSessionTime = %u;\n",
			(unsigned long long)v->rows[k].job_id, session->id, session->time);
	}
}

void sqlguard_volume(struct sqlpart *s)
{
	guard_media(s);
	if (s->o->storage) {
		begin_guard(s, "the catalog has this storage");
		fprintf(s->out, "1 - COUNT(*), 1 - COUNT(*) FROM Storage WHERE Name = '%s';\n", s->o->storage);
	}
	if (s->p->rows) {
		guard_rows(s);
		guard_free_ids(s);
		guard_jobs(s);
	} else {
		guard_strangers(s);
		if (!s->o->whole_volume || s->o->undo)
			guard_sessions(s);
	}
}

/* A statement of MySQL that waits for a lock too long is undone alone; so each lock is a guard. */
void sqlguard_lock(struct sqlpart *s)
{
	begin_guard(s, "its row is locked");
	fprintf(s->out, "0 * COUNT(*), 0 FROM Media WHERE VolumeName IN ('%s', '%s') FOR UPDATE;\n", sqlpart_name(s, false),
		sqlpart_name(s, true));
	begin_guard(s, "the rows of its jobs are locked");
	fputs("0 * COUNT(*), 0 FROM JobMedia WHERE ", s->out);
	sqlpart_put_volume(s);
	fputs(" FOR UPDATE;\n", s->out);
}

/* SQLite takes this setting outside a transaction alone: that is how to know whether BEGIN, or COMMIT, has failed. */
void sqlguard_transaction(struct sqlpart *s)
{
	s->guards++;
	fputs("PRAGMA foreign_keys = 1;\n"
	      "INSERT INTO xflate_guard (what, behind, ahead) SELECT 'the catalog is locked', foreign_keys, foreign_keys FROM "
	      "pragma_foreign_keys;\n",
	      s->out);
}
