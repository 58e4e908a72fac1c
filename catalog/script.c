/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/script.h"

#include "base/outfile.h"

#include <stdlib.h>
#include <sys/stat.h>

#define NAME_BYTES (OUTFILE_PATH_BYTES + 16)

int script_whose(const struct mapped_list *l, bool *bareos, struct err *e)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct mapped_volume *v = l->volumes[i];
		bool is_bareos = v->product != PRODUCT_BACULA;
		if (!v->product_known || (i > 0 && is_bareos != *bareos))
			return err_set(e, XE_USAGE, "%s does not tell whose volume %s is: --product bareos, or bacula", v->path, v->name);
		*bareos = is_bareos;
	}
	return 0;
}

static int put_file(const char *path, const char *text, size_t len, struct err *e)
{
	static struct outfile file; /* handlers of signals know its address */
	file = OUTFILE_NONE;
	int rc = outfile_open(&file, path, 0640, false, false, e);
	if (rc != 0 && file.taken)
		err_add(e, "; scripts are not replaced: name another file, or move it away");
	if (rc == 0)
		rc = io_write(file.io.fd, text, len, e);
	if (rc == 0)
		rc = outfile_commit(&file, e);
	outfile_abandon(&file);
	return rc;
}

int script_write(const char *path, const struct plan *p, const struct sql_options *o, const bool *skip, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	if (to)
		sql_write(to, p, o, skip);
	bool whole = to && !ferror(to);
	whole = to && fclose(to) == 0 && whole;
	int rc = whole ? put_file(path, text, len, e) : err_memory(e, len, "the script");
	free(text);
	return rc;
}

static int read_maps(struct mapped_list *l, const char *const *maps, size_t count, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = mapfile_read(l, maps[i], e);
	return rc;
}

static void name_both(const char *name, char sql[static NAME_BYTES], char undo[static NAME_BYTES])
{
	snprintf(sql, NAME_BYTES, "%s.sql", name);
	snprintf(undo, NAME_BYTES, "%s.undo.sql", name);
}

static int is_free(const char *path, struct err *e)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return 0;
	err_volume(e, path);
	return err_set(e, XE_FAILED, "exists; move it away, and keep it if the catalog needs it still");
}

int script_names_free(const char *name, struct err *e)
{
	char sql[NAME_BYTES], undo[NAME_BYTES];
	name_both(name, sql, undo);
	int rc = is_free(sql, e);
	return rc == 0 ? is_free(undo, e) : rc;
}

int script_write_both(const char *const *maps, size_t count, enum sql_database database, const char *name, struct err *e)
{
	struct mapped_list list = {0};
	struct plan plan = {0};
	struct sql_options there = {.database = database}, back = {.database = database, .undo = true};
	char sql[NAME_BYTES], undo[NAME_BYTES];
	name_both(name, sql, undo);
	int rc = read_maps(&list, maps, count, e);
	if (rc == 0)
		rc = script_whose(&list, &there.bareos, e);
	if (rc == 0)
		rc = plan_make(&plan, &list, e);
	there.undo_name = undo;
	back.bareos = there.bareos;
	/* Nobody goes without the way back. */
	if (rc == 0)
		rc = script_write(undo, &plan, &back, NULL, e);
	if (rc == 0)
		rc = script_write(sql, &plan, &there, NULL, e);
	plan_free(&plan);
	mapped_list_free(&list);
	return rc;
}
