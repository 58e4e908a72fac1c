/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that have several names: under which path the first one was made, for those that come later.  A later record names the first
 * by its name on the volume.  formats/restore-format.md 1.7 */
#ifndef RESTORE_LINKS_H
#define RESTORE_LINKS_H

#include "base/err.h"

#include <stdbool.h>

enum links_state {
	LINKS_MADE,
	LINKS_DAMAGED, /* made, under the name of a damaged one */
	LINKS_OTHER,   /* another file was there, and stays */
	LINKS_NOT,     /* not made: it failed, */
	LINKS_LOCKED,  /* its client encrypted it, */
	LINKS_ABSENT,  /* its content is in another job, */
	LINKS_LEFT,    /* or nothing is made of it here */
};

struct links_name {
	char *name, *path;
	enum links_state state;
};

struct links;

/* NULL without memory. */
struct links *links_new(void);
void links_free(struct links *l);

/* Copies both; of one name the last counts.  XE_FAILED without memory. */
int links_add(struct links *l, const char *name, const char *path, enum links_state state, struct err *e)
	__attribute__((warn_unused_result));

/* NULL if it is not known.  Valid until the next links_add. */
const struct links_name *links_find(const struct links *l, const char *name);

#endif
