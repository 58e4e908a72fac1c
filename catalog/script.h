/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts as files. */
#ifndef CATALOG_SCRIPT_H
#define CATALOG_SCRIPT_H

#include "catalog/sql.h"

/* Whose catalog do these volumes belong to, by their labels?  XE_USAGE: they do not tell, or are of both. */
int script_whose(const struct mapped_list *l, bool *bareos, struct err *e) __attribute__((warn_unused_result));

/* sql_write into a new file, on the disk when it is done.  Errors as outfile_open. */
int script_write(const char *path, const struct plan *p, const struct sql_options *o, const bool *skip, struct err *e)
	__attribute__((warn_unused_result));

/* Before a conversion: are the names free under which script_write_both puts what belongs to name?  XE_FAILED. */
int script_names_free(const char *name, struct err *e) __attribute__((warn_unused_result));

/* The way there and the way back of one set of volumes that have these maps, without rows: NAME.sql, NAME.undo.sql.  Errors of
 * mapfile_read, plan_make and script_write. */
int script_write_both(const char *const *maps, size_t count, enum sql_database database, const char *name, struct err *e)
	__attribute__((warn_unused_result));

#endif
