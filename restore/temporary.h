/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name that a thing has in its folder until it is whole, and how it gets its own.  Signals, and a library without memory, take away what
 * has such a name: one at a time. */
#ifndef RESTORE_TEMPORARY_H
#define RESTORE_TEMPORARY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define TEMPORARY_BYTES 32

struct temporary {
	int at; /* its folder; borrowed */
	char name[TEMPORARY_BYTES];
	uint64_t chance, drawn;
};

/* A new name, before something is made under it in the folder at. */
void temporary_draw(struct temporary *t, int at);

/* The same folder under another descriptor. */
void temporary_move(struct temporary *t, int at);

/* Nothing has such a name any more.  Before the folder's descriptor goes. */
void temporary_forget(void);

/* Takes away what is under it; errno stays. */
void temporary_remove(const struct temporary *t);

/* What is under it gets this name, which nothing has; as renameat(2), EEXIST where something has. */
int temporary_rename(const struct temporary *t, const char *name);

/* The index-th name for what is to be called base: base, base.2, base.3...; of a damaged one base.damaged, base.damaged.2...  What is too long
 * is cut. */
void temporary_final(const char *base, bool damaged, unsigned index, char name[static NAME_MAX + 1]);

#endif
