/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of volumes proved: structure, order, totals, every payload decoded, every file against its digest. */
#ifndef PROVE_VERIFY_H
#define PROVE_VERIFY_H

#include "pipeline/filter.h"
#include "prove/damaged.h"
#include "prove/proof.h"

enum verify_kind {
	VERIFY_DAMAGE,         /* bytes are not what they were, or not what their format says */
	VERIFY_CUT_BY_NETWORK, /* known wounds, which filter --repair mends */
	VERIFY_DOUBLED,
	VERIFY_REVERSED,  /* checksums that only Bareos 19.2.4/5 on FreeBSD takes for right */
	VERIFY_UNPROVED,  /* a digest that was not counted */
	VERIFY_NOT_WHOLE, /* asked for whole jobs: one begins or ends elsewhere, or never ended */
	VERIFY_NOTE,      /* normal, but a reader of the report wants to know */
};

struct verify_problem {
	enum verify_kind kind;
	const struct volume_info *volume;
	const struct job *job; /* NULL: none, or not known */
	int32_t file_index;    /* 0: none, or not known */
	int32_t last_index;    /* the last one of several, else 0 */
	const char *file;      /* "" if not known */
	bool placed;           /* addr, offset, len say where */
	uint64_t addr, len;
	uint32_t offset;
	const char *reason;
};

struct verify_job {
	const struct job *job; /* NULL: this slot is empty */
	/* A file in the list of damaged ones counts as PROOF_WRONG or PROOF_DAMAGED, or there among the lost ones. */
	uint64_t files[PROOF_VERDICTS];
	unsigned digests; /* kinds that files were proved with, a bit each */
	uint64_t bytes;   /* of plain content */
	uint64_t records, data_bytes;
	uint64_t problems; /* of kind VERIFY_DAMAGE */
	uint64_t joined, doubled;
	bool begun, ended;
	struct session_label end;
	struct damaged damaged;
	const struct missing *missing; /* files of which nothing is here, not even a name; set by verify_run */
};

struct verify_volume {
	const struct volume_info *info;
	uint64_t blocks, without_checksum, reversed, problems;
	bool headless;     /* its first block did not hold its label */
	unsigned versions; /* a bit for each BB version */
};

struct verify_options {
	const char *const *paths;
	size_t path_count;
	unsigned threads;
	uint64_t max_memory; /* as in struct filter_options */
	bool all_digests;
	bool whole;                       /* each job is to begin and to end here */
	const struct volkey_source *keys; /* for encrypted volumes; NULL: none */
	void *arg;
	/* In the order of the volumes, by one thread at a time. */
	void (*problem)(void *arg, const struct verify_problem *problem);
	void (*file)(void *arg, const struct proof_file *file); /* NULL: not wanted */
};

struct verify;

/* What options names must stay until verify_free (NULL is fine).  NULL without memory. */
struct verify *verify_new(const struct verify_options *options);
void verify_free(struct verify *v);

/* The whole run, once; damage is no failure of it.  XE_FAILED, XE_KEY, and what the inputs have for an error. */
int verify_run(struct verify *v, struct err *e) __attribute__((warn_unused_result));

/* Results, borrowed until verify_free.  Jobs in order of appearance; ask for every index below verify_job_slots, NULL where
 * there is none.  Volumes in order, below verify_volumes.  How many problems of a kind there were. */
size_t verify_job_slots(const struct verify *v);
const struct verify_job *verify_job(const struct verify *v, size_t index);
size_t verify_volumes(const struct verify *v);
const struct verify_volume *verify_volume(const struct verify *v, size_t index);
uint64_t verify_problems(const struct verify *v, enum verify_kind kind);

/* Bytes read so far; any thread. */
uint64_t verify_bytes(const struct verify *v);

#endif
