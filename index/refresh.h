/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of the volumes that are given have to be read, to bring an index up to date: what it knows already is not read again. */
#ifndef INDEX_REFRESH_H
#define INDEX_REFRESH_H

#include "index/volumeid.h"

#include <stdbool.h>

struct refresh_input {
	const char *path;
	enum volumeid_state state;
	int64_t volume; /* its row, 0: none */
	bool read;      /* it is to be read, */
	uint64_t from;  /* from this byte on: 0, or what stands behind is new and its jobs had all ended */
	size_t place;   /* for the plan alone: its index among those that are read */
};

/* One for each path, in their order; keys as with volumeid_look.  What belongs together is read together: a volume is read anew where a job
 * goes on on another that is.  Errors of the index; XE_FAILED without memory. */
int refresh_plan(struct fileindex *x, const char *const *paths, size_t count, const struct opener_keys *keys, struct refresh_input *inputs,
		 struct err *e) __attribute__((warn_unused_result));

/* Where volumes are and whether they are still there, as the plan found it; in a transaction. */
int refresh_note(struct fileindex *x, const struct refresh_input *inputs, size_t count, struct err *e) __attribute__((warn_unused_result));

#endif
