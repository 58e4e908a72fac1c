/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of volumes proved: structure, order, totals, every payload decoded, every file against its digest. */
#ifndef PROVE_VERIFY_H
#define PROVE_VERIFY_H

#include "prove/damaged.h"
#include "prove/missing.h"
#include "prove/proof.h"
#include "volume/observer.h"

struct verify_job {
	const struct job *job; /* NULL: this slot is empty */
	/* A file in the list of damaged ones counts as PROOF_WRONG or PROOF_DAMAGED, or there among the lost ones. */
	uint64_t files[PROOF_VERDICTS];
	unsigned digests; /* kinds that files were proved with, a bit each */
	uint64_t bytes;   /* of plain content */
	uint64_t records, data_bytes;
	uint64_t problems; /* of kind FINDING_DAMAGE */
	uint64_t joined, doubled;
	bool begun, ended;
	struct session_label end;
	struct damaged damaged;
	const struct missing *missing; /* files of which nothing is here, not even a name; known at the end */
};

struct verify_volume {
	const struct volume_info *info;
	uint64_t blocks, without_checksum, reversed, problems;
	bool headless;     /* its first block did not hold its label */
	unsigned versions; /* a bit for each BB version */
};

struct verify_options {
	bool all_digests;
	bool whole; /* each job is to begin and to end here */
	void *arg;
	/* In the order of the volumes, by one thread at a time. */
	void (*problem)(void *arg, const struct finding *problem);
	void (*file)(void *arg, const struct proof_file *file); /* NULL: not wanted */
};

struct verify;

/* What options names must stay until verify_free (NULL is fine).  NULL without memory. */
struct verify *verify_new(const struct verify_options *options);
void verify_free(struct verify *v);

/* Who is to look on while the volumes are inflated, damage kept; lent by v. */
const struct observer *verify_observer(struct verify *v);

/* Behind the last item, also of a run that failed: the files of each job that did not come, as of says; borrowed until verify_free. */
void verify_learn_missing(struct verify *v, const struct missing *(*of)(const void *arg, const struct job *job), const void *arg);

/* Then, when all was read: what can be said of the whole.  XE_FAILED without memory. */
int verify_finish(struct verify *v, struct err *e) __attribute__((warn_unused_result));

/* Results, borrowed until verify_free.  Jobs in order of appearance; ask for every index below verify_job_slots, NULL where
 * there is none.  Volumes in order, below verify_volumes.  How many problems of a kind there were. */
size_t verify_job_slots(const struct verify *v);
const struct verify_job *verify_job(const struct verify *v, size_t index);
size_t verify_volumes(const struct verify *v);
const struct verify_volume *verify_volume(const struct verify *v, size_t index);
uint64_t verify_problems(const struct verify *v, enum finding_kind kind);

#endif
