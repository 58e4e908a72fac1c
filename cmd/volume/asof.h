/* SPDX-License-Identifier: GPL-3.0-or-later */
/* extract --as-of: the jobs on the volumes that make up the state of a client's fileset at a time, and what is told of them. */
#ifndef CMD_VOLUME_ASOF_H
#define CMD_VOLUME_ASOF_H

#include "base/json.h"
#include "base/progress.h"
#include "cmd/volume/indexparts.h"
#include "pipeline/options.h"
#include "restore/extract.h"
#include "restore/survey.h"

#include <stdio.h>

struct asof {
	/* As they were given: */
	const char *text, *client, *fileset; /* text NULL: nothing of all this is wanted */
	const char *index;                   /* of the volumes: they are not read for the first time; NULL: there is none */
	bool without_full;
	/* And what came of it: */
	int64_t time; /* seconds since 1970 */
	struct survey *survey;
	struct chain chain;
	struct extract_plan plan;
	struct indexparts parts; /* of an index */
};

/* Returns 0, or the exit status of wrong usage, of which it has told. */
int asof_check(struct asof *a, const struct filter_options *run, const char *job, const char *indexes);

/* Reads the volumes for the first time, or looks them up, and fills a->plan; with an index the run's inputs and ranges become what is wanted of
 * them.  spool: as there.  XE_USAGE, XE_FAILED as chain_choose has them, and what a run or an index has for an error. */
int asof_prepare(struct asof *a, struct filter_options *run, struct choice *choice, enum progress_mode progress, const char *spool,
		 struct err *e) __attribute__((warn_unused_result));
void asof_free(struct asof *a);

/* Files of its jobs that did not come. */
uint64_t asof_missing(const struct asof *a);

/* The jobs, those that are left out, and what is to be known of all that; as far as asof_prepare came. */
void asof_print(const struct asof *a, FILE *out);

/* The same: "as_of" in an open object. */
void asof_json(const struct asof *a, struct json *j);

#endif
