/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/wanted.h"

#include "base/array.h"

#include <fnmatch.h>
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

struct wanted_job *wanted_session(struct wanted *w, uint32_t session_id, uint32_t session_time)
{
	/* The last ones are asked for most. */
	for (size_t i = w->count; i-- > 0;) {
		if (w->jobs[i].session_id == session_id && w->jobs[i].session_time == session_time)
			return &w->jobs[i];
	}
	struct wanted_job *jobs = array_reach(w->jobs, &w->room, w->count, sizeof *jobs);
	if (jobs == NULL)
		return NULL;
	w->jobs = jobs;
	jobs[w->count] = (struct wanted_job){.session_id = session_id, .session_time = session_time};
	return &jobs[w->count++];
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

/* ---- names of jobs ---- */

/* Is this what a director puts behind the name of a job to make it unique: ".2026-11-22_12.44.19_42"? */
static bool is_time(const char *text)
{
	static const char form[] = ".0000-00-00_00.00.00_00";
	size_t i = 0;
	for (; form[i] && text[i]; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		if (form[i] == '0' ? !digit : text[i] != form[i])
			return false;
	}
	/* The last number has more digits where there are more jobs a second. */
	i += strspn(text + i, "0123456789");
	return i >= sizeof form - 1 && text[i] == '\0';
}

static bool is_job(const char *unique, const char *name)
{
	size_t n = strlen(name);
	return n > 0 && strncmp(unique, name, n) == 0 && (unique[n] == '\0' || is_time(unique + n));
}

bool wanted_is_called(const struct wanted_job *j, const char *text)
{
	char number[32];
	snprintf(number, sizeof number, "%u", j->job_id);
	if (j->job_id > 0 && strcmp(text, number) == 0)
		return true;
	snprintf(number, sizeof number, "%u/%u", j->session_id, j->session_time);
	return strcmp(text, number) == 0 || is_job(j->job, text);
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
		if (finished && is_job(j->job, name) && (newest == NULL || j->began >= newest->began))
			newest = j;
	}
	return newest;
}

/* ---- names of files ---- */

static bool fits(const char *pattern, const char *name)
{
	if (strpbrk(pattern, "*?["))
		return fnmatch(pattern, name, FNM_LEADING_DIR) == 0;
	size_t n = strlen(pattern);
	while (n > 0 && pattern[n - 1] == '/')
		n--;
	return strncmp(pattern, name, n) == 0 && (name[n] == '\0' || name[n] == '/');
}

bool wanted_name_fits(const char *pattern, const char *name)
{
	return fits(pattern, name) || (pattern[0] != '/' && name[0] == '/' && fits(pattern, name + 1));
}
