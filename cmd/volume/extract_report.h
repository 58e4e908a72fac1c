/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What extract tells: of each file that is not as it was, and at the end of the whole; and its exit status. */
#ifndef CMD_VOLUME_EXTRACT_REPORT_H
#define CMD_VOLUME_EXTRACT_REPORT_H

#include "base/json.h"
#include "cmd/volume/asof.h"
#include "cmd/volume/pkioptions.h"
#include "pipeline/filter.h"
#include "restore/extract.h"

#include <stdio.h>

struct extract_report {
	struct json *json;       /* NULL: text */
	const struct asof *asof; /* NULL: one job alone */
	bool dry_run;
	const struct pkioptions *pki;
	FILE *out; /* where text goes: standard error where the other one is an archive */
	uint64_t shown[EXTRACT_RESULTS];
	char *first[EXTRACT_RESULTS], *why[EXTRACT_RESULTS]; /* of what is not as it was: the first of each; NULL: none */
};

/* Before anything is told. */
void extract_report_begin(struct extract_report *r);

/* As struct extract_options has them; arg is the report. */
void extract_report_file(void *arg, const struct extract_file *f);
void extract_report_problem(void *arg, const struct finding *f);

/* x: NULL where the run did not come so far; its filter lives still; job: as it was asked for, or NULL; e: why the run failed.  Returns
 * the exit status. */
int extract_report_end(struct extract_report *r, const struct extract *x, const struct choice *c, const char *job, const struct err *e);

#endif
