/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each block of a job is asked of the job's rows on its volume when it comes; each address where a row begins is looked for among the
 * blocks of all jobs.  What is kept grows with the rows and the faults, not with the volumes. */
#include "catalog/fit.h"

#include "base/array.h"
#include "catalog/cover.h"

#include <stdlib.h>
#include <string.h>

/* The rows of one job on the volume at hand. */
struct place {
	const struct rows_job *job;
	const struct rows_jobmedia *rows;
	size_t count;
	uint64_t min_start, max_end;
	struct cover cover;
};

struct start {
	uint64_t address;
	bool found; /* a block begins there */
};

struct fit {
	const struct rows *rows;
	struct faults *faults;
	struct fit_volume *volumes;
	size_t volume_count, volume_room;
	struct fit_stranger *strangers;
	size_t stranger_count, stranger_room;

	/* The volume at hand: */
	struct mapped_volume *at; /* NULL: none */
	const struct rows_media *media;
	struct place *places; /* by session */
	size_t place_count, place_room;
	struct start *starts; /* ascending */
	size_t start_count, start_room, start_next;
};

static bool has_session(const struct rows_job *job, const struct mapped_session *s)
{
	return job->session_id == s->id && job->session_time == s->time;
}

struct fit *fit_new(const struct rows *rows)
{
	struct fit *f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->rows = rows;
	f->faults = faults_new(rows);
	if (f->faults)
		return f;
	free(f);
	return NULL;
}

static void leave_volume(struct fit *f)
{
	for (size_t i = 0; i < f->place_count; i++)
		cover_free(&f->places[i].cover);
	f->place_count = f->start_count = f->start_next = 0;
	f->at = NULL;
	f->media = NULL;
}

void fit_free(struct fit *f)
{
	if (f == NULL)
		return;
	leave_volume(f);
	faults_free(f->faults);
	free(f->volumes);
	free(f->strangers);
	free(f->places);
	free(f->starts);
	free(f);
}

/* ---- a volume begins ---- */

static int places_by_session(const void *a, const void *b)
{
	return faults_by_session(((const struct place *)a)->job, ((const struct place *)b)->job);
}

static int starts_by_address(const void *a, const void *b)
{
	const struct start *x = a, *y = b;
	return x->address < y->address ? -1 : x->address > y->address;
}

static int add_start(struct fit *f, uint64_t address, struct err *e)
{
	struct start *starts = array_reach(f->starts, &f->start_room, f->start_count, sizeof *starts);
	if (starts == NULL)
		return err_memory(e, (f->start_count + 1) * sizeof *starts, "the rows");
	f->starts = starts;
	/* 0: the daemon does not seek, and begins behind the label. */
	starts[f->start_count++] = (struct start){.address = address, .found = address == 0};
	return 0;
}

static int add_place(struct fit *f, const struct rows_jobmedia *rows, size_t count, struct err *e)
{
	const struct rows_job *job = rows_job(f->rows, rows->job_id);
	if (job == NULL)
		return 0;
	struct place *places = array_reach(f->places, &f->place_room, f->place_count, sizeof *places);
	if (places == NULL)
		return err_memory(e, (f->place_count + 1) * sizeof *places, "the rows");
	f->places = places;
	struct place *p = &places[f->place_count++];
	*p = (struct place){.job = job, .rows = rows, .count = count, .min_start = UINT64_MAX};
	faults_of(f->faults, job)->touched = true;
	int rc = cover_make(&p->cover, rows, count, e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		p->min_start = rows[i].at.start < p->min_start ? rows[i].at.start : p->min_start;
		p->max_end = rows[i].at.end > p->max_end ? rows[i].at.end : p->max_end;
		rc = add_start(f, rows[i].at.start, e);
	}
	return rc;
}

static size_t rows_of_job(const struct rows *all, size_t first)
{
	size_t n = 1;
	const struct rows_jobmedia *r = &all->jobmedia[first];
	while (first + n < all->jobmedia_count && r[n].media_id == r->media_id && r[n].job_id == r->job_id)
		n++;
	return n;
}

static int begin(struct fit *f, struct mapped_volume *v, struct err *e)
{
	f->at = v;
	f->media = rows_media_named(f->rows, v->new_name);
	int rc = 0;
	for (size_t i = 0, n; rc == 0 && f->media && i < f->rows->jobmedia_count; i += n) {
		n = rows_of_job(f->rows, i);
		if (f->rows->jobmedia[i].media_id == f->media->id)
			rc = add_place(f, &f->rows->jobmedia[i], n, e);
	}
	if (rc == 0 && f->place_count > 0) {
		qsort(f->places, f->place_count, sizeof *f->places, places_by_session);
		qsort(f->starts, f->start_count, sizeof *f->starts, starts_by_address);
	}
	return rc;
}

/* ---- blocks ---- */

static struct place *first_place(const struct fit *f, const struct mapped_session *s)
{
	const struct rows_job want = {.session_id = s->id, .session_time = s->time};
	size_t low = 0, high = f->place_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (faults_by_session(f->places[mid].job, &want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < f->place_count && has_session(f->places[low].job, s) ? &f->places[low] : NULL;
}

static struct place *next_place(const struct fit *f, struct place *p, const struct mapped_session *s)
{
	p++;
	return p < f->places + f->place_count && has_session(p->job, s) ? p : NULL;
}

static void meet_starts(struct fit *f, uint64_t start)
{
	while (f->start_next < f->start_count && f->starts[f->start_next].address < start)
		f->start_next++;
	while (f->start_next < f->start_count && f->starts[f->start_next].address == start)
		f->starts[f->start_next++].found = true;
}

static int ask(struct fit *f, struct place *p, const struct mapped_range *b, struct err *e)
{
	struct fault about = {.kind = FAULT_BETWEEN, .address = b->start, .volume = f->media->name};
	if (b->end < p->min_start) {
		about.kind = FAULT_BEFORE;
		about.address = p->min_start;
	} else if (b->end > p->max_end) {
		about.kind = FAULT_BEHIND;
		about.address = p->max_end;
	}
	return faults_hold(faults_of(f->faults, p->job), &about, b->first, b->last, cover_of(&p->cover, b->end), e);
}

/* What the job's block before lacked is so, unless this is that block once more. */
static int decide(struct fit *f, const struct place *p, bool again, struct err *e)
{
	struct faults_job *j = faults_of(f->faults, p->job);
	if (!again)
		return faults_settle(j, e);
	faults_drop(j);
	return 0;
}

int fit_block(struct fit *f, struct mapped_volume *v, const struct mapped_session *s, const struct mapped_range *block, bool again,
	      struct err *e)
{
	int rc = f->at == v ? 0 : begin(f, v, e);
	meet_starts(f, block->start);
	if (block->first <= 0)
		return rc;
	for (struct place *p = first_place(f, s); rc == 0 && p; p = next_place(f, p, s)) {
		rc = decide(f, p, again, e);
		if (rc == 0)
			rc = ask(f, p, block, e);
	}
	return rc;
}

/* ---- a volume ends ---- */

static bool start_found(const struct fit *f, uint64_t address)
{
	const struct start want = {.address = address};
	const struct start *s = bsearch(&want, f->starts, f->start_count, sizeof want, starts_by_address);
	/* Behind the last block there is no error: nothing is found. */
	return address > f->at->side[MAPPED_NEW].last || (s && s->found);
}

static int end_row(struct fit *f, const struct rows_jobmedia *row, struct faults_job *j, const struct indexes *here, struct err *e)
{
	const struct rows_place *r = &row->at;
	const struct fault start = {.kind = FAULT_START, .address = r->start, .volume = f->media->name};
	const struct fault absent = {.kind = FAULT_ABSENT, .volume = f->media->name};
	int rc = start_found(f, r->start) ? 0 : faults_add(j, &start, r->first, r->last, NULL, e);
	return rc == 0 ? faults_add(j, &absent, r->first, r->last, here, e) : rc;
}

static int end_place(struct fit *f, const struct place *p, struct err *e)
{
	static const struct mapped_range nothing = {.first = 1};
	struct faults_job *j = faults_of(f->faults, p->job);
	const struct mapped_session *s = mapped_find(f->at, p->job->session_id, p->job->session_time);
	const struct mapped_range *r = s && s->side[MAPPED_NEW].first > 0 ? &s->side[MAPPED_NEW] : &nothing;
	struct indexes here = {0};
	int rc = indexes_add(&here, r->first, r->last, e);
	if (rc == 0)
		rc = indexes_add(&j->seen, r->first, r->last, e);
	for (size_t i = 0; rc == 0 && i < p->count; i++)
		rc = end_row(f, &p->rows[i], j, &here, e);
	indexes_free(&here);
	return rc;
}

static int add_stranger(struct fit *f, const struct mapped_session *s, const struct rows_job *job, struct err *e)
{
	struct fit_stranger *all = array_reach(f->strangers, &f->stranger_room, f->stranger_count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (f->stranger_count + 1) * sizeof *all, "the jobs");
	f->strangers = all;
	all[f->stranger_count++] = (struct fit_stranger){.volume = f->at, .session = s, .job = job};
	return 0;
}

/* A session that has no row on this volume. */
static int judge_stranger(struct fit *f, const struct mapped_session *s, struct err *e)
{
	const struct mapped_range *r = &s->side[MAPPED_NEW];
	const struct fault about = {.kind = FAULT_NO_ROW, .volume = f->media ? f->media->name : f->at->new_name};
	const struct rows_job *known = NULL, *job;
	int rc = 0;
	bool elsewhere = false;
	for (size_t n = 0; rc == 0 && (job = faults_session(f->faults, s->id, s->time, n)) != NULL; n++) {
		struct faults_job *j = faults_of(f->faults, job);
		known = job;
		/* A cancelled job, or the one that made a copy, has no row at all. */
		if (j->rows.count == 0)
			continue;
		elsewhere = true;
		j->touched = true;
		rc = faults_add(j, &about, r->first, r->last, NULL, e);
	}
	return rc != 0 || elsewhere ? rc : add_stranger(f, s, known, e);
}

static enum fit_size size_of(const struct mapped_bytes *b, const struct rows_media *m)
{
	uint64_t is = b->tape ? b->files : b->bytes, says = b->tape ? m->files : m->bytes;
	return is == says ? FIT_SAME : is > says ? FIT_LARGER : FIT_SMALLER;
}

static int add_volume(struct fit *f, struct err *e)
{
	struct fit_volume *all = array_reach(f->volumes, &f->volume_room, f->volume_count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (f->volume_count + 1) * sizeof *all, "the volumes");
	f->volumes = all;
	all[f->volume_count++] = (struct fit_volume){
		.volume = f->at,
		.media = f->media,
		.size = f->media ? size_of(&f->at->side[MAPPED_NEW], f->media) : FIT_UNLISTED,
		.appendable = f->media && strcmp(f->media->status, "Append") == 0,
	};
	return 0;
}

int fit_end(struct fit *f, struct mapped_volume *v, struct err *e)
{
	/* It may hold nothing but its label. */
	int rc = f->at == v ? 0 : begin(f, v, e);
	if (rc == 0)
		rc = add_volume(f, e);
	for (size_t i = 0; rc == 0 && i < f->place_count; i++)
		rc = end_place(f, &f->places[i], e);
	for (size_t i = 0; rc == 0 && i < v->session_count; i++) {
		const struct mapped_session *s = v->sessions[i];
		if (s->side[MAPPED_NEW].first > 0 && first_place(f, s) == NULL)
			rc = judge_stranger(f, s, e);
	}
	leave_volume(f);
	return rc;
}

/* ---- maps ---- */

struct map_run {
	struct mapped_range blocks;
	const struct mapped_session *session;
};

static int runs_by_start(const void *a, const void *b)
{
	const struct map_run *x = a, *y = b;
	return x->blocks.start < y->blocks.start ? -1 : x->blocks.start > y->blocks.start;
}

/* Those with data, and where each session begins. */
static size_t gather(const struct mapped_volume *v, struct map_run *runs)
{
	size_t n = 0;
	for (size_t i = 0; i < v->session_count; i++) {
		const struct mapped_session *s = v->sessions[i];
		const struct mapped_range *all = &s->side[MAPPED_NEW];
		if (all->blocks > 0 && (s->run_count == 0 || all->start < s->runs[0].start))
			runs[n++] = (struct map_run){{.start = all->start, .end = all->start}, s};
		for (size_t k = 0; k < s->run_count; k++)
			runs[n++] = (struct map_run){s->runs[k], s};
	}
	return n;
}

int fit_map(struct fit *f, struct mapped_volume *v, struct err *e)
{
	size_t room = v->session_count;
	for (size_t i = 0; i < v->session_count; i++)
		room += v->sessions[i]->run_count;
	struct map_run *runs = calloc(room + 1, sizeof *runs);
	int rc = runs ? 0 : err_memory(e, room * sizeof *runs, "the map");
	size_t n = runs ? gather(v, runs) : 0;
	if (n > 0)
		qsort(runs, n, sizeof *runs, runs_by_start);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = fit_block(f, v, runs[i].session, &runs[i].blocks, false, e);
	free(runs);
	return rc == 0 ? fit_end(f, v, e) : rc;
}

/* ---- the end ---- */

static bool is_given(const struct fit *f, uint64_t media_id)
{
	for (size_t i = 0; i < f->volume_count; i++) {
		if (f->volumes[i].media && f->volumes[i].media->id == media_id)
			return true;
	}
	return false;
}

static void count_elsewhere(struct fit *f)
{
	for (size_t i = 0, n; i < f->rows->jobmedia_count; i += n) {
		const struct rows_jobmedia *row = &f->rows->jobmedia[i];
		n = rows_of_job(f->rows, i);
		const struct rows_job *job = rows_job(f->rows, row->job_id);
		if (job && !is_given(f, row->media_id))
			faults_of(f->faults, job)->elsewhere++;
	}
}

static int finish_job(struct faults_job *j, struct err *e)
{
	static const struct fault nowhere = {.kind = FAULT_NOWHERE, .volume = ""};
	int rc = 0;
	/* FileIndexes begin with 1 and are consecutive. */
	if (j->rows.count > 0)
		rc = faults_add(j, &nowhere, 1, j->rows.ranges[j->rows.count - 1].last, &j->rows, e);
	return rc == 0 ? faults_finish(j, e) : rc;
}

int fit_finish(struct fit *f, struct err *e)
{
	int rc = 0;
	count_elsewhere(f);
	for (size_t i = 0; rc == 0 && i < f->rows->job_count; i++) {
		struct faults_job *j = faults_at(f->faults, i);
		rc = j->touched ? finish_job(j, e) : 0;
	}
	return rc;
}

const struct faults_job *fit_job(const struct fit *f, size_t index)
{
	for (size_t i = 0; i < f->rows->job_count; i++) {
		const struct faults_job *j = faults_at(f->faults, i);
		if (j->touched && index-- == 0)
			return j;
	}
	return NULL;
}

const struct fit_volume *fit_volume(const struct fit *f, size_t index)
{
	return index < f->volume_count ? &f->volumes[index] : NULL;
}

const struct fit_stranger *fit_stranger(const struct fit *f, size_t index)
{
	return index < f->stranger_count ? &f->strangers[index] : NULL;
}

bool fit_all(const struct fit *f)
{
	bool fits = true;
	for (size_t i = 0; i < f->rows->job_count; i++)
		fits = fits && faults_at(f->faults, i)->missed.count == 0;
	for (size_t i = 0; i < f->volume_count; i++) {
		const struct fit_volume *v = &f->volumes[i];
		fits = fits && v->size != FIT_UNLISTED && (v->size == FIT_SAME || !v->appendable);
	}
	return fits;
}
