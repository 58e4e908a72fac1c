/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of a run over volumes: its milestones, what is damaged, what failed.  Called in the order of the data by one thread at a time. */
#ifndef CMD_VOLUME_RUNEVENTS_H
#define CMD_VOLUME_RUNEVENTS_H

#include "cmd/events.h"
#include "pipeline/filter.h"

#define RUNEVENTS_MAX 100u /* places of damage, and files that could not be made, that are told one by one; run-end counts all */

/* All zero but the events. */
struct runevents {
	struct events to;
	uint64_t damaged, not_written, bytes_in, bytes_out; /* so far; bytes of the volumes that are done */
	unsigned volumes;
	bool has_begun;
	struct timespec began, volume_began;
	struct err failed; /* what ended the run, or one of its sets */
};

/* As struct filter_callbacks has it. */
int runevents_milestone(struct runevents *r, const struct milestone *m, struct err *e) __attribute__((warn_unused_result));

/* What is no note.  True: the run is to end, by filter_stop. */
bool runevents_finding(struct runevents *r, const struct finding *f);

/* A file that could not be made. */
void runevents_not_written(struct runevents *r, const char *file, const char *why);

/* The run, or a set of it, failed as e says: told, and kept for run-end.  reading: it was its reading that did.  A veto takes the place of
 * what followed from it in e. */
void runevents_failed(struct runevents *r, bool reading, struct err *e);

/* What failed beside the sets: kept for run-end. */
void runevents_broke(struct runevents *r, const struct err *e);

/* XE_FAILED if a veto stops the run. */
int runevents_stopped(const struct runevents *r, struct err *e) __attribute__((warn_unused_result));

/* Before and behind all of it.  events_begin, events_end. */
int runevents_begin(struct runevents *r, struct err *e) __attribute__((warn_unused_result));
void runevents_end(struct runevents *r, int status);

#endif
