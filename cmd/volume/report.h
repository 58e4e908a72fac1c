/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a filter run did, as lines of a job log and as JSON. */
#ifndef CMD_VOLUME_REPORT_H
#define CMD_VOLUME_REPORT_H

#include "base/outfile.h"
#include "cmd/volume/standing.h"
#include "pipeline/filter.h"

struct report;

/* NULL without memory; for report_free (NULL is fine). */
struct report *report_new(void);
void report_free(struct report *r);

/* Remembered for the JSON, printed at once.  output: where the volume went, borrowed until report_write; seconds: since its set
 * began.  XE_FAILED without memory; of a loss that there is none for, report_write tells. */
int report_volume(struct report *r, const struct filter_volume *v, const struct outfile *output, double seconds, struct err *e);
void report_loss(struct report *r, const struct finding *loss);

/* The end of the set that f has converted, or failed at: what is wanted of f is remembered (with -v: a line for each job), and it
 * may go.  input: the one that failed, NULL: none; e: why. */
void report_set(struct report *r, const struct filter *f, const char *input, const struct err *e);

/* What a run reads, before it does: paths, count of them; their size and age are remembered, so that a later run sees whether they are
 * still the same. */
void report_inputs(struct report *r, const char *const *paths, size_t count);

/* What failed beside the sets: input "": the run itself. */
void report_failure(struct report *r, const char *input, const struct err *e);

/* What stands beside the new volumes and is not one of them: an output that an earlier run of the same unit made, and that this one may
 * replace.  bytes: of the volume; as: of what it stands in. */
void report_earlier(struct report *r, const char *path, uint64_t bytes, const char *digest, const struct standing *as);

void report_forget_earlier(struct report *r);

struct report_run {
	const struct filter_options *options;
	const char *const *command; /* words of the command line but for the inputs: */
	size_t command_count;
	const char *request; /* what of them decides what is written; NULL: nobody will ask */
	const char *unit;    /* what is converted, if it is one of many; NULL: it is not */
	time_t began;
	double seconds;
	int status, class;      /* class: err_class */
	bool complete;          /* all volumes are whole and have their names */
	bool digests;           /* those of options are of all that was read and written */
	const char *map;        /* its path; NULL: there is none, or it does not belong to the volumes alone */
	uint64_t map_bytes;     /* as it is, whatever name it has for now, */
	const char *map_digest; /* XXH64, 16 hex digits */
};

/* Writes all of it to fd, which stays the caller's.  XE_FAILED. */
int report_write(const struct report *r, const struct report_run *run, int fd, struct err *e);

/* Is this the report of a run that came to nothing?  It stands in nobody's way. */
bool report_is_of_failure(const char *path);

#endif
