/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What verify tells of a set at its end: volume by volume, job by job, and a verdict. */
#ifndef CMD_VOLUME_VERIFYREPORT_H
#define CMD_VOLUME_VERIFYREPORT_H

#include "base/json.h"
#include "cmd/volume/judgement.h"
#include "cmd/volume/pkioptions.h"
#include "prove/tally.h"

/* Of all jobs. */
struct verifyreport_sums {
	uint64_t proved, with_content, damaged, missing;
	size_t jobs, endless;
};

struct verifyreport_sums verifyreport_sums(const struct tally *t);

/* The exit status for what was read: 0, 3, or 1: not all could be proved.  And what it means. */
int verifyreport_status(const struct tally *t);
enum judgement verifyreport_verdict(const struct tally *t, int status);

/* On standard output; the last line begins with the verdict. */
void verifyreport_print(const struct tally *t, const struct pkioptions *pki, int status);

/* Ends the array of problems and the object that it stands in.  e: what it failed of. */
void verifyreport_json(struct json *j, const struct tally *t, const struct pkioptions *pki, int status, const struct err *e);

#endif
