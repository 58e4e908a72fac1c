/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One set of volumes proved, in order, and told of: alone, or as one among many. */
#ifndef CMD_VOLUME_VERIFYSET_H
#define CMD_VOLUME_VERIFYSET_H

#include "base/json.h"
#include "base/pace.h"
#include "base/progress.h"
#include "cmd/volume/judgement.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/pkioptions.h"
#include "cmd/volume/runevents.h"
#include "cmd/volume/verifyreport.h"
#include "cmd/volume/volumemap_draw.h"
#include "pipeline/filter.h"
#include "prove/verify.h"

/* What was found of one input of a set. */
struct verifyset_input {
	bool hurt;        /* something is wrong at a place of it */
	unsigned volumes; /* in it */
	bool hashed;      /* the XXH64 of all of it is known: */
	uint64_t xxh64;
};

/* What whoever proves many sets wants to know of one.  inputs: one for each path, zero at the beginning. */
struct verifyset_among {
	bool brief;        /* asked for: no report in text of a set that is sound */
	uint64_t read_now; /* bytes, while it runs */
	bool ended;        /* the rest is true: */
	int status;        /* the exit status */
	enum judgement verdict;
	struct verifyreport_sums sums;
	struct err err; /* what failed, if anything did */
	struct verifyset_input *inputs;
};

/* As asked for.  run: paths, path_count and threads, what verify reads by (inflate, ON_DAMAGE_KEEP, incomplete_ok), pace. */
struct verifyset {
	struct verify_options o;
	struct filter_options run;
	enum progress_mode progress;
	struct pace pace;
	uint64_t expected; /* bytes of all volumes, 0: it was not said */
	struct json *json; /* NULL: text, */
	bool quiet;        /* or none: what is wrong is told on standard error anyway */
	struct keyoptions keys;
	struct pkioptions pki;
	struct runevents events;
	struct picture plot;           /* of one that is alone */
	struct verifyset_among *among; /* NULL: it is alone; else JSON is the member "report" of an open object */

	/* At work */
	struct verify *verify;
	struct filter *filter;
	struct volumemap map;
};

/* The report goes to standard output, or to q->json; what is wrong to standard error.  Returns the exit status. */
int verifyset_run(struct verifyset *q);

#endif
