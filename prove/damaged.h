/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The damaged files of a job, in order of their FileIndexes, none twice. */
#ifndef PROVE_DAMAGED_H
#define PROVE_DAMAGED_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAMAGED_FILES 100000u /* of one job; further ones are counted only */

struct damaged_file {
	int32_t file_index;
	char *name, *reason; /* the list's; name is "" if it is not known */
	bool judged;         /* counted by its verdict: something of it is here */
};

/* Begin with all zero. */
struct damaged {
	struct damaged_file *files;
	size_t count, cap;
	uint64_t not_listed;
	uint64_t lost; /* of those in the list, not judged */
};

/* Idempotent. */
void damaged_free(struct damaged *d);

/* Adds a file, unless it is there; copies name and reason.  XE_FAILED without memory. */
int damaged_add(struct damaged *d, int32_t file_index, const char *name, const char *reason, struct err *e)
	__attribute__((warn_unused_result));

/* Valid until the next damaged_add.  NULL if it is not in the list. */
const struct damaged_file *damaged_find(const struct damaged *d, int32_t file_index);

/* A file of the list is judged. */
void damaged_judge(struct damaged *d, const struct damaged_file *file);

#endif
