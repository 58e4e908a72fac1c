/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How people name the jobs and the FileIndexes that they want of volumes: one way for all verbs. */
#ifndef VOLUME_NAMING_H
#define VOLUME_NAMING_H

#include <stdbool.h>
#include <stdint.h>

/* What is known of a job. */
struct naming_job {
	uint32_t session_id, session_time;
	uint32_t job_id;  /* 0: not known */
	const char *job;  /* the unique name of its run, "J.2026-11-22_12.44.19_42"; "": not known */
	const char *name; /* of the job; NULL: what stands before the time in the unique one */
};

/* Is it called so: JobId, the name of the job, the unique one of its run, SESSIONID/SESSIONTIME? */
bool naming_is_job(const char *text, const struct naming_job *j);

/* Is unique the name of a run of the job of this name, or that name itself? */
bool naming_is_run(const char *unique, const char *name);

/* The next range of FileIndexes of a list, "5", "5-9", "1,5-9", which goes on behind it.  False: none stands there, or what follows is
 * neither a comma with another one nor the end. */
bool naming_next_indexes(const char **list, int32_t *first, int32_t *last);

#endif
