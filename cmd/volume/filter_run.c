/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that share no unfinished job are sets of their own: each gets a filter, is whole or not there, and costs only itself.  Where
 * they go to one place one behind the other, they are one set. */
#include "cmd/volume/filter_run.h"

#include "base/elapsed.h"
#include "base/msg.h"
#include "base/quit.h"
#include "catalog/script.h"
#include "cmd/command.h"
#include "cmd/volume/beside.h"
#include "cmd/volume/filter_neighbours.h"
#include "cmd/volume/filter_set.h"
#include "cmd/volume/filter_unit.h"
#include "cmd/volume/inplace.h"
#include "cmd/volume/report.h"
#include "volume/kin.h"
#include "volume/map.h"

#include <stdlib.h>

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

/* Where nothing stands and starts, nobody waits for marks. */
static int refuse_marks(const struct filter_request *q, struct err *e)
{
	const struct outfile *out = outputs_current(&q->out);
	const struct medium *to = out ? medium_of(&out->io) : NULL;
	if (to && to != &medium_file)
		return 0;
	return err_set(e, XE_USAGE, "--rate-high goes with output to a tape or a pipe; %s is neither", q->out.path);
}

static int open_report(struct filter_request *q, struct err *e)
{
	bool replace = q->out.replace;
	q->out.replace = replace || report_is_of_failure(q->report_path);
	int rc = outputs_open_file(&q->out, &q->report_file, q->report_path, "--report", 0644, false, e);
	q->out.replace = replace;
	return rc;
}

/* What the unit may replace, its map is among. */
static int open_map(struct filter_request *q, struct err *e)
{
	bool replace = q->out.replace;
	q->out.replace = replace || (q->unit && filter_unit_owns(q->unit, q->map_path));
	int rc = outputs_open_file(&q->out, &q->map_file, q->map_path, "--map", OUTPUTS_MODE, false, e);
	q->out.replace = replace;
	q->map = rc == 0 ? map_new(q->map_file.io.fd) : NULL;
	return rc == 0 && q->map == NULL ? err_memory(e, 0, "the map") : rc;
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
	if (q->map_path || q->in_place)
		q->o.hash_volumes = true;
	if (q->map_path)
		rc = open_map(q, e);
	q->o.hash_volumes = q->o.hash_volumes || q->report_path || q->unit;
	return rc == 0 && q->report_path ? open_report(q, e) : rc;
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

/* What is odd about their sources the batch has told already. */
static int open_keys(struct filter_request *q, struct err *e)
{
	int verbosity = msg_verbosity();
	if (q->unit)
		msg_set_verbosity(-2);
	int rc = keyoptions_open(&q->keys, e);
	msg_set_verbosity(verbosity);
	return rc;
}

static int prepare(struct filter_request *q, int *status, struct err *e)
{
	q->events.to.unit = q->unit ? q->unit->name : NULL;
	q->report = report_new();
	int rc = q->report ? open_keys(q, e) : err_memory(e, 0, "the run");
	q->o.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	q->o.cipher.write = keyoptions_new_given(&q->keys) ? &q->keys.write : NULL;
	if (rc == 0 && q->in_place)
		rc = begin_in_place(q, status, e);
	if (rc == 0)
		rc = filter_neighbours_look(q, e);
	if (q->report && (q->report_path || q->unit))
		report_inputs(q->report, q->o.paths, q->o.path_count);
	if (rc == 0)
		rc = outputs_choose_folder(&q->out, e);
	if (rc == 0 && q->in_place)
		rc = outputs_choose_folder(&q->maps, e);
	const char *const others[] = {q->map_path, q->report_path};
	if (rc == 0)
		rc = outputs_check_names(&q->out, others, 2, e);
	if (rc == 0 && q->unit)
		rc = filter_unit_begin(q, e);
	if (rc == 0)
		rc = open_side_files(q, e);
	if (rc == 0)
		rc = outputs_open(&q->out, e);
	look_at_media(q);
	if (rc == 0 && q->o.keep_layout)
		rc = refuse_layout(q, e);
	if (rc == 0 && q->o.marks.high > 0)
		rc = refuse_marks(q, e);
	/* What a failed set has put into a map that is a pipe cannot be taken back. */
	bool sets = q->out.folder && q->o.path_count > 1 && !(q->map && q->map_file.direct) && !q->unit;
	q->kin = rc == 0 && sets ? kin_new(q->o.paths, q->o.path_count) : NULL;
	if (rc == 0 && sets && q->kin == NULL)
		rc = err_memory(e, 0, "the run");
	q->o.kin = q->kin;
	q->total = command_total_bytes(q->o.paths, q->o.path_count);
	return rc;
}

/* ---- what went wrong ---- */

int filter_request_fail(struct filter_request *q, const struct err *e)
{
	q->class = err_worse_class(q->class, err_class(e));
	if (q->unit == NULL)
		return msg_fail(e);
	if (q->unit->outcome->err.code == XE_OK)
		q->unit->outcome->err = *e;
	return err_exit_status(e->code);
}

/* The report tells what failed beside the sets. */
static int fail_run(struct filter_request *q, const struct err *e)
{
	runevents_broke(&q->events, e);
	if (q->report)
		report_failure(q->report, "", e);
	return filter_request_fail(q, e);
}

/* Of a run that ends with status. */
static int class_of(const struct filter_request *q, int status)
{
	bool done = status == 0 || status == 3;
	return done ? ERR_CLASS_DONE : q->class == ERR_CLASS_AGAIN ? ERR_CLASS_AGAIN : ERR_CLASS_GIVE_UP;
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
		int rc = filter_set_run(q, &e);
		if (rc != 0 && quit_asked())
			break;
		if (rc != 0) {
			status = err_worse_status(status, filter_set_fail(q, inputs, first, &e, &end));
			continue;
		}
		end = first + filter_input(q->filter);
		q->inputs_done += end - first;
		status = filter_damaged(q->filter) > 0 ? err_worse_status(status, 3) : status;
		if (q->unit == NULL)
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
	if (filter_set_names_met(q, &e) != 0) {
		status = err_worse_status(status, fail_run(q, &e));
		q->hopeless = true;
		e = (struct err){0};
	}
	if (q->map && q->inputs_done > 0 && !q->hopeless && filter_set_commit(q, &e) != 0) {
		status = err_worse_status(status, fail_run(q, &e));
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

void filter_request_describe(const struct filter_request *q, int status, struct report_run *run)
{
	bool complete = outputs_complete(&q->out) && (q->kin == NULL || q->inputs_done == q->o.path_count);
	*run = (struct report_run){
		.options = &q->o,
		.command = q->command,
		.command_count = q->command_count,
		.began = q->began_at,
		.seconds = elapsed_since(&q->began),
		.status = status,
		.class = class_of(q, status),
		.complete = complete,
		.digests = complete && q->sets == 1,
	};
}

/* One that failed before its report was opened has one all the same, if it may; but not what made no sense from the beginning. */
static bool report_is_open(struct filter_request *q, int status)
{
	struct err unsaid = {0};
	if (q->report_path == NULL || q->report == NULL || (q->filter == NULL && status == err_exit_status(XE_USAGE)))
		return false;
	if (q->report_file.io.fd >= 0)
		return true;
	return open_report(q, &unsaid) == 0;
}

static int write_own_report(struct filter_request *q, int status, struct err *e)
{
	struct report_run run;
	filter_request_describe(q, status, &run);
	int rc = report_write(q->report, &run, q->report_file.io.fd, e);
	if (rc == 0)
		rc = outfile_commit(&q->report_file, e);
	if (rc != 0)
		err_volume(e, q->report_path);
	return rc;
}

/* The report is written of a failed run, too: it tells how far it came. */
static int write_report(struct filter_request *q, int status)
{
	struct err e = {0};
	int rc = 0;
	if (q->unit)
		rc = q->unit->ours && !q->unit->complete && q->report ? filter_unit_failed(q, status, &e) : 0;
	else if (report_is_open(q, status))
		rc = write_own_report(q, status, &e);
	return rc == 0 ? status : err_worse_status(status, filter_request_fail(q, &e));
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
	if (q->unit == NULL)
		filter_request_free_names(q);
}

void filter_request_free_names(struct filter_request *q)
{
	for (size_t i = 0; i < q->o.name_count; i++)
		free((char *)q->names[i].from);
	free(q->names);
	free(q->names_met);
	q->names = NULL;
	q->names_met = NULL;
	q->o.name_count = 0;
}

static void tell_outcome(struct filter_request *q)
{
	struct filter_outcome *o = q->unit->outcome;
	o->damaged = q->damaged;
}

int filter_request_run(struct filter_request *q)
{
	q->map_file = q->report_file = OUTFILE_NONE;
	filter_set_callbacks(q, q->map_path || q->in_place);
	clock_gettime(CLOCK_MONOTONIC, &q->began);
	q->began_at = time(NULL);
	struct err e = {0};
	int left_out = 0;
	bool ready = prepare(q, &left_out, &e) == 0 && runevents_begin(&q->events, &e) == 0;
	int status = err_worse_status(left_out, ready ? run_sets(q) : fail_run(q, &e));
	int stopped = quit_asked();
	status = stopped || !ready ? status : conclude(q, status);
	outputs_abandon(&q->out);
	outputs_abandon(&q->maps);
	/* What a signal ends leaves none, whenever it comes. */
	status = stopped ? status : write_report(q, status);
	if (status != 0 && status != 3 && q->kin == NULL)
		outputs_tell_complete(&q->out);
	int class = class_of(q, status);
	runevents_end(&q->events, status);
	if (q->unit)
		tell_outcome(q);
	release(q);
	if (stopped)
		quit_by(stopped);
	return q->exit_class ? class : status;
}
