/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that share no unfinished job are sets of their own: each gets a filter, is whole or not there, and costs only itself.  Where
 * they go to one place one behind the other, they are one set. */
#include "cmd/volume/filter_run.h"

#include "base/msg.h"
#include "base/quit.h"
#include "catalog/script.h"
#include "cmd/command.h"
#include "cmd/volume/beside.h"
#include "cmd/volume/inplace.h"
#include "cmd/volume/report.h"
#include "volume/kin.h"
#include "volume/map.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int close_map_beside(struct filter_request *q, struct err *e)
{
	int rc = map_finish(q->map, 0, e);
	if (rc != 0)
		err_volume(e, outputs_current(&q->maps)->path);
	map_free(q->map);
	q->map = NULL;
	return rc != 0 ? rc : outputs_end_volume(&q->maps, e);
}

static void meet_name(struct filter_request *q, const char *name)
{
	for (size_t i = 0; i < q->o.name_count; i++)
		q->names_met[i] = q->names_met[i] || strcmp(q->names[i].from, name) == 0;
}

/* A name that was mistyped is an error: the volume would keep its own. */
static int all_names_met(const struct filter_request *q, struct err *e)
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
	meet_name(q, v->info->label.volume);
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

static double since(const struct timespec *began)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

static void end_map_volume(struct filter_request *q, const struct filter_volume *v)
{
	const struct volume_info *in = v->info;
	char digest_in[DIGEST_TEXT_BYTES] = "";
	if (in->hashed)
		snprintf(digest_in, sizeof digest_in, "%016llx", (unsigned long long)in->xxh64);
	const struct map_side_end old = {in->bytes, v->blocks_in, v->files_in, in->cipher, digest_in};
	const struct map_side_end now = {v->volume_out, v->blocks_out, v->files_out, v->encrypted_with, v->digest_out};
	const struct job *job;
	struct filter_counts counts;
	for (size_t i = 0; i < filter_job_slots(q->filter); i++) {
		if (filter_job(q->filter, i, &job, &counts))
			map_learn_job(q->map, job);
	}
	map_end_volume(q->map, &old, &now, v->counts.damaged);
}

static int close_output(void *arg, const struct filter_volume *v, struct err *e)
{
	struct filter_request *q = arg;
	if (q->map)
		end_map_volume(q, v);
	int rc = outputs_end_volume(&q->out, e);
	if (rc == 0 && q->inplace)
		rc = close_map_beside(q, e);
	return rc != 0 ? rc : report_volume(q->report, v, outputs_current(&q->out), since(&q->set_began), e);
}

static void on_loss(void *arg, const struct finding *loss)
{
	struct filter_request *q = arg;
	report_loss(q->report, loss);
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
}

/* ---- before the first set ---- */

/* Blocks are written anew where one of the media is of that kind.  Bacula's labels tell what their volume is. */
static void look_at_media(struct filter_request *q)
{
	const struct outfile *out = outputs_current(&q->out);
	const struct medium *to = q->form.medium ? q->form.medium : out ? medium_of(&out->io) : NULL;
	q->o.repack = to && to->anew;
	q->o.label_kind = to && to->label ? RELABEL_CLOUD : RELABEL_ANY_KIND;
	for (size_t i = 0; i < q->o.path_count; i++) {
		const struct medium *in = medium_at(q->o.paths[i]);
		q->o.repack = q->o.repack || (in && in->anew);
		if (in && in->label && q->o.label_kind == RELABEL_ANY_KIND)
			q->o.label_kind = RELABEL_PLAIN;
	}
}

/* The number of a block is never the byte where it stands. */
static int refuse_layout(const struct filter_request *q, struct err *e)
{
	bool blocks = q->form.medium && q->form.medium->by_block;
	if (q->o.repack)
		return err_set(e, XE_USAGE, "--keep-layout: on tapes and in a cloud's parts blocks are written anew");
	for (size_t i = 0; i < q->o.path_count; i++) {
		const struct medium *in = medium_at(q->o.paths[i]);
		if (in && in->by_block != blocks)
			return err_set(
				e, XE_USAGE,
				"--keep-layout: addresses in a dedupable volume are numbers of blocks, in others bytes: none is kept");
	}
	return 0;
}

static int open_side_files(struct filter_request *q, struct err *e)
{
	int rc = 0;
	if (q->report_path) {
		q->o.digest_in = digest_new(DIGEST_SHA256);
		q->o.digest_out = digest_new(DIGEST_SHA256);
		if (q->o.digest_in == NULL || q->o.digest_out == NULL)
			return err_memory(e, 0, "the report's digests");
	}
	if (q->map_path || q->in_place) {
		q->o.hash_volumes = true;
		q->o.callbacks.old_block = on_old_block;
		q->o.callbacks.new_block = on_new_block;
	}
	if (q->map_path) {
		rc = outputs_open_file(&q->out, &q->map_file, q->map_path, OUTPUTS_MODE, false, e);
		q->map = rc == 0 ? map_new(q->map_file.io.fd) : NULL;
		if (rc == 0 && q->map == NULL)
			rc = err_memory(e, 0, "the map");
	}
	bool replace = q->out.replace;
	q->out.replace = replace || (q->report_path && report_is_of_failure(q->report_path));
	if (rc == 0 && q->report_path)
		rc = outputs_open_file(&q->out, &q->report_file, q->report_path, 0644, false, e);
	q->out.replace = replace;
	return rc;
}

/* The volumes of this run are those that earlier ones have not replaced already. */
static int begin_in_place(struct filter_request *q, int *status, struct err *e)
{
	q->proof = (struct successor_run){.options = &q->o, .keys = &q->keys, .progress = q->progress};
	q->out.suffix = BESIDE_NEW;
	q->out.mode = 0600; /* until it gets that of the old volume */
	q->maps.suffix = ".map" BESIDE_NEW;
	q->inplace = inplace_new(q->o.paths, q->o.path_count, &q->proof);
	if (q->inplace == NULL)
		return err_memory(e, 0, "the run");
	int rc = 0;
	for (size_t i = 0; rc == 0 && q->report_path && i < q->o.path_count; i++)
		rc = beside_refuse_path(q->o.paths[i], q->report_path, e);
	if (rc == 0)
		rc = inplace_begin(q->inplace, status, e);
	q->o.paths = q->out.inputs = q->maps.inputs = inplace_paths(q->inplace, &q->o.path_count);
	q->out.input_count = q->maps.input_count = q->o.path_count;
	/* Each may turn out to be the first of its set. */
	for (size_t i = 0; rc == 0 && q->database >= 0 && i < q->o.path_count; i++)
		rc = script_names_free(q->o.paths[i], e);
	return rc;
}

static int prepare(struct filter_request *q, int *status, struct err *e)
{
	int rc = keyoptions_open(&q->keys, e);
	q->o.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	q->o.cipher.write = keyoptions_new_given(&q->keys) ? &q->keys.write : NULL;
	if (rc == 0 && q->in_place)
		rc = begin_in_place(q, status, e);
	if (rc == 0)
		rc = outputs_choose_folder(&q->out, e);
	if (rc == 0 && q->in_place)
		rc = outputs_choose_folder(&q->maps, e);
	const char *const others[] = {q->map_path, q->report_path};
	if (rc == 0)
		rc = outputs_check_names(&q->out, others, 2, e);
	if (rc == 0)
		rc = open_side_files(q, e);
	if (rc == 0)
		rc = outputs_open(&q->out, e);
	look_at_media(q);
	if (rc == 0 && q->o.keep_layout)
		rc = refuse_layout(q, e);
	/* What a failed set has put into a map that is a pipe cannot be taken back. */
	bool sets = q->out.folder && q->o.path_count > 1 && !(q->map && q->map_file.direct);
	q->report = report_new();
	q->kin = rc == 0 && sets ? kin_new(q->o.paths, q->o.path_count) : NULL;
	if (rc == 0 && (q->report == NULL || (sets && q->kin == NULL)))
		rc = err_memory(e, 0, "the run");
	q->o.kin = q->kin;
	q->total = command_total_bytes(q->o.paths, q->o.path_count);
	return rc;
}

/* ---- one set ---- */

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
	return rc;
}

static int finish_map(struct filter_request *q, struct err *e)
{
	int rc = q->map ? map_finish(q->map, q->damaged > 0 ? 3 : 0, e) : 0;
	if (rc == 0 && q->map)
		rc = outfile_finish(&q->map_file, e);
	if (rc != 0)
		err_volume(e, q->map_path);
	return rc;
}

/* A signal between two of them would leave a part of a set, or volumes without their map: it waits for the last one. */
static int give_names(struct filter_request *q, struct err *e)
{
	quit_hold();
	int rc = outputs_commit(&q->out, e);
	if (rc == 0 && q->map)
		rc = outfile_commit(&q->map_file, e);
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
static int commit(struct filter_request *q, struct err *e)
{
	if (q->in_place)
		return commit_in_place(q, e);
	int rc = q->kin == NULL ? all_names_met(q, e) : 0;
	if (rc == 0)
		rc = finish_map(q, e);
	return rc == 0 ? give_names(q, e) : rc;
}

/* Sets that have a map in common get their names together, behind the last of them. */
static bool waits_for_map(const struct filter_request *q)
{
	return q->map && q->kin;
}

static int run_set(struct filter_request *q, struct err *e)
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
	q->damaged += rc == 0 ? filter_damaged(q->filter) : 0;
	return rc != 0 || waits_for_map(q) ? rc : commit(q, e);
}

static void abandon_in_place(struct filter_request *q)
{
	map_free(q->map);
	q->map = NULL;
	outputs_abandon_set(&q->maps);
	inplace_end_set(q->inplace);
}

/* Returns its exit status; *end: behind the last input of the set that began with the first one of all inputs. */
static int fail_set(struct filter_request *q, const char *const *inputs, size_t first, struct err *e, size_t *end)
{
	size_t bad = first + (q->filter ? filter_input(q->filter) : 0);
	bad = bad < *end ? bad : *end - 1;
	int status = msg_fail(e);
	/* With a wrong key nothing of a volume is worth keeping. */
	if (e->code == XE_KEY)
		outputs_drop_partial(&q->out);
	outputs_abandon_set(&q->out);
	if (q->inplace)
		abandon_in_place(q);
	if (q->filter)
		report_set(q->report, q->filter, inputs[bad], e);
	if (q->kin == NULL || q->hopeless)
		return status;
	struct err unknown = {0};
	if (q->map)
		map_rewind(q->map);
	if (kin_end(q->kin, first, bad, end, &unknown) != 0) {
		q->hopeless = true;
		return err_worse_status(status, msg_fail(&unknown));
	}
	for (size_t i = first; i < *end; i++) {
		if (i != bad)
			msg_error("%s: is not converted: it is one set with %s", inputs[i], inputs[bad]);
	}
	return status;
}

/* ---- all of them ---- */

/* Returns the worst exit status. */
static int run_sets(struct filter_request *q)
{
	const char *const *inputs = q->o.paths;
	size_t count = q->o.path_count, end;
	int status = 0;
	for (size_t first = 0; first < count && !q->hopeless; first = end) {
		struct err e = {0};
		q->o.paths = inputs + first;
		q->o.path_count = count - first;
		q->o.kin_at = first;
		q->sets++;
		end = count;
		int rc = run_set(q, &e);
		if (rc != 0 && quit_asked())
			break;
		if (rc != 0) {
			status = err_worse_status(status, fail_set(q, inputs, first, &e, &end));
			continue;
		}
		end = first + filter_input(q->filter);
		q->inputs_done += end - first;
		status = filter_damaged(q->filter) > 0 ? err_worse_status(status, 3) : status;
		report_set(q->report, q->filter, NULL, NULL);
		uint64_t read, written;
		filter_progress(q->filter, &read, &written);
		q->read += read;
		q->written += written;
	}
	q->o.paths = inputs;
	q->o.path_count = count;
	return status;
}

/* What several sets share is finished behind the last of them. */
static int conclude(struct filter_request *q, int status)
{
	struct err e = {0};
	if (q->kin == NULL)
		return status;
	if (all_names_met(q, &e) != 0) {
		status = err_worse_status(status, msg_fail(&e));
		q->hopeless = true;
		e = (struct err){0};
	}
	if (q->map && q->inputs_done > 0 && !q->hopeless && commit(q, &e) != 0) {
		status = err_worse_status(status, msg_fail(&e));
		q->hopeless = true;
		/* That its name is taken shows when the volumes have theirs. */
		outputs_tell_complete(&q->out);
	}
	if (q->map && q->hopeless && !outputs_complete(&q->out))
		q->inputs_done = 0;
	if (q->inputs_done < q->o.path_count)
		msg_error("%zu of %zu inputs are converted, %zu not", q->inputs_done, q->o.path_count, q->o.path_count - q->inputs_done);
	else
		msg_info("%zu inputs are converted, in %zu set%s", q->inputs_done, q->sets, q->sets == 1 ? "" : "s");
	return status;
}

/* The report is written of a failed run, too: it tells how far it came. */
static int write_report(struct filter_request *q, int status)
{
	struct err e = {0};
	if (q->report_path == NULL || q->report_file.io.fd < 0 || q->filter == NULL)
		return status;
	bool complete = outputs_complete(&q->out) && (q->kin == NULL || q->inputs_done == q->o.path_count);
	struct report_run run = {
		.options = &q->o,
		.seconds = since(&q->began),
		.status = status,
		.complete = complete,
		.digests = complete && q->sets == 1,
	};
	int rc = report_write(q->report, &run, q->report_file.io.fd, &e);
	if (rc == 0)
		rc = outfile_commit(&q->report_file, &e);
	if (rc == 0)
		return status;
	err_volume(&e, q->report_path);
	return err_worse_status(status, msg_fail(&e));
}

static void release(struct filter_request *q)
{
	outfile_abandon(&q->map_file);
	outfile_abandon(&q->report_file);
	outputs_free(&q->out);
	outputs_free(&q->maps);
	inplace_free(q->inplace);
	map_free(q->map);
	filter_free(q->filter);
	report_free(q->report);
	kin_free(q->kin);
	keyoptions_close(&q->keys);
	digest_free(q->o.digest_in);
	digest_free(q->o.digest_out);
	filter_request_free_names(q);
}

void filter_request_free_names(struct filter_request *q)
{
	for (size_t i = 0; i < q->o.name_count; i++)
		free((char *)q->names[i].from);
	free(q->names);
	free(q->names_met);
}

int filter_request_run(struct filter_request *q)
{
	q->map_file = q->report_file = OUTFILE_NONE;
	q->o.callbacks = (struct filter_callbacks){
		.arg = q,
		.open_output = open_output,
		.close_output = close_output,
		.loss = on_loss,
		.note = on_note,
		.remark = on_remark,
	};
	clock_gettime(CLOCK_MONOTONIC, &q->began);
	struct err e = {0};
	int left_out = 0;
	bool ready = prepare(q, &left_out, &e) == 0;
	int status = err_worse_status(left_out, ready ? run_sets(q) : msg_fail(&e));
	int stopped = quit_asked();
	status = stopped || !ready ? status : conclude(q, status);
	outputs_abandon(&q->out);
	outputs_abandon(&q->maps);
	/* What a signal ends leaves none, whenever it comes. */
	status = stopped ? status : write_report(q, status);
	if (status != 0 && status != 3 && q->kin == NULL)
		outputs_tell_complete(&q->out);
	release(q);
	if (stopped)
		quit_by(stopped);
	return status;
}
