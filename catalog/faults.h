/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs of a catalog's rows, and which files of each a restore would not find, and why. */
#ifndef CATALOG_FAULTS_H
#define CATALOG_FAULTS_H

#include "catalog/indexes.h"
#include "catalog/rows.h"

enum fault_kind {
	FAULT_BEFORE,  /* they lie before the first address of the job's rows (address), */
	FAULT_BEHIND,  /* behind the last one (address), */
	FAULT_BETWEEN, /* or in blocks (the first at address) that rows of other files cover, or none */
	FAULT_START,   /* their row begins at an address that is no block's: the daemon stops there */
	FAULT_ABSENT,  /* their row says that they are on the volume, and no volume has any of their blocks */
	FAULT_NO_ROW,  /* their blocks are on a volume where the job has no row */
	FAULT_NOWHERE, /* the job has them, and no row of any volume */
	FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	const char *volume; /* borrowed; "" of FAULT_NOWHERE */
	uint64_t address;
	struct indexes files;
};

struct faults_job {
	const struct rows_job *row;
	struct indexes rows; /* files that some row has */
	struct fault *faults;
	size_t count, room;
	struct indexes seen;   /* files that have blocks on the volumes */
	struct indexes missed; /* files of all faults: known behind faults_finish */
	size_t elsewhere;      /* volumes that it has rows on and that were not given */
	bool touched;          /* it has a row on a volume that was given, or blocks */
	struct fault held;     /* not decided yet */
};

struct faults;

/* rows must stay until faults_free (NULL is fine).  NULL without memory. */
struct faults *faults_new(const struct rows *rows);
void faults_free(struct faults *f);

/* What is gathered of a job of the rows; and of the index-th one. */
struct faults_job *faults_of(const struct faults *f, const struct rows_job *row);
struct faults_job *faults_at(const struct faults *f, size_t index);

/* The n-th of the jobs that have this session, NULL behind the last. */
const struct rows_job *faults_session(const struct faults *f, uint32_t id, uint32_t time, size_t n);

/* The order of jobs by their session, for qsort and the like: < 0, 0, > 0. */
int faults_by_session(const struct rows_job *x, const struct rows_job *y);

/* The files of first to last that are not in without (NULL: all) are missed for this reason; about's own files are not looked at.
 * XE_FAILED without memory. */
int faults_add(struct faults_job *j, const struct fault *about, int32_t first, int32_t last, const struct indexes *without, struct err *e)
	__attribute__((warn_unused_result));

/* The same, not decided yet: the job's next block says that it is so (settle), or that it is not (drop), before more is held.  Errors as
 * above. */
int faults_hold(struct faults_job *j, const struct fault *about, int32_t first, int32_t last, const struct indexes *without, struct err *e)
	__attribute__((warn_unused_result));
int faults_settle(struct faults_job *j, struct err *e) __attribute__((warn_unused_result));
void faults_drop(struct faults_job *j);

/* Behind the last volume.  Errors as above. */
int faults_finish(struct faults_job *j, struct err *e) __attribute__((warn_unused_result));

#endif
