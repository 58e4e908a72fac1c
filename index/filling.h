/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of an indexer into an index: which volumes and jobs are there already. */
#ifndef INDEX_FILLING_H
#define INDEX_FILLING_H

#include "index/indexer.h"

struct filling {
	struct fileindex *index; /* in a transaction */
	const int64_t *kept;     /* volumes whose rows stay, for only what stands behind is read; NULL: of none */
	size_t kept_count;
	int64_t *seen; /* volumes of this run; freed by filling_free */
	size_t seen_count, seen_room;
};

/* Lent by f. */
struct indexer_sink filling_sink(struct filling *f);

/* What f holds itself.  Idempotent. */
void filling_free(struct filling *f);

#endif
