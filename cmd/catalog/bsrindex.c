/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/catalog/bsrindex.h"

#include "base/array.h"
#include "base/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bsrindex_close(struct bsrindex *b)
{
	located_free(&b->located);
	fileindex_free(b->index);
	free(b->jobs);
	*b = (struct bsrindex){.path = b->path};
}

/* ---- jobs ---- */

struct learning {
	struct bsrindex *b;
	struct wanted *w;
	size_t found; /* whose the last file was */
};

static char letter(uint32_t c)
{
	return c > 0x20 && c < 0x7f ? (char)c : 0;
}

static struct wanted_job as_wanted(const struct fileindex_job *row)
{
	const struct session_label *l = row->begun ? &row->start : &row->end;
	struct wanted_job j = {.session_id = row->session_id,
			       .session_time = row->session_time,
			       .job_id = l->job_id,
			       .began = row->begun ? row->start.time : 0,
			       .type = letter(l->type),
			       .level = letter(l->level),
			       .here = row->files > 0};
	snprintf(j.job, sizeof j.job, "%s", l->job[0] ? l->job : l->job_name);
	if (row->ended)
		j.status = row->end.status ? letter(row->end.status) : 'T';
	return j;
}

static int learn_job(void *arg, const struct fileindex_job *row, struct err *e)
{
	struct learning *l = arg;
	const struct wanted_job j = as_wanted(row);
	int64_t *jobs = array_reach(l->b->jobs, &l->b->job_room, l->w->count, sizeof *jobs);
	if (jobs == NULL)
		return err_memory(e, l->w->count * sizeof *jobs, "the jobs");
	l->b->jobs = jobs;
	jobs[l->w->count] = row->id;
	return wanted_add(l->w, &j) ? 0 : err_memory(e, sizeof j, "the jobs");
}

int bsrindex_open(struct bsrindex *b, uint64_t max_memory, struct wanted *w, struct err *e)
{
	b->index = fileindex_open(b->path, FILEINDEX_READ, max_memory / 4, e);
	if (b->index == NULL)
		return e->code;
	b->located = (struct located){.index = b->index, .path = b->path};
	struct learning l = {.b = b, .w = w};
	int rc = fileindex_jobs(b->index, learn_job, &l, e);
	if (rc != 0)
		err_volume(e, b->path);
	return rc;
}

/* ---- files ---- */

static int pick_file(void *arg, const struct fileindex_file *f, struct err *e)
{
	struct learning *l = arg;
	size_t i = l->found < l->w->count && l->b->jobs[l->found] == f->job ? l->found : 0;
	while (i < l->w->count && l->b->jobs[i] != f->job)
		i++;
	if (i == l->w->count)
		return err_set(e, XE_DAMAGE, "FileIndex %d is of no job: the index is damaged; make it anew", f->file_index);
	l->found = i;
	struct indexes *files = &l->w->jobs[i].files;
	int rc = indexes_add(files, f->file_index, f->file_index, e);
	/* A further name of a file is nothing without the first one. */
	if (rc == 0 && f->stat.link_index > 0 && f->stat.file_index == f->file_index)
		rc = indexes_add(files, f->stat.link_index, f->stat.link_index, e);
	return rc;
}

/* Those that one of the names is; all, where there are none. */
static size_t name_jobs(const struct bsrindex *b, const struct wanted *w, const char *const *names, size_t name_count, int64_t *jobs)
{
	size_t count = 0;
	for (size_t i = 0; i < w->count; i++) {
		bool is = name_count == 0;
		for (size_t k = 0; !is && k < name_count; k++)
			is = wanted_is_called(&w->jobs[i], names[k]);
		if (is)
			jobs[count++] = b->jobs[i];
	}
	return count;
}

int bsrindex_pick(struct bsrindex *b, struct wanted *w, const char *const *names, size_t name_count, struct choice *choice,
		  const char *const *globs, size_t glob_count, struct err *e)
{
	struct learning l = {.b = b, .w = w};
	const struct choosing files = {b->index, choice, globs, glob_count};
	int64_t *jobs = calloc(w->count + 1, sizeof *jobs);
	if (jobs == NULL)
		return err_memory(e, w->count * sizeof *jobs, "the jobs");
	size_t count = name_jobs(b, w, names, name_count, jobs);
	int rc = count > 0 ? choosing_files(&files, jobs, count, pick_file, &l, e) : 0;
	if (rc != 0)
		err_volume(e, b->path);
	free(jobs);
	return rc;
}

/* ---- where they lie ---- */

int bsrindex_locate(struct bsrindex *b, const struct wanted *w, const struct wanted_job *j, const struct indexes *files, struct err *e)
{
	struct fileindex_job row;
	int rc = fileindex_job(b->index, b->jobs[j - w->jobs], &row, e);
	if (rc == 1 && files == NULL && row.missing > 0)
		msg_warning("%llu of its files are on volumes that the index does not know", (unsigned long long)row.missing);
	rc = rc == 1 ? located_job(&b->located, &row, files, e) : rc < 0 ? rc : err_set(e, XE_DAMAGE, "the job has gone from the index");
	if (rc != 0)
		err_volume(e, b->path);
	return rc;
}

int bsrindex_check(struct bsrindex *b, struct err *e)
{
	return located_check(&b->located, e);
}

uint64_t bsrindex_damage(const struct bsrindex *b)
{
	uint64_t damage = 0;
	for (size_t i = 0; i < b->located.list.count; i++)
		damage += b->located.list.volumes[i]->damage;
	return damage;
}
