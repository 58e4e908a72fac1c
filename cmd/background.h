/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command that goes on in the background once it is ready: until then it speaks and fails as any other.  All its work is done in a child
 * from the beginning: threads, locked memory and databases do not survive a fork. */
#ifndef CMD_BACKGROUND_H
#define CMD_BACKGROUND_H

#include "base/err.h"

#include <stdbool.h>

struct background {
	int ready; /* descriptor; -1: none */
};

#define BACKGROUND_NONE ((struct background){-1})

/* Before there are threads.  1 in the child, which does the work; 0 in the parent, when the child is ready or has ended: *status is what to exit
 * with.  XE_FAILED. */
int background_fork(struct background *b, int *status, struct err *e) __attribute__((warn_unused_result));

/* In the child: the parent exits with this status, and nothing of its terminal is used any more.  Nothing, for BACKGROUND_NONE. */
void background_ready(struct background *b, int status);

#endif
