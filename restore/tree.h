/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A target: files below a folder.  Each is made under a name of its own, gets its content, owner, mode and times, and only then its
 * true name: there is no half file under that, whenever the run ends.  Nothing outside the folder is touched (folder.h). */
#ifndef RESTORE_TREE_H
#define RESTORE_TREE_H

#include "restore/target.h"

#include <stdbool.h>

enum existing {
	EXISTING_SKIP,      /* what is there stays */
	EXISTING_REPLACE,   /* files, links and devices by those of the volumes; folders never */
	EXISTING_NEWER,     /* the same, if that of the volumes is newer */
	EXISTING_KEEP_BOTH, /* that of the volumes is called NAME.2, NAME.3... */
};

struct tree_options {
	const char *folder;
	enum existing existing;
	bool same_owner; /* owners as on the volumes */
	bool privileged; /* extended attributes that lend rights, as capabilities do */
};

struct tree;

/* One at a time.  The folder is made if it is not there.  What options names must stay until tree_free (NULL is fine).  XE_FAILED, XE_PERMISSION. */
struct tree *tree_new(const struct tree_options *options, struct err *e);
void tree_free(struct tree *t);

/* Lent by t. */
const struct target *tree_target(struct tree *t);

#endif
