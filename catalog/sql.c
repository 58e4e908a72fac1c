/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How it is safe.  First every guard is looked at and noted in a table of our own, how often it does not hold: for the catalog as it has
 * to be, and for the catalog as it is to become.  Then one row says whether all of them were looked at and none was broken; each
 * statement that changes something asks that row.  An error anywhere before leaves it away, and nothing is changed, whatever the client
 * does with errors.  Behind that row no statement may fail by itself, for a client that goes on would commit the others: all locks are
 * held by then.  What became of it is told behind COMMIT, which may fail, too, and takes that row with it. */
#include "catalog/sql.h"

#include "base/printable.h"
#include "catalog/sqlchange.h"
#include "catalog/sqlguard.h"

#include <string.h>

const char *const sql_databases[] = {"postgresql", "mysql", "sqlite", NULL};

static const char *ago(bool goal, const struct sqlpart *s)
{
	return s->o->undo != goal ? "new" : "old";
}

static void head_volume(struct sqlpart *s)
{
	const struct mapped_bytes *from = sqlpart_bytes(s, false), *to = sqlpart_bytes(s, true);
	fprintf(s->out, "--   %s", sqlpart_name(s, false));
	if (strcmp(sqlpart_name(s, false), sqlpart_name(s, true)) != 0)
		fprintf(s->out, " (becomes %s)", sqlpart_name(s, true));
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

static void head(struct sqlpart *s, size_t chain)
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

static void each_volume(struct sqlpart *s, size_t chain, void (*of)(struct sqlpart *))
{
	for (size_t i = 0; i < s->p->count; i++) {
		s->v = &s->p->volumes[i];
		if (s->v->chain == chain)
			of(s);
	}
}

static void lock_volume(struct sqlpart *s)
{
	fprintf(s->out, "SELECT VolumeName, VolBytes FROM Media WHERE VolumeName IN ('%s', '%s') FOR UPDATE;\n", sqlpart_name(s, false),
		sqlpart_name(s, true));
}

static void take_locks(struct sqlpart *s, size_t chain)
{
	if (s->o->database == SQL_SQLITE)
		sqlguard_transaction(s);
	else
		each_volume(s, chain, s->o->database == SQL_MYSQL ? sqlguard_lock : lock_volume);
}

static void name_sessions(struct sqlpart *s)
{
	const struct mapped_volume *v = s->v->to;
	for (size_t i = 0; i < v->session_count; i++)
		fprintf(s->out, "INSERT INTO xflate_session VALUES (%zu, %u, %u);\n", sqlpart_number(s), v->sessions[i]->id,
			v->sessions[i]->time);
}

static void begin(struct sqlpart *s)
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

static void decide(struct sqlpart *s)
{
	fprintf(s->out,
		"INSERT INTO xflate_go SELECT CASE WHEN COUNT(*) = %u AND SUM(ABS(behind)) = 0 THEN 1 ELSE 0 END,\n"
		" CASE WHEN COUNT(*) = %u AND SUM(ABS(ahead)) = 0 THEN 1 ELSE 0 END,\n"
		" CASE WHEN COUNT(*) = %u AND SUM(ABS(COALESCE(half, ahead))) = 0 THEN 1 ELSE 0 END FROM xflate_guard;\n",
		s->guards, s->guards, s->guards);
}

/* For clients that go on after errors, which PostgreSQL's cannot: what was to be changed is changed, all of it, or nothing is. */
static void keep_or_roll_back(struct sqlpart *s)
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

static void finish(struct sqlpart *s)
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

static void look_at_guards(struct sqlpart *s, size_t chain)
{
	sqlguard_version(s);
	each_volume(s, chain, sqlguard_volume);
}

static void write_chain(struct sqlpart *s, size_t chain)
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
	each_volume(s, chain, sqlchange_volume);
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
	struct sqlpart s = {.out = out, .o = &options, .p = p};
	for (size_t chain = 0; chain < p->chains; chain++) {
		if (skip == NULL || !skip[chain])
			write_chain(&s, chain);
	}
}
