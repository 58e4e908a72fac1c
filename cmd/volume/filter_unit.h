/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of the filter that is one unit of a batch: one set, whose map and report stand beside its volumes.  They get their names in an order
 * that any moment may break off:
 *
 *   the report, not complete yet: whatever of the rest gets its name is the unit's own from then on, and the next run may replace it
 *   the map, the volumes
 *   the report, complete: all that it names stands there
 *
 * Each is on the disk before the next. */
#ifndef CMD_VOLUME_FILTER_UNIT_H
#define CMD_VOLUME_FILTER_UNIT_H

#include "cmd/volume/filter_run.h"

/* What became of it, for whoever waits: in memory that both have. */
struct filter_outcome {
	struct err err; /* what failed first; XE_OK: nothing */
	bool ended;     /* the rest is there */
	bool before;    /* it was done already */
	int status, class;
	uint64_t read, written, damaged;        /* of its volumes that are done, */
	_Atomic uint64_t read_now, written_now; /* and of all, about now */
};

struct filter_unit {
	const char *name, *report, *map; /* paths of both */
	bool skip_done;
	const struct err *unread;   /* why it is not to be converted, NULL: it is */
	enum unitstate_proof proof; /* how it is seen that it is done */
	struct unitstate state;
	struct filter_outcome *outcome;
	bool ours;     /* nothing of another's stands in the way: what is there under its report's name may be replaced */
	bool told;     /* its jobs stand in its report */
	bool complete; /* its report says so */
};

#define FILTER_UNIT_REQUEST_BYTES 512u

/* What of a request decides which bytes are written, in the words of its options. */
void filter_unit_request(const struct filter_request *q, char text[static FILTER_UNIT_REQUEST_BYTES]);

/* q's unit as it was found: true, and it is done; or what is there of it is known.  XE_FAILED. */
int filter_unit_look(struct filter_request *q, struct err *e) __attribute__((warn_unused_result));

/* All is written, and nothing has its name; and: all has.  For who holds signals back.  XE_FAILED. */
int filter_unit_promise(struct filter_request *q, struct err *e) __attribute__((warn_unused_result));
int filter_unit_complete(struct filter_request *q, struct err *e) __attribute__((warn_unused_result));

/* Of one that came to nothing: its report tells why.  XE_FAILED. */
int filter_unit_failed(struct filter_request *q, int status, struct err *e) __attribute__((warn_unused_result));

/* The names of its volumes are its own, or free: its report may be written from now on.  XE_FAILED for what stands there that is none, or
 * not the unit's to replace; and what unread says. */
int filter_unit_begin(struct filter_request *q, struct err *e) __attribute__((warn_unused_result));

/* For struct outputs: may what is there be replaced?  arg: the unit. */
bool filter_unit_owns(void *arg, const char *path);

#endif
