/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What earlier runs have left of a unit of a batch in its folder: is it done, and which of the files that stand there are its own?  Its
 * report tells: what the run wrote, with sizes and digests, and what stood there before it from runs still earlier. */
#ifndef CMD_VOLUME_UNITSTATE_H
#define CMD_VOLUME_UNITSTATE_H

#include "cmd/volume/reportread.h"

#include <sys/stat.h>

struct unitstate_wanted {
	const char *report;  /* path; what belongs to it stands in the same folder */
	const char *request; /* what decides what is written */
	const char *const *inputs;
	size_t input_count;
	const char *const *before, *const *after; /* volumes that it is converted with, but not of it */
	size_t before_count, after_count;
	bool (*named)(void *arg, const struct reportread_output *o); /* is the output called as it would be now? */
	void (*met)(void *arg, const char *volume); /* if it is done: of each of its volumes, the name in the old label; NULL: not wanted */
	void *arg;
};

enum unitstate_proof {
	UNITSTATE_DIGESTS, /* all that the report names is read again; inputs whose age differs, too */
	UNITSTATE_QUICK,   /* sizes and ages decide, */
	UNITSTATE_NONE,    /* or nothing does: no unit is done, and no file is known to be its own */
};

struct unitstate_file {
	char *path;
	uint64_t bytes;
	char digest[STANDING_TEXT_BYTES];
	struct standing as;
};

struct unitstate {
	bool reported; /* there is a report: */
	struct stat st;
	bool done;  /* it is complete, is of these inputs and this request, and all that it names stands there */
	int status; /* the exit status that it tells of, then */
	uint64_t damaged;
	struct unitstate_file *own; /* files that stand there as a report of the unit says, if it is not done */
	size_t own_count, own_room;
};

#define UNITSTATE_NEW ((struct unitstate){.own = NULL})

/* XE_FAILED: its report cannot be read, is none, or is of another request, or of more inputs than these, and
 * something that it names stands there.  s is to be freed either way. */
int unitstate_look(struct unitstate *s, const struct unitstate_wanted *w, enum unitstate_proof proof, struct err *e)
	__attribute__((warn_unused_result));

/* May what stands at path, in the folder of the report, be replaced by the unit? */
bool unitstate_owns(const struct unitstate *s, const char *path);

/* Is the report still as it was looked at, or still not there?  XE_FAILED. */
int unitstate_unchanged(const struct unitstate *s, const char *report, struct err *e) __attribute__((warn_unused_result));

/* Does what the unit may replace, if it is there, stand as it did when it was looked at?  XE_FAILED. */
int unitstate_still_owns(const struct unitstate *s, struct err *e) __attribute__((warn_unused_result));

/* The report was written by who holds s: so it is to stay now. */
void unitstate_look_again(struct unitstate *s, const char *report);

/* Idempotent. */
void unitstate_free(struct unitstate *s);

#endif
