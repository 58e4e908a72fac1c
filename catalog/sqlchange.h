/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statements that change what the catalog has of a volume, if all guards hold.  formats/catalog-facts.md 5.1 */
#ifndef CATALOG_SQLCHANGE_H
#define CATALOG_SQLCHANGE_H

#include "catalog/sqlpart.h"

/* Of the volume at hand. */
void sqlchange_volume(struct sqlpart *s);

#endif
