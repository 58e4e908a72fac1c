/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of many volumes are converted together, and in which order: those that share a job that goes over them.  Pure: glances in,
 * units out, whatever order they are given in.  Labels name no neighbours; that one volume goes on with another is told by sessions, and
 * the order by their start labels, FileIndexes and cut records.  formats/volume-format.md 1.9, 2.2, 3.2 */
#ifndef VOLUME_UNITS_H
#define VOLUME_UNITS_H

#include "volume/glance.h"

struct units_input {
	const char *path;
	const struct glance *glance;
};

enum units_remark_kind {
	UNITS_BEGINS_ELSEWHERE, /* the session has its beginning on a volume before this one, that is not here */
	UNITS_ENDS_ELSEWHERE,   /* it has its end behind this one, or was broken off */
	UNITS_MISSING_BETWEEN,  /* part of it is missing between this one and other */
	UNITS_SESSION_TWICE,    /* it begins on this one and on other: one is a copy; of each volume the first such session */
	UNITS_VOLUME_TWICE,     /* this one and other have one name */
	UNITS_NO_LABEL,         /* this one has no volume label: it is not the first file of a tape, or damaged */
};

struct units_remark {
	enum units_remark_kind kind;
	size_t volume, other; /* indexes of inputs */
	/* Lent by a glance: this one's, or another's that knows its job; NULL: of the volume as a whole, or a session that is whole on it. */
	const struct glance_session *session;
};

#define UNIT_NAME_BYTES 160u

struct unit {
	/* The label's of its first volume, or its file's.  No other unit has it, and it can be a file's: of letters, digits, . : - and _,
	 * not beginning with a dot or hyphen. */
	char name[UNIT_NAME_BYTES];
	uint64_t bytes;
	size_t first, count; /* of struct units' volumes */
	bool incomplete;     /* a remark says that one of its volumes lacks a neighbour */
	bool unsure;         /* its order contradicts itself */
};

struct units {
	size_t *volumes; /* indexes of inputs, unit by unit, in order */
	struct unit *all;
	size_t count;
	struct units_remark *remarks;
	size_t remark_count, remark_room;
};

/* Fills u, which units_free empties in any case.  Units are in the order of their names.  inputs and what they name must stay until then.
 * XE_FAILED without memory. */
int units_find(struct units *u, const struct units_input *inputs, size_t count, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void units_free(struct units *u);

/* Does the session begin on another volume, end on another one, as far as was seen? */
bool units_begins_elsewhere(const struct glance_session *s);
bool units_ends_elsewhere(const struct glance_session *s);

#endif
