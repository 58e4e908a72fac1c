/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One session on volumes: a job's data. */
#ifndef VOLUME_JOB_H
#define VOLUME_JOB_H

#include "format/label.h"

/* What was known of it when an item was read.  Constant, as struct volume_info is: items behind its start of session point to
 * another one.  Lives as long as the reader. */
struct job {
	uint32_t session_id, session_time;
	unsigned index; /* 0, 1, 2... in order of appearance: the same for all that is known of one job */
	bool has_label; /* label is known */
	struct session_label label;
};

/* "job 12 (J-big.2026-11-22...)" or "session 12/1795351262".  text: text_bytes, NUL included. */
void job_describe(const struct job *job, char *text, size_t text_bytes);

#endif
