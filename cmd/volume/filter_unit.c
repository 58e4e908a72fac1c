/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/filter_unit.h"

#include "cmd/volume/filter_set.h"
#include "cmd/volume/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what was asked for ---- */

__attribute__((format(printf, 3, 4))) static void say(char text[static FILTER_UNIT_REQUEST_BYTES], bool said, const char *format, ...)
{
	size_t len = strlen(text);
	va_list ap;
	if (!said)
		return;
	if (len > 0 && len + 1 < FILTER_UNIT_REQUEST_BYTES)
		text[len++] = ' ';
	va_start(ap, format);
	vsnprintf(text + len, FILTER_UNIT_REQUEST_BYTES - len, format, ap);
	va_end(ap);
}

/* Keys and names are not in it: what they make differs in what the report says of each volume. */
void filter_unit_request(const struct filter_request *q, char text[static FILTER_UNIT_REQUEST_BYTES])
{
	static const char *const damage[] = {"stop", "skip", "keep"};
	const struct filter_options *o = &q->o;
	text[0] = '\0';
	say(text, o->inflate && !o->recompress, "--inflate");
	say(text, o->deflate, "--%s=%s:%d", o->recompress ? "recompress" : "deflate", o->deflate ? o->codec->name : "", o->level);
	say(text, o->target_given, "--target=%d", (int)o->target);
	say(text, o->max_block > 0, "--max-block=%u", o->max_block);
	say(text, o->on_damage != ON_DAMAGE_STOP, "--on-damage=%s", damage[o->on_damage]);
	say(text, o->repair, "--repair");
	say(text, o->cipher.decrypt, "--decrypt");
	say(text, o->cipher.encrypt, "--encrypt=%d", (int)o->cipher.algorithm);
	say(text, o->strong, "--strong");
	say(text, o->block_format > 0, "--block-format=%u", o->block_format);
	say(text, o->keep_layout, "--keep-layout");
	say(text, q->by_volume, "--by-volume");
	say(text, q->form.medium != NULL, "--%s=%llu", q->form.medium ? q->form.medium->name : "", (unsigned long long)q->form.unit);
}

/* ---- what is there ---- */

/* Done when no other input was called so: it may be replaced at any moment. */
static bool is_anothers(const struct filter_request *q, const char *name)
{
	struct err unknown = {0};
	bool taken = false;
	for (size_t i = 0; i < q->out.input_count; i++) {
		if (strcmp(q->out.called[i], name) == 0)
			return false;
	}
	return q->out.taken(q->out.names_of_all, name, &taken, &unknown) != 0 || taken;
}

/* As --rename says now, or else as its input, or the label in it. */
static bool is_named(void *arg, const struct reportread_output *o)
{
	const struct filter_request *q = arg;
	char output[PLACE_PATH_BYTES], input[PLACE_PATH_BYTES];
	if (o->path == NULL || o->input == NULL || o->volume == NULL)
		return false;
	place_base(o->path, output);
	place_base(o->input, input);
	if (is_anothers(q, output))
		return false;
	const char *renamed = reshape_new_name(q->out.names, q->out.name_count, o->volume);
	return renamed ? strcmp(output, renamed) == 0 : strcmp(output, input) == 0 || strcmp(output, o->volume) == 0;
}

int filter_unit_look(struct filter_request *q, struct err *e)
{
	char request[FILTER_UNIT_REQUEST_BYTES];
	struct filter_unit *u = q->unit;
	filter_unit_request(q, request);
	const struct unitstate_wanted wanted = {
		.report = u->report,
		.request = request,
		.inputs = q->o.paths,
		.input_count = q->o.path_count,
		.before = q->o.before,
		.before_count = q->o.before_count,
		.after = q->o.paths + q->o.path_count,
		.after_count = q->o.after_count,
		.named = is_named,
		.met = filter_set_meet_name,
		.arg = q,
	};
	struct err why = {0};
	int rc = unitstate_look(&u->state, &wanted, u->proof, &why);
	/* What is no hindrance where all is replaced is not done, either. */
	return rc == 0 || q->out.replace ? 0 : err_pass(e, &why);
}

/* Who opened a pipe would wait for whoever reads from it. */
static int refuse_no_file(const char *report, struct err *e)
{
	struct stat st;
	if (stat(report, &st) != 0 || S_ISREG(st.st_mode))
		return 0;
	err_volume(e, report);
	return err_set(e, XE_FAILED, "is no file, and a report is to stand there; move it away");
}

/* It may have come since the batch has looked; and where done units are passed over, it was read. */
static int refuse_foreign_report(const struct filter_request *q, struct err *e)
{
	const struct filter_unit *u = q->unit;
	if (!u->state.reported || u->skip_done || q->out.replace || report_is_of_failure(u->report))
		return 0;
	err_volume(e, u->report);
	return err_set(e, XE_FAILED, "exists already; --skip-done goes on with what is not done yet, --force replaces all");
}

int filter_unit_begin(struct filter_request *q, struct err *e)
{
	int rc = refuse_no_file(q->unit->report, e);
	if (rc == 0)
		rc = refuse_foreign_report(q, e);
	if (rc != 0)
		return rc;
	q->unit->ours = true;
	return q->unit->unread ? err_pass(e, q->unit->unread) : 0;
}

bool filter_unit_owns(void *arg, const char *path)
{
	const struct filter_unit *u = arg;
	return unitstate_owns(&u->state, path);
}

/* ---- its report ---- */

static int count_map(const struct filter_request *q, struct report_run *run, char digest[static STANDING_TEXT_BYTES], struct err *e)
{
	char path[OUTFILE_LEFT_BYTES];
	outfile_where(&q->map_file, path);
	run->map = q->unit->map;
	run->map_digest = digest;
	return standing_digest(path, digest, &run->map_bytes, e);
}

static int write_report(struct filter_request *q, const struct report_run *run, struct err *e)
{
	struct outfile o = OUTFILE_NONE;
	int rc = refuse_no_file(q->unit->report, e);
	if (rc == 0)
		rc = outfile_open(&o, q->unit->report, 0644, q->unit->state.reported, false, e);
	if (rc == 0 && (rc = report_write(q->report, run, o.io.fd, e)) != 0)
		err_volume(e, q->unit->report);
	if (rc == 0)
		rc = outfile_commit(&o, e);
	outfile_abandon(&o);
	/* What is there from now on is ours. */
	if (rc == 0)
		unitstate_look_again(&q->unit->state, q->unit->report);
	return rc;
}

static int report_as(struct filter_request *q, int status, bool complete, struct err *e)
{
	char request[FILTER_UNIT_REQUEST_BYTES], digest[STANDING_TEXT_BYTES];
	struct report_run run;
	filter_unit_request(q, request);
	filter_request_describe(q, status, &run);
	run.complete = complete;
	run.request = request;
	run.unit = q->unit->name;
	/* Of one that failed there may be none. */
	int rc = q->map_whole ? count_map(q, &run, digest, e) : 0;
	return rc == 0 ? write_report(q, &run, e) : rc;
}

static int status_of(const struct filter_request *q)
{
	return filter_damaged(q->filter) > 0 ? 3 : 0;
}

static void tell_earlier(struct filter_request *q)
{
	const struct unitstate *s = &q->unit->state;
	for (size_t i = 0; i < s->own_count; i++)
		report_earlier(q->report, s->own[i].path, s->own[i].bytes, s->own[i].digest, &s->own[i].as);
}

int filter_unit_promise(struct filter_request *q, struct err *e)
{
	int rc = unitstate_unchanged(&q->unit->state, q->unit->report, e);
	if (rc == 0)
		rc = unitstate_still_owns(&q->unit->state, e);
	if (rc != 0)
		return rc;
	q->unit->told = true;
	report_set(q->report, q->filter, NULL, NULL);
	tell_earlier(q);
	return report_as(q, status_of(q), false, e);
}

int filter_unit_complete(struct filter_request *q, struct err *e)
{
	report_forget_earlier(q->report);
	int rc = report_as(q, status_of(q), true, e);
	q->unit->complete = rc == 0;
	return rc;
}

int filter_unit_failed(struct filter_request *q, int status, struct err *e)
{
	/* What another run has done since is no less done. */
	int rc = unitstate_unchanged(&q->unit->state, q->unit->report, e);
	if (rc != 0)
		return rc;
	report_forget_earlier(q->report);
	tell_earlier(q);
	return report_as(q, status, false, e);
}
