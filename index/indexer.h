/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of an index out of volumes that are read: who looks on, and whom the rows go to. */
#ifndef INDEX_INDEXER_H
#define INDEX_INDEXER_H

#include "index/fileindex.h"
#include "volume/observer.h"

/* Each returns 0 or an error, which ends the run.  What they get is lent for the call. */
struct indexer_sink {
	void *arg;
	/* A volume appears (id 0: it is to get one), and once more when it was read to its end. */
	int (*volume)(void *arg, struct fileindex_volume *v, struct err *e);
	/* A job appears (id 0), and once more when no more comes of it. */
	int (*job)(void *arg, struct fileindex_job *j, struct err *e);
	/* It has data on this volume. */
	int (*job_volume)(void *arg, int64_t job, int64_t volume, struct err *e);
	int (*file)(void *arg, const struct fileindex_file *f, struct err *e);
};

struct indexer_options {
	struct indexer_sink sink;
	bool all_digests; /* as proof_new has it */
	void *arg;
	void (*problem)(void *arg, const struct finding *f);
};

struct indexer;

/* What options points to must stay until indexer_free (NULL is fine).  NULL without memory. */
struct indexer *indexer_new(const struct indexer_options *options);
void indexer_free(struct indexer *x);

/* Who is to look on while the volumes are inflated, damage kept, incomplete records no damage; lent by x. */
const struct observer *indexer_observer(struct indexer *x);

/* So far: places of damage, and files that are damaged or have lost their names. */
uint64_t indexer_damages(const struct indexer *x);

#endif
