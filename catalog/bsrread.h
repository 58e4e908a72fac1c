/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a bootstrap asks to be read of the volumes at hand: which blocks of which, of which job, which of its files.
 * formats/catalog-facts.md 4.1, 4.2 */
#ifndef CATALOG_BSRREAD_H
#define CATALOG_BSRREAD_H

#include "catalog/bsrfile.h"
#include "volume/reading.h"

/* Begins with all zero. */
struct bsrread {
	size_t *order; /* of the inputs, as they are to be read; where a bootstrap goes back to a volume, it comes again */
	size_t order_count, order_room;
	struct reader_range *ranges; /* of the inputs of that order, as struct reader_options wants them */
	size_t range_count, range_room;
	bool any_job; /* it does not say which, or not which one */
	uint32_t session_id, session_time;
	bool all_files;
	struct indexes files; /* of the job, unless all */
};

/* names: the Volume Names of the count inputs, "" where one has none; NULL: they are to be read whole and as they come, and only job and files
 * are asked for.  job: as for naming_is_job, by its session; NULL: the one that the bootstrap names.  XE_USAGE: it names several jobs, a volume
 * that is not at hand, or wants what is not done here; XE_FAILED without memory. */
int bsrread_make(struct bsrread *r, const struct bsrfile *b, const char *const *names, size_t count, const char *job, struct err *e)
	__attribute__((warn_unused_result));

/* Idempotent. */
void bsrread_free(struct bsrread *r);

#endif
