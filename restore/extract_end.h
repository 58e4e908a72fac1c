/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of an extraction, which its two files share, and the end of a file: is it whole, and what becomes of it? */
#ifndef RESTORE_EXTRACT_END_H
#define RESTORE_EXTRACT_END_H

#include "format/backupread.h"
#include "restore/extract.h"
#include "restore/links.h"
#include "restore/spool.h"

#include <sys/stat.h>

#define EXTRACT_SET_ID_BITS (S_ISUID | S_ISGID)
#define EXTRACT_STREAMS 16u /* different ones of one file that nothing is made of */

/* The file whose records come. */
struct extract_open {
	int32_t index; /* 0: none */
	bool known;    /* its attributes have come, */
	bool wanted;   /* and it was chosen */
	struct filestat stat;
	const char *own_name; /* that of its record; stat has the one that it is to get */
	uint8_t *record;      /* that lends both */
	size_t record_cap;
	char *path;
	size_t path_cap;
	struct object object;
	bool settled; /* result and why are decided, whatever still comes */
	enum extract_result result;
	char why[MADE_WHY_BYTES];
	bool begun;         /* the target waits for its content */
	bool sparse;        /* which comes with addresses */
	uint64_t next, end; /* where it goes on, and where it ends */
	bool windows;       /* its data are what BackupRead made */
	struct backupread backup;
	bool suspect;                   /* some of it comes from a block with a wrong checksum */
	bool doubt;                     /* its last data record does */
	bool astray;                    /* such a one does not go on where the one before ended, or the one behind it not where it does */
	bool locked;                    /* some of it is encrypted by its client */
	bool like;                      /* what is there already is of the same size and time */
	struct extra extras[EXTRA_MAX]; /* copies */
	size_t extra_count;
	const struct merge_update *update; /* what came later of its attributes; NULL: nothing */
	uint32_t streams[EXTRACT_STREAMS];
	unsigned stream_count;
	struct proof_file verdict;
};

/* A job that is extracted.  Where records of others stand between its own its files are kept until they are whole: the target takes one
 * at a time. */
struct extract_lane {
	bool wanted;
	size_t number; /* in the merge */
	bool spooled;
	const struct job *job; /* as its last item knew it */
	bool foreign_dump;     /* of a filer: it has no files */
	struct extract_open file;
	struct links *links;
	struct spool spool;
};

struct extract {
	struct extract_options o;
	struct observer observer;
	struct proof *proof;
	void **lanes; /* struct extract_lane, by job index; NULL: nothing of it came yet */
	size_t lane_count;
	struct extract_lane *lane;     /* at hand; NULL: none yet */
	const struct course **courses; /* by job index */
	size_t course_count;
	struct extract_counts counts;
	struct extract_stream *streams;
	size_t stream_count;
};

/* Counts that the file at hand has records of a kind that nothing is made of.  XE_FAILED without memory. */
int extract_leave_out(struct extract *x, uint32_t number, struct err *e) __attribute__((warn_unused_result));

/* What becomes of it, whatever still comes; the first word counts. */
void extract_settle(struct extract_open *f, enum extract_result result, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same, as the target says it. */
void extract_settle_made(struct extract_open *f, const struct made *m);

/* All records of the file at hand have come: it gets its name, is remembered for other names of it, and told of.  What the target and the
 * proof have for an error. */
int extract_close_file(struct extract *x, struct err *e) __attribute__((warn_unused_result));

#endif
