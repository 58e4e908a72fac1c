/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files out of volumes: of one job, or of several as they were merged, those that are wanted, each proved by its digest before it gets its
 * name.  formats/restore-format.md 4, 7.5 */
#ifndef RESTORE_EXTRACT_H
#define RESTORE_EXTRACT_H

#include "prove/proof.h"
#include "restore/choice.h"
#include "restore/merge.h"
#include "restore/target.h"
#include "volume/observer.h"

/* What became of one thing on the volumes. */
enum extract_result {
	EXTRACT_MADE,
	EXTRACT_BARE,      /* made, but its owner, mode or times could not be set */
	EXTRACT_THERE,     /* something of its name was there, and stays */
	EXTRACT_DAMAGED,   /* made under the name of a damaged one, for its content is not what the client read, or not all of it */
	EXTRACT_NAMELESS,  /* its attributes are lost: made under a name that says where it came from */
	EXTRACT_FAILED,    /* not made */
	EXTRACT_LOCKED,    /* its client encrypted it */
	EXTRACT_ELSEWHERE, /* its content is in another job */
	EXTRACT_LEFT,      /* nothing that is made here, or not asked for */
	EXTRACT_RESULTS
};

struct extract_file {
	const struct job *job;
	int32_t file_index;
	const char *name; /* on the volume; "" if it is lost */
	const char *path; /* below the folder, "" if nothing was made */
	enum object_kind kind;
	enum extract_result result;
	bool proved;   /* by its digest */
	bool unproved; /* it has one, which was not counted */
	uint64_t bytes;
	const char *why; /* "" where there is nothing to say */
};

/* A kind of records that nothing was made of; or, from EXTRACT_WINDOWS on, of streams of BackupRead (format/backupread.h). */
#define EXTRACT_WINDOWS 0x10000u
struct extract_stream {
	uint32_t number;
	uint64_t files; /* that have such */
	char *first;    /* the name of the first */
};

struct extract_counts {
	uint64_t by_result[EXTRACT_RESULTS];
	uint64_t files, folders, symlinks, links, specials; /* made */
	uint64_t proved, unproved;                          /* of the files; unproved: as above */
	uint64_t bytes;                                     /* of their content */
	uint64_t places;                                    /* of damage on the volumes */
	uint64_t stripped;                                  /* of setuid and setgid bits */
	uint64_t again;                                     /* made in the place of one of the same job */
	struct finished end;
};

/* Several jobs in one run. */
struct extract_plan {
	const struct merge *merge; /* what becomes of each file */
	void *arg;
	/* Is the job of this session one of them?  Then its number in the merge, and whether records of others of them stand between its
	 * own. */
	bool (*job)(void *arg, const struct job *job, size_t *number, bool *interleaved);
	const char *spool; /* a folder where files without a name are made while several come at once */
};

struct extract_options {
	const struct extract_plan *plan; /* NULL: one job alone is wanted */
	struct choice *choice;
	const struct target *target;
	unsigned strip;   /* components of names */
	bool set_ids;     /* setuid and setgid are set, as on the volumes */
	bool devices;     /* devices and fifos are made */
	bool all_digests; /* as proof_new has it */
	bool by_ranges;   /* only ranges of the volumes are read, with all blocks of what is chosen in them: nothing else is missing, */
	uint64_t missing; /* but so many files of the job, as it is known from elsewhere */
	void *arg;
	/* In the order of the volumes, by one thread at a time.  file: of each that is wanted. */
	void (*file)(void *arg, const struct extract_file *f);
	void (*problem)(void *arg, const struct finding *f);
};

struct extract;

/* What options names must stay until extract_free (NULL is fine).  NULL without memory. */
struct extract *extract_new(const struct extract_options *options);
void extract_free(struct extract *x);

/* Who is to look on while the volumes are inflated, damage kept; lent by x.  The run ends with XE_USAGE where a second job begins that is
 * wanted, too. */
const struct observer *extract_observer(struct extract *x);

/* Behind the last item.  whole: the run has not failed; else what has not come whole is dropped.  What the target has for an error. */
int extract_finish(struct extract *x, bool whole, struct err *e) __attribute__((warn_unused_result));

/* Results, borrowed until extract_free.  The job, of several the last that came: NULL if none did. */
const struct job *extract_job(const struct extract *x);
/* How many files of it, or of all, did not come; while its filter lives. */
uint64_t extract_missing(const struct extract *x);
/* Of a run that failed: how many files had begun to come, and were dropped; fills the first of them, the one at hand if that is one. */
uint64_t extract_unfinished(const struct extract *x, struct extract_file *first);
const struct extract_counts *extract_counts(const struct extract *x);
size_t extract_streams(const struct extract *x, const struct extract_stream **streams);

#endif
