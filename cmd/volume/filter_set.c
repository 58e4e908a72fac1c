/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/filter_set.h"

#include "base/elapsed.h"
#include "base/msg.h"
#include "base/quit.h"
#include "catalog/script.h"
#include "cmd/volume/beside.h"
#include "cmd/volume/expected.h"
#include "cmd/volume/filter_unit.h"
#include "cmd/volume/inplace.h"
#include "cmd/volume/report.h"
#include "volume/kin.h"
#include "volume/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where the output goes ---- */

static int open_map_beside(struct filter_request *q, const struct filter_volume *v, struct err *e)
{
	struct io out;
	int rc = outputs_begin_volume(&q->maps, v->info, &out, e);
	if (rc != 0)
		return rc;
	q->map = map_new(out.fd);
	if (q->map == NULL)
		return err_memory(e, 0, "the map");
	map_begin_set(q->map);
	return 0;
}

static int close_map_beside(struct filter_request *q, const struct filter_volume *v, struct err *e)
{
	int rc = map_finish(q->map, 0, e);
	if (rc != 0)
		err_volume(e, outputs_current(&q->maps)->path);
	map_free(q->map);
	q->map = NULL;
	return rc != 0 ? rc : outputs_end_volume(&q->maps, v->info, e);
}

void filter_set_meet_name(void *arg, const char *name)
{
	struct filter_request *q = arg;
	for (size_t i = 0; i < q->o.name_count; i++)
		q->names_met[i] = q->names_met[i] || strcmp(q->names[i].from, name) == 0;
}

int filter_set_names_met(const struct filter_request *q, struct err *e)
{
	for (size_t i = 0; i < q->o.name_count; i++) {
		if (!q->names_met[i])
			return err_set(e, XE_USAGE, "--rename %s=%s: there is no volume of that name among the inputs", q->names[i].from,
				       q->names[i].to);
	}
	return 0;
}

static const struct medium *medium_to(const struct filter_request *q, const struct io *out)
{
	return q->form.medium ? q->form.medium : medium_of(out);
}

static int open_output(void *arg, const struct filter_volume *v, struct io *out, struct err *e)
{
	struct filter_request *q = arg;
	filter_set_meet_name(q, v->info->label.volume);
	int rc = q->inplace ? inplace_begin_volume(q->inplace, v->info->path, e) : 0;
	if (rc == 0)
		rc = outputs_begin_volume(&q->out, v->info, out, e);
	if (rc == 0 && q->inplace)
		rc = open_map_beside(q, v, e);
	if (rc != 0)
		return rc;
	if (q->map)
		map_begin_volume(q->map, v->info, medium_to(q, out));
	return 0;
}

static void end_map_volume(struct filter_request *q, const struct filter_volume *v)
{
	const struct volume_info *in = v->info;
	char digest_in[DIGEST_TEXT_BYTES] = "";
	if (in->hashed)
		snprintf(digest_in, sizeof digest_in, "%016llx", (unsigned long long)in->xxh64);
	const struct map_side_end old = {in->bytes, v->blocks_in, v->files_in, in->cipher, digest_in};
	/* Blocks that are counted have no order of bytes that a map's reader could look at. */
	const char *digest_out = q->form.medium && q->form.medium->by_block ? "" : v->digest_out;
	const struct map_side_end now = {v->volume_out, v->blocks_out, v->files_out, v->encrypted_with, digest_out};
	struct filter_job job;
	for (size_t i = 0; i < filter_job_slots(q->filter); i++) {
		if (filter_job(q->filter, i, &job))
			map_learn_job(q->map, job.job);
	}
	map_end_volume(q->map, &old, &now, v->counts.damaged);
}

static int close_output(void *arg, const struct filter_volume *v, struct err *e)
{
	struct filter_request *q = arg;
	if (q->unit) {
		q->unit->outcome->read += v->info->bytes;
		q->unit->outcome->written += v->volume_out;
	}
	if (q->map)
		end_map_volume(q, v);
	int rc = outputs_end_volume(&q->out, v->info, e);
	if (rc == 0 && q->inplace)
		rc = close_map_beside(q, v, e);
	return rc != 0 ? rc : report_volume(q->report, v, outputs_current(&q->out), elapsed_since(&q->set_began), e);
}

static int on_milestone(void *arg, const struct milestone *m, struct err *e)
{
	struct filter_request *q = arg;
	return runevents_milestone(&q->events, m, e);
}

static void on_loss(void *arg, const struct finding *loss)
{
	struct filter_request *q = arg;
	report_loss(q->report, loss);
	if (runevents_finding(&q->events, loss))
		filter_stop(q->filter);
}

static void on_note(void *arg, const struct filter_volume *v, const char *text)
{
	(void)arg;
	msg_warning("%s: %s", v->info->name, text);
}

static void on_remark(void *arg, const struct filter_volume *v, const char *text)
{
	(void)arg;
	msg_info("%s: %s", v->info->name, text);
}

static void on_old_block(void *arg, const struct item *block)
{
	struct filter_request *q = arg;
	map_old_block(q->map, block);
}

static void on_new_block(void *arg, const struct filter_volume *v, const struct packed_block *b)
{
	struct filter_request *q = arg;
	map_new_block(q->map, v->info, b);
}

static void on_progress(void *arg, struct progress_state *state)
{
	struct filter_request *q = arg;
	filter_progress(q->filter, &state->done, &state->out);
	state->done += q->read;
	state->out += q->written;
	state->total = q->total;
	if (q->unit) {
		q->unit->outcome->read_now = state->done;
		q->unit->outcome->written_now = state->out;
	}
}

void filter_set_callbacks(struct filter_request *q, bool blocks)
{
	q->o.callbacks = (struct filter_callbacks){
		.arg = q,
		.open_output = open_output,
		.close_output = close_output,
		.loss = on_loss,
		.note = on_note,
		.remark = on_remark,
		.old_block = blocks ? on_old_block : NULL,
		.new_block = blocks ? on_new_block : NULL,
		.milestone = q->events.to.command ? on_milestone : NULL,
	};
}

/* ---- the run of it ---- */

/* Under skip and keep the first signal only ends the reading: what is in memory then is worth more than the moment that it takes to
 * write it.  Into pipes and tapes that might be long. */
static struct filter *stoppable;

static void stop_reading(void)
{
	filter_stop(stoppable);
}

static int run_gently(struct filter_request *q, struct err *e)
{
	const struct outfile *out = outputs_current(&q->out);
	stoppable = q->filter;
	if (q->out.keep_partial && (out == NULL || !out->direct))
		quit_gently(stop_reading);
	progress_start(q->progress, on_progress, q);
	int rc = filter_run(q->filter, e);
	progress_stop();
	quit_gently(NULL);
	return rc == 0 ? runevents_stopped(&q->events, e) : rc;
}

static int finish_map(struct filter_request *q, struct err *e)
{
	int rc = q->map ? map_finish(q->map, q->damaged > 0 ? 3 : 0, e) : 0;
	if (rc == 0 && q->map)
		rc = outfile_finish(&q->map_file, e);
	q->map_whole = rc == 0 && q->map;
	if (rc != 0)
		err_volume(e, q->map_path);
	return rc;
}

static int give_names_in_unit(struct filter_request *q, struct err *e)
{
	int rc = filter_unit_promise(q, e);
	if (rc == 0)
		rc = outfile_commit(&q->map_file, e);
	if (rc == 0)
		rc = outputs_commit(&q->out, e);
	return rc == 0 ? filter_unit_complete(q, e) : rc;
}

static int give_names_at_once(struct filter_request *q, struct err *e)
{
	int rc = outputs_commit(&q->out, e);
	return rc == 0 && q->map ? outfile_commit(&q->map_file, e) : rc;
}

/* A signal between two of them would leave a part of a set, or volumes without their map: it waits for the last one. */
static int give_names(struct filter_request *q, struct err *e)
{
	quit_hold();
	int rc = q->unit ? give_names_in_unit(q, e) : give_names_at_once(q, e);
	quit_release();
	return rc;
}

/* Beside the first volume of a set that was exchanged: what the catalog has to learn of all of it. */
static int write_sql(struct filter_request *q, struct err *e)
{
	size_t count = 0;
	while (inplace_volume(q->inplace, count))
		count++;
	char(*paths)[PLACE_PATH_BYTES + 8] = calloc(count + 1, sizeof *paths);
	const char **maps = calloc(count + 1, sizeof *maps);
	int rc = paths && maps ? 0 : err_memory(e, count * sizeof *paths, "the maps' names");
	for (size_t i = 0; rc == 0 && i < count; i++) {
		snprintf(paths[i], sizeof paths[i], "%s.map", inplace_volume(q->inplace, i));
		maps[i] = paths[i];
	}
	const char *name = inplace_volume(q->inplace, 0);
	if (rc == 0)
		rc = script_write_both(maps, count, (enum sql_database)q->database, name, e);
	if (rc == 0)
		msg_info("%s.sql brings the catalog up to the new volume%s, %s.undo.sql leads back", name, count == 1 ? "" : "s", name);
	else
		err_add(e, "; the new volumes are in their places all the same: xflate catalog sql makes it from %s.map", name);
	free(paths);
	free(maps);
	return rc;
}

/* All of the set is written, and closed: signals still put it away. */
static int commit_in_place(struct filter_request *q, struct err *e)
{
	if (filter_damaged(q->filter) > 0)
		return err_set(e, XE_DAMAGE, "is damaged; what replaces a volume must have lost nothing");
	int rc = inplace_prove(q->inplace, filter_input(q->filter), e);
	if (rc != 0)
		return rc;
	quit_hold();
	rc = outputs_commit(&q->maps, e);
	if (rc == 0)
		rc = outputs_commit(&q->out, e);
	if (rc != 0)
		inplace_take_back(q->inplace);
	else
		rc = inplace_exchange(q->inplace, e);
	outputs_lose_suffix(&q->out, rc == 0);
	if (rc == 0 && q->database >= 0)
		rc = write_sql(q, e);
	inplace_end_set(q->inplace);
	quit_release();
	return rc;
}

/* A volume whose map could not be written is none, and a set is whole or not there. */
int filter_set_commit(struct filter_request *q, struct err *e)
{
	if (q->in_place)
		return commit_in_place(q, e);
	int rc = q->kin == NULL && q->unit == NULL ? filter_set_names_met(q, e) : 0;
	if (rc == 0)
		rc = finish_map(q, e);
	return rc == 0 ? give_names(q, e) : rc;
}

/* Sets that have a map in common get their names together, behind the last of them. */
static bool waits_for_map(const struct filter_request *q)
{
	return q->map && q->kin;
}

int filter_set_run(struct filter_request *q, struct err *e)
{
	filter_free(q->filter);
	outputs_begin_set(&q->out);
	outputs_begin_set(&q->maps);
	clock_gettime(CLOCK_MONOTONIC, &q->set_began);
	q->filter = filter_new(&q->o);
	if (q->filter == NULL)
		return err_memory(e, 0, "the filter");
	int rc = waits_for_map(q) ? map_mark(q->map, e) : 0;
	q->hopeless = rc != 0;
	if (rc != 0)
		err_volume(e, q->map_path);
	if (rc == 0 && q->map)
		map_begin_set(q->map);
	if (rc == 0)
		rc = run_gently(q, e);
	if (rc == 0 && (rc = expected_check(q->filter, q->expected, e)) != 0)
		err_volume(e, q->o.paths[0]);
	q->damaged += rc == 0 ? filter_damaged(q->filter) : 0;
	return rc != 0 || waits_for_map(q) ? rc : filter_set_commit(q, e);
}

static void abandon_in_place(struct filter_request *q)
{
	map_free(q->map);
	q->map = NULL;
	outputs_abandon_set(&q->maps);
	inplace_end_set(q->inplace);
}

int filter_set_fail(struct filter_request *q, const char *const *inputs, size_t first, struct err *e, size_t *end)
{
	size_t bad = first + (q->filter ? filter_input(q->filter) : 0);
	bad = bad < *end ? bad : *end - 1;
	runevents_failed(&q->events, q->filter && filter_failed_reading(q->filter), e);
	q->hopeless = q->hopeless || q->events.to.stopped.code != XE_OK;
	int status = filter_request_fail(q, e);
	/* With a wrong key nothing of a volume is worth keeping. */
	if (e->code == XE_KEY)
		outputs_drop_partial(&q->out);
	outputs_abandon_set(&q->out);
	if (q->inplace)
		abandon_in_place(q);
	if (q->filter && q->unit && q->unit->told)
		report_failure(q->report, inputs[bad], e);
	else if (q->filter)
		report_set(q->report, q->filter, inputs[bad], e);
	if (q->kin == NULL || q->hopeless)
		return status;
	struct err unknown = {0};
	if (q->map)
		map_rewind(q->map);
	if (kin_end(q->kin, first, bad, end, &unknown) != 0) {
		q->hopeless = true;
		return err_worse_status(status, filter_request_fail(q, &unknown));
	}
	for (size_t i = first; i < *end; i++) {
		if (i != bad)
			msg_error("%s: is not converted: it is one set with %s", inputs[i], inputs[bad]);
	}
	return status;
}
