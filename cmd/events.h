/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --events COMMAND: somebody is told what happens.  For each event the command runs once, by sh, with the event's name in XFLATE_EVENT and
 * one line of JSON on its standard input; what it says goes to standard error.  No secret is ever in it.  xflate-events(7). */
#ifndef CMD_EVENTS_H
#define CMD_EVENTS_H

#include "base/err.h"
#include "base/json.h"
#include "cmd/options.h"

#include <time.h>

#define EVENTS_SECONDS 60u /* for the command to be done */

/* All zero but the options: nobody is told. */
struct events {
	const char *command; /* NULL: none */
	const char *only;    /* names of events with commas between: the others are not told; NULL: all */
	bool veto;           /* its exit status can stop the run */
	bool silent;         /* it may not say anything, */
	unsigned seconds;    /* and has so many; 0: EVENTS_SECONDS */
	const char *verb;    /* "key load"; set by events_check */
	const char *unit;    /* of a batch, or NULL */
	unsigned failed;     /* commands without a veto that did */
	bool given_up;       /* one of them has not ended in time: nothing more is told */
	struct err stopped;  /* the veto, from then on */
};

#define EVENTS_ROWS(request, member)                                                                           \
	OPTION_TEXT(0, "events", request, member.command), OPTION_TEXT(0, "events-for", request, member.only), \
		OPTION_FLAG(0, "events-veto", request, member.veto)

/* Before anything is told: can the options be?  0 or the exit status of wrong usage. */
int events_check(struct events *v, const char *verb);

/* What an event's line says of the matter, into an open object; NULL: nothing. */
typedef void events_facts(struct json *j, const void *about);

/* Tells of one event, and waits until the command is done.  Nothing where no command was given, or a signal has asked us to end.  XE_FAILED:
 * the command's exit status stops the run, now or at an event before; or it could not say yes, for a signal.  What it fails at without
 * --events-veto is a warning. */
int events_tell(struct events *v, const char *event, events_facts *facts, const void *about, struct err *e)
	__attribute__((warn_unused_result));

/* Of what is over by now, or wrong already, there is no veto any more. */
void events_note(struct events *v, const char *event, events_facts *facts, const void *about);

/* The run begins: XE_FAILED as above.  And it comes to this exit status, for this reason (XE_OK: none); facts: what else. */
int events_begin(struct events *v, struct err *e) __attribute__((warn_unused_result));
void events_end(struct events *v, const char *event, int status, const struct err *reason, events_facts *facts, const void *about);

/* Why one of the options cannot be; NULL: they can. */
const char *events_wrong(const struct events *v);

#endif
