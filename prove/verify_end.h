/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is judged when a file, a job, a volume is at its end; and what verify.c, which takes the records in, shares with that.  Used
 * by the two alone. */
#ifndef PROVE_VERIFY_END_H
#define PROVE_VERIFY_END_H

#include "prove/order.h"
#include "prove/starts.h"
#include "prove/totals.h"
#include "prove/verify.h"

/* A job, and what its next record is held against. */
struct tracked {
	struct verify_job result;
	struct totals totals;
	int32_t first_index, last_index;
	struct order order;
	int32_t orphan; /* FileIndex of the last file without attributes */
	uint32_t last_number;
	uint64_t misnumbered;
	bool numbered, data_behind_end;
	bool broken_off; /* its last record does not end */
	bool again;      /* it is run again, from a later file on */
	struct starts starts;
	bool outside;                           /* a record of FileIndex 0 was told of */
	bool jumped;                            /* a block number was passed over just before the block at hand, */
	bool files_gone;                        /* and files are missing there, or bytes, says its end */
	const struct volume_info *misplaced_on; /* the addresses in its end lie behind it there */
};

struct verify {
	struct verify_options o;
	struct observer observer;
	struct proof *proof;
	struct codec_ctx *codecs; /* NULL until a restore object comes */
	struct tracked *jobs;
	size_t job_count;
	struct verify_volume *volumes;
	size_t volume_count;
	uint64_t problems[FINDING_KINDS];
	const struct item *item; /* at hand, for what is found in it */
	struct err err;          /* found in a callback that cannot fail */
};

/* The job's place, and the volume's.  NULL without memory. */
struct tracked *verify_job_of(struct verify *v, const struct job *job, struct err *e);
struct verify_volume *verify_volume_of(struct verify *v, const struct volume_info *info, struct err *e);

/* Counts it and tells the caller.  Errors are in v->err. */
void verify_report(struct verify *v, const struct finding *p);

/* Something of a job that has no place. */
void verify_found_of_job(struct verify *v, const struct tracked *k, enum finding_kind kind, const char *reason);

/* What the proof says of a file; arg: v.  XE_FAILED without memory. */
int verify_end_file(void *arg, const struct proof_file *f, struct err *e) __attribute__((warn_unused_result));

/* What can be said of a job, and of a volume, when all was read. */
void verify_end_job(struct verify *v, struct tracked *k);
void verify_end_volume(struct verify *v, const struct verify_volume *on);

#endif
