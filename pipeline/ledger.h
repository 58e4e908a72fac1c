/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The books of a run of the filter: what was read and written of each volume and job, what was lost and of which file, and
 * what is worth a note.  Used by the filter's writing side alone, in the order of the data. */
#ifndef PIPELINE_LEDGER_H
#define PIPELINE_LEDGER_H

#include "pipeline/options.h"
#include "pipeline/slot.h"
#include "prove/course.h"

struct ledger_job {
	struct course course;
	struct filter_counts counts;
	unsigned seen_on;                /* 1 + index of the last volume with records of it; 0: none */
	unsigned noted;                  /* what is told once, a bit each */
	uint64_t damaged_before;         /* places, in all jobs, when its run began */
	uint64_t unknown_to_target;      /* records that its readers warn about */
	bool client_encrypted;           /* some are */
	uint64_t next_number;            /* of an encrypted block that keeps its place: no number comes twice */
	int32_t hurt_file;               /* FileIndex of the last loss */
	bool met;                        /* a record of it was read, */
	bool begins_elsewhere;           /* and the first was not its start of session */
	int32_t first_index, last_index; /* the lowest and the highest FileIndex, 0: none */
	struct {
		int32_t file_index;
		uint32_t stream, len;
	} last; /* record that is of use */
};

struct ledger {
	const struct filter_options *o;
	struct filter_volume volume; /* at hand */
	void **jobs;                 /* struct ledger_job, by job index; NULL: this one is free */
	size_t job_count;
	uint64_t damaged;
	uint64_t lost_blocks; /* or gaps between blocks */
};

/* Idempotent. */
void ledger_free(struct ledger *l);

/* The job's page, made if there is none.  NULL without memory. */
struct ledger_job *ledger_job(struct ledger *l, const struct job *job, struct err *e);

/* What is known of a job by now. */
struct filter_job ledger_outline(const struct ledger_job *entry);

/* A record of the job, before anything is done with it.  label: its own, if it is that of a session and can be read.  XE_FAILED without
 * memory. */
int ledger_record(struct ledger *l, struct ledger_job *entry, const struct item *item, const struct session_label *label, struct err *e)
	__attribute__((warn_unused_result));

/* After damage, with ON_DAMAGE_SKIP: why this record is of no use any more, static; NULL if it is.  Data of a file whose attributes
 * were lost, which a restore would not know where to put; a piece whose first piece was lost; the digest of content that is
 * not whole. */
const char *ledger_useless(const struct ledger *l, struct ledger_job *entry, const struct item *item);

/* Damage, or something that cannot be done: stops the run (XE_DAMAGE, XE_KEY, with the remedy) or becomes a loss. */
int ledger_lose(struct ledger *l, const struct item *item, const char *reason, bool kept, const char *remedy, struct err *e)
	__attribute__((warn_unused_result));

/* The same of an ITEM_DAMAGE. */
int ledger_damage(struct ledger *l, const struct item *item, struct err *e) __attribute__((warn_unused_result));

/* A block's checksum is as block_checksum_reversed: stops the run (XE_DAMAGE), unless new ones are made. */
int ledger_reversed(struct ledger *l, const struct item *block, struct err *e) __attribute__((warn_unused_result));

/* Counts a record and the count records that it became, and notes what is odd about it. */
void ledger_enter(struct ledger *l, struct ledger_job *entry, const struct item *item, const struct converted *c,
		  const struct outrecord *records, size_t count);

/* The job's block, before its records. */
int ledger_block(struct ledger *l, const struct item *block, struct err *e) __attribute__((warn_unused_result));

/* A record that never ends is passed as it is, in a form that its file does not have any more. */
void ledger_note_cut(struct ledger *l, struct ledger_job *entry, const struct item *item);

/* The end of a job, or of a run of it, that is to be written: *to is what its label then has to say, *known false where it has
 * to stay.  That something is missing which no damage accounts for is a loss, as in ledger_lose. */
int ledger_end_job(struct ledger *l, struct ledger_job *entry, const struct item *item, const struct session_label *end,
		   struct outrecord_totals *to, bool *known, struct err *e) __attribute__((warn_unused_result));

/* Something of the volume at hand that its user wants to know. */
void ledger_note_volume(const struct ledger *l, const char *text);

/* At the end: after damage, whole files that did not come are losses.  Jobs without an end are normal where they were
 * cancelled or go on elsewhere, but it is also what a cut-off volume looks like. */
void ledger_conclude(struct ledger *l);

#endif
