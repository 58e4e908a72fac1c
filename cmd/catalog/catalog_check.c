/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate catalog check: would restores through the director find every file on these volumes? */
#include "cmd/catalog/catalog.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/printable.h"
#include "catalog/fit.h"
#include "cmd/catalog/inputs.h"

#include <stdlib.h>
#include <string.h>

struct request {
	struct inputs in;
	const char *rows_path;
	bool as_json;
	struct rows rows;
	struct fit *fit;
};

/* ---- judging ---- */

static int on_block(void *arg, struct mapped_volume *v, const struct mapped_session *s, const struct mapped_range *block, bool again,
		    struct err *e)
{
	struct request *q = arg;
	return fit_block(q->fit, v, s, block, again, e);
}

static int on_end(void *arg, struct mapped_volume *v, struct err *e)
{
	struct request *q = arg;
	return fit_end(q->fit, v, e);
}

static int judge(struct request *q, struct err *e)
{
	q->in.hooks = (struct measure_options){.arg = q, .block = on_block, .end_volume = on_end};
	int rc = rows_read(&q->rows, q->rows_path, e);
	if (rc == 0)
		q->fit = fit_new(&q->rows);
	if (rc == 0 && q->fit == NULL)
		rc = err_memory(e, 0, "the rows");
	if (rc == 0)
		rc = inputs_read(&q->in, e);
	for (size_t i = 0; rc == 0 && i < q->in.list.count; i++) {
		if (q->in.list.volumes[i]->version > 0)
			rc = fit_map(q->fit, q->in.list.volumes[i], e);
	}
	return rc == 0 ? fit_finish(q->fit, e) : rc;
}

/* ---- words ---- */

static void print_indexes(const struct indexes *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct indexes_range *r = &files->ranges[i];
		printf(r->first == r->last ? "%s%d" : "%s%d-%d", i > 0 ? "," : "", r->first, r->last);
	}
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* formats/catalog-facts.md 3.1 */
static void print_volume(const struct fit_volume *v)
{
	static const char *const appends[] = {
		[FIT_LARGER] = "the next job that appends to it corrects that, with a warning",
		[FIT_SMALLER] = "the next job that would append to it does not, and sets it to Error",
	};
	const struct mapped_bytes *b = &v->volume->side[MAPPED_NEW];
	const char *unit = b->tape ? "tape file" : "byte";
	unsigned long long is = b->tape ? b->files : b->bytes;
	fputs("volume ", stdout);
	printable_put(v->volume->new_name, stdout);
	printf(": %llu %s%s, ", is, unit, plural(is));
	if (v->size == FIT_UNLISTED) {
		puts("NOT in the rows, or twice");
		return;
	}
	unsigned long long says = b->tape ? v->media->files : v->media->bytes;
	if (v->size == FIT_SAME)
		puts("as the catalog says");
	else if (v->appendable)
		printf("the catalog says %llu: %s\n", says, appends[v->size]);
	else
		printf("the catalog says %llu: nothing compares them while its status is %s\n", says, v->media->status);
}

static void print_fault(const struct fault *f)
{
	static const char *const words[FAULT_KINDS] = {
		[FAULT_BEFORE] = "before the first address of its rows",
		[FAULT_BEHIND] = "behind the last address of its rows",
		[FAULT_BETWEEN] = "in blocks that no row of them covers, the first at",
		[FAULT_START] = "their row begins where no block does: a restore ends there with an error, at",
		[FAULT_ABSENT] = "the volume has no block of them",
		[FAULT_NO_ROW] = "the job has no row for this volume",
		[FAULT_NOWHERE] = "no row of any volume has them",
	};
	fputs("  ", stdout);
	if (f->volume[0])
		printf("volume %s, ", f->volume);
	fputs("FileIndex ", stdout);
	print_indexes(&f->files);
	printf(": %s", words[f->kind]);
	if (f->kind == FAULT_BEFORE || f->kind == FAULT_BEHIND || f->kind == FAULT_BETWEEN || f->kind == FAULT_START)
		printf(" %llu", (unsigned long long)f->address);
	putchar('\n');
}

static int32_t highest(const struct faults_job *j)
{
	return j->rows.count > 0 ? j->rows.ranges[j->rows.count - 1].last : 0;
}

static void print_job(const struct faults_job *j)
{
	uint64_t missed = indexes_total(&j->missed);
	printf("job %llu (", (unsigned long long)j->row->id);
	printable_put(j->row->job, stdout);
	printf("): %llu file%s, a restore ", (unsigned long long)j->row->files, plural(j->row->files));
	if (missed == 0)
		fputs(j->elsewhere > 0 ? "finds all of these volumes" : "finds all", stdout);
	else
		printf("MISSES %llu", (unsigned long long)missed);
	if (j->elsewhere > 0)
		printf("; it has rows on %zu volume%s more, not given", j->elsewhere, plural(j->elsewhere));
	if (j->row->files != (uint64_t)highest(j))
		printf("; JobFiles is %llu, its rows have files up to %d", (unsigned long long)j->row->files, highest(j));
	putchar('\n');
	for (size_t i = 0; i < j->count; i++)
		print_fault(&j->faults[i]);
}

static void print_stranger(const struct fit_stranger *s)
{
	if (s->job)
		printf("job %llu (%s)", (unsigned long long)s->job->id, s->job->job);
	else
		printf("session %u/%u", s->session->id, s->session->time);
	if (s->job == NULL && s->session->job[0]) {
		fputs(" (", stdout);
		printable_put(s->session->job, stdout);
		putchar(')');
	}
	printf(": on volume %s, and %s: no restore finds it\n", s->volume->new_name,
	       s->job ? "the catalog has no row of it" : "not in the catalog, or pruned");
}

static void print_verdict(const struct request *q, int status)
{
	size_t jobs = 0, bad = 0;
	const struct faults_job *j;
	for (; (j = fit_job(q->fit, jobs)) != NULL; jobs++)
		bad += j->missed.count > 0;
	if (status == 3)
		printf("DAMAGED in %llu place%s; ", (unsigned long long)q->in.damage, plural(q->in.damage));
	printf("%s: ", fit_all(q->fit) ? "fits" : "DOES NOT FIT");
	if (bad == 0)
		printf("restores of %zu job%s find every file\n", jobs, plural(jobs));
	else
		printf("restores of %zu of %zu job%s miss files\n", bad, jobs, plural(jobs));
}

static void print_all(const struct request *q, int status)
{
	const struct fit_volume *v;
	const struct faults_job *j;
	const struct fit_stranger *s;
	for (size_t i = 0; (v = fit_volume(q->fit, i)) != NULL; i++)
		print_volume(v);
	for (size_t i = 0; (j = fit_job(q->fit, i)) != NULL; i++)
		print_job(j);
	for (size_t i = 0; (s = fit_stranger(q->fit, i)) != NULL; i++)
		print_stranger(s);
	print_verdict(q, status);
}

/* ---- JSON ---- */

static void json_indexes(struct json *j, const char *key, const struct indexes *files)
{
	json_array(j, key);
	for (size_t i = 0; i < files->count; i++) {
		json_object(j, NULL);
		json_signed(j, "first", files->ranges[i].first);
		json_signed(j, "last", files->ranges[i].last);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_volume(struct json *j, const struct fit_volume *v)
{
	static const char *const words[] = {
		[FIT_SAME] = "same", [FIT_LARGER] = "larger", [FIT_SMALLER] = "smaller", [FIT_UNLISTED] = "unlisted"};
	const struct mapped_bytes *b = &v->volume->side[MAPPED_NEW];
	json_object(j, NULL);
	json_text(j, "volume", v->volume->new_name);
	json_text(j, "input", v->volume->path);
	json_text(j, "size", words[v->size]);
	json_number(j, "bytes", b->bytes);
	json_number(j, "files", b->files);
	if (v->media) {
		json_number(j, "catalog_bytes", v->media->bytes);
		json_number(j, "catalog_files", v->media->files);
		json_text(j, "status", v->media->status);
	}
	json_number(j, "damage", v->volume->damage);
	json_end_object(j);
}

static void json_fault(struct json *j, const struct fault *f)
{
	static const char *const words[FAULT_KINDS] = {
		[FAULT_BEFORE] = "before_rows", [FAULT_BEHIND] = "behind_rows", [FAULT_BETWEEN] = "between_rows",
		[FAULT_START] = "no_block",     [FAULT_ABSENT] = "absent",      [FAULT_NO_ROW] = "no_row",
		[FAULT_NOWHERE] = "nowhere",
	};
	json_object(j, NULL);
	json_text(j, "kind", words[f->kind]);
	if (f->volume[0])
		json_text(j, "volume", f->volume);
	json_number(j, "address", f->address);
	json_indexes(j, "files", &f->files);
	json_end_object(j);
}

static void json_job(struct json *j, const struct faults_job *k)
{
	json_object(j, NULL);
	json_number(j, "job_id", k->row->id);
	json_text(j, "job", k->row->job);
	json_number(j, "session_id", k->row->session_id);
	json_number(j, "session_time", k->row->session_time);
	json_number(j, "job_files", k->row->files);
	json_number(j, "files_missing", indexes_total(&k->missed));
	json_indexes(j, "missed", &k->missed);
	json_number(j, "volumes_not_given", k->elsewhere);
	json_array(j, "faults");
	for (size_t i = 0; i < k->count; i++)
		json_fault(j, &k->faults[i]);
	json_end_array(j);
	json_end_object(j);
}

static void json_stranger(struct json *j, const struct fit_stranger *s)
{
	json_object(j, NULL);
	json_text(j, "volume", s->volume->new_name);
	json_number(j, "session_id", s->session->id);
	json_number(j, "session_time", s->session->time);
	if (s->job)
		json_number(j, "job_id", s->job->id);
	if (s->job || s->session->job[0])
		json_text(j, "job", s->job ? s->job->job : s->session->job);
	json_end_object(j);
}

static void json_all(const struct request *q, int status)
{
	struct json j = {.out = stdout};
	const struct fit_volume *v;
	const struct faults_job *k;
	const struct fit_stranger *s;
	json_object(&j, NULL);
	json_number(&j, "format", 1);
	json_array(&j, "volumes");
	for (size_t i = 0; (v = fit_volume(q->fit, i)) != NULL; i++)
		json_volume(&j, v);
	json_end_array(&j);
	json_array(&j, "jobs");
	for (size_t i = 0; (k = fit_job(q->fit, i)) != NULL; i++)
		json_job(&j, k);
	json_end_array(&j);
	json_array(&j, "without_rows");
	for (size_t i = 0; (s = fit_stranger(q->fit, i)) != NULL; i++)
		json_stranger(&j, s);
	json_end_array(&j);
	json_number(&j, "damage", q->in.damage);
	json_bool(&j, "fits", fit_all(q->fit));
	json_signed(&j, "exit_status", status);
	json_end_object(&j);
}

/* ---- the command ---- */

static int run(struct request *q)
{
	struct err e = {0};
	if (judge(q, &e) != 0)
		return command_fail(&e, q->as_json);
	int status = q->in.damage > 0 ? 3 : fit_all(q->fit) ? 0 : 1;
	if (q->as_json)
		json_all(q, status);
	else
		print_all(q, status);
	return status;
}

static const struct option_row options[] = {
	OPTION_SOURCE(0, "rows", struct request, rows_path),
	OPTION_FLAG(0, "json", struct request, as_json),
	COMMAND_MAX_MEMORY(struct request, in.max_memory),
	COMMAND_PROGRESS(struct request, in.progress),
	KEYOPTIONS_ROWS(struct request, in.keys),
	OPTIONS_END,
};

/* Returns 0, or the exit status of wrong usage. */
static int check(const struct request *q)
{
	static const char verb[] = "catalog check";
	if (q->rows_path == NULL)
		return msg_usage(verb, "--rows FILE: what the query of xflate catalog rows gave");
	return inputs_check(&q->in, verb, q->rows_path, "the rows");
}

static int cmd_check(int argc, char **argv)
{
	struct request q = {0};
	struct operands rest;
	int status;
	if (options_parse(&command_catalog_check, argc, argv, &q, &rest, &status)) {
		q.in.paths = rest.names;
		q.in.count = rest.count;
		status = check(&q);
		if (status == 0)
			status = run(&q);
	}
	fit_free(q.fit);
	rows_free(&q.rows);
	inputs_free(&q.in);
	return status;
}

const struct command command_catalog_check = {
	.name = "check",
	.path = "catalog check",
	.summary = "would restores find every file?",
	.help = "Usage: xflate catalog check [OPTIONS] --rows FILE VOLUME|MAP...\n"
		"\n"
		"Does this catalog fit these volumes?  Does with each job's rows what a storage\n"
		"daemon does with the bootstrap that a director makes of them, and tells, job by\n"
		"job, which files a restore would not find, and why; and of each volume whether\n"
		"its size is what the catalog says, which the next job that appends asks.\n"
		"Volumes of one job are given in the order in which they were written.\n"
		"\n"
		"      --rows FILE      what the query of xflate catalog rows VOLUME... gave\n"
		"      --json           the same as JSON\n"
		"      --max-memory BYTES\n"
		"                       for sessions and records that wait (default: 1G)\n"
		"      --progress auto|never|always|json\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"\n"
		"Exit status: 0 it fits; 1 it does not, something cannot be read, or map or rows\n"
		"are damaged; 2 wrong usage; 3 damage was found on the volumes; 4 a key is\n"
		"missing.\n",
	.run = cmd_check,
	.options = options,
	.operands = "at least one VOLUME or MAP",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
};
