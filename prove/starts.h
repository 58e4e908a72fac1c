/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The labels where a job starts and ends: of one job, and as many as there may be.  formats/restore-format.md 7.4,
 * volume-format.md 3.3 */
#ifndef PROVE_STARTS_H
#define PROVE_STARTS_H

#include "volume/item.h"

#define STARTS_TEXT_BYTES 160u

/* What one job had since it began, or began again; {0} before anything. */
struct starts {
	struct session_label first, last; /* of those labels that could be read: */
	unsigned count;
	bool begun, ended, data; /* data: records behind the last start */
	bool again;              /* the last start was that of another run of the job */
};

enum starts_verdict { STARTS_RIGHT, STARTS_NOTE, STARTS_WRONG };

/* A start of session; label: NULL if it cannot be read.  data_before: the job had records before its first start.  broken_off: the
 * record before does not end, as where a run crashed; then another time in the label tells of a new run.  text: what there is to
 * say, unless STARTS_RIGHT. */
enum starts_verdict starts_begin(struct starts *s, const struct session_label *label, bool data_before, bool broken_off,
				 char text[static STARTS_TEXT_BYTES]);

/* A data record. */
static inline void starts_data(struct starts *s)
{
	s->data = true;
}

/* An end of session that can be read.  A copy's end is that of its own start or of the original's. */
enum starts_verdict starts_end(struct starts *s, const struct session_label *end, char text[static STARTS_TEXT_BYTES]);

#endif
