/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/compare.h"

#include "base/array.h"
#include "prove/content.h"

#include <stdio.h>
#include <stdlib.h>

/* A file of the old volumes, in the order of its job. */
struct old_file {
	int32_t file_index; /* < 0: a session label */
	bool seen;
	struct content_hash data, rest, order;
};

struct old_job {
	uint32_t session_id, session_time;
	char name[LABEL_NAME_BYTES + 64];
	struct old_file *files;
	size_t count, cap;
	size_t next;    /* where the new file is expected, */
	size_t reached; /* behind the last of those that were found */
	bool disordered;
};

struct compare {
	struct old_job *jobs;
	size_t job_cap;
	struct compare_result result; /* jobs: also how many there are here */
	bool second;                  /* reading the new volumes */
	struct content *content;      /* of the set at hand */
	struct observer observer;
	void (*on_difference)(void *arg, const struct compare_difference *d);
	void *arg;
};

static struct old_job *find_job(struct compare *c, const struct job *job)
{
	for (size_t i = 0; i < c->result.jobs; i++) {
		struct old_job *o = &c->jobs[i];
		if (o->session_id == job->session_id && o->session_time == job->session_time)
			return o;
	}
	return NULL;
}

static struct old_job *add_job(struct compare *c, const struct job *job)
{
	struct old_job *jobs = array_reach(c->jobs, &c->job_cap, c->result.jobs, sizeof *jobs);
	if (jobs == NULL)
		return NULL;
	c->jobs = jobs;
	jobs[c->result.jobs] = (struct old_job){.session_id = job->session_id, .session_time = job->session_time};
	return &jobs[c->result.jobs++];
}

static int remember(struct compare *c, const struct content_file *f, struct err *e)
{
	struct old_job *o = find_job(c, f->job);
	if (o == NULL)
		o = add_job(c, f->job);
	if (o == NULL)
		return err_memory(e, sizeof *o, "a job to compare");
	struct old_file *files = array_reach(o->files, &o->cap, o->count, sizeof *files);
	if (files == NULL)
		return err_memory(e, sizeof *files, "files to compare");
	o->files = files;
	job_describe(f->job, o->name, sizeof o->name);
	o->files[o->count++] = (struct old_file){.file_index = f->file_index, .data = f->data, .rest = f->rest, .order = f->order};
	return 0;
}

static void differ(struct compare *c, const char *job, int32_t file_index, const char *name, const char *what)
{
	c->on_difference(c->arg, &(struct compare_difference){job, file_index, name, what});
}

/* Files come in the order of the old volume, unless something is missing or too much. */
static struct old_file *take(struct old_job *o, int32_t file_index)
{
	for (size_t tried = 0; tried < o->count; tried++) {
		size_t i = (o->next + tried) % o->count;
		if (o->files[i].file_index == file_index && !o->files[i].seen) {
			o->files[i].seen = true;
			o->next = i + 1;
			return &o->files[i];
		}
	}
	return NULL;
}

static bool same(const struct content_hash *a, const struct content_hash *b)
{
	return a->high == b->high && a->low == b->low;
}

/* NULL if there is none. */
static const char *difference(const struct old_file *old, const struct content_file *new)
{
	bool data = same(&old->data, &new->data), rest = same(&old->rest, &new->rest);
	if (data && rest)
		return same(&old->order, &new->order) ? NULL : "its records stand in another order, or some are empty";
	return data ? "attributes or other records differ" : rest ? "content differs" : "content and attributes differ";
}

/* Once for a job: nobody can say which of its files changed their places. */
static void tell_order(struct compare *c, struct old_job *o, const char *job, int32_t file_index)
{
	char text[96];
	int32_t before = o->files[o->reached - 1].file_index;
	if (file_index < 0 || before < 0)
		snprintf(text, sizeof text, "its labels and files stand in another order");
	else
		snprintf(text, sizeof text, "its files stand in another order: FileIndex %d behind %d", file_index, before);
	o->disordered = true;
	c->result.different++;
	differ(c, job, COMPARE_OF_JOB, "", text);
}

static int check(struct compare *c, const struct content_file *f)
{
	struct old_job *o = find_job(c, f->job);
	struct old_file *old = o ? take(o, f->file_index) : NULL;
	char job[LABEL_NAME_BYTES + 64];
	job_describe(f->job, job, sizeof job);
	c->result.files += f->file_index > 0;
	c->result.bytes += f->bytes;
	if (old == NULL) {
		c->result.added++;
		differ(c, job, f->file_index, f->name, "only in the new volume");
		return 0;
	}
	size_t place = (size_t)(old - o->files);
	if (place < o->reached && !o->disordered)
		tell_order(c, o, job, f->file_index);
	o->reached = place >= o->reached ? place + 1 : o->reached;
	const char *what = difference(old, f);
	if (what == NULL)
		return 0;
	c->result.different++;
	differ(c, job, f->file_index, f->name, what);
	return 0;
}

static int on_file(void *arg, const struct content_file *f, struct err *e)
{
	struct compare *c = arg;
	return c->second ? check(c, f) : remember(c, f, e);
}

/* ---- the sets ---- */

struct compare *compare_new(void (*on_difference)(void *arg, const struct compare_difference *d), void *arg)
{
	struct compare *c = calloc(1, sizeof *c);
	if (c)
		*c = (struct compare){.on_difference = on_difference, .arg = arg};
	return c;
}

void compare_free(struct compare *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->result.jobs; i++)
		free(c->jobs[i].files);
	free(c->jobs);
	content_free(c->content);
	free(c);
}

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct compare *c = arg;
	return content_add(c->content, plain, e);
}

static void tell_missing(struct compare *c)
{
	for (size_t i = 0; i < c->result.jobs; i++) {
		for (size_t k = 0; k < c->jobs[i].count; k++) {
			const struct old_file *f = &c->jobs[i].files[k];
			if (f->seen)
				continue;
			c->result.missing++;
			differ(c, c->jobs[i].name, f->file_index, "", "missing in the new volume");
		}
	}
}

static int on_finish(void *arg, struct err *e)
{
	struct compare *c = arg;
	int rc = content_finish(c->content, e);
	content_free(c->content);
	c->content = NULL;
	if (rc == 0 && c->second)
		tell_missing(c);
	c->second = true;
	return rc;
}

const struct observer *compare_observer(struct compare *c, void (*damage)(void *arg, const struct finding *f))
{
	c->content = content_new(on_file, c);
	c->observer = (struct observer){.arg = c, .record = on_record, .finding = damage, .finish = on_finish};
	return c->content ? &c->observer : NULL;
}

const struct compare_result *compare_result(const struct compare *c)
{
	return &c->result;
}
