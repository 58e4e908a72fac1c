/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/faults.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

struct faults {
	const struct rows *rows;
	struct faults_job *jobs;            /* one for each of rows->jobs, */
	const struct rows_job **by_session; /* and they by session */
};

/* ---- the jobs ---- */

int faults_by_session(const struct rows_job *x, const struct rows_job *y)
{
	if (x->session_time != y->session_time)
		return x->session_time < y->session_time ? -1 : 1;
	if (x->session_id != y->session_id)
		return x->session_id < y->session_id ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_session(const void *a, const void *b)
{
	return faults_by_session(*(const struct rows_job *const *)a, *(const struct rows_job *const *)b);
}

struct faults_job *faults_of(const struct faults *f, const struct rows_job *row)
{
	return &f->jobs[row - f->rows->jobs];
}

struct faults_job *faults_at(const struct faults *f, size_t index)
{
	return &f->jobs[index];
}

const struct rows_job *faults_session(const struct faults *f, uint32_t id, uint32_t time, size_t n)
{
	const struct rows_job want = {.session_id = id, .session_time = time};
	size_t low = 0, high = f->rows->job_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (faults_by_session(f->by_session[mid], &want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	const struct rows_job *job = low + n < f->rows->job_count ? f->by_session[low + n] : NULL;
	return job && job->session_id == id && job->session_time == time ? job : NULL;
}

static int know_rows(struct faults *f, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < f->rows->jobmedia_count; i++) {
		const struct rows_jobmedia *row = &f->rows->jobmedia[i];
		const struct rows_job *job = rows_job(f->rows, row->job_id);
		/* A row whose job is gone is what no restore selects. */
		if (job)
			rc = indexes_add(&faults_of(f, job)->rows, row->at.first, row->at.last, e);
	}
	return rc;
}

struct faults *faults_new(const struct rows *rows)
{
	struct faults *f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->rows = rows;
	f->jobs = calloc(rows->job_count + 1, sizeof *f->jobs);
	f->by_session = calloc(rows->job_count + 1, sizeof *f->by_session);
	struct err e = {0};
	if (f->jobs == NULL || f->by_session == NULL || know_rows(f, &e) != 0) {
		faults_free(f);
		return NULL;
	}
	for (size_t i = 0; i < rows->job_count; i++) {
		f->jobs[i].row = &rows->jobs[i];
		f->by_session[i] = &rows->jobs[i];
	}
	qsort(f->by_session, rows->job_count, sizeof *f->by_session, by_session);
	return f;
}

static void free_job(struct faults_job *j)
{
	for (size_t i = 0; i < j->count; i++)
		indexes_free(&j->faults[i].files);
	free(j->faults);
	indexes_free(&j->missed);
	indexes_free(&j->seen);
	indexes_free(&j->rows);
	faults_drop(j);
}

void faults_free(struct faults *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; f->jobs && i < f->rows->job_count; i++)
		free_job(&f->jobs[i]);
	free(f->jobs);
	free(f->by_session);
	free(f);
}

/* ---- their faults ---- */

/* Where those of a kind on a volume are gathered.  NULL without memory. */
static struct fault *gathered(struct faults_job *j, const struct fault *about)
{
	for (size_t i = 0; i < j->count; i++) {
		if (j->faults[i].kind == about->kind && strcmp(j->faults[i].volume, about->volume) == 0)
			return &j->faults[i];
	}
	struct fault *all = array_reach(j->faults, &j->room, j->count, sizeof *all);
	if (all == NULL)
		return NULL;
	j->faults = all;
	all[j->count] = (struct fault){.kind = about->kind, .volume = about->volume, .address = about->address};
	return &all[j->count++];
}

static int add_all(struct indexes *to, const struct indexes *files, const struct indexes *without, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < files->count; i++)
		rc = indexes_add_rest(to, files->ranges[i].first, files->ranges[i].last, without, e);
	return rc;
}

static int add(struct faults_job *j, const struct fault *about, struct err *e)
{
	static const struct indexes nothing;
	if (about->files.count == 0)
		return 0;
	struct fault *f = gathered(j, about);
	return f ? add_all(&f->files, &about->files, &nothing, e) : err_memory(e, sizeof *f, "what does not fit");
}

static int leave_out(struct fault *f, int32_t first, int32_t last, const struct indexes *without, struct err *e)
{
	static const struct indexes nothing;
	return indexes_add_rest(&f->files, first, last, without ? without : &nothing, e);
}

int faults_add(struct faults_job *j, const struct fault *about, int32_t first, int32_t last, const struct indexes *without, struct err *e)
{
	struct fault f = *about;
	f.files = (struct indexes){0};
	int rc = leave_out(&f, first, last, without, e);
	if (rc == 0)
		rc = add(j, &f, e);
	indexes_free(&f.files);
	return rc;
}

int faults_hold(struct faults_job *j, const struct fault *about, int32_t first, int32_t last, const struct indexes *without, struct err *e)
{
	j->held = *about;
	j->held.files = (struct indexes){0};
	return leave_out(&j->held, first, last, without, e);
}

int faults_settle(struct faults_job *j, struct err *e)
{
	int rc = add(j, &j->held, e);
	faults_drop(j);
	return rc;
}

void faults_drop(struct faults_job *j)
{
	indexes_free(&j->held.files);
}

/* What a row has too much is on another volume, or nowhere. */
static int finish_absent(struct faults_job *j, struct fault *f, struct err *e)
{
	struct indexes rest = {0};
	int rc = add_all(&rest, &f->files, &j->seen, e);
	indexes_free(&f->files);
	f->files = rest;
	return rc;
}

static void forget_empty(struct faults_job *j)
{
	size_t kept = 0;
	for (size_t i = 0; i < j->count; i++) {
		if (j->faults[i].files.count > 0)
			j->faults[kept++] = j->faults[i];
	}
	j->count = kept;
}

int faults_finish(struct faults_job *j, struct err *e)
{
	static const struct indexes nothing;
	int rc = faults_settle(j, e);
	for (size_t i = 0; rc == 0 && i < j->count; i++) {
		struct fault *f = &j->faults[i];
		rc = f->kind == FAULT_ABSENT ? finish_absent(j, f, e) : 0;
		if (rc == 0)
			rc = add_all(&j->missed, &f->files, &nothing, e);
	}
	forget_empty(j);
	return rc;
}
