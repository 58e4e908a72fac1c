/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How it is safe.  First every guard is looked at and noted in a table of our own, how often it does not hold: for the catalog as it has
 * to be, and for the catalog as it is to become.  Then one row says whether all of them were looked at and none was broken; each
 * statement that changes something asks that row.  An error anywhere before leaves it away, and nothing is changed, whatever the client
 * does with errors.  Behind that row no statement may fail by itself, for a client that goes on would commit the others: all locks are
 * held by then.  What became of it is told behind COMMIT, which may fail, too, and takes that row with it. */
#include "catalog/sql.h"

#include "base/printable.h"

#include <string.h>

#define ROWS_IN_ONE_GUARD 50u

const char *const sql_databases[] = {"postgresql", "mysql", "sqlite", NULL};

struct script {
	FILE *out;
	const struct sql_options *o;
	const struct plan *p;
	const struct plan_volume *v; /* at hand */
	const char *table;           /* that guards go to */
	unsigned guards;             /* there, so far */
};

/* ---- the two sides ---- */

static enum mapped_side side_of(const struct script *s, bool goal)
{
	return s->o->undo != goal ? MAPPED_NEW : MAPPED_OLD;
}

static const struct mapped_bytes *bytes_of(const struct script *s, bool goal)
{
	enum mapped_side side = side_of(s, goal);
	return &(side == MAPPED_OLD ? s->v->from : s->v->to)->side[side];
}

static const char *name_of(const struct script *s, bool goal)
{
	return side_of(s, goal) == MAPPED_OLD ? s->v->from->name : s->v->to->new_name;
}

static const struct mapped_range *range_of(const struct script *s, const struct mapped_session *session, bool goal)
{
	enum mapped_side side = side_of(s, goal);
	const struct mapped_volume *v = side == MAPPED_OLD ? s->v->from : s->v->to;
	return &mapped_session((struct mapped_volume *)v, session->id, session->time, false)->side[side];
}

/* A row of the catalog before (or, goal, behind) the script; NULL: there is none then. */
static const struct rows_place *row_of(const struct script *s, size_t row, bool goal)
{
	const struct plan_row *to = &s->v->row_to[row];
	return side_of(s, goal) == MAPPED_OLD ? &s->v->rows[row].at : to->gone ? NULL : &to->to;
}

/* Of the volume at hand, in the plan. */
static size_t number_of(const struct script *s)
{
	return (size_t)(s->v - s->p->volumes);
}

/* ---- pieces of statements ---- */

#define GO "(SELECT MAX(ready) FROM xflate_go) = 1"
/* Media may have been written back since: formats/catalog-facts.md 3.3. */
#define GO_MEDIA "(SELECT MAX(ready) + MAX(media) FROM xflate_go) > 0"

static void put_session(struct script *s, const struct mapped_session *session)
{
	fprintf(s->out, "JobId IN (SELECT JobId FROM Job WHERE VolSessionId = %u AND VolSessionTime = %u)", session->id, session->time);
}

static void put_volume(struct script *s)
{
	fprintf(s->out, "MediaId IN (SELECT MediaId FROM Media WHERE VolumeName IN ('%s'", name_of(s, false));
	if (strcmp(name_of(s, false), name_of(s, true)) != 0)
		fprintf(s->out, ", '%s'", name_of(s, true));
	fputs("))", s->out);
}

static const char *start_of_row(const struct script *s)
{
	return s->o->database == SQL_POSTGRESQL ? "(CAST(StartFile AS bigint) * 4294967296 + StartBlock)"
						: "(StartFile * 4294967296 + StartBlock)";
}

static const char *end_of_row(const struct script *s)
{
	return s->o->database == SQL_POSTGRESQL ? "(CAST(EndFile AS bigint) * 4294967296 + EndBlock)" : "(EndFile * 4294967296 + EndBlock)";
}

static void begin_guard(struct script *s, const char *what)
{
	s->guards++;
	fprintf(s->out, "INSERT INTO %s (what, behind, ahead) SELECT '%s%s%s', ", s->table, s->v->from->name, *what ? ": " : "", what);
}

/* ---- guards ---- */

static void guard_version(struct script *s)
{
	s->guards++;
	fprintf(s->out,
		"INSERT INTO %s (what, behind, ahead) SELECT 'the catalog is one of %s', 1 - COUNT(*), 1 - COUNT(*) FROM Version\n"
		" WHERE %sVersionId BETWEEN 2001 AND 2999;\n",
		s->table, s->o->bareos ? "Bareos" : "Bacula", s->o->bareos ? "" : "NOT ");
}

static void put_size(struct script *s, const char *name, const struct mapped_bytes *b)
{
	fprintf(s->out, "(VolumeName = '%s' AND %s = %llu)", name, b->tape ? "VolFiles" : "VolBytes",
		(unsigned long long)(b->tape ? b->files : b->bytes));
}

/* Half of it: a job that read the volume while the script ran has put the old size back.  formats/catalog-facts.md 3.3 */
static void guard_size(struct script *s)
{
	const struct mapped_bytes *from = bytes_of(s, false), *to = bytes_of(s, true);
	s->guards++;
	fprintf(s->out, "INSERT INTO %s SELECT '%s: name and size are those of the map', 1 - COALESCE(SUM(CASE WHEN ", s->table,
		s->v->from->name);
	put_size(s, name_of(s, false), from);
	fputs(" THEN 1 ELSE 0 END), 0),\n 1 - COALESCE(SUM(CASE WHEN ", s->out);
	put_size(s, name_of(s, true), to);
	fputs(" THEN 1 ELSE 0 END), 0),\n 1 - COALESCE(SUM(CASE WHEN ", s->out);
	put_size(s, name_of(s, true), from);
	fputs(" OR ", s->out);
	put_size(s, name_of(s, true), to);
	fprintf(s->out, " THEN 1 ELSE 0 END), 0)\n FROM Media WHERE VolumeName IN ('%s', '%s');\n", name_of(s, false), name_of(s, true));
}

static void guard_media(struct script *s)
{
	const struct mapped_bytes *from = bytes_of(s, false), *to = bytes_of(s, true);
	begin_guard(s, "the catalog has one volume of this name");
	fprintf(s->out, "1 - COUNT(*), 1 - COUNT(*) FROM Media WHERE VolumeName IN ('%s', '%s');\n", name_of(s, false), name_of(s, true));
	guard_size(s);
	begin_guard(s, "it is not to be recycled, and of the native kind");
	fprintf(s->out, "COUNT(*), COUNT(*) FROM Media WHERE VolumeName IN ('%s', '%s') AND (VolStatus = 'Recycle'%s", name_of(s, false),
		name_of(s, true), from->tape || to->tape ? "" : " OR LabelType <> 0");
	if (!s->o->bareos && s->o->version >= 16)
		fputs(" OR VolABytes <> 0 OR VolParts <> 0", s->out);
	fputs(");\n", s->out);
	if (s->o->bareos && s->o->version >= 2171) {
		begin_guard(s, "no row of it is written by NDMP");
		fputs("COUNT(*), COUNT(*) FROM JobMedia WHERE JobBytes <> 0 AND ", s->out);
		put_volume(s);
		fputs(";\n", s->out);
	}
}

/* The rows of a session at a glance. */
static void put_covered(struct script *s)
{
	const char *start = start_of_row(s), *end = end_of_row(s);
	fprintf(s->out,
		"\n FROM (SELECT COUNT(*) AS n, MIN(FirstIndex) AS lowest, MAX(LastIndex) AS highest, MIN(%s) AS begins, MAX(%s) AS ends,\n"
		"  MAX(%s) AS last_begins, MIN(%s) AS first_ends FROM JobMedia WHERE FirstIndex > 0 AND ",
		start, end, start, end);
}

/* No rows, for jobs are pruned; or such that cover its blocks; or such that cover any volume. */
static void put_covers(struct script *s, const struct mapped_session *session, bool goal)
{
	const struct mapped_bytes *b = bytes_of(s, goal);
	const struct mapped_range *r = range_of(s, session, goal);
	fprintf(s->out, "\n CASE WHEN n = 0 OR (lowest = %d AND highest = %d AND (", r->first, r->last);
	fprintf(s->out, "(begins >%s %llu AND begins <= %llu AND ends = %llu)", b->labelled ? "" : "=", (unsigned long long)b->label_end,
		(unsigned long long)r->data_start, (unsigned long long)r->end);
	fprintf(s->out, " OR (last_begins = 0 AND first_ends = %llu))) THEN 0 ELSE 1 END", (unsigned long long)PLAN_WHOLE_END);
}

/* All rows are of sessions that are known. */
static void guard_strangers(struct script *s)
{
	begin_guard(s, "all rows are of jobs in the map");
	fputs("n, n FROM (SELECT COUNT(*) AS n FROM JobMedia WHERE FirstIndex > 0 AND ", s->out);
	put_volume(s);
	/* Rows of jobs that are gone are what no restore selects. */
	fputs("\n AND JobId IN (SELECT JobId FROM Job)\n AND JobId NOT IN (SELECT Job.JobId FROM Job JOIN xflate_session ON "
	      "Job.VolSessionId = xflate_session.id"
	      " AND Job.VolSessionTime = xflate_session.began",
	      s->out);
	fprintf(s->out, " AND xflate_session.volume = %zu)) AS others;\n", number_of(s));
}

/* And cover them. */
static void guard_sessions(struct script *s)
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
		put_volume(s);
		fputs(" AND ", s->out);
		put_session(s, v->sessions[i]);
		fputs(") AS r;\n", s->out);
	}
}

static void put_same_row(struct script *s, size_t row, bool goal)
{
	const struct rows_place *r = row_of(s, row, goal);
	if (r)
		fprintf(s->out,
			"(JobMediaId = %llu AND JobId = %llu AND FirstIndex = %d AND LastIndex = %d AND StartFile = %llu AND StartBlock = "
			"%llu AND "
			"EndFile = %llu AND EndBlock = %llu)",
			(unsigned long long)s->v->rows[row].id, (unsigned long long)s->v->rows[row].job_id, r->first, r->last,
			(unsigned long long)(r->start >> 32), (unsigned long long)(r->start & UINT32_MAX),
			(unsigned long long)(r->end >> 32), (unsigned long long)(r->end & UINT32_MAX));
}

/* How many of the rows from the first-th on are not there as they have to be. */
static void put_missing_rows(struct script *s, size_t first, size_t rows, bool goal)
{
	unsigned present = 0;
	for (size_t k = first; k < first + rows; k++)
		present += row_of(s, k, goal) != NULL;
	fprintf(s->out, "\n %u - COALESCE(SUM(CASE WHEN 1 = 0", present);
	for (size_t k = first; k < first + rows; k++) {
		if (row_of(s, k, goal) == NULL)
			continue;
		fputs("\n  OR ", s->out);
		put_same_row(s, k, goal);
	}
	fputs(" THEN 1 ELSE 0 END), 0)", s->out);
}

static size_t rows_there(const struct script *s, bool goal)
{
	size_t n = 0;
	for (size_t k = 0; k < s->v->row_count; k++)
		n += row_of(s, k, goal) != NULL;
	return n;
}

/* By their key, or each guard reads all rows of the volume, or of the catalog. */
static void put_row_ids(struct script *s, size_t first, size_t rows)
{
	for (size_t k = first; k < first + rows; k++)
		fprintf(s->out, "%s%llu", k == first ? "JobMediaId IN (" : ", ", (unsigned long long)s->v->rows[k].id);
	fputc(')', s->out);
}

/* Every row is as it was when the rows were asked for, and there are no others. */
static void guard_rows(struct script *s)
{
	const struct plan_volume *v = s->v;
	begin_guard(s, "its number is that of the rows");
	fprintf(s->out, "1 - COUNT(*), 1 - COUNT(*) FROM Media WHERE MediaId = %llu AND VolumeName IN ('%s', '%s');\n",
		(unsigned long long)v->media->id, name_of(s, false), name_of(s, true));
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
static void guard_free_ids(struct script *s)
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
static void guard_jobs(struct script *s)
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

/* ---- changes ---- */

static void put_address(struct script *s, const char *file, const char *block, uint64_t address)
{
	fprintf(s->out, "%s = %llu, %s = %llu", file, (unsigned long long)(address >> 32), block,
		(unsigned long long)(address & UINT32_MAX));
}

static void put_range(struct script *s, uint64_t start, uint64_t end)
{
	put_address(s, "StartFile", "StartBlock", start);
	fputs(", ", s->out);
	put_address(s, "EndFile", "EndBlock", end);
}

static void change_sessions(struct script *s)
{
	const struct mapped_volume *v = s->v->to;
	bool whole = s->o->whole_volume && !s->o->undo;
	for (size_t i = 0; i < v->session_count; i++) {
		const struct mapped_range *r = range_of(s, v->sessions[i], true);
		fputs("UPDATE JobMedia SET ", s->out);
		put_range(s, whole ? 0 : r->start, whole ? PLAN_WHOLE_END : r->end);
		fputs("\n WHERE FirstIndex > 0 AND ", s->out);
		put_volume(s);
		fputs(" AND ", s->out);
		put_session(s, v->sessions[i]);
		fputs("\n AND " GO ";\n", s->out);
	}
}

static void insert_row(struct script *s, const struct rows_jobmedia *row, const struct rows_place *to)
{
	/* No row of NDMP is touched: it is 0. */
	bool job_bytes = s->o->bareos && s->o->version >= 2171;
	fprintf(s->out,
		"INSERT INTO JobMedia (JobMediaId, JobId, MediaId, VolIndex, FirstIndex, LastIndex, StartFile, StartBlock, EndFile, "
		"EndBlock%s)\n",
		job_bytes ? ", JobBytes" : "");
	fprintf(s->out, " SELECT %llu, %llu, %llu, %llu, %d, %d, %llu, %llu, %llu, %llu%s FROM xflate_go WHERE ready = 1;\n",
		(unsigned long long)row->id, (unsigned long long)row->job_id, (unsigned long long)row->media_id,
		(unsigned long long)row->vol_index, to->first, to->last, (unsigned long long)(to->start >> 32),
		(unsigned long long)(to->start & UINT32_MAX), (unsigned long long)(to->end >> 32),
		(unsigned long long)(to->end & UINT32_MAX), job_bytes ? ", 0" : "");
}

static void change_row(struct script *s, size_t k)
{
	const struct rows_jobmedia *row = &s->v->rows[k];
	const struct rows_place *from = row_of(s, k, false), *to = row_of(s, k, true);
	if (from == NULL && to)
		insert_row(s, row, to);
	if (from == NULL || (to && memcmp(from, to, sizeof *from) == 0))
		return;
	if (to) {
		fprintf(s->out, "UPDATE JobMedia SET FirstIndex = %d, LastIndex = %d, ", to->first, to->last);
		put_range(s, to->start, to->end);
	} else {
		fputs("DELETE FROM JobMedia", s->out);
	}
	fprintf(s->out, "\n WHERE MediaId = %llu AND ", (unsigned long long)row->media_id);
	put_same_row(s, k, false);
	fputs(" AND " GO ";\n", s->out);
}

static uint64_t last_address(const struct mapped_bytes *b)
{
	return b->tape ? b->last : b->bytes > 0 ? b->bytes - 1 : 0;
}

/* What the catalog had, if its rows tell; else what the volumes' bytes say. */
static void put_sizes(struct script *s)
{
	const struct mapped_bytes *to = bytes_of(s, true);
	const struct rows_media *m = s->o->undo ? s->v->media : NULL;
	fprintf(s->out, "VolBytes = %llu, VolFiles = %llu, VolBlocks = %llu, ", (unsigned long long)(m ? m->bytes : to->bytes),
		(unsigned long long)(m ? m->files : to->files),
		(unsigned long long)(m ? m->blocks : to->blocks - (to->blocks > 0 && to->labelled)));
	put_address(s, "EndFile", "EndBlock", m ? m->end : last_address(to));
}

/* A text of the catalog's own, which may be any. */
static void put_text(struct script *s, const char *text)
{
	fputc('\'', s->out);
	for (; *text; text++) {
		if (*text == '\'' || (*text == '\\' && s->o->database == SQL_MYSQL))
			fputc(*text, s->out);
		fputc(*text, s->out);
	}
	fputc('\'', s->out);
}

static bool is_encrypted(const struct mapped_bytes *b)
{
	return b->encryption[0] && strcmp(b->encryption, "none") != 0;
}

static void put_moved(struct script *s)
{
	const struct mapped_bytes *from = bytes_of(s, false), *to = bytes_of(s, true);
	const struct sql_options *o = s->o;
	if (strcmp(name_of(s, false), name_of(s, true)) != 0)
		fprintf(s->out, ", VolumeName = '%s'", name_of(s, true));
	if (o->undo ? s->v->media && o->media_type : o->media_type != NULL) {
		fputs(", MediaType = ", s->out);
		put_text(s, o->undo ? s->v->media->media_type : o->media_type);
	}
	if (!o->undo && o->storage)
		fprintf(s->out, ", StorageId = (SELECT MIN(StorageId) FROM Storage WHERE Name = '%s')", o->storage);
	if (o->undo && s->v->media && (o->storage || from->tape != to->tape))
		fprintf(s->out, ", StorageId = %llu, Slot = %llu, InChanger = %llu, LabelType = %llu",
			(unsigned long long)s->v->media->storage_id, (unsigned long long)s->v->media->slot,
			(unsigned long long)s->v->media->in_changer, (unsigned long long)s->v->media->label_type);
	else if (from->tape && !to->tape)
		fputs(", Slot = 0, InChanger = 0, LabelType = 0", s->out);
	if (from->tape != to->tape && !o->bareos && o->version >= 16)
		fprintf(s->out, ", VolType = %d", to->tape ? 2 : 1);
	if (!o->bareos && is_encrypted(from) != is_encrypted(to))
		fprintf(s->out, ", VolEncrypted = %d", is_encrypted(to));
}

static void change_media(struct script *s)
{
	const struct mapped_bytes *from = bytes_of(s, false), *to = bytes_of(s, true);
	fputs("UPDATE Media SET ", s->out);
	put_sizes(s);
	put_moved(s);
	fprintf(s->out, "\n WHERE VolumeName IN ('%s', '%s') AND %s = %llu AND " GO_MEDIA ";\n", name_of(s, false), name_of(s, true),
		from->tape ? "VolFiles" : "VolBytes", (unsigned long long)(from->tape ? from->files : from->bytes));
	/* A device takes blocks of at most this size from the volume, if it is not 0. */
	if (s->o->bareos && to->longest > 0 && !s->o->undo)
		fprintf(s->out,
			"UPDATE Media SET MaxBlockSize = %u WHERE VolumeName = '%s' AND MaxBlockSize > 0 AND MaxBlockSize < %u\n AND " GO
			";\n",
			to->longest, name_of(s, true), to->longest);
	/* Back only if it is still what this made of it. */
	if (s->o->bareos && s->o->undo && s->v->media && s->v->media->longest > 0 && s->v->media->longest < from->longest)
		fprintf(s->out, "UPDATE Media SET MaxBlockSize = %llu WHERE VolumeName = '%s' AND MaxBlockSize = %u AND " GO ";\n",
			(unsigned long long)s->v->media->longest, name_of(s, true), from->longest);
	/* Its addresses are of the old volume, and a restore does without.  formats/catalog-facts.md 2.4 */
	if (!s->o->bareos && s->p->rows && s->o->version >= 1022 && !s->o->undo)
		fprintf(s->out, "DELETE FROM FileMedia WHERE MediaId = %llu AND " GO ";\n", (unsigned long long)s->v->media->id);
}

/* ---- the script ---- */

static const char *ago(bool goal, const struct script *s)
{
	return s->o->undo != goal ? "new" : "old";
}

static void head_volume(struct script *s)
{
	const struct mapped_bytes *from = bytes_of(s, false), *to = bytes_of(s, true);
	fprintf(s->out, "--   %s", name_of(s, false));
	if (strcmp(name_of(s, false), name_of(s, true)) != 0)
		fprintf(s->out, " (becomes %s)", name_of(s, true));
	fprintf(s->out, ": %llu bytes in %llu blocks (%s) -> %llu in %llu (%s), %zu session%s", (unsigned long long)from->bytes,
		(unsigned long long)from->blocks, from->tape ? "tape" : "file", (unsigned long long)to->bytes,
		(unsigned long long)to->blocks, to->tape ? "tape" : "file", s->v->to->session_count,
		s->v->to->session_count == 1 ? "" : "s");
	if (s->p->rows)
		fprintf(s->out, ", %zu row%s of JobMedia", s->v->row_count, s->v->row_count == 1 ? "" : "s");
	fputc('\n', s->out);
	if (s->v->to->version == 1)
		fputs("--     its map is of version 1, and does not tell whether its run lost something\n", s->out);
}

static void head(struct script *s, size_t chain)
{
	static const char *const run[] = {"psql -X -q -v ON_ERROR_STOP=1 -f THIS_FILE CATALOG", "mysql CATALOG < THIS_FILE",
					  "sqlite3 -bail CATALOG < THIS_FILE"};
	fprintf(s->out, "-- xflate catalog: %s, from the %s volumes to the %s ones\n", s->o->bareos ? "Bareos" : "Bacula", ago(false, s),
		ago(true, s));
	for (size_t i = 0; i < s->p->count; i++) {
		s->v = &s->p->volumes[i];
		if (s->v->chain == chain)
			head_volume(s);
	}
	fputs("-- Dump the catalog first.  While this runs no job may have these volumes, readers neither: a job that reads a volume\n"
	      "-- writes its Media row back at its end.  The volumes must lie in their place already, and be the "
	      "ones of the map.\n",
	      s->out);
	if (s->o->undo_name) {
		fputs("-- The way back: ", s->out);
		printable_put(s->o->undo_name, s->out);
		fputc('\n', s->out);
	}
	if (!s->p->rows && !s->o->whole_volume)
		fputs("-- Without --rows every row of a job gets the job's whole range on the volume: restores are right, those of single "
		      "files "
		      "read more.\n",
		      s->out);
	if (s->o->whole_volume && !s->o->undo)
		fputs("-- Without addresses: every restore reads a whole volume.  Right in an emergency, slow ever after.\n", s->out);
	fprintf(s->out, "--   %s\n", run[s->o->database]);
}

static void each_volume(struct script *s, size_t chain, void (*of)(struct script *))
{
	for (size_t i = 0; i < s->p->count; i++) {
		s->v = &s->p->volumes[i];
		if (s->v->chain == chain)
			of(s);
	}
}

static void lock_volume(struct script *s)
{
	fprintf(s->out, "SELECT VolumeName, VolBytes FROM Media WHERE VolumeName IN ('%s', '%s') FOR UPDATE;\n", name_of(s, false),
		name_of(s, true));
}

/* A statement of MySQL that waits for a lock too long is undone alone; so each lock is a guard. */
static void lock_in_guards(struct script *s)
{
	begin_guard(s, "its row is locked");
	fprintf(s->out, "0 * COUNT(*), 0 FROM Media WHERE VolumeName IN ('%s', '%s') FOR UPDATE;\n", name_of(s, false), name_of(s, true));
	begin_guard(s, "the rows of its jobs are locked");
	fputs("0 * COUNT(*), 0 FROM JobMedia WHERE ", s->out);
	put_volume(s);
	fputs(" FOR UPDATE;\n", s->out);
}

/* SQLite takes this setting outside a transaction alone: that is how to know whether BEGIN, or COMMIT, has failed. */
static void guard_transaction(struct script *s)
{
	s->guards++;
	fputs("PRAGMA foreign_keys = 1;\n"
	      "INSERT INTO xflate_guard (what, behind, ahead) SELECT 'the catalog is locked', foreign_keys, foreign_keys FROM "
	      "pragma_foreign_keys;\n",
	      s->out);
}

static void take_locks(struct script *s, size_t chain)
{
	if (s->o->database == SQL_SQLITE)
		guard_transaction(s);
	else
		each_volume(s, chain, s->o->database == SQL_MYSQL ? lock_in_guards : lock_volume);
}

static void name_sessions(struct script *s)
{
	const struct mapped_volume *v = s->v->to;
	for (size_t i = 0; i < v->session_count; i++)
		fprintf(s->out, "INSERT INTO xflate_session VALUES (%zu, %u, %u);\n", number_of(s), v->sessions[i]->id,
			v->sessions[i]->time);
}

static void guard_volume(struct script *s)
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

static void change_volume(struct script *s)
{
	for (size_t k = 0; s->p->rows && k < s->v->row_count; k++)
		change_row(s, k);
	if (!s->p->rows)
		change_sessions(s);
	change_media(s);
}

static void begin(struct script *s)
{
	/* Not to meet readers at COMMIT: exclusive. */
	static const char *const words[] = {"BEGIN", "START TRANSACTION", "BEGIN EXCLUSIVE"};
	/* What is rolled back has to take them along. */
	const char *engine = s->o->database == SQL_MYSQL ? " ENGINE = InnoDB" : "";
	fprintf(s->out,
		"CREATE TEMPORARY TABLE xflate_guard (what VARCHAR(250), behind BIGINT, ahead BIGINT, half BIGINT)%s;\n"
		"CREATE TEMPORARY TABLE xflate_goal (what VARCHAR(250), behind BIGINT, ahead BIGINT, half BIGINT)%s;\n"
		"CREATE TEMPORARY TABLE xflate_session (volume BIGINT, id BIGINT, began BIGINT)%s;\n"
		"CREATE TEMPORARY TABLE xflate_go (ready INTEGER, done INTEGER, media INTEGER)%s;\n",
		engine, engine, engine, engine);
	if (s->o->database == SQL_SQLITE)
		fputs("CREATE TEMPORARY TABLE xflate_kept (ok INTEGER NOT NULL);\n", s->out);
	/* A director's transactions are short: wait for them, whatever the client was told. */
	if (s->o->database == SQL_SQLITE)
		fputs("PRAGMA busy_timeout = 10000;\nPRAGMA foreign_keys = 0;\n", s->out);
	fprintf(s->out, "%s;\n", words[s->o->database]);
}

static void decide(struct script *s)
{
	fprintf(s->out,
		"INSERT INTO xflate_go SELECT CASE WHEN COUNT(*) = %u AND SUM(ABS(behind)) = 0 THEN 1 ELSE 0 END,\n"
		" CASE WHEN COUNT(*) = %u AND SUM(ABS(ahead)) = 0 THEN 1 ELSE 0 END,\n"
		" CASE WHEN COUNT(*) = %u AND SUM(ABS(COALESCE(half, ahead))) = 0 THEN 1 ELSE 0 END FROM xflate_guard;\n",
		s->guards, s->guards, s->guards);
}

/* For clients that go on after errors, which PostgreSQL's cannot: what was to be changed is changed, all of it, or nothing is. */
static void keep_or_roll_back(struct script *s)
{
	static const char goal[] = "(SELECT CASE WHEN COUNT(*) = %u AND SUM(ABS(ahead)) = 0 THEN 1 ELSE 0 END FROM xflate_goal)";
	if (s->o->database == SQL_SQLITE) {
		/* What cannot be put there takes the transaction with it. */
		fputs("INSERT OR ROLLBACK INTO xflate_kept SELECT CASE WHEN MAX(ready) + MAX(media) = 0 OR ", s->out);
		fprintf(s->out, goal, s->guards);
		fputs(" = 1 THEN 1 END FROM xflate_go;\n", s->out);
	}
	if (s->o->database == SQL_MYSQL) {
		fputs("SET @xflate = (SELECT CASE WHEN MAX(ready) + MAX(media) = 0 OR ", s->out);
		fprintf(s->out, goal, s->guards);
		fputs(" = 1 THEN 'COMMIT' ELSE 'ROLLBACK' END FROM xflate_go);\n"
		      "PREPARE xflate_end FROM @xflate;\nEXECUTE xflate_end;\nDEALLOCATE PREPARE xflate_end;\n",
		      s->out);
	}
}

static void finish(struct script *s)
{
	bool sqlite = s->o->database == SQL_SQLITE;
	const char *temporary = s->o->database == SQL_MYSQL ? "TEMPORARY " : "";
	fprintf(s->out, "COMMIT;\n%sSELECT CASE ", sqlite ? "PRAGMA foreign_keys = 1;\n" : "");
	if (sqlite)
		fputs("WHEN (SELECT foreign_keys FROM pragma_foreign_keys) = 0 THEN 'xflate: FAILED, nothing is changed'\n ", s->out);
	fputs("WHEN MAX(ready) = 1 THEN 'xflate: changed' WHEN MAX(done) = 1 THEN 'xflate: already applied, nothing is changed'\n"
	      " WHEN MAX(media) = 1 THEN 'xflate: changed (sizes, which a job that read a volume had put back)'\n"
	      " WHEN MAX(ready) = 0 THEN 'xflate: REFUSED, nothing is changed, for this does not hold:'\n"
	      " ELSE 'xflate: FAILED, nothing is changed' END AS verdict FROM xflate_go;\n"
	      "SELECT what FROM xflate_guard WHERE behind <> 0 AND (SELECT MAX(ready) + MAX(done) + MAX(media) FROM xflate_go) = 0;\n",
	      s->out);
	fprintf(s->out, "%sDROP %sTABLE xflate_guard;\nDROP %sTABLE xflate_goal;\nDROP %sTABLE xflate_session;\nDROP %sTABLE xflate_go;\n",
		sqlite ? "PRAGMA foreign_keys = 0;\n" : "", temporary, temporary, temporary, temporary);
	if (sqlite)
		fputs("DROP TABLE xflate_kept;\n", s->out);
}

static void look_at_guards(struct script *s, size_t chain)
{
	guard_version(s);
	each_volume(s, chain, guard_volume);
}

static void write_chain(struct script *s, size_t chain)
{
	s->table = "xflate_guard";
	s->guards = 0;
	head(s, chain);
	begin(s);
	take_locks(s, chain);
	if (!s->p->rows)
		each_volume(s, chain, name_sessions);
	look_at_guards(s, chain);
	decide(s);
	each_volume(s, chain, change_volume);
	if (s->o->database != SQL_POSTGRESQL) {
		s->table = "xflate_goal";
		s->guards = 0;
		look_at_guards(s, chain);
		keep_or_roll_back(s);
	}
	finish(s);
}

void sql_write(FILE *out, const struct plan *p, const struct sql_options *o, const bool *skip)
{
	struct sql_options options = *o;
	if (p->rows)
		options.version = p->rows->version;
	else if (options.version == 0)
		options.version = UINT64_MAX;
	struct script s = {.out = out, .o = &options, .p = p};
	for (size_t chain = 0; chain < p->chains; chain++) {
		if (skip == NULL || !skip[chain])
			write_chain(&s, chain);
	}
}
