/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has to become of a catalog, from maps and, where they are given, from its own rows: chains of volumes, which change together
 * or not at all, and what each row is to be.  formats/catalog-facts.md 5 */
#ifndef CATALOG_PLAN_H
#define CATALOG_PLAN_H

#include "catalog/mapfile.h"
#include "catalog/rows.h"

/* What one row of JobMedia is to be. */
struct plan_row {
	struct rows_place to;
	bool gone; /* there are fewer blocks than rows, or none that hold data */
};

struct plan_volume {
	/* The same, unless it was converted several times: then the first map's old side and the last map's new one count. */
	const struct mapped_volume *from, *to;
	size_t chain; /* index */
	size_t map;   /* index of from in the list */
	/* With rows: */
	const struct rows_media *media;   /* NULL: there is none, or more than one, of its name */
	const struct rows_jobmedia *rows; /* those on it, job by job */
	size_t row_count;
	struct plan_row *row_to; /* of each */
};

struct plan {
	struct plan_volume *volumes; /* chain by chain */
	size_t count, room;
	size_t chains;
	const struct rows *rows; /* NULL: none are given */
};

/* The chains of these maps, which stay until plan_free; in the order in which they were made where a volume is in several.  Refuses
 * (XE_USAGE, XE_DAMAGE) volumes that are there twice, maps that do not continue each other, names that no director allows, and runs that
 * lost something. */
int plan_make(struct plan *p, const struct mapped_list *maps, struct err *e) __attribute__((warn_unused_result));

/* The first volume on which a job has other files now than before: where volumes are converted one by one, a file whose last record was cut
 * is whole on the one before.  Without the rows nobody can say which of them that concerns.  NULL: there is none. */
const struct plan_volume *plan_other_files(const struct plan *p);

/* Finds the rows of each volume, and what is to become of them.  whole_volume: rows without addresses, which make every restore read the
 * whole volume.  rows stays until plan_free.  XE_FAILED without memory. */
int plan_rows(struct plan *p, const struct rows *rows, bool whole_volume, struct err *e) __attribute__((warn_unused_result));

/* How many rows from the first-th on are of one job; and the session of a row, NULL where the maps know none. */
size_t plan_group(const struct plan_volume *v, size_t first);
struct mapped_session *plan_session(const struct plan *p, const struct plan_volume *v, const struct rows_jobmedia *row);

/* Idempotent. */
void plan_free(struct plan *p);

/* Rows that cover a whole volume, whatever is on it.  formats/catalog-facts.md 5.2, address-less */
#define PLAN_WHOLE_END ((uint64_t)INT32_MAX << 32 | UINT32_MAX)

#endif
