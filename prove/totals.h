/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the records of a job add up to, and whether the label at its end says so: the one judgement of the filter and of verify.
 * Counted is what was read, from a start of session to an end of session: a job that was run again under its session (Bacula's
 * Incomplete) has several such runs, and each end counts its own.  formats/volume-format.md 3.4 */
#ifndef PROVE_TOTALS_H
#define PROVE_TOTALS_H

#include "volume/outrecord.h"

enum totals_verdict {
	TOTALS_RIGHT,
	TOTALS_STALE, /* all of the run is here, and the label counts something else: bcopy and autoxflate leave it so */
	TOTALS_LOST,  /* damage took something of it, or may have */
	TOTALS_PART,  /* not all of it can be counted here: nothing can be said */
	TOTALS_SHORT, /* something of it is missing, and no damage accounts for that */
};

/* Of one job; begin with all zero. */
struct totals {
	bool begun;                           /* the run's start was read */
	bool cut, written_cut;                /* a record of it is not whole; one that was written is not */
	bool gap, jumped;                     /* FileIndexes were passed over in it, or numbers of blocks, */
	bool apart;                           /* or such between two volumes, as where one was converted alone */
	bool bridged;                         /* a record goes on on the next volume: that is the one */
	bool uncounted;                       /* a sum is beyond 2^64 */
	unsigned runs;                        /* so far */
	uint64_t read, written;               /* bytes of its records' data, */
	uint64_t read_before, written_before; /* and of the runs before it that had no end */
	int32_t last, last_written;           /* the highest FileIndex, wherever it stands, */
	int32_t at;                           /* and that of the record before */
	uint32_t files;                       /* FileIndexes in it */
	bool numbered;
	uint32_t number; /* of the last block, */
	unsigned volume; /* and the index of its volume */
};

/* A block of the job, before its records. */
void totals_block(struct totals *t, const struct item *block);

/* A record of the job as it was read, its labels too. */
void totals_read(struct totals *t, const struct item *item);

/* What became of it: bytes of data, none where it was left out. */
void totals_wrote(struct totals *t, const struct item *item, size_t records, uint64_t bytes);

/* The end of the run; hurt: something was damaged since it began, of whatever job.  totals_end must follow when all that is wanted of the
 * run has been asked for. */
enum totals_verdict totals_judge(const struct totals *t, const struct session_label *end, bool hurt);
void totals_end(struct totals *t);

/* What the label of what was written has to say; false: what it says. */
bool totals_of_written(const struct totals *t, enum totals_verdict verdict, const struct session_label *end, struct outrecord_totals *to);

/* "the end-of-session label counts 10 bytes...", or of a job "has an end-of-session label that counts...", in text_bytes; "" where there
 * is nothing to say. */
void totals_describe(const struct totals *t, enum totals_verdict verdict, const struct session_label *end, char *text, size_t text_bytes);

#endif
