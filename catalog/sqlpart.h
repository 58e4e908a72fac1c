/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A script while it is written: which side of a conversion it comes from and goes to, and the pieces that its statements have in common. */
#ifndef CATALOG_SQLPART_H
#define CATALOG_SQLPART_H

#include "catalog/sql.h"

struct sqlpart {
	FILE *out;
	const struct sql_options *o;
	const struct plan *p;
	const struct plan_volume *v; /* at hand */
	const char *table;           /* that guards go to */
	unsigned guards;             /* there, so far */
};

/* What a statement that changes something asks: are all guards held?  And one of Media, which may have been written back since the
 * script ran: formats/catalog-facts.md 3.3. */
#define SQLPART_READY "(SELECT MAX(ready) FROM xflate_go) = 1"
#define SQLPART_MEDIA "(SELECT MAX(ready) + MAX(media) FROM xflate_go) > 0"

/* The side before the script, or (goal) behind it; of the volume at hand its bytes, its name, where a session is, what a row of the catalog
 * is (NULL: there is none then). */
enum mapped_side sqlpart_side(const struct sqlpart *s, bool goal);
const struct mapped_bytes *sqlpart_bytes(const struct sqlpart *s, bool goal);
const char *sqlpart_name(const struct sqlpart *s, bool goal);
const struct mapped_range *sqlpart_range(const struct sqlpart *s, const struct mapped_session *session, bool goal);
const struct rows_place *sqlpart_row(const struct sqlpart *s, size_t row, bool goal);

/* Of the volume at hand, in the plan. */
size_t sqlpart_number(const struct sqlpart *s);

/* Conditions: on the jobs of a session, on the volume at hand, on a row as it is before or behind (nothing where there is none). */
void sqlpart_put_session(struct sqlpart *s, const struct mapped_session *session);
void sqlpart_put_volume(struct sqlpart *s);
void sqlpart_put_same_row(struct sqlpart *s, size_t row, bool goal);

/* A row's addresses as one number. */
const char *sqlpart_start_of_row(const struct sqlpart *s);
const char *sqlpart_end_of_row(const struct sqlpart *s);

#endif
