/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/events.h"

#include "base/msg.h"
#include "base/quit.h"
#include "cmd/timetext.h"
#include "crypt/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SAID_BYTES 512u

static const char *const names[] = {"run-start",   "volume-start", "label-read",  "label-verified", "session-start",
				    "session-end", "volume-end",   "damage",      "read-error",     "write-error",
				    "key-asked",   "key-loaded",   "key-cleared", "run-end",        "batch-end"};

/* Of a list with commas between; NULL behind the last. */
static const char *next_name(const char *at)
{
	const char *comma = strchr(at, ',');
	return comma ? comma + 1 : NULL;
}

static bool is_name(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
			return true;
	}
	return false;
}

const char *events_wrong(const struct events *v)
{
	if (v->command == NULL && (v->veto || v->only))
		return "--events-veto and --events-for go with --events COMMAND";
	if (v->command && v->command[0] == '\0')
		return "--events: an empty command does nothing";
	for (const char *at = v->only; at; at = next_name(at)) {
		if (!is_name(at, strcspn(at, ",")))
			return "--events-for wants names of events with commas between, as run-end,damage";
	}
	return NULL;
}

int events_check(struct events *v, const char *verb)
{
	const char *wrong = events_wrong(v);
	v->verb = verb;
	return wrong ? msg_usage(verb, "%s", wrong) : 0;
}

/* Is it one that is to be told? */
static bool is_wanted(const struct events *v, const char *event)
{
	size_t len = strlen(event);
	if (v->command == NULL || v->given_up)
		return false;
	for (const char *at = v->only; at; at = next_name(at)) {
		if (strcspn(at, ",") == len && memcmp(at, event, len) == 0)
			return true;
	}
	return v->only == NULL;
}

/* ---- the line ---- */

static void put_line(FILE *out, const struct events *v, const char *event, events_facts *facts, const void *about)
{
	struct json j = {.out = out, .one_line = true};
	struct utsname host;
	char now[TIMETEXT_BYTES];
	timetext_utc(time(NULL), now);
	json_object(&j, NULL);
	json_number(&j, "format", 1);
	json_text(&j, "event", event);
	json_text(&j, "time", now);
	json_known(&j, "host", uname(&host) == 0 ? host.nodename : NULL);
	json_number(&j, "pid", (uint64_t)getpid());
	json_text(&j, "command", v->verb);
	if (v->unit)
		json_text(&j, "unit", v->unit);
	if (facts)
		facts(&j, about);
	json_end_object(&j);
}

/* Allocated; NULL without memory. */
static char *line_of(const struct events *v, const char *event, events_facts *facts, const void *about)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		return NULL;
	put_line(out, v, event, facts, about);
	bool whole = ferror(out) == 0;
	if (fclose(out) == 0 && whole)
		return text;
	free(text);
	return NULL;
}

/* ---- the command ---- */

/* Its words go where ours go: standard output may be a volume.  The descriptors that child_run gives are not for it. */
static char *script_of(const struct events *v)
{
	static const char *const before[] = {"exec >&2 3<&- 4>&-\n", "exec >/dev/null 3<&- 4>&-\n"};
	const char *redirect = before[v->silent];
	size_t bytes = strlen(redirect) + strlen(v->command) + 1;
	char *text = malloc(bytes);
	if (text)
		snprintf(text, bytes, "%s%s", redirect, v->command);
	return text;
}

static int run(const struct events *v, const char *event, const char *line, struct err *e)
{
	char variable[64];
	snprintf(variable, sizeof variable, "XFLATE_EVENT=%s", event);
	char *script = script_of(v);
	if (script == NULL)
		return err_memory(e, strlen(v->command), "the command of --events");
	const char *const argv[] = {"/bin/sh", "-c", script, NULL}, *const env[] = {variable, NULL};
	const struct child c = {
		.argv = argv,
		.env = env,
		.what = "the command of --events",
		.in = {(const uint8_t *)line, strlen(line)},
		.stderr_too = !v->silent,
		.out_max = SAID_BYTES,
		.seconds = v->seconds ? v->seconds : EVENTS_SECONDS,
	};
	struct child_result result;
	int rc = child_run(&c, &result, e);
	secret_free(&result.out);
	free(script);
	return rc == 0 && result.exit_status != 0 ? err_set(e, XE_FAILED, "the command of --events ended with %d", result.exit_status) : rc;
}

/* Tells of it once: what fails at one event will at the others.  One that hangs is not waited for again and again. */
static void warn(struct events *v, const char *event, const struct err *e)
{
	v->given_up = e->code == XE_NOT_READY;
	if ((v->failed++ > 0 && !v->given_up) || v->silent)
		return;
	msg_warning("event %s: %s; %s", event, e->text, v->given_up ? "no more is told" : "if it fails again, that is not told");
}

static int tell(struct events *v, const char *event, events_facts *facts, const void *about, struct err *e)
{
	char *line = line_of(v, event, facts, about);
	int rc = line ? run(v, event, line, e) : err_memory(e, 0, "an event");
	free(line);
	return rc;
}

void events_note(struct events *v, const char *event, events_facts *facts, const void *about)
{
	struct err e = {0};
	if (is_wanted(v, event) && quit_asked() == 0 && tell(v, event, facts, about, &e) != 0 && quit_asked() == 0)
		warn(v, event, &e);
}

/* Whoever may say no has not said yes where a signal came first. */
static int ask(struct events *v, const char *event, events_facts *facts, const void *about, struct err *e)
{
	if (quit_asked() != 0)
		return err_set(e, XE_FAILED, "interrupted by a signal");
	return tell(v, event, facts, about, e);
}

int events_tell(struct events *v, const char *event, events_facts *facts, const void *about, struct err *e)
{
	struct err mine = {0};
	if (!v->veto) {
		events_note(v, event, facts, about);
		return 0;
	}
	if (v->stopped.code == XE_OK && is_wanted(v, event) && ask(v, event, facts, about, &mine) != 0)
		err_set(&v->stopped, XE_FAILED, "stopped at event %s: %s (--events-veto)", event, mine.text);
	return err_pass(e, &v->stopped);
}

/* ---- the run ---- */

struct outcome {
	int status;
	const struct err *reason;
	events_facts *facts;
	const void *about;
};

static void put_outcome(struct json *j, const void *about)
{
	const struct outcome *o = about;
	json_signed(j, "exit_status", o->status);
	if (o->reason->code != XE_OK)
		json_text(j, "error", o->reason->text);
	if (o->reason->volume[0])
		json_text(j, "where", o->reason->volume);
	if (o->facts)
		o->facts(j, o->about);
}

int events_begin(struct events *v, struct err *e)
{
	return events_tell(v, "run-start", NULL, NULL, e);
}

void events_end(struct events *v, const char *event, int status, const struct err *reason, events_facts *facts, const void *about)
{
	const struct outcome o = {status, reason, facts, about};
	events_note(v, event, put_outcome, &o);
}
