/* SPDX-License-Identifier: GPL-3.0-or-later */
/* extract --index: what is wanted is looked up in an index of the volumes, and of these only the blocks are read where it lies. */
#ifndef CMD_VOLUME_INDEXCHOICE_H
#define CMD_VOLUME_INDEXCHOICE_H

#include "cmd/volume/indexparts.h"
#include "restore/choice.h"

struct indexchoice {
	const char *path; /* of the index; NULL: none was given */
	struct indexparts parts;
	char job[32];
	uint64_t missing; /* files of it, on whatever volumes */
	bool nameless;    /* some of what is wanted has lost its name */
};

/* The run's inputs become those volumes of the job that something wanted lies on, in their order: of those that are given, or, where none is,
 * as the index knows their paths; its ranges the blocks.  The choice's job becomes that one: job, as of --job, or NULL.  globs: what --file
 * says, where that is all that was said; NULL: the choice has more.  What run and choice then point to stays until indexchoice_free.  XE_USAGE,
 * XE_FAILED, and what the index and inputs have for an error. */
int indexchoice_prepare(struct indexchoice *c, struct filter_options *run, const char *job, const char *const *globs, size_t glob_count,
			struct choice *choice, struct err *e) __attribute__((warn_unused_result));

/* Bytes that are to be read at most, for progress. */
uint64_t indexchoice_bytes(const struct indexchoice *c);

/* Idempotent. */
void indexchoice_free(struct indexchoice *c);

#endif
