/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan as it is told: lines, JSON, and what there is to look at. */
#ifndef CMD_VOLUME_PLANOUT_H
#define CMD_VOLUME_PLANOUT_H

#include "base/json.h"
#include "cmd/volume/unread.h"
#include "volume/neighbours.h"
#include "volume/units.h"

struct plan {
	const struct units_input *inputs;
	size_t input_count;
	struct units units;
	size_t *order;           /* of units, as they are told */
	struct neighbours *near; /* for JSON: of each unit of units, with indexes in it; NULL: not wanted */
	const struct unread *unread;
	bool whole;
};

/* All of it; a path that JSON cannot hold is there in hex, too.  status: the exit status. */
void planout_json(const struct plan *p, int status);

/* The index-th unit as a line.  False: a path of it cannot stand in a line, and nothing was printed. */
bool planout_line(const struct plan *p, size_t index);

/* What there is to look at, on standard error.  Returns the exit status that it makes. */
int planout_remarks(const struct plan *p);

#endif
