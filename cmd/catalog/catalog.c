/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate catalog: a director's catalog and the volumes that it tells of.  It opens no database. */
#include "cmd/catalog/catalog.h"

#include "catalog/script.h"

#include <string.h>

const char *const catalog_products[] = {"bareos", "bacula", NULL};

static int refuse_twice(const struct catalog_maps *m, size_t index, struct err *e)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(m->paths[i], m->paths[index]) == 0)
			return err_set(e, XE_USAGE, "%s: named twice", m->paths[index]);
	}
	return 0;
}

int catalog_read(struct catalog_maps *m, int (*read)(struct mapped_list *l, const char *path, struct err *e), struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < m->count; i++) {
		rc = refuse_twice(m, i, e);
		if (rc == 0)
			rc = read(&m->list, m->paths[i], e);
	}
	if (rc == 0 && m->list.count == 0)
		rc = err_set(e, XE_USAGE, "no map tells of any volume");
	return rc;
}

int catalog_read_maps(struct catalog_maps *m, struct err *e)
{
	return catalog_read(m, mapfile_read, e);
}

void catalog_free_maps(struct catalog_maps *m)
{
	mapped_list_free(&m->list);
}

int catalog_whose(const struct mapped_list *l, int given, bool *bareos, struct err *e)
{
	*bareos = given == CATALOG_BAREOS;
	return given >= 0 ? 0 : script_whose(l, bareos, e);
}

static const struct command *const subcommands[] = {&command_catalog_rows, &command_catalog_sql, &command_catalog_check,
						    &command_catalog_bsr, NULL};

const struct command command_catalog = {
	.name = "catalog",
	.path = "catalog",
	.summary = "SQL after a conversion, does a catalog fit, bootstraps",
	.help = "Usage: xflate catalog rows [OPTIONS] MAP|VOLUME... > query\n"
		"       xflate catalog sql [OPTIONS] MAP... > script\n"
		"       xflate catalog check [OPTIONS] --rows FILE VOLUME|MAP...\n"
		"       xflate catalog bsr [OPTIONS] VOLUME|MAP... > bootstrap\n"
		"\n"
		"Makes the SQL that brings the catalog of a director up to volumes that were\n"
		"converted, from the maps that filter --map wrote; looks whether a catalog fits\n"
		"its volumes; writes bootstraps that need none.  It opens no database.\n"
		"\n"
		"  rows   the query that asks for the rows of these volumes\n"
		"  sql    the script; with --rows exact to the row\n"
		"  check  would restores find every file?\n"
		"  bsr    bootstraps, exact to the block; stale ones mended\n"
		"\n"
		"How it is done, step by step: ADDRESSES in xflate-catalog(1).\n",
	.subcommands = subcommands,
};
