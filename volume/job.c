/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/job.h"

#include <stdio.h>

void job_describe(const struct job *job, char *text, size_t text_bytes)
{
	if (job->has_label)
		snprintf(text, text_bytes, "job %u (%s)", job->label.job_id, job->label.job[0] ? job->label.job : job->label.job_name);
	else
		snprintf(text, text_bytes, "session %u/%u", job->session_id, job->session_time);
}
