/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file on a volume is, whatever its records look like: a hash over the plain data at their addresses, one over
 * everything else that is stored of it, and one over the order of all that.  Independent of compression, of record lengths
 * and of block boundaries; an empty record counts. */
#ifndef PROVE_CONTENT_H
#define PROVE_CONTENT_H

#include "volume/outrecord.h"

struct content_hash {
	uint64_t high, low;
};

/* A finished file: what stands together under one FileIndex.  Of a file in several places there are several. */
struct content_file {
	const struct job *job;
	int32_t file_index; /* < 0: a session label */
	struct content_hash data, rest, order;
	uint64_t bytes;   /* plain data */
	const char *name; /* from its attributes, "" if there were none; lent */
};

struct content;

/* on_file is called for each file when its last record has been seen.  A negative return ends the run.  NULL without
 * memory. */
struct content *content_new(int (*on_file)(void *arg, const struct content_file *file, struct err *e), void *arg);
void content_free(struct content *c);

/* The items of each session in their order.  XE_FAILED without memory, or what on_file returns. */
int content_add(struct content *c, const struct plain_item *plain, struct err *e) __attribute__((warn_unused_result));

/* No more records of any job.  Errors as above. */
int content_finish(struct content *c, struct err *e) __attribute__((warn_unused_result));

#endif
