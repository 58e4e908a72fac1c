/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate report: what filter has written of its runs. */
#include "cmd/command.h"

#include "base/array.h"
#include "base/inodes.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/printable.h"
#include "cmd/volume/batchnames.h"
#include "cmd/volume/reportmerge.h"
#include "cmd/volume/unread.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct merge_request {
	bool json;
	const char *plan;
	struct reportmerge m;
	struct unread unread;
	struct inodes met;
};

static const char *const words[] = {"done", "damaged", "failed", "missing"};

/* ---- what is named ---- */

/* Whoever has no memory to keep it in has told it. */
static void leave_unread(struct merge_request *q, const char *path, const struct err *why)
{
	struct err e = {0};
	if (unread_add(&q->unread, path, why, &e) != 0)
		msg_fail(&e);
}

static void add_report(struct merge_request *q, const char *path)
{
	struct err e = {0};
	struct stat st;
	bool first = true;
	/* What is not there is told where it is opened. */
	int rc = stat(path, &st) == 0 ? inodes_meet(&q->met, &st, &first, &e) : 0;
	if (rc == 0 && first)
		rc = reportmerge_add_report(&q->m, path, &e);
	if (rc == 0)
		return;
	leave_unread(q, path, &e);
}

static bool is_report(const char *name)
{
	static const char tail[] = BATCHNAMES_REPORT;
	size_t n = strlen(name), t = sizeof tail - 1;
	return strcmp(name, tail + 1) == 0 || (n > t && name[0] != '.' && strcmp(name + n - t, tail) == 0);
}

/* Nobody has named it: who opened a pipe would wait for whoever writes into it. */
static void add_file(struct merge_request *q, const char *path)
{
	struct stat st;
	struct err e = {0};
	if (stat(path, &st) != 0 || S_ISREG(st.st_mode)) {
		add_report(q, path);
		return;
	}
	err_volume(&e, path);
	err_set(&e, XE_FAILED, "is no file, and so no report");
	leave_unread(q, path, &e);
}

static void add_folder(struct merge_request *q, const char *folder);

static void add_in_folder(struct merge_request *q, const char *folder, const char *name)
{
	struct stat st;
	struct err e = {0};
	char *path;
	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		err_volume(&e, folder);
		err_memory(&e, 0, "a name");
		leave_unread(q, folder, &e);
		return;
	}
	bool there = lstat(path, &st) == 0;
	if (there && S_ISDIR(st.st_mode))
		add_folder(q, path);
	else if (is_report(name))
		add_file(q, path);
	free(path);
}

static int is_seen(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void add_folder(struct merge_request *q, const char *folder)
{
	struct dirent **names;
	struct err e = {0};
	int count = scandir(folder, &names, is_seen, alphasort);
	if (count < 0) {
		err_volume(&e, folder);
		err_errno(&e, XE_FAILED, errno, "cannot read the folder");
		leave_unread(q, folder, &e);
		return;
	}
	for (int i = 0; i < count; i++) {
		add_in_folder(q, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void add_named(struct merge_request *q, const char *path)
{
	struct stat st;
	size_t before = q->m.report_count;
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		add_report(q, path);
		return;
	}
	add_folder(q, path);
	/* A share that is not mounted looks so. */
	if (q->m.report_count == before && q->unread.status == 0)
		msg_warning("%s: there is no report in it, or none that is not in what is named before", path);
}

/* ---- as text ---- */

static void put(const char *text)
{
	printable_put(text, stdout);
}

static const char *name_of(const struct reportmerge_report *r)
{
	return r->unit ? r->unit : r->input_count > 0 ? r->inputs[0] : r->path;
}

static void print_report(const char *word, const struct reportmerge_report *r)
{
	printf("%s  ", word);
	put(name_of(r));
	printf(": ");
	if (r->with_damage)
		printf("%llu damaged", (unsigned long long)r->damaged);
	else
		put(r->error ? r->error : "it did not come to its end");
	if (!r->with_damage && r->exit_class)
		printf(" (%s)", r->exit_class);
	printf(": ");
	put(r->path);
	putchar('\n');
}

static void print_reports(const struct reportmerge *m)
{
	for (size_t i = 0; i < m->report_count; i++) {
		const struct reportmerge_report *r = &m->reports[i];
		if (r->with_damage)
			print_report("damaged", r);
		else if (!r->complete && !r->superseded)
			print_report("failed ", r);
	}
}

static void print_twice(const struct reportmerge *m)
{
	for (size_t i = 0; i < m->twice_count; i++) {
		const struct reportmerge_twice *t = &m->twice[i];
		printf("twice    ");
		put(t->name);
		printf(": ");
		put(m->reports[t->reports[0]].path);
		printf(", ");
		put(m->reports[t->reports[1]].path);
		putchar('\n');
	}
}

static void print_missing(const struct reportmerge *m)
{
	for (size_t i = 0; i < m->planned_count; i++) {
		const struct reportmerge_planned *p = &m->planned[i];
		if (p->state != REPORTMERGE_MISSING)
			continue;
		printf("missing  ");
		put(p->unit ? p->unit : "a unit without a name");
		putchar('\n');
	}
}

static void sums(const struct reportmerge *m, uint64_t *in, uint64_t *out)
{
	*in = *out = 0;
	for (size_t i = 0; i < m->report_count; i++) {
		*in += m->reports[i].bytes_in;
		*out += m->reports[i].bytes_out;
	}
}

static void print_text(const struct reportmerge *m)
{
	uint64_t in, out;
	char from[MSG_SIZE_BYTES], to[MSG_SIZE_BYTES];
	sums(m, &in, &out);
	print_reports(m);
	print_twice(m);
	print_missing(m);
	if (m->has_plan)
		printf("%zu unit%s planned: ", m->planned_count, m->planned_count == 1 ? "" : "s");
	else
		printf("%zu report%s: ", m->report_count, m->report_count == 1 ? "" : "s");
	printf("%zu done, %zu damaged, %zu failed", m->done, m->damaged, m->failed);
	if (m->has_plan)
		printf(", %zu missing", m->missing);
	if (m->unplanned > 0)
		printf(", %zu done that the plan has not", m->unplanned);
	printf(", %zu twice; %zu volume%s, %s -> %s\n", m->twice_count, m->volume_count, m->volume_count == 1 ? "" : "s",
	       msg_size(in, from), msg_size(out, to));
}

/* ---- as JSON ---- */

static void json_volumes(struct json *j, const struct reportmerge *m, const struct reportmerge_report *r)
{
	json_array(j, "volumes");
	for (size_t i = r->first_volume; i < r->first_volume + r->volume_count; i++) {
		json_object(j, NULL);
		json_known(j, "input", m->volumes[i].input);
		json_known(j, "volume", m->volumes[i].volume);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_reports(struct json *j, const struct reportmerge *m)
{
	json_array(j, "reports");
	for (size_t i = 0; i < m->report_count; i++) {
		const struct reportmerge_report *r = &m->reports[i];
		json_object(j, NULL);
		json_text(j, "report", r->path);
		json_known(j, "unit", r->unit);
		json_text(j, "state", r->with_damage ? "damaged" : r->complete ? "done" : "failed");
		json_bool(j, "superseded", r->superseded);
		json_known(j, "host", r->host);
		json_known(j, "began", r->began);
		json_known(j, "error", r->error);
		json_known(j, "exit_class", r->exit_class);
		json_signed(j, "exit_status", r->exit_status);
		json_number(j, "damaged", r->damaged);
		json_number(j, "bytes_in", r->bytes_in);
		json_number(j, "bytes_out", r->bytes_out);
		json_volumes(j, m, r);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_twice(struct json *j, const struct reportmerge *m)
{
	json_array(j, "twice");
	for (size_t i = 0; i < m->twice_count; i++) {
		const struct reportmerge_twice *t = &m->twice[i];
		json_object(j, NULL);
		json_text(j, t->is_input ? "input" : "volume", t->name);
		const char *const both[] = {m->reports[t->reports[0]].path, m->reports[t->reports[1]].path};
		json_texts(j, "reports", both, 2);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_planned(struct json *j, const struct reportmerge *m)
{
	json_array(j, "planned");
	for (size_t i = 0; i < m->planned_count; i++) {
		json_object(j, NULL);
		json_known(j, "unit", m->planned[i].unit);
		json_text(j, "state", words[m->planned[i].state]);
		json_end_object(j);
	}
	json_end_array(j);
}

static void print_json(const struct reportmerge *m, const struct unread *unread, int status)
{
	uint64_t in, out;
	struct json j = json_begin(stdout);
	sums(m, &in, &out);
	json_number(&j, "done", m->done);
	json_number(&j, "damaged", m->damaged);
	json_number(&j, "failed", m->failed);
	if (m->has_plan)
		json_number(&j, "missing", m->missing);
	if (m->has_plan)
		json_number(&j, "unplanned", m->unplanned);
	json_number(&j, "bytes_in", in);
	json_number(&j, "bytes_out", out);
	json_twice(&j, m);
	if (m->has_plan)
		json_planned(&j, m);
	json_reports(&j, m);
	const struct err none = {0}; /* but what could not be read */
	unread_json(unread, &j, "report", &none, status);
	json_end_object(&j);
}

/* ---- the verb ---- */

static int status_of(const struct merge_request *q)
{
	const struct reportmerge *m = &q->m;
	if (q->unread.status != 0 || m->failed + m->missing > 0)
		return err_exit_status(XE_FAILED);
	return m->damaged + m->twice_count > 0 ? 3 : 0;
}

static int merge(struct merge_request *q, const struct operands *named)
{
	struct err e = {0};
	if (q->plan && reportmerge_add_plan(&q->m, q->plan, &e) != 0)
		return command_fail(&e, q->json);
	for (size_t i = 0; i < named->count; i++)
		add_named(q, named->names[i]);
	if (q->m.report_count == 0 && q->unread.status == 0 && !q->plan) {
		err_set(&e, XE_FAILED, "there is no report in what is named; filter writes NAME.report.json in a batch");
		return command_fail(&e, q->json);
	}
	if (reportmerge_judge(&q->m, &e) != 0)
		return command_fail(&e, q->json);
	if (q->json)
		print_json(&q->m, &q->unread, status_of(q));
	else
		print_text(&q->m);
	return status_of(q);
}

static int cmd_report_merge(int argc, char **argv)
{
	struct merge_request q = {.met = INODES_NONE};
	struct operands named;
	int status;
	if (!options_parse(&command_report_merge, argc, argv, &q, &named, &status))
		return status;
	status = named.count > 0 ? merge(&q, &named) : msg_usage("report merge", "name the reports, or folders with them");
	unread_free(&q.unread);
	reportmerge_free(&q.m);
	inodes_free(&q.met);
	return status;
}

static const struct option_row rows[] = {
	OPTION_FLAG(0, "json", struct merge_request, json),
	OPTION_SOURCE(0, "plan", struct merge_request, plan),
	OPTIONS_END,
};

const struct command command_report_merge = {
	.name = "merge",
	.path = "report merge",
	.summary = "many reports as one: done, twice, damaged, failed, missing",
	.help = "Usage: xflate report merge [OPTIONS] REPORT|FOLDER...\n"
		"\n"
		"Reads reports of filter (of a folder: NAME.report.json and report.json in it and\n"
		"below) and tells what is done, which volume is done twice, what is damaged, what\n"
		"failed and was not done since.  Exit status 0: all is done; 3: something is\n"
		"damaged, or done twice; 1: something failed, or is missing.\n"
		"\n"
		"      --plan FILE            what xflate plan --json has planned: what is missing\n"
		"      --json                 as JSON\n",
	.run = cmd_report_merge,
	.options = rows,
};

static const struct command *const subcommands[] = {&command_report_merge, NULL};

const struct command command_report = {
	.name = "report",
	.path = "report",
	.summary = "reports of filter: many as one",
	.help = "Usage: xflate report merge [OPTIONS] REPORT|FOLDER...\n"
		"\n"
		"  merge      many reports as one: done, twice, damaged, failed, missing\n",
	.subcommands = subcommands,
};
