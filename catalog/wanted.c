/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/wanted.h"

#include "base/array.h"
#include "volume/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wanted_free(struct wanted *w)
{
	for (size_t i = 0; i < w->count; i++)
		indexes_free(&w->jobs[i].files);
	free(w->jobs);
	*w = (struct wanted){0};
}

struct wanted_job *wanted_add(struct wanted *w, const struct wanted_job *job)
{
	struct wanted_job *jobs = array_reach(w->jobs, &w->room, w->count, sizeof *jobs);
	if (jobs == NULL)
		return NULL;
	w->jobs = jobs;
	jobs[w->count] = *job;
	return &jobs[w->count++];
}

struct wanted_job *wanted_session(struct wanted *w, uint32_t session_id, uint32_t session_time)
{
	/* The last ones are asked for most. */
	for (size_t i = w->count; i-- > 0;) {
		if (w->jobs[i].session_id == session_id && w->jobs[i].session_time == session_time)
			return &w->jobs[i];
	}
	return wanted_add(w, &(struct wanted_job){.session_id = session_id, .session_time = session_time});
}

static void learn(struct wanted_job *j, const struct mapped_session *s)
{
	j->here = j->here || s->run_count > 0;
	if (j->job[0] == '\0' && s->job[0]) {
		memcpy(j->job, s->job, sizeof j->job);
		j->job_id = s->job_id;
		j->type = s->type;
		j->level = s->level;
	}
	j->began = j->began ? j->began : s->began;
	j->status = s->status ? s->status : j->status;
}

int wanted_learn(struct wanted *w, struct mapped_volume *const *volumes, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < volumes[i]->session_count; k++) {
			const struct mapped_session *s = volumes[i]->sessions[k];
			struct wanted_job *j = wanted_session(w, s->id, s->time);
			if (j == NULL)
				return err_memory(e, sizeof *j, "the jobs");
			learn(j, s);
		}
	}
	return 0;
}

bool wanted_is_called(const struct wanted_job *j, const char *text)
{
	const struct naming_job names = {.session_id = j->session_id, .session_time = j->session_time, .job_id = j->job_id, .job = j->job};
	return naming_is_job(text, &names);
}

void wanted_describe(const struct wanted_job *j, char *text, size_t text_bytes)
{
	if (j->job[0])
		snprintf(text, text_bytes, "job %u (%s), session %u/%u", j->job_id, j->job, j->session_id, j->session_time);
	else
		snprintf(text, text_bytes, "session %u/%u", j->session_id, j->session_time);
}

const struct wanted_job *wanted_newest(const struct wanted *w, const char *name)
{
	const struct wanted_job *newest = NULL;
	for (size_t i = 0; i < w->count; i++) {
		const struct wanted_job *j = &w->jobs[i];
		/* Ended well, perhaps with warnings. */
		bool finished = j->here && j->began > 0 && (j->status == 'T' || j->status == 'W');
		if (finished && naming_is_run(j->job, name) && (newest == NULL || j->began >= newest->began))
			newest = j;
	}
	return newest;
}
