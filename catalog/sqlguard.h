/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guards: statements that note how often something does not hold, for the catalog as it has to be and as it is to become.
 * formats/catalog-facts.md 6 */
#ifndef CATALOG_SQLGUARD_H
#define CATALOG_SQLGUARD_H

#include "catalog/sqlpart.h"

/* It is a catalog of the product; the volume at hand, its rows and its jobs are those of the plan. */
void sqlguard_version(struct sqlpart *s);
void sqlguard_volume(struct sqlpart *s);

/* MySQL: the rows of the volume at hand are locked.  SQLite: there is a transaction. */
void sqlguard_lock(struct sqlpart *s);
void sqlguard_transaction(struct sqlpart *s);

#endif
