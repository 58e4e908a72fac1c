/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a filter run did, as lines of a job log and as JSON. */
#ifndef CMD_VOLUME_REPORT_H
#define CMD_VOLUME_REPORT_H

#include "base/outfile.h"
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

struct report_run {
	const struct filter_options *options;
	double seconds;
	int status;
	bool complete; /* all volumes are whole and have their names */
	bool digests;  /* those of options are of all that was read and written */
};

/* Writes all of it to fd, which stays the caller's.  XE_FAILED. */
int report_write(const struct report *r, const struct report_run *run, int fd, struct err *e);

/* Is this the report of a run that came to nothing?  It stands in nobody's way. */
bool report_is_of_failure(const char *path);

#endif
