/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/extract_lane.h"

#include "base/array.h"

#include <stdlib.h>

/* ---- one job alone ---- */

static int refuse_second(const struct extract *x, const struct job *job, struct err *e)
{
	char first[LABEL_NAME_BYTES + 64], second[LABEL_NAME_BYTES + 64];
	job_describe(x->lane->job, first, sizeof first);
	job_describe(job, second, sizeof second);
	return err_set(
		e, XE_USAGE,
		"here begins %s, behind %s: say with --job which one is wanted (by its id, or as %u/%u, its session), or with --as-of of "
		"which time all of them together; xflate list shows all",
		second, first, job->session_id, job->session_time);
}

static struct extract_lane *add(struct extract *x, const struct job *job, struct err *e)
{
	struct extract_lane *lane = array_row(&x->lanes, &x->lane_count, job->index, sizeof *lane);
	if (lane && lane->links == NULL) {
		lane->spool = SPOOL_NONE(x->o.plan ? x->o.plan->spool : NULL);
		lane->links = links_new();
	}
	if (lane && lane->links)
		return lane;
	err_memory(e, sizeof *lane, "a job");
	return NULL;
}

/* The first with data that is wanted is the one. */
static int choose_one(struct extract *x, const struct item *item, bool *ours, struct err *e)
{
	*ours = x->lane && x->lane->job->index == item->job->index;
	if (*ours || item->file_index <= 0 || !choice_takes_job(x->o.choice, item->job))
		return 0;
	if (x->lane)
		return refuse_second(x, item->job, e);
	x->lane = add(x, item->job, e);
	*ours = x->lane != NULL;
	return x->lane ? 0 : e->code;
}

/* ---- several ---- */

static struct extract_lane *ask(struct extract *x, const struct job *job, struct err *e)
{
	struct extract_lane *lane = add(x, job, e);
	if (lane == NULL)
		return NULL;
	lane->job = job;
	lane->wanted = x->o.plan->job(x->o.plan->arg, job, &lane->number, &lane->spooled);
	return lane;
}

/* Nothing more comes of the one before, if it stands alone: its last file is done with before the target gets the next one. */
static int change(struct extract *x, struct extract_lane *lane, struct err *e)
{
	int rc = x->lane && x->lane != lane && !x->lane->spooled ? extract_close_file(x, e) : 0;
	x->lane = lane;
	return rc;
}

static int choose_of_many(struct extract *x, const struct item *item, bool *ours, struct err *e)
{
	struct extract_lane *lane = item->job->index < x->lane_count ? x->lanes[item->job->index] : NULL;
	*ours = false;
	if (lane == NULL)
		lane = ask(x, item->job, e);
	if (lane == NULL || !lane->wanted)
		return lane ? 0 : e->code;
	/* The labels of a job may stand among the records of another one that stands alone but for them. */
	if (item->file_index <= 0 && x->lane && lane != x->lane)
		return 0;
	*ours = true;
	return change(x, lane, e);
}

int extract_lane_choose(struct extract *x, const struct item *item, bool *ours, struct err *e)
{
	*ours = false;
	if (item->job == NULL)
		return 0;
	int rc = x->o.plan ? choose_of_many(x, item, ours, e) : choose_one(x, item, ours, e);
	if (*ours)
		x->lane->job = item->job;
	return rc;
}

bool extract_lane_is_ours(const struct extract *x, const struct job *job)
{
	if (x->o.plan == NULL)
		return x->lane ? x->lane->job->index == job->index : choice_takes_job(x->o.choice, job);
	const struct extract_lane *lane = job->index < x->lane_count ? x->lanes[job->index] : NULL;
	size_t number;
	bool interleaved;
	return lane ? lane->wanted : x->o.plan->job(x->o.plan->arg, job, &number, &interleaved);
}

struct merge_verdict extract_lane_verdict(const struct extract *x, int32_t file_index)
{
	return x->o.plan ? merge_verdict(x->o.plan->merge, x->lane->number, file_index) : (struct merge_verdict){.fate = MERGE_UNKNOWN};
}

/* ---- their files ---- */

static void drop_extras(struct extract_open *f)
{
	for (size_t i = 0; i < f->extra_count; i++)
		free((void *)(uintptr_t)f->extras[i].data.data);
	f->extra_count = 0;
}

void extract_lane_open(struct extract *x, int32_t file_index)
{
	struct extract_open *f = &x->lane->file;
	drop_extras(f);
	spool_empty(&x->lane->spool);
	const struct extract_open before = *f;
	*f = (struct extract_open){
		.index = file_index,
		.record = before.record,
		.record_cap = before.record_cap,
		.path = before.path,
		.path_cap = before.path_cap,
		.verdict = {.verdict = PROOF_NO_CONTENT, .name = ""},
	};
}

int extract_lane_finish(struct extract *x, struct err *e)
{
	int rc = x->lane ? extract_close_file(x, e) : 0;
	for (size_t i = 0; rc == 0 && i < x->lane_count; i++) {
		struct extract_lane *lane = x->lanes[i];
		if (lane == NULL || !lane->wanted || lane == x->lane)
			continue;
		x->lane = lane;
		rc = extract_close_file(x, e);
	}
	return rc;
}

void extract_lane_free(struct extract *x)
{
	for (size_t i = 0; i < x->lane_count; i++) {
		struct extract_lane *lane = x->lanes[i];
		if (lane == NULL)
			continue;
		links_free(lane->links);
		spool_free(&lane->spool);
		drop_extras(&lane->file);
		free(lane->file.record);
		free(lane->file.path);
		free(lane);
	}
	free(x->lanes);
}
