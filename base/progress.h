/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that tells how far things are: every second on a terminal, as JSON lines on request, once per SIGUSR1 always. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum progress_mode {
	PROGRESS_AUTO,
	PROGRESS_NEVER,
	PROGRESS_ALWAYS,
	PROGRESS_JSON,
	PROGRESS_WATCHED, /* get is called every second, and nothing is told: that is somebody else's, who sees what get sees */
};

struct progress_state {
	uint64_t done, total; /* bytes read; total 0: unknown */
	uint64_t out;         /* bytes written */
	bool reads_only;      /* nothing is written */
};

/* get is called from the progress thread until progress_stop returns.  Must be called before other threads start:
 * it blocks SIGUSR1 in the caller and all that follow.  Without a thread there is no progress, and nothing else. */
void progress_start(enum progress_mode mode, void (*get)(void *arg, struct progress_state *state), void *arg);
/* Ends the thread and takes its line away.  Nothing if there is none. */
void progress_stop(void);

/* The same where there may be no thread: progress_tick tells what is due, about every second, or one line because it was asked for. */
void progress_start_alone(enum progress_mode mode, void (*get)(void *arg, struct progress_state *state), void *arg);
void progress_tick(bool asked);

/* The names of the first of enum progress_mode, which a user may choose, and NULL. */
extern const char *const progress_modes[];

#endif
