/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and folders that were met, by whatever name. */
#ifndef BASE_INODES_H
#define BASE_INODES_H

#include "base/names.h"

#include <stdbool.h>
#include <sys/stat.h>

struct inodes_one;

/* Begin with INODES_NONE. */
struct inodes {
	struct inodes_one *all;
	size_t count, room;
	struct names met;
};

#define INODES_NONE ((struct inodes){.met = NAMES_NONE})

/* Enters what stat has told; *first: it was not there before.  XE_FAILED without memory. */
int inodes_meet(struct inodes *s, const struct stat *st, bool *first, struct err *e) __attribute__((warn_unused_result));

/* Is it there? */
bool inodes_met(const struct inodes *s, const struct stat *st);

/* Idempotent. */
void inodes_free(struct inodes *s);

#endif
