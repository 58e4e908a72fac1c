/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What report.c has kept of a run, for report_json.c to write.  Theirs alone. */
#ifndef CMD_VOLUME_REPORTKEPT_H
#define CMD_VOLUME_REPORTKEPT_H

#include "cmd/volume/report.h"

struct kept_volume {
	struct filter_volume v;
	struct volume_info info; /* v.info is gone with its filter */
	char *input, name[LABEL_NAME_BYTES];
	const struct outfile *output;
	double seconds;
};

struct kept_input {
	char *path;
	bool known;
	struct standing as;
};

struct kept_earlier {
	char *path;
	uint64_t bytes;
	char digest[STANDING_TEXT_BYTES];
	struct standing as;
};

struct kept_loss {
	struct finding l;
	char volume[256], job[LABEL_NAME_BYTES + 64], *reason, *file; /* malloc'ed; l has them, too */
	uint32_t job_id;
};

struct kept_job {
	struct job job;
	struct filter_job end; /* end.job is gone with its filter */
};

struct kept_failure {
	char *input;
	struct err err;
};

struct report {
	struct kept_volume *volumes;
	size_t volume_count, volume_cap;
	struct kept_input *inputs;
	size_t input_count, input_cap;
	struct kept_earlier *earlier;
	size_t earlier_count, earlier_cap;
	struct kept_job *jobs;
	size_t job_count, job_cap;
	struct kept_failure *failures;
	size_t failure_count, failure_cap;
	struct kept_loss *losses;
	size_t loss_count, loss_cap, losses_not_kept;
	bool short_of_memory; /* something is not in it */
};

/* Of what comes out, in hundredths of what went in; 0 of nothing. */
static inline double reportkept_ratio(uint64_t out, uint64_t in)
{
	return in ? 100.0 * (double)out / (double)in : 0;
}

#endif
