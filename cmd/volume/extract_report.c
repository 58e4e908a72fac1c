/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/extract_report.h"

#include "base/msg.h"
#include "base/printable.h"
#include "cmd/command.h"
#include "cmd/volume/findingtext.h"
#include "format/backupread.h"
#include "format/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 20u /* files of one result; -v: all */
#define NAME_SHOWN_BYTES 5000u
#define UNMET_SHOWN 100u /* names that no file has */

static const char *const words[EXTRACT_RESULTS] = {
	[EXTRACT_MADE] = "extracted",   [EXTRACT_BARE] = "extracted, but", [EXTRACT_THERE] = "left as it was",
	[EXTRACT_DAMAGED] = "DAMAGED",  [EXTRACT_NAMELESS] = "NAMELESS",   [EXTRACT_FAILED] = "not extracted",
	[EXTRACT_LOCKED] = "encrypted", [EXTRACT_ELSEWHERE] = "not here",  [EXTRACT_LEFT] = "left out",
};

static const char *const keys[EXTRACT_RESULTS] = {
	[EXTRACT_MADE] = "extracted",   [EXTRACT_BARE] = "without_metadata", [EXTRACT_THERE] = "existed",
	[EXTRACT_DAMAGED] = "damaged",  [EXTRACT_NAMELESS] = "nameless",     [EXTRACT_FAILED] = "failed",
	[EXTRACT_LOCKED] = "encrypted", [EXTRACT_ELSEWHERE] = "elsewhere",   [EXTRACT_LEFT] = "left_out",
};

/* ---- one file ---- */

static bool is_right(enum extract_result result)
{
	return result == EXTRACT_MADE || result == EXTRACT_THERE;
}

static void json_file(struct json *j, const struct extract_file *f)
{
	json_object(j, NULL);
	json_text(j, "kind", "file");
	json_text(j, "result", keys[f->result]);
	json_signed(j, "file_index", f->file_index);
	json_known(j, "file", f->name);
	if (f->path[0])
		json_text(j, "path", f->path);
	if (f->kind == OBJECT_FILE) {
		json_bool(j, "proved", f->proved);
		json_number(j, "bytes", f->bytes);
	}
	if (f->why[0])
		json_text(j, "reason", f->why);
	json_end_object(j);
}

static void print_line(FILE *out, const struct extract_file *f)
{
	fprintf(out, "%-14s %-6s ", words[f->result], f->proved ? "proved" : "");
	printable_put(f->name[0] ? f->name : f->path, out);
	putc('\n', out);
}

static void warn_of(const struct extract_file *f)
{
	const char *name = f->name[0] ? f->name : f->path;
	char place[64];
	/* The reason stands behind it. */
	int shown = (int)strnlen(name, NAME_SHOWN_BYTES);
	const char *cut = name[shown] ? "..." : "";
	snprintf(place, sizeof place, "FileIndex %d", f->file_index);
	/* What was looked for and is as it was needs no warning. */
	if (f->result == EXTRACT_LEFT)
		msg_info("%s: %.*s%s: %s", words[f->result], shown, name, cut, f->why);
	else
		msg_warning("%s: %.*s%s: %s%s%s", words[f->result], shown, name, cut, f->why, f->result == EXTRACT_NAMELESS ? ": " : "",
			    f->result == EXTRACT_NAMELESS ? place : "");
}

void extract_report_file(void *arg, const struct extract_file *f)
{
	struct extract_report *r = arg;
	bool all = msg_verbosity() > 0;
	if (r->json && (all || !is_right(f->result)))
		json_file(r->json, f);
	else if (r->json == NULL && all)
		print_line(r->out, f);
	if (r->json && !is_right(f->result) && r->first[f->result] == NULL) {
		/* It is in the problems, too: without memory it is not named here. */
		r->first[f->result] = strdup(f->name[0] ? f->name : f->path);
		r->why[f->result] = strdup(f->why);
	}
	if (is_right(f->result) || r->shown[f->result]++ >= (all ? UINT64_MAX : SHOWN))
		return;
	warn_of(f);
	if (r->shown[f->result] == SHOWN && !all)
		msg_warning("%s: further ones are counted only; -v names them all", words[f->result]);
}

void extract_report_problem(void *arg, const struct finding *f)
{
	struct extract_report *r = arg;
	findingtext_warn(f, findingtext_kind(f->kind), "");
	if (r->json == NULL)
		return;
	json_object(r->json, NULL);
	json_text(r->json, "kind", findingtext_kind(f->kind));
	if (f->volume)
		json_text(r->json, "volume", findingtext_volume(f->volume));
	if (f->file_index > 0)
		json_signed(r->json, "file_index", f->file_index);
	findingtext_json_file(r->json, f);
	findingtext_json_place(r->json, f);
	json_text(r->json, "reason", f->reason);
	json_end_object(r->json);
}

/* ---- the whole ---- */

struct outcome {
	const struct job *job; /* NULL: it is not here */
	struct extract_counts counts;
	uint64_t missing;               /* files of it that did not come; 0 where only some were wanted */
	uint64_t unmet;                 /* things that were named and are not here */
	struct extract_file unfinished; /* what came when the run broke off; without a name: nothing did */
	bool complete;
	const struct extract_stream *streams;
	size_t stream_count;
	int status;
};

/* Files of this result were to be made, and are not as they were. */
static bool is_not_restored(int result)
{
	return !is_right((enum extract_result)result) && result != EXTRACT_LEFT;
}

static int status_of(const struct outcome *o, const struct err *e)
{
	const uint64_t *n = o->counts.by_result;
	int status = e->code != XE_OK ? err_exit_status(e->code) : 0;
	bool failed =
		n[EXTRACT_FAILED] + n[EXTRACT_BARE] + n[EXTRACT_ELSEWHERE] + o->counts.end.bare_folders + o->counts.unproved + o->unmet > 0;
	bool absent = e->code == XE_OK && o->job == NULL;
	bool damaged = n[EXTRACT_DAMAGED] + n[EXTRACT_NAMELESS] + o->counts.places + o->missing > 0;
	status = err_worse_status(status, damaged ? 3 : 0);
	status = err_worse_status(status, n[EXTRACT_LOCKED] > 0 ? err_exit_status(XE_KEY) : 0);
	return err_worse_status(status, failed || absent ? err_exit_status(XE_FAILED) : 0);
}

static struct outcome outcome_of(const struct extract *x, const struct choice *c, const struct asof *asof, const struct err *e)
{
	struct outcome o = {0};
	if (x) {
		o.job = extract_job(x);
		o.counts = *extract_counts(x);
		o.stream_count = extract_streams(x, &o.streams);
	}
	if (e->code == XE_OK && x && o.job && !choice_is_part(c))
		o.missing = asof ? asof_missing(asof) : extract_missing(x);
	while (e->code == XE_OK && o.job && choice_unmet(c, (size_t)o.unmet))
		o.unmet++;
	o.status = status_of(&o, e);
	/* What the run failed of has said how it ends. */
	if (e->code != XE_OK && x)
		o.counts.by_result[EXTRACT_FAILED] += extract_unfinished(x, &o.unfinished);
	/* Damage is told by itself, as everywhere. */
	o.complete = o.status == 0 || o.status == 3;
	return o;
}

/* No job is here. */
static void set_absent(const char *job, bool asof, struct err *e)
{
	if (asof) {
		err_set(e, XE_FAILED, "nothing of these jobs came");
	} else if (job) {
		err_volume(e, job);
		err_set(e, XE_FAILED, "no such job is here, or nothing of it; xflate list shows those that are");
	} else {
		err_set(e, XE_FAILED, "there is no job on these volumes");
	}
}

static void warn_of_absent(const struct outcome *o, const struct choice *c, const char *job, bool asof)
{
	struct err absent = {0};
	if (o->job == NULL) {
		set_absent(job, asof, &absent);
		msg_fail(&absent);
	}
	if (o->counts.end.bare_folders > 0)
		msg_warning("%llu folders lack their owner, mode, time or attributes, the last: %s",
			    (unsigned long long)o->counts.end.bare_folders, o->counts.end.why);
	if (o->counts.unproved > 0)
		msg_warning("not proved: %llu files, for their digests were not counted; --all-digests counts all",
			    (unsigned long long)o->counts.unproved);
	if (o->missing > 0)
		msg_warning("missing: %llu files of the job did not come", (unsigned long long)o->missing);
	for (size_t i = 0; i < o->unmet && i < UNMET_SHOWN; i++)
		msg_warning("not on the volumes: %s", choice_unmet(c, i));
	if (o->unmet > UNMET_SHOWN)
		msg_warning("not on the volumes: and %llu more", (unsigned long long)(o->unmet - UNMET_SHOWN));
}

static void print_count(FILE *out, uint64_t n, const char *one, const char *more)
{
	if (n > 0)
		fprintf(out, ", %llu %s", (unsigned long long)n, n == 1 ? one : more);
}

static void print_result(FILE *out, const struct outcome *o, enum extract_result result, const char *name, const char *text)
{
	uint64_t n = o->counts.by_result[result];
	if (n > 0)
		fprintf(out, "  %-11s %llu%s\n", name, (unsigned long long)n, text);
}

/* "stream 13 MACOS_FORK_DATA" */
static const char *describe_stream(const struct extract_stream *s, char text[static 64])
{
	const char *name = s->number < EXTRACT_WINDOWS ? stream_name(s->number) : backupread_name(s->number - EXTRACT_WINDOWS);
	if (s->number < EXTRACT_WINDOWS)
		snprintf(text, 64, "stream %u%s%s", s->number, name ? " " : "", name ? name : "");
	else
		snprintf(text, 64, "Windows' %s", name ? name : "");
	return text;
}

static void print_streams(FILE *out, const struct outcome *o)
{
	for (size_t i = 0; i < o->stream_count; i++) {
		const struct extract_stream *s = &o->streams[i];
		char text[64];
		fprintf(out, "  records:    %s of %llu file%s: not restored; the first: ", describe_stream(s, text),
			(unsigned long long)s->files, s->files == 1 ? "" : "s");
		printable_put(s->first[0] ? s->first : "(no name)", out);
		putc('\n', out);
	}
}

static void print_outcome(const struct extract_report *r, const struct outcome *o)
{
	const struct extract_counts *c = &o->counts;
	FILE *out = r->out;
	char name[LABEL_NAME_BYTES + 64], size[MSG_SIZE_BYTES];
	if (r->asof)
		asof_print(r->asof, out);
	if (o->job == NULL)
		return;
	job_describe(o->job, name, sizeof name);
	if (r->asof == NULL) {
		printable_put(name, out);
		putc('\n', out);
	}
	fprintf(out, "  %-11s %llu file%s", r->dry_run ? "to extract:" : "extracted:", (unsigned long long)c->files,
		c->files == 1 ? "" : "s");
	fprintf(out, " (%llu proved by their digests), %s", (unsigned long long)c->proved, msg_size(c->bytes, size));
	print_count(out, c->folders, "folder", "folders");
	print_count(out, c->symlinks, "symbolic link", "symbolic links");
	print_count(out, c->links, "hard link", "hard links");
	print_count(out, c->specials, "device or fifo", "devices and fifos");
	putc('\n', out);
	print_result(out, o, EXTRACT_THERE, "there:", " of these names were there, and stay as they were");
	print_result(out, o, EXTRACT_LEFT, "left out:", "");
	print_result(out, o, EXTRACT_ELSEWHERE, "not here:", " whose content is in other jobs");
	print_result(out, o, EXTRACT_LOCKED, "encrypted:", " by their client, and not extracted");
	print_result(out, o, EXTRACT_BARE, "incomplete:", " whose owner, mode, time or attributes could not be set");
	print_result(out, o, EXTRACT_FAILED, "FAILED:", " not extracted");
	print_result(out, o, EXTRACT_DAMAGED, "DAMAGED:", ", called NAME.damaged");
	print_result(out, o, EXTRACT_NAMELESS, "NAMELESS:", " whose names are lost, below lost+found");
	if (o->missing > 0)
		fprintf(out, "  MISSING:    %llu files\n", (unsigned long long)o->missing);
	if (c->places > 0)
		fprintf(out, "  DAMAGE:     in %llu place%s of the volumes\n", (unsigned long long)c->places, c->places == 1 ? "" : "s");
	if (c->unproved > 0)
		fprintf(out, "  not proved: %llu, whose digests were not counted (--all-digests)\n", (unsigned long long)c->unproved);
	if (c->stripped > 0)
		fprintf(out, "  note:       %llu without their setuid or setgid bit\n", (unsigned long long)c->stripped);
	if (c->end.left_attributes > 0)
		fprintf(out, "  note:       %llu extended attributes that lend rights left out\n",
			(unsigned long long)c->end.left_attributes);
	if (c->again > 0)
		fprintf(out, "  note:       %llu came again under a name of the same job: the last counts\n", (unsigned long long)c->again);
	if (c->end.bare_folders > 0)
		fprintf(out, "  incomplete: %llu folders whose owner, mode, time or attributes could not be set\n",
			(unsigned long long)c->end.bare_folders);
	pkioptions_print(r->pki, out);
	print_streams(out, o);
}

static void json_not_restored(struct json *j, const struct extract_report *r, int result, uint64_t files)
{
	json_object(j, NULL);
	json_text(j, "result", keys[result]);
	json_text(j, "what", words[result]);
	json_number(j, "files", files);
	json_known(j, "first", r->first[result]);
	json_known(j, "reason", r->why[result]);
	json_end_object(j);
}

/* For the JSON: what makes the exit status that of a failure, the first of it. */
static void first_failure(const struct extract_report *r, const struct outcome *o, const struct choice *c, const char *job, struct err *e)
{
	if (e->code != XE_OK || o->complete)
		return;
	if (o->job == NULL) {
		set_absent(job, r->asof != NULL, e);
		return;
	}
	for (int i = 0; i < EXTRACT_RESULTS; i++) {
		if (i == EXTRACT_DAMAGED || i == EXTRACT_NAMELESS || !is_not_restored(i) || o->counts.by_result[i] == 0)
			continue;
		err_volume(e, r->first[i] ? r->first[i] : "");
		err_set(e, i == EXTRACT_LOCKED ? XE_KEY : XE_FAILED, "%s", r->why[i] ? r->why[i] : words[i]);
	}
	if (o->counts.end.bare_folders > 0)
		err_set(e, XE_FAILED, "%s", o->counts.end.why);
	if (o->unmet > 0 && e->code == XE_OK) {
		err_volume(e, choice_unmet(c, 0));
		err_set(e, XE_FAILED, "not on the volumes");
	}
	if (o->counts.unproved > 0)
		err_set(e, XE_FAILED, "not proved: a digest was not counted; --all-digests counts all");
}

static void json_outcome(struct json *j, const struct outcome *o, const struct extract_report *r, const struct err *e)
{
	const struct extract_counts *c = &o->counts;
	json_end_array(j); /* problems */
	if (r->asof)
		asof_json(r->asof, j);
	if (o->job && r->asof == NULL) {
		json_array(j, "jobs");
		json_object(j, NULL);
		command_json_job(j, o->job);
		json_end_object(j);
		json_end_array(j);
	}
	json_bool(j, "dry_run", r->dry_run);
	json_number(j, "files", c->files);
	json_number(j, "files_proved", c->proved);
	json_number(j, "files_not_proved", c->unproved);
	json_number(j, "plain_bytes", c->bytes);
	json_number(j, "folders", c->folders);
	json_number(j, "symbolic_links", c->symlinks);
	json_number(j, "hard_links", c->links);
	json_number(j, "devices", c->specials);
	json_object(j, "results");
	for (int i = 0; i < EXTRACT_RESULTS; i++)
		json_number(j, keys[i], c->by_result[i]);
	json_end_object(j);
	json_number(j, "folders_without_metadata", c->end.bare_folders);
	json_number(j, "without_setuid", c->stripped);
	json_number(j, "attributes_left_out", c->end.left_attributes);
	json_number(j, "names_again", c->again);
	json_number(j, "files_missing", o->missing);
	json_number(j, "not_found", o->unmet);
	json_number(j, "damage", c->places);
	pkioptions_json(r->pki, j);
	json_array(j, "not_restored");
	for (int i = 0; i < EXTRACT_RESULTS; i++) {
		if (is_not_restored(i) && c->by_result[i] > 0)
			json_not_restored(j, r, i, c->by_result[i]);
	}
	for (size_t i = 0; i < o->stream_count; i++) {
		json_object(j, NULL);
		char text[64];
		if (o->streams[i].number < EXTRACT_WINDOWS)
			json_number(j, "stream", o->streams[i].number);
		json_text(j, "what", describe_stream(&o->streams[i], text));
		json_number(j, "files", o->streams[i].files);
		json_known(j, "first", o->streams[i].first);
		json_end_object(j);
	}
	json_end_array(j);
	json_bool(j, "complete", o->complete);
	command_json_error(j, e);
	json_signed(j, "exit_status", o->status);
	json_end_object(j);
}

void extract_report_begin(struct extract_report *r)
{
	if (r->json == NULL)
		return;
	json_object(r->json, NULL);
	json_number(r->json, "format", 1);
	json_array(r->json, "problems");
}

int extract_report_end(struct extract_report *r, const struct extract *x, const struct choice *c, const char *job, const struct err *e)
{
	struct outcome o = outcome_of(x, c, r->asof, e);
	char why[ERR_TEXT_BYTES + 32];
	if (o.unfinished.name && o.unfinished.name[0]) {
		snprintf(why, sizeof why, "the run broke off in it: %s", e->text);
		o.unfinished.why = why;
		extract_report_file(r, &o.unfinished);
	}
	if (e->code != XE_OK)
		msg_fail(e);
	else
		warn_of_absent(&o, c, job, r->asof != NULL);
	struct err failure = *e;
	first_failure(r, &o, c, job, &failure);
	if (r->json)
		json_outcome(r->json, &o, r, &failure);
	else if (r->out == stdout || msg_verbosity() >= 0)
		print_outcome(r, &o);
	for (int i = 0; i < EXTRACT_RESULTS; i++) {
		free(r->first[i]);
		free(r->why[i]);
		r->first[i] = r->why[i] = NULL;
	}
	return o.status;
}
