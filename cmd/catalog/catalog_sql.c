/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate catalog sql: the script that brings a catalog up to converted volumes, and the one that leads back. */
#include "cmd/catalog/catalog.h"

#include "base/msg.h"
#include "base/printable.h"
#include "catalog/script.h"
#include "catalog/verdict.h"

#include <stdlib.h>
#include <string.h>

struct request {
	struct catalog_maps maps;
	int product, database; /* enum catalog_product, enum sql_database; -1 */
	const char *rows_path, *undo_path;
	bool check, no_addresses;
	struct sql_options sql;
	struct plan plan;
	struct rows rows;
	bool *applied; /* by chain */
	size_t applied_count, refused_count;
	bool written_back; /* some chain's sizes */
};

static void say(void *arg, const char *text)
{
	(void)arg;
	msg_error("%s", text);
}

static int judge(struct request *q, struct err *e)
{
	q->applied = calloc(q->plan.chains + 1, sizeof *q->applied);
	if (q->applied == NULL)
		return err_memory(e, q->plan.chains, "the chains");
	for (size_t i = 0; i < q->plan.chains; i++) {
		enum verdict v = verdict_of(&q->plan, i, q->sql.bareos, say, NULL);
		q->applied[i] = v == VERDICT_APPLIED;
		q->applied_count += v == VERDICT_APPLIED;
		q->refused_count += v == VERDICT_REFUSED;
		q->written_back = q->written_back || v == VERDICT_WRITTEN_BACK;
	}
	if (q->written_back && q->undo_path)
		return err_set(e, XE_USAGE,
			       "--undo: the script was applied already, and only sizes are to be set again: the way back is what was "
			       "written then");
	if (q->written_back)
		msg_info("applied already, but for sizes: a job that read a volume meanwhile has put the old ones back; the script sets "
			 "them again");
	return 0;
}

/* A volume that moves between tapes and files is not found by a device of the old kind. */
static int check_moves(const struct request *q, struct err *e)
{
	for (size_t i = 0; i < q->plan.count; i++) {
		const struct plan_volume *v = &q->plan.volumes[i];
		bool was = v->from->side[MAPPED_OLD].tape, is = v->to->side[MAPPED_NEW].tape;
		if (was != is && (q->sql.media_type == NULL || q->sql.storage == NULL))
			return err_set(e, XE_USAGE,
				       "%s went from %s to %s: --media-type and --storage name what the catalog has for the new one",
				       v->from->name, was ? "tape" : "file", is ? "tape" : "file");
	}
	return 0;
}

/* Rows name files, too. */
static int want_rows(const struct request *q, struct err *e)
{
	const struct plan_volume *v = q->rows_path ? NULL : plan_other_files(&q->plan);
	if (v == NULL)
		return 0;
	err_volume(e, v->from->name);
	return err_set(
		e, XE_USAGE,
		"%s: a file of it, cut by the end of the volume before, is whole on that one now: its rows are wanted, with xflate catalog "
		"rows and --rows",
		v->to->path);
}

static int plan(struct request *q, struct err *e)
{
	int rc = catalog_read_maps(&q->maps, e);
	if (rc == 0)
		rc = plan_make(&q->plan, &q->maps.list, e);
	if (rc == 0)
		rc = check_moves(q, e);
	if (rc == 0)
		rc = want_rows(q, e);
	if (rc == 0)
		rc = catalog_whose(&q->maps.list, q->product, &q->sql.bareos, e);
	if (rc == 0 && q->rows_path)
		rc = rows_read(&q->rows, q->rows_path, e);
	if (rc == 0 && q->rows_path)
		rc = plan_rows(&q->plan, &q->rows, q->no_addresses, e);
	if (rc == 0 && q->rows_path)
		rc = judge(q, e);
	if (rc == 0 && q->database < 0 && !q->sql.bareos && !q->check)
		rc = err_set(e, XE_USAGE, "--database: postgresql, mysql or sqlite? Bacula knows all three");
	q->sql.database = q->database < 0 ? SQL_POSTGRESQL : (enum sql_database)q->database;
	return rc;
}

/* The way back is on the disk before anybody can go. */
static int write_undo(const struct request *q, struct err *e)
{
	struct sql_options back = q->sql;
	back.undo = true;
	back.undo_name = NULL;
	return script_write(q->undo_path, &q->plan, &back, q->applied, e);
}

/* Returns the exit status. */
static int tell_check(const struct request *q)
{
	const struct plan *p = &q->plan;
	for (size_t i = 0; q->refused_count == 0 && i < p->count; i++)
		printf("%s: %s\n", p->volumes[i].from->name, q->applied[p->volumes[i].chain] ? "applied already" : "ready");
	if (q->refused_count > 0)
		puts("refused");
	return q->refused_count > 0 ? 1 : q->applied_count == p->chains ? 2 : 0;
}

static int write_scripts(struct request *q, struct err *e)
{
	if (q->refused_count > 0)
		return err_set(e, XE_FAILED, "refused: the catalog is not that of these volumes before their conversion");
	if (q->rows_path && q->applied_count == q->plan.chains) {
		puts("-- xflate catalog: applied already, there is nothing to do");
		msg_info("applied already: the catalog is that of the new volumes");
		return 0;
	}
	int rc = q->undo_path ? write_undo(q, e) : 0;
	if (rc == 0)
		sql_write(stdout, &q->plan, &q->sql, q->applied);
	return rc;
}

static int run(struct request *q)
{
	struct err e = {0};
	if (plan(q, &e) != 0)
		return msg_fail(&e);
	if (q->check)
		return tell_check(q);
	return write_scripts(q, &e) != 0 ? msg_fail(&e) : 0;
}

static const struct option_row options[] = {
	OPTION_TEXT(0, "rows", struct request, rows_path),
	OPTION_WORD(0, "database", sql_databases, struct request, database),
	OPTION_WORD(0, "product", catalog_products, struct request, product),
	OPTION_TEXT(0, "undo", struct request, undo_path),
	OPTION_FLAG(0, "check", struct request, check),
	OPTION_FLAG(0, "no-addresses", struct request, no_addresses),
	OPTION_TEXT(0, "media-type", struct request, sql.media_type),
	OPTION_TEXT(0, "storage", struct request, sql.storage),
	OPTION_NUMBER(0, "catalog-version", 10, 99999, "a number of a catalog's version", struct request, sql.version),
	OPTIONS_END,
};

static bool plain(const char *name)
{
	return name == NULL || (name[strcspn(name, "'\"\\;")] == '\0' && name[0] && printable_utf8_bytes(name) > 0);
}

static int check(struct request *q)
{
	if (q->check && (q->rows_path == NULL || q->undo_path))
		return msg_usage("catalog sql", "--check: the verdict needs the catalog's rows: --rows FILE, and writes no script");
	if (q->undo_path && strcmp(q->undo_path, "-") == 0)
		return msg_usage("catalog sql", "--undo -: standard output is the script's; the way back needs a file");
	if (q->undo_path && q->rows_path == NULL && (q->sql.media_type || q->sql.storage))
		return msg_usage("catalog sql",
				 "--undo: what --media-type and --storage change is known from the catalog's rows: --rows FILE");
	if (!plain(q->sql.media_type) || !plain(q->sql.storage))
		return msg_usage("catalog sql", "--media-type, --storage: not a name that a director allows");
	q->sql.whole_volume = q->no_addresses;
	q->sql.undo_name = q->undo_path;
	return 0;
}

static int cmd_sql(int argc, char **argv)
{
	struct request q = {.product = -1, .database = -1};
	struct operands rest;
	int status;
	if (options_parse(&command_catalog_sql, argc, argv, &q, &rest, &status)) {
		q.maps = (struct catalog_maps){.paths = rest.names, .count = rest.count};
		status = check(&q);
		if (status == 0)
			status = run(&q);
	}
	free(q.applied);
	plan_free(&q.plan);
	rows_free(&q.rows);
	catalog_free_maps(&q.maps);
	return status;
}

const struct command command_catalog_sql = {
	.name = "sql",
	.path = "catalog sql",
	.summary = "the script that brings a catalog up to converted volumes",
	.help = "Usage: xflate catalog sql [OPTIONS] MAP... > script\n"
		"\n"
		"Prints SQL that brings a catalog up to the volumes of these maps, a transaction\n"
		"for each chain of volumes.  It changes nothing unless the catalog is that of the\n"
		"volumes before their conversion, and says so at its end.  Maps of a volume that\n"
		"was converted again follow each other.\n"
		"\n"
		"      --rows FILE      the catalog's rows, as catalog rows asks for them: exact,\n"
		"                       and refused here where they do not fit; without: each row\n"
		"                       of a job covers all of it on the volume\n"
		"      --database postgresql|mysql|sqlite\n"
		"                       (default for Bareos: postgresql)\n"
		"      --product bareos|bacula\n"
		"                       whose catalog (default: as the volumes' labels say)\n"
		"      --undo FILE      the way back, to be kept; with --rows exact to the row\n"
		"      --check          only the verdict: exit status 0 ready, 1 no, 2 applied\n"
		"      --no-addresses   for emergencies: rows that fit any volume, and make every\n"
		"                       restore read all of it\n"
		"      --media-type NAME, --storage NAME\n"
		"                       of volumes that went from tape to disk, or back\n"
		"      --catalog-version N\n"
		"                       VersionId, without --rows, of an old catalog\n"
		"\n"
		"Exit status: 0; 1 refused, a file cannot be read, a map or the rows are damaged,\n"
		"or the map is of a run that lost something; 2 wrong usage.\n",
	.run = cmd_sql,
	.options = options,
	.operands = "at least one MAP",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
};
