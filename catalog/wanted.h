/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs that volumes or maps tell of, and which of them are wanted. */
#ifndef CATALOG_WANTED_H
#define CATALOG_WANTED_H

#include "catalog/indexes.h"
#include "catalog/mapped.h"

/* A job, with what all volumes together tell of it. */
struct wanted_job {
	uint32_t session_id, session_time, job_id;
	char job[LABEL_NAME_BYTES]; /* "": not known */
	int64_t began;
	char type, level, status; /* as in struct mapped_session */
	struct indexes files;     /* that were picked */
	bool here;                /* volumes have data of it */
};

/* Begins with all zero. */
struct wanted {
	struct wanted_job *jobs; /* in the order of their first blocks */
	size_t count, room;
};

/* Idempotent. */
void wanted_free(struct wanted *w);

/* The job of a session, made if there is none.  NULL without memory.  Lent until the next call. */
struct wanted_job *wanted_session(struct wanted *w, uint32_t session_id, uint32_t session_time);

/* Adds a copy, which no other one of its session is merged with.  NULL without memory. */
struct wanted_job *wanted_add(struct wanted *w, const struct wanted_job *job);

/* Takes in what volumes tell.  XE_FAILED without memory. */
int wanted_learn(struct wanted *w, struct mapped_volume *const *volumes, size_t count, struct err *e) __attribute__((warn_unused_result));

/* Is it called so, as naming_is_job has it? */
bool wanted_is_called(const struct wanted_job *j, const char *text);

/* "job 12 (J.2026-11-22_12.44.19_42), session 50/1795351262".  text: text_bytes, NUL included. */
void wanted_describe(const struct wanted_job *j, char *text, size_t text_bytes);
#define WANTED_TEXT_BYTES (LABEL_NAME_BYTES + 64)

/* The last of the finished runs of the job of this name that began here; NULL if there is none. */
const struct wanted_job *wanted_newest(const struct wanted *w, const char *name);

#endif
