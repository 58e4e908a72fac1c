/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Child processes that do one task each, so many at once.  Each has a process group of its own: a terminal's signals, and those that are
 * sent to the group of the parent, reach the parent alone, which passes on what it gets.  What they write to the terminal it takes from
 * them all the same.  Whoever kills the parent gives its children SIGTERM. */
#ifndef BASE_CHILDREN_H
#define BASE_CHILDREN_H

#include "base/err.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define CHILDREN_MAX 256u

struct child {
	pid_t pid; /* 0: this place is free */
	size_t task;
	struct timespec began;
};

struct children {
	unsigned most; /* at once, CHILDREN_MAX at most */
	unsigned running;
	struct child all[CHILDREN_MAX];
	void (*tick)(void *arg, bool asked); /* while it waits: about every second, or, asked, at SIGUSR1 */
	void *arg;
	struct timespec ticked;
	int stopped_by; /* the first signal that has asked to end, 0: none; no more children are to be started then */
	sigset_t wanted, before;
};

/* One that has ended. */
struct child_end {
	size_t task;
	unsigned place; /* that it had: below most */
	int status;     /* as waitpid has it */
	double seconds;
};

/* From here to children_end signals that end a program are held back (base/quit.h).  For a process without threads. */
void children_begin(struct children *c, unsigned most, void (*tick)(void *arg, bool asked), void *arg);

/* Is there a place for another one, and nothing that speaks against it? */
bool children_room(const struct children *c);

/* Forks; the child calls work, with its place, and exits with what that returns.  XE_FAILED. */
int children_start(struct children *c, size_t task, int (*work)(void *arg, size_t task, unsigned place), void *arg, struct err *e)
	__attribute__((warn_unused_result));

/* Waits for one to end, and passes signals on to all meanwhile.  False: none is running. */
bool children_wait(struct children *c, struct child_end *end);

/* When none is running.  The signal that came is not raised again: that is the caller's, c->stopped_by. */
void children_end(struct children *c);

#endif
