/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What verify counts of jobs and volumes, and what it finds: the books that are told of at the end. */
#ifndef PROVE_TALLY_H
#define PROVE_TALLY_H

#include "prove/course.h"
#include "prove/damaged.h"
#include "prove/proof.h"

struct tally_job {
	const struct course *course; /* of the job: begun, ended, the files of which nothing is here, not even a name */
	/* A file in the list of damaged ones counts as PROOF_WRONG or PROOF_DAMAGED, or there among the lost ones. */
	uint64_t files[PROOF_VERDICTS];
	unsigned digests; /* kinds that files were proved with, a bit each */
	uint64_t bytes;   /* of plain content */
	uint64_t records, data_bytes;
	uint64_t problems; /* of kind FINDING_DAMAGE */
	uint64_t joined, doubled;
	struct session_label end; /* if it can be read */
	struct damaged damaged;
	/* What is judged at its end: */
	int32_t first_index;
	uint64_t misnumbered;                   /* blocks */
	bool files_gone;                        /* files are missing where a block number was passed over, or bytes, says its end */
	const struct volume_info *misplaced_on; /* the addresses in its end lie behind it there */
};

struct tally_volume {
	const struct volume_info *info;
	uint64_t blocks, without_checksum, reversed, problems;
	bool headless; /* its first block did not hold its label */
};

struct tally {
	void **jobs; /* struct tally_job, in order of appearance; NULL: there is none */
	size_t job_count;
	struct tally_volume *volumes; /* in order */
	size_t volume_count, volume_cap;
	uint64_t problems[FINDING_KINDS];
	struct err err; /* found where nothing can be returned */
	void *arg;
	void (*problem)(void *arg, const struct finding *problem);
};

/* Idempotent. */
void tally_free(struct tally *t);

/* The page of a job that appears, and that of a volume, made if there is none.  NULL without memory. */
struct tally_job *tally_add_job(struct tally *t, const struct course *course, struct err *e);
struct tally_volume *tally_volume(struct tally *t, const struct volume_info *info, struct err *e);

/* Counts it and tells the caller.  Errors are in t->err. */
void tally_report(struct tally *t, const struct finding *f);

/* Something of a job, or of a volume, that has no place. */
void tally_report_job(struct tally *t, const struct tally_job *k, enum finding_kind kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void tally_report_volume(struct tally *t, const struct tally_volume *on, enum finding_kind kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
