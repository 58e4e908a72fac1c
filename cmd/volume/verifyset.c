/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/verifyset.h"

#include "base/msg.h"
#include "base/printable.h"
#include "cmd/command.h"
#include "cmd/volume/expected.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/verifyreport.h"
#include "cmd/volume/watched.h"

#include <stdio.h>

/* ---- while it runs ---- */

static void json_problem(struct json *j, const struct finding *p)
{
	json_object(j, NULL);
	json_text(j, "kind", findingtext_kind(p->kind));
	if (p->volume)
		json_text(j, "volume", findingtext_volume(p->volume));
	if (p->job)
		command_json_job(j, p->job);
	if (p->file_index > 0)
		json_signed(j, "file_index", p->file_index);
	findingtext_json_file(j, p);
	findingtext_json_place(j, p);
	json_text(j, "reason", p->reason);
	json_end_object(j);
}

/* Of what is wrong with a job as a whole nobody knows on which volume. */
static void note_hurt(struct verifyset_among *among, const struct finding *p)
{
	if (p->kind != FINDING_NOTE && p->volume && (p->placed || p->job == NULL))
		among->inputs[p->volume->input].hurt = true;
}

static void on_problem(void *arg, const struct finding *p)
{
	struct verifyset *q = arg;
	if (q->json)
		json_problem(q->json, p);
	if (runevents_finding(&q->events, p))
		filter_stop(q->filter);
	if (q->among)
		note_hurt(q->among, p);
	if (q->plot.path)
		volumemap_finding(&q->map, p);
	if (p->kind != FINDING_NOTE) {
		findingtext_warn(p, findingtext_kind(p->kind), "");
		return;
	}
	char job[LABEL_NAME_BYTES + 64] = "";
	if (p->job)
		job_describe(p->job, job, sizeof job);
	msg_info("%s: %s%s%s", p->volume ? p->volume->name : "", job, job[0] ? " " : "", p->reason);
}

/* -v: a line for each file. */
static void on_file(void *arg, const struct proof_file *f)
{
	static const char *const words[PROOF_VERDICTS] = {
		[PROOF_RIGHT] = "proved",  [PROOF_WRONG] = "WRONG", [PROOF_NO_DIGEST] = "no digest", [PROOF_NO_CONTENT] = "empty",
		[PROOF_OPAQUE] = "opaque", [PROOF_CUT] = "cut",     [PROOF_DAMAGED] = "DAMAGED",     [PROOF_UNCOUNTED] = "not proved",
	};
	(void)arg;
	bool digest = f->verdict == PROOF_RIGHT || f->verdict == PROOF_WRONG;
	printf("%-10s %-8s %u/%u %d ", words[f->verdict], digest ? digest_name(f->digest) : "-", f->job->session_id, f->job->session_time,
	       f->file_index);
	printable_put(f->name, stdout);
	putchar('\n');
}

/* ---- the run ---- */

/* Returns the exit status for what was read. */
static int judge_bytes(struct verifyset *q, const struct tally *t)
{
	struct err e = {0};
	if (expected_check(q->filter, q->expected, &e) == 0)
		return 0;
	const struct volume_info *last = t->volume_count > 0 ? t->volumes[t->volume_count - 1].info : NULL;
	const struct finding f = {.kind = FINDING_NOT_WHOLE, .volume = last, .file = "", .reason = e.text};
	on_problem(q, &f);
	return 3;
}

static int on_milestone(void *arg, const struct milestone *m, struct err *e)
{
	struct verifyset *q = arg;
	return runevents_milestone(&q->events, m, e);
}

static void begin_report(struct verifyset *q)
{
	if (q->json == NULL)
		return;
	json_object(q->json, q->among ? "report" : NULL);
	json_number(q->json, "format", 1);
	json_array(q->json, "problems");
}

/* Who waits for one among many sees how far it is. */
static void on_progress(void *arg, struct progress_state *state)
{
	const struct verifyset *q = arg;
	uint64_t out;
	filter_progress(q->filter, &q->among->read_now, &out);
	state->done = q->among->read_now;
}

static int read_all(struct verifyset *q, struct err *e)
{
	if (q->among == NULL)
		return watched_run(q->filter, q->progress, command_total_bytes(q->run.paths, q->run.path_count), e);
	progress_start(PROGRESS_WATCHED, on_progress, q);
	int rc = filter_run(q->filter, e);
	progress_stop();
	return rc;
}

static int prove(struct verifyset *q, struct err *e)
{
	q->o.arg = q;
	q->o.problem = on_problem;
	q->o.file = msg_verbosity() > 0 && !q->json ? on_file : NULL;
	int rc = picture_open(&q->plot, q->run.paths, q->run.path_count, e);
	if (rc == 0)
		rc = keyoptions_open(&q->keys, e);
	if (rc == 0)
		rc = pkioptions_open(&q->pki, e);
	q->run.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	q->verify = rc == 0 ? verify_new(&q->o) : NULL;
	if (q->events.to.command)
		q->run.callbacks = (struct filter_callbacks){.arg = q, .milestone = on_milestone};
	const struct observer *looks_on = q->verify ? verify_observer(q->verify) : NULL;
	if (looks_on && q->plot.path)
		looks_on = volumemap_observer(&q->map, looks_on);
	q->run.observer = looks_on ? pkioptions_observer(&q->pki, looks_on, NULL, NULL) : NULL;
	q->filter = q->run.observer ? filter_new(&q->run) : NULL;
	if (rc == 0 && q->filter == NULL)
		rc = err_memory(e, 0, "verifying");
	if (rc == 0)
		rc = runevents_begin(&q->events, e);
	if (rc == 0)
		rc = read_all(q, e);
	if (rc == 0)
		rc = runevents_stopped(&q->events, e);
	if (rc != 0 && q->filter)
		runevents_failed(&q->events, filter_failed_reading(q->filter), e);
	else if (rc != 0)
		runevents_broke(&q->events, e);
	return rc;
}

/* ---- one among many ---- */

/* More than one volume may lie in an input: then it has no digest. */
static void note_digests(struct verifyset_among *among, const struct tally *t)
{
	for (size_t i = 0; i < t->volume_count; i++) {
		const struct volume_info *v = t->volumes[i].info;
		struct verifyset_input *in = &among->inputs[v->input];
		in->hashed = in->volumes++ == 0 && v->hashed;
		in->xxh64 = v->xxh64;
	}
}

static void note_end(struct verifyset *q, const struct tally *t, int status, const struct err *e)
{
	struct verifyset_among *among = q->among;
	among->status = status;
	among->verdict = e->code ? JUDGEMENT_NOT_PROVED : verifyreport_verdict(t, status);
	among->sums = verifyreport_sums(t);
	among->err = *e;
	if (e->code == XE_OK)
		note_digests(among, t);
	among->ended = true;
}

/* ---- all of it ---- */

int verifyset_run(struct verifyset *q)
{
	struct err e = {0};
	begin_report(q);
	int rc = prove(q, &e);
	const struct tally nothing = {0}, *t = q->verify ? verify_tally(q->verify) : &nothing;
	int status = rc != 0 ? msg_fail(&e) : err_worse_status(verifyreport_status(t), judge_bytes(q, t));
	if (q->filter && q->plot.path)
		volumemap_finish(&q->map, q->run.paths, q->run.path_count);
	/* The JSON has what becomes of it; as text it stands behind the report. */
	if (q->filter && q->plot.path && !picture_is_text(&q->plot))
		status = volumemap_show(&q->map, &q->plot, status, &e);
	if (q->among)
		note_end(q, t, status, &e);
	if (q->json)
		verifyreport_json(q->json, t, &q->pki, status, &e);
	else if (rc == 0 && !q->quiet && !(q->among && q->among->brief && status == 0))
		verifyreport_print(t, &q->pki, status);
	if (q->filter && picture_is_text(&q->plot))
		status = volumemap_show(&q->map, &q->plot, status, &e);
	picture_abandon(&q->plot);
	volumemap_free(&q->map);
	runevents_end(&q->events, status);
	filter_free(q->filter);
	verify_free(q->verify);
	keyoptions_close(&q->keys);
	pkioptions_close(&q->pki);
	return status;
}
