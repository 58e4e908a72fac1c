/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first look at volumes of which several jobs are to become one tree: which jobs there are, and which files each has. */
#ifndef RESTORE_SURVEY_H
#define RESTORE_SURVEY_H

#include "restore/chain.h"
#include "restore/choice.h"
#include "restore/merge.h"
#include "volume/observer.h"

struct survey;

struct survey_options {
	const char *client, *fileset; /* files of no others are taken down; NULL: of all */
	struct choice *choice;        /* which files are wanted */
	uint64_t max_memory;          /* bytes for what is taken down */
};

/* What options names must stay until survey_free (NULL is fine).  NULL without memory. */
struct survey *survey_new(const struct survey_options *options);
void survey_free(struct survey *s);

/* Who is to look on while the volumes are read, damage kept; nothing has to be inflated.  Lent by s. */
const struct observer *survey_observer(struct survey *s);

/* What else is known of a job. */
struct survey_job {
	uint32_t session_id, session_time;
	uint64_t first, last; /* records of it: their numbers among those of all jobs; 0: none */
	char **volumes;       /* that records of it begin on, in order */
	size_t volume_count, volume_room;
	/* While it is read: */
	const struct course *course;
	const struct volume_info *volume; /* of the last record */
	bool other;                       /* it is of another client or fileset, or no backup */
	struct merge_update *update;      /* the last attributes were one, */
	int32_t update_index;             /* of this FileIndex */
};

/* Behind the run, while its filter lives: what is told of jobs is complete. */
void survey_finish(struct survey *s);

/* Where something else has looked: the same by hand.  Jobs get the numbers 0, 1, 2...; what their files' order is, and where records of a
 * job stand among those of others, is the caller's to say.  XE_FAILED. */
int survey_put_job(struct survey *s, const struct chain_job *chain, uint32_t session_id, uint32_t session_time, struct err *e)
	__attribute__((warn_unused_result));
int survey_put_volume(struct survey *s, size_t job, const char *name, struct err *e) __attribute__((warn_unused_result));
void survey_put_span(struct survey *s, size_t job, uint64_t first, uint64_t last);
int survey_put_file(struct survey *s, size_t job, int32_t file_index, const struct filestat *stat, bool update, struct err *e)
	__attribute__((warn_unused_result));

/* Results, the survey's: of survey_count jobs, some of which may be empty. */
size_t survey_count(const struct survey *s);
const struct chain_job *survey_chain_jobs(const struct survey *s);
const struct survey_job *survey_job(const struct survey *s, size_t job);
struct merge *survey_merge(const struct survey *s);

/* Do records of these two jobs stand between each other's? */
bool survey_interleaved(const struct survey *s, size_t a, size_t b);

#endif
