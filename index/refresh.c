/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/refresh.h"

#include "base/array.h"
#include "medium/medium.h"
#include "volume/kin.h"

#include <stdlib.h>

/* A job of the index with data on a volume that is given. */
struct shared_job {
	int64_t job;
	size_t input; /* on which volume */
	bool begun, ended;
	uint32_t session_id, session_time;
};

struct plan {
	struct fileindex *x;
	struct refresh_input *inputs;
	size_t count;
	struct shared_job *jobs;
	size_t job_count, job_room;
	size_t input; /* whose jobs are being asked for */
};

/* ---- what is there ---- */

static int add_job(void *arg, const struct fileindex_job *j, struct err *e)
{
	struct plan *p = arg;
	struct shared_job *jobs = array_reach(p->jobs, &p->job_room, p->job_count, sizeof *jobs);
	if (jobs == NULL)
		return err_memory(e, p->job_count * sizeof *jobs, "jobs");
	p->jobs = jobs;
	p->jobs[p->job_count++] = (struct shared_job){j->id, p->input, j->begun, j->ended, j->session_id, j->session_time};
	return 0;
}

static int find_path(void *arg, const struct fileindex_volume *v, struct err *e)
{
	struct refresh_input *in = arg;
	(void)e;
	if (strcmp(v->path, in->path) == 0)
		in->volume = v->id;
	return 0;
}

static int look(struct plan *p, struct refresh_input *in, const struct opener_keys *keys, struct err *e)
{
	struct fileindex_volume known;
	int rc = volumeid_look(p->x, in->path, keys, &in->state, &known, e);
	in->volume = known.id;
	if (rc == 0 && in->state == VOLUMEID_GONE)
		rc = fileindex_volumes(p->x, find_path, in, e);
	/* What is neither there nor known: who reads it says so. */
	in->read = in->state != VOLUMEID_SAME && (in->state != VOLUMEID_GONE || in->volume == 0);
	/* Behind its last block was padding of a tape, or a part of a block that is whole by now: where the next one begins is not known. */
	bool ended_whole = known.size == known.last_at + known.last_bytes;
	in->from = in->state == VOLUMEID_GROWN && ended_whole ? known.size : 0;
	p->input = (size_t)(in - p->inputs);
	return rc == 0 && in->volume > 0 && in->state != VOLUMEID_GONE ? fileindex_volume_jobs(p->x, in->volume, add_job, p, e) : rc;
}

/* ---- what belongs together ---- */

static void read_anew(struct refresh_input *in)
{
	in->read = true;
	in->from = 0;
}

static bool is_session(const void *arg, uint32_t session_id, uint32_t session_time)
{
	const struct shared_job *j = arg;
	return j->session_id == session_id && j->session_time == session_time;
}

/* Is more of it on the n volumes that are read?  own: which of them is its own; n: none. */
static int is_open(struct kin *kin, const struct shared_job *j, size_t own, size_t n, bool *open, struct err *e)
{
	size_t at = n;
	*open = false;
	int rc = j->begun ? 0 : kin_has(kin, own, j->session_id, j->session_time, open, e);
	if (rc == 0 && !*open && !j->ended) {
		rc = kin_next(kin, 0, is_session, j, &at, e);
		*open = at < n || own < n;
	}
	return rc;
}

/* Where it goes on there may be no part of a volume either: its records are one with those before. */
static int join_all(struct plan *p, struct kin *kin, const struct shared_job *j, size_t n, struct err *e)
{
	size_t at = 0;
	int rc = 0;
	for (size_t next = 0; rc == 0 && next < n; next = at + 1) {
		rc = kin_next(kin, next, is_session, j, &at, e);
		for (size_t i = 0; rc == 0 && at < n && i < p->count; i++) {
			if (p->inputs[i].place == at)
				read_anew(&p->inputs[i]);
		}
	}
	return rc;
}

/* A job whose beginning was not there has it on one of those that are read: then it is read with that.  A job that had not ended goes on on
 * one of those that are read: it is read from its beginning.  A part of a volume can only be read by itself where nothing was open before
 * it. */
static int follow_open_jobs(struct plan *p, struct err *e)
{
	const char **paths = calloc(p->count ? p->count : 1, sizeof *paths);
	size_t n = 0;
	for (size_t i = 0; paths && i < p->count; i++) {
		p->inputs[i].place = p->count;
		if (!p->inputs[i].read || p->inputs[i].state == VOLUMEID_GONE)
			continue;
		p->inputs[i].place = n;
		paths[n++] = p->inputs[i].path;
	}
	struct kin *kin = paths ? kin_new(paths, n) : NULL;
	int rc = kin ? 0 : err_memory(e, p->count * sizeof *paths, "volumes");
	for (size_t i = 0; rc == 0 && n > 0 && i < p->job_count; i++) {
		const struct shared_job *j = &p->jobs[i];
		bool open;
		rc = is_open(kin, j, p->inputs[j->input].place, n, &open, e);
		if (rc != 0 || !open)
			continue;
		read_anew(&p->inputs[j->input]);
		rc = join_all(p, kin, j, n, e);
	}
	kin_free(kin);
	free(paths);
	return rc;
}

/* ---- job by job ---- */

static int by_job(const void *a, const void *b)
{
	const struct shared_job *x = a, *y = b;
	if (x->job != y->job)
		return x->job < y->job ? -1 : 1;
	return x->input < y->input ? -1 : x->input > y->input;
}

static void sort_by_job(struct plan *p)
{
	if (p->job_count > 0)
		qsort(p->jobs, p->job_count, sizeof *p->jobs, by_job);
}

/* Behind the last that is of the same job as jobs[at], once they are sorted. */
static size_t end_of_job(const struct plan *p, size_t at)
{
	size_t end = at + 1;
	while (end < p->job_count && p->jobs[end].job == p->jobs[at].job)
		end++;
	return end;
}

/* ---- in another order than they were read ---- */

/* The volumes of a job as they are given: jobs[0] to jobs[count - 1]. */
struct given_order {
	const struct plan *p;
	const struct shared_job *jobs;
	size_t count, next;
	bool other;
};

static int compare_order(void *arg, const struct fileindex_volume *v, struct err *e)
{
	struct given_order *o = arg;
	bool given = false;
	(void)e;
	for (size_t i = 0; i < o->count; i++)
		given = given || o->p->inputs[o->jobs[i].input].volume == v->id;
	if (given && o->next < o->count)
		o->other = o->other || o->p->inputs[o->jobs[o->next++].input].volume != v->id;
	return 0;
}

/* What a set in a wrong order left cut is whole in the right one: it is read anew when the order is another. */
static int follow_order(struct plan *p, struct err *e)
{
	int rc = 0;
	for (size_t i = 0, end; rc == 0 && i < p->job_count; i = end) {
		end = end_of_job(p, i);
		struct given_order o = {.p = p, .jobs = p->jobs + i, .count = end - i};
		if (o.count > 1)
			rc = fileindex_job_volumes(p->x, p->jobs[i].job, compare_order, &o, e);
		for (size_t k = i; rc == 0 && o.other && k < end; k++)
			read_anew(&p->inputs[p->jobs[k].input]);
	}
	return rc;
}

/* ---- what that takes along ---- */

static bool is_read_anew(const struct refresh_input *in)
{
	return in->read && in->from == 0;
}

/* The volumes of one job, jobs[first] to jobs[end - 1]; did that change anything? */
static bool spread_job(struct plan *p, size_t first, size_t end)
{
	bool some = false, all = true;
	for (size_t i = first; i < end; i++) {
		bool anew = is_read_anew(&p->inputs[p->jobs[i].input]);
		some = some || anew;
		all = all && anew;
	}
	for (size_t i = first; some && i < end; i++)
		read_anew(&p->inputs[p->jobs[i].input]);
	return some && !all;
}

/* A volume that is read anew loses its files in the index, those that go on on others, too: these are read with it. */
static void spread(struct plan *p)
{
	bool more = true;
	while (more) {
		more = false;
		for (size_t i = 0, end; i < p->job_count; i = end) {
			end = end_of_job(p, i);
			more = spread_job(p, i, end) || more;
		}
	}
}

/* Ranges are for inputs that can all be read from any place. */
static void settle_tails(struct plan *p)
{
	bool tails = true;
	for (size_t i = 0; i < p->count; i++)
		tails = tails && (!p->inputs[i].read || medium_has_ranges(p->inputs[i].path));
	for (size_t i = 0; i < p->count && !tails; i++)
		p->inputs[i].from = 0;
}

int refresh_plan(struct fileindex *x, const char *const *paths, size_t count, const struct opener_keys *keys, struct refresh_input *inputs,
		 struct err *e)
{
	struct plan p = {.x = x, .inputs = inputs, .count = count};
	int rc = 0;
	for (size_t i = 0; i < count; i++)
		inputs[i] = (struct refresh_input){.path = paths[i]};
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = look(&p, &inputs[i], keys, e);
	sort_by_job(&p);
	if (rc == 0)
		rc = follow_open_jobs(&p, e);
	if (rc == 0)
		rc = follow_order(&p, e);
	if (rc == 0) {
		settle_tails(&p);
		spread(&p);
	}
	free(p.jobs);
	return rc;
}

int refresh_note(struct fileindex *x, const struct refresh_input *inputs, size_t count, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct refresh_input *in = &inputs[i];
		struct fileindex_volume v;
		if (in->volume == 0 || is_read_anew(in))
			continue;
		rc = fileindex_volume(x, in->volume, &v, e);
		bool gone = in->state == VOLUMEID_GONE;
		bool changed = rc == 1 && (v.gone != gone || strcmp(v.path, in->path) != 0);
		v.gone = gone;
		v.path = in->path;
		rc = rc < 0 ? rc : changed ? fileindex_put_volume(x, &v, e) : 0;
	}
	return rc;
}
