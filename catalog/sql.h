/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The script that brings a catalog up to converted volumes, or back: a transaction for each chain, guarded in every statement, for clients
 * that go on after errors too.  formats/catalog-facts.md 6 and 7 */
#ifndef CATALOG_SQL_H
#define CATALOG_SQL_H

#include "catalog/plan.h"

enum sql_database { SQL_POSTGRESQL, SQL_MYSQL, SQL_SQLITE };
extern const char *const sql_databases[]; /* their names, NULL behind the last */

struct sql_options {
	enum sql_database database;
	bool bareos;
	bool undo;              /* from the new volumes to the old ones */
	bool whole_volume;      /* rows without addresses */
	const char *media_type; /* of the new volumes, in the catalog; NULL: it stays */
	const char *storage;    /* name of the new volumes' one; NULL: it stays */
	const char *undo_name;  /* of the file with the way back, for the head; NULL: there is none */
	uint64_t version;       /* of the catalog, without rows; 0: the newest */
};

/* Writes the script of a plan, with its rows where it has some.  skip: chains that are left out, of p->chains; NULL: none. */
void sql_write(FILE *out, const struct plan *p, const struct sql_options *o, const bool *skip);

#endif
