/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outputs that are not finished, and what becomes of them: base/outfile's own.  A signal handler puts them away: but for entering one,
 * only calls that are safe there. */
#ifndef BASE_UNFINISHED_H
#define BASE_UNFINISHED_H

#include "base/outfile.h"

#define UNFINISHED_PARTIAL ".partial" /* behind the name of what is left */

struct outfile_folder {
	int fd;
	bool readable; /* else O_PATH: no fsync */
	dev_t dev;
	ino_t ino;
	size_t users;
};

/* Before the file is made and until it has its name: a signal in between finds nothing to remove, which does no harm.  XE_FAILED:
 * OUTFILE_MAX are there. */
int unfinished_enter(struct outfile *o, struct err *e) __attribute__((warn_unused_result));
void unfinished_leave(struct outfile *o);

/* Will another one get this name in o's folder?  Is another one written to what is at o's place already? */
bool unfinished_promised(const struct outfile *o, const char *name);
bool unfinished_has_place(const struct outfile *o);

/* Gives the temporary this name if nothing has it.  0, or an errno: EEXIST. */
int unfinished_take_name(const struct outfile *o, const char *name);

/* The temporary, a folder, and all files in it.  False: something is left of it. */
bool unfinished_remove_folder(const struct outfile *o);

/* The temporary goes, or stays under a name that is free: o->left.  Nothing is removed or renamed that somebody else has put in its
 * place. */
void unfinished_put_away(struct outfile *o);

#endif
