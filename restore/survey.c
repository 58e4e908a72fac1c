/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/survey.h"

#include "base/array.h"
#include "format/attributes.h"
#include "format/stream.h"
#include "prove/course.h"

#include <stdlib.h>
#include <string.h>

struct survey {
	struct survey_options o;
	struct observer observer;
	struct merge *merge;
	struct chain_job *chain; /* by job index, as are */
	size_t chain_room;
	struct survey_job *jobs;
	size_t job_room, count;
	uint64_t records;
};

/* ---- jobs ---- */

static int grow(struct survey *s, size_t index, struct err *e)
{
	struct chain_job *chain = array_reach(s->chain, &s->chain_room, index, sizeof *chain);
	if (chain)
		s->chain = chain;
	struct survey_job *jobs = array_reach(s->jobs, &s->job_room, index, sizeof *jobs);
	if (jobs)
		s->jobs = jobs;
	return chain && jobs ? 0 : err_memory(e, index * (sizeof *chain + sizeof *jobs), "jobs");
}

static int on_job(void *arg, const struct course *course, struct err *e)
{
	struct survey *s = arg;
	size_t index = course->job->index;
	int rc = grow(s, index, e);
	if (rc != 0)
		return rc;
	s->count = index >= s->count ? index + 1 : s->count;
	s->jobs[index].session_id = course->job->session_id;
	s->jobs[index].session_time = course->job->session_time;
	s->jobs[index].course = course;
	return 0;
}

static int note_volume(struct survey_job *j, const char *name, struct err *e)
{
	char **names = array_reach(j->volumes, &j->volume_room, j->volume_count, sizeof *names);
	if (names == NULL)
		return err_memory(e, j->volume_count * sizeof *names, "the volumes of a job");
	j->volumes = names;
	names[j->volume_count] = strdup(name);
	return names[j->volume_count++] ? 0 : err_memory(e, 0, "the name of a volume");
}

static int come_to(struct survey_job *j, const struct volume_info *v, struct err *e)
{
	const struct volume_info *before = j->volume;
	j->volume = v;
	if (before && before->index == v->index)
		return 0;
	return note_volume(j, v->has_label && v->label.volume[0] ? v->label.volume : v->name, e);
}

/* ---- labels ---- */

static void take_label(struct survey *s, size_t index, bool end, const struct session_label *label)
{
	struct survey_job *j = &s->jobs[index];
	chain_take_label(&s->chain[index], end, label);
	j->other = (s->o.client && strcmp(label->client, s->o.client) != 0) ||
		   (s->o.fileset && strcmp(label->fileset, s->o.fileset) != 0) || (label->type != 'B' && label->type != 'C');
}

/* ---- files ---- */

static void note_times(struct chain_job *c, const struct filestat *stat, int32_t file_index)
{
	int64_t changed = stat->mtime > stat->ctime ? stat->mtime : stat->ctime;
	bool content = stat->type == FILESTAT_FILE || stat->type == FILESTAT_EMPTY;
	c->renumbered = c->renumbered || stat->file_index != file_index;
	if (content && changed > 0 && (c->oldest == 0 || changed < c->oldest))
		c->oldest = changed;
	if (stat->ctime > c->latest)
		c->latest = stat->ctime;
}

static int add_file(struct survey *s, size_t job, int32_t file_index, const struct filestat *stat, bool update, struct err *e)
{
	const struct merge_file file = {
		.job = job,
		.file_index = file_index,
		.stat = stat,
		.update = update,
		.chosen = choice_takes_file(s->o.choice, stat->name, 0),
	};
	return merge_add(s->merge, &file, &s->jobs[job].update, e);
}

static int take_attributes(struct survey *s, const struct item *item, bool update, struct err *e)
{
	struct survey_job *j = &s->jobs[item->job->index];
	struct filestat stat;
	j->update = NULL;
	if (!filestat_read(item->data, &stat))
		return 0;
	if (stat.type != FILESTAT_DELETED && !update)
		note_times(&s->chain[item->job->index], &stat, item->file_index);
	j->update_index = item->file_index;
	return add_file(s, item->job->index, item->file_index, &stat, update, e);
}

static int take(struct survey *s, const struct plain_item *plain, struct err *e)
{
	const struct item *item = plain->item;
	struct survey_job *j = &s->jobs[item->job->index];
	bool update = stream_is_update(item->stream);
	if (!plain->whole || item->len == 0 || item->data.len < item->len)
		return 0;
	if (update || attributes_are(item->stream))
		return take_attributes(s, item, update, e);
	if (j->update && j->update_index == item->file_index && extra_is_restored(stream_number(item->stream)))
		return merge_keep_extra(s->merge, j->update, stream_number(item->stream), item->data, e);
	return 0;
}

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct survey *s = arg;
	const struct item *item = plain->item;
	if (item->job == NULL || item->job->index >= s->count)
		return 0;
	struct survey_job *j = &s->jobs[item->job->index];
	int rc = come_to(j, item->volume, e);
	j->last = ++s->records;
	j->first = j->first ? j->first : j->last;
	if (rc == 0 && plain->label && (item->file_index == LABEL_SESSION_START || item->file_index == LABEL_SESSION_END))
		take_label(s, item->job->index, item->file_index == LABEL_SESSION_END, plain->label);
	return rc == 0 && item->file_index > 0 && !j->other ? take(s, plain, e) : rc;
}

static void on_finding(void *arg, const struct finding *f)
{
	struct survey *s = arg;
	if (f->job && f->job->index < s->count && f->kind != FINDING_NOTE)
		s->chain[f->job->index].hurt++;
}

/* ---- the whole ---- */

struct survey *survey_new(const struct survey_options *options)
{
	struct survey *s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->o = *options;
	s->observer = (struct observer){.arg = s, .job = on_job, .record = on_record, .finding = on_finding};
	s->merge = merge_new(options->max_memory);
	if (s->merge)
		return s;
	survey_free(s);
	return NULL;
}

void survey_free(struct survey *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++) {
		for (size_t k = 0; k < s->jobs[i].volume_count; k++)
			free(s->jobs[i].volumes[k]);
		free(s->jobs[i].volumes);
	}
	merge_free(s->merge);
	free(s->chain);
	free(s->jobs);
	free(s);
}

const struct observer *survey_observer(struct survey *s)
{
	return &s->observer;
}

void survey_finish(struct survey *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct chain_job *c = &s->chain[i];
		c->missing = s->jobs[i].course ? missing_files(&s->jobs[i].course->missing) : 0;
		c->hurt += c->missing;
		s->jobs[i].course = NULL;
		s->jobs[i].volume = NULL;
	}
}

/* ---- by hand ---- */

int survey_put_job(struct survey *s, const struct chain_job *chain, uint32_t session_id, uint32_t session_time, struct err *e)
{
	int rc = grow(s, s->count, e);
	if (rc != 0)
		return rc;
	s->chain[s->count] = *chain;
	s->jobs[s->count].session_id = session_id;
	s->jobs[s->count].session_time = session_time;
	s->count++;
	return 0;
}

int survey_put_volume(struct survey *s, size_t job, const char *name, struct err *e)
{
	return note_volume(&s->jobs[job], name, e);
}

void survey_put_span(struct survey *s, size_t job, uint64_t first, uint64_t last)
{
	struct survey_job *j = &s->jobs[job];
	j->first = j->first == 0 || first < j->first ? first : j->first;
	j->last = last > j->last ? last : j->last;
}

int survey_put_file(struct survey *s, size_t job, int32_t file_index, const struct filestat *stat, bool update, struct err *e)
{
	return add_file(s, job, file_index, stat, update, e);
}

/* ---- what is known ---- */

size_t survey_count(const struct survey *s)
{
	return s->count;
}

const struct chain_job *survey_chain_jobs(const struct survey *s)
{
	return s->chain;
}

const struct survey_job *survey_job(const struct survey *s, size_t job)
{
	return &s->jobs[job];
}

struct merge *survey_merge(const struct survey *s)
{
	return s->merge;
}

bool survey_interleaved(const struct survey *s, size_t a, size_t b)
{
	return a != b && s->jobs[a].first <= s->jobs[b].last && s->jobs[b].first <= s->jobs[a].last;
}
