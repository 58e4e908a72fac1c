/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operands that are maps or the volumes themselves, in their order. */
#ifndef CMD_CATALOG_INPUTS_H
#define CMD_CATALOG_INPUTS_H

#include "base/progress.h"
#include "catalog/measure.h"
#include "cmd/volume/keyoptions.h"

/* Begins with what options say; the rest is inputs_read's. */
struct inputs {
	struct keyoptions keys;
	uint64_t max_memory;
	enum progress_mode progress;
	const char *const *paths; /* borrowed */
	size_t count;
	struct measure_options hooks; /* runs, arg and what is to be called of volumes */
	struct mapped_list list;      /* every volume once, as it is after the last conversion that a map tells of */
	uint64_t damage;              /* places on volumes */
};

/* Before anything is read: may these be read with these keys, and beside the file at other (NULL: none), which is what?  0, or the exit status
 * of wrong usage. */
int inputs_check(const struct inputs *in, const char *verb, const char *other, const char *what);

/* Reads all.  XE_USAGE for a volume that is there twice, XE_DAMAGE for a map of a run that lost something, and as mapfile_read and
 * measure_run. */
int inputs_read(struct inputs *in, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void inputs_free(struct inputs *in);

#endif
