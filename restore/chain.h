/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which jobs make up the state of a client's fileset at a time, as far as their labels tell: the last full backup, the last differential one
 * behind it, and the incremental ones behind that.  Pure: what the labels say goes in.  formats/restore-format.md 7.1, 7.4, 7.5 */
#ifndef RESTORE_CHAIN_H
#define RESTORE_CHAIN_H

#include "base/err.h"
#include "format/label.h"

/* What is known of a job.  Begin with all zero. */
struct chain_job {
	struct session_label label; /* of its start, or if that is not here, of its end; all zero if neither is */
	bool begun;                 /* its start was read, */
	bool ended;                 /* and its end, behind which nothing of it began again */
	uint32_t status;            /* of its end, as a character; 0: its label has none */
	int64_t end;                /* when that was written, seconds since 1970 */
	uint32_t files;             /* that it says it has */
	uint64_t missing;           /* files that did not come, */
	uint64_t hurt;              /* they, and places of damage */
	unsigned sources;           /* jobs whose labels stand in it: more than one is a consolidation by Bacula */
	bool renumbered;            /* its FileIndexes are not those of who wrote the files: a consolidation */
	int64_t oldest;             /* the last change (st_mtime, st_ctime) of the file where that is the longest ago, */
	int64_t latest;             /* and of the one that was changed last (st_ctime): seconds since 1970; 0: not known */
};

enum chain_role {
	CHAIN_OUT, /* no part of it */
	CHAIN_BASE,
	CHAIN_FULL,
	CHAIN_DIFFERENTIAL,
	CHAIN_INCREMENTAL,
};

/* Why a job is no part of it. */
enum chain_why {
	CHAIN_IN,          /* it is */
	CHAIN_UNLABELLED,  /* neither its start nor its end is here */
	CHAIN_NO_BACKUP,   /* a restore, a verification */
	CHAIN_OTHER,       /* of another client or fileset */
	CHAIN_ENDLESS,     /* it has no end here, */
	CHAIN_FAILED,      /* or one that says that it failed */
	CHAIN_TWIN,        /* the same job is here a second time, and that is taken */
	CHAIN_LATER,       /* than the time that was asked for */
	CHAIN_BEFORE_FULL, /* older than what the chain begins with, */
	CHAIN_COVERED,     /* or than the differential backup in it */
	CHAIN_EMPTY,       /* a differential backup without files */
	CHAIN_LEVEL,       /* of a level that nobody knows */
};

struct chain_pick {
	enum chain_role role;
	enum chain_why why;
	int64_t time; /* of the state that it saved, seconds since 1970; 0: not known */
	size_t twin;  /* CHAIN_TWIN: the index of the one that is taken */
};

struct chain_wish {
	const char *client, *fileset; /* NULL: there is only one */
	int64_t time;                 /* seconds since 1970 */
	bool without_full;            /* without a full backup, too: with all there is */
};

/* Begin with all zero. */
struct chain {
	const char *client, *fileset; /* of all that are in; lent by the jobs */
	struct chain_pick *picks;     /* one for each job */
	size_t *order;                /* indexes of those that are in: base jobs first, then the oldest first */
	size_t count;
	bool full;         /* it begins with a full backup */
	bool fileset_grew; /* the fileset was another one (its MD5) in one job than in another */
};

/* Idempotent. */
void chain_free(struct chain *c);

/* jobs must stay until chain_free.  XE_USAGE: which client or fileset is meant is not said, and there are several (e names them); XE_FAILED: nothing
 * fits, there is no full backup, no memory.  Then, too, picks say why each is out, if there are any. */
int chain_choose(struct chain *c, const struct chain_job *jobs, size_t count, const struct chain_wish *wish, struct err *e)
	__attribute__((warn_unused_result));

/* A label of a session, start or end, in their order: of several jobs that were consolidated into one the last counts, and the level of what
 * they are together. */
void chain_take_label(struct chain_job *job, bool end, const struct session_label *label);

/* When the state that it saved was: the time in its unique name ("J.2026-11-22_12.44.19_42", local time, which the copies keep), else that of its
 * start label.  Those of a consolidation may be from long after its files, or of its first source: there it is the last change of a file, if
 * clocks were right so far that this was before its end.  Seconds since 1970. */
int64_t chain_time(const struct chain_job *job);

/* Made of other jobs: its files are older than it, and marks of deleted files are not in it (formats/restore-format.md 7.2). */
bool chain_is_consolidation(const struct chain_job *job);

/* Why the job at this index is out: "it did not end well (status E)"; "" if it is in. */
void chain_explain(const struct chain_job *jobs, const struct chain_pick *picks, size_t at, char *text, size_t text_bytes);

/* "full", "incremental"... */
const char *chain_role_name(enum chain_role role);

#endif
