/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate find: which volume holds a file, in which version; from the volumes, or from an index of them. */
#include "cmd/command.h"

#include "base/array.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/printable.h"
#include "cmd/timetext.h"
#include "cmd/volume/filesof.h"
#include "cmd/volume/indexrun.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/version.h"
#include "index/namepattern.h"
#include "volume/naming.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A row of an index, which lends its path only until the next one is asked for. */
struct shown_volume {
	struct fileindex_volume row;
	char *path;
};

struct request {
	const char *index, *job, *client;
	const char **patterns; /* as given */
	size_t pattern_count;
	bool update, volumes, as_json;
	bool has_since, has_until;
	int64_t since, until;
	struct indexrun run;
	struct keyoptions keys;
	const char *const *paths;
	size_t path_count;
	uint64_t found;
	struct namepattern *fitting; /* without an index */
	/* With one. */
	struct fileindex *x;
	int64_t *wanted;
	size_t wanted_count, wanted_room;
	struct fileindex_job shown;
	struct shown_volume first, last;
};

/* ---- options ---- */

static int take_pattern(const struct command *verb, void *place, const char *value)
{
	struct request *q = place;
	if (value[0] == '\0')
		return msg_usage(verb->path, "--file is empty");
	q->patterns[q->pattern_count++] = value;
	return 0;
}

static int take_since(const struct command *verb, void *place, const char *value)
{
	struct request *q = place;
	q->has_since = timetext_read(value, false, &q->since);
	return q->has_since ? 0 : msg_usage(verb->path, "--since %s: no time as 2026-11-22 or \"2026-11-22 12:44\"", value);
}

static int take_until(const struct command *verb, void *place, const char *value)
{
	struct request *q = place;
	q->has_until = timetext_read(value, true, &q->until);
	return q->has_until ? 0 : msg_usage(verb->path, "--until %s: no time as 2026-11-22 or \"2026-11-22 12:44\"", value);
}

static const struct option_row rows[] = {
	OPTION_SOURCE(0, "index", struct request, index),
	OPTION_TAKE('e', "file", take_pattern),
	OPTION_SOURCE(0, "job", struct request, job),
	OPTION_SOURCE(0, "client", struct request, client),
	OPTION_TAKE(0, "since", take_since),
	OPTION_TAKE(0, "until", take_until),
	OPTION_FLAG(0, "update", struct request, update),
	OPTION_FLAG(0, "volumes", struct request, volumes),
	OPTION_FLAG(0, "json", struct request, as_json),
	OPTION_FLAG(0, "all-digests", struct request, run.all_digests),
	OPTION_TAKE_AT('T', "threads", command_threads, struct request, run.run.threads),
	COMMAND_MAX_MEMORY(struct request, run.run.max_memory),
	COMMAND_PROGRESS(struct request, run.progress),
	KEYOPTIONS_ROWS(struct request, keys),
	OPTIONS_END,
};

/* As grep takes them: the first is the pattern, unless -e or what wants none says otherwise. */
static void take_operands(struct request *q, const struct operands *rest)
{
	size_t at = 0;
	if (q->pattern_count == 0 && !q->update && !q->volumes && rest->count > 0)
		q->patterns[q->pattern_count++] = rest->names[at++];
	q->paths = rest->names + at;
	q->path_count = rest->count - at;
}

static int check(const struct request *q)
{
	if (q->index == NULL && (q->update || q->volumes))
		return msg_usage("find", "--%s is about an index: name it with --index", q->update ? "update" : "volumes");
	if (q->update && q->volumes)
		return msg_usage("find", "--update brings the index up to date, --volumes tells what is in it: one at a time");
	if ((q->update || q->volumes) && q->pattern_count > 0)
		return msg_usage("find", "--%s looks for no file", q->update ? "update" : "volumes");
	if (!q->update && !q->volumes && q->pattern_count == 0)
		return msg_usage("find", "what is to be found? A name or a pattern comes first, as in: xflate find '*/passwd' VOLUME...");
	if (q->pattern_count > 0 && q->patterns[0][0] == '\0')
		return msg_usage("find", "the pattern is empty");
	if (q->path_count == 0 && (q->index == NULL || q->update))
		return msg_usage("find", "no volume named (- is standard input)");
	int status = keyoptions_check(&q->keys, "find");
	return status != 0 ? status : keyoptions_check_inputs(&q->keys, "find", q->paths, q->path_count);
}

/* ---- which jobs ---- */

static bool takes_job(const struct request *q, const struct fileindex_job *j)
{
	const struct session_label *l = j->begun ? &j->start : &j->end;
	const struct naming_job names = {
		.session_id = j->session_id,
		.session_time = j->session_time,
		.job_id = l->job_id,
		.job = l->job,
		.name = l->job_name[0] ? l->job_name : NULL,
	};
	if (q->job && !naming_is_job(q->job, &names))
		return false;
	if (q->client && strcmp(q->client, l->client) != 0)
		return false;
	/* Of one whose beginning is not known neither is its time. */
	return !((q->has_since && l->time < q->since) || (q->has_until && l->time > q->until)) || !j->begun;
}

static void show(struct request *q, const struct fileindex_file *f, const struct fileindex_job *j, const struct fileindex_volume *first,
		 const struct fileindex_volume *last)
{
	q->found++;
	if (q->as_json)
		version_json(f, j, first, last);
	else
		version_print(f, j, first, last);
}

/* ---- out of volumes ---- */

static void show_if_fitting(void *arg, const struct fileindex_file *f, const struct fileindex_job *j, const struct fileindex_volume *first,
			    const struct fileindex_volume *last)
{
	struct request *q = arg;
	bool fits = false;
	for (size_t i = 0; !fits && i < q->pattern_count; i++)
		fits = namepattern_fits(&q->fitting[i], f->stat.name);
	if (fits && takes_job(q, j))
		show(q, f, j, first, last);
}

static int search_volumes(struct request *q, struct err *e)
{
	struct filesof files = {.arg = q, .file = show_if_fitting};
	const struct indexer_sink sink = filesof_sink(&files);
	int rc = 0;
	q->fitting = calloc(q->pattern_count, sizeof *q->fitting);
	if (q->fitting == NULL)
		return err_memory(e, 0, "patterns");
	for (size_t i = 0; rc == 0 && i < q->pattern_count; i++)
		rc = namepattern_read(&q->fitting[i], q->patterns[i], e);
	q->run.run.paths = q->paths;
	q->run.run.path_count = q->path_count;
	if (rc == 0)
		rc = indexrun_read(&q->run, &sink, e);
	filesof_free(&files);
	for (size_t i = 0; i < q->pattern_count; i++)
		namepattern_free(&q->fitting[i]);
	free(q->fitting);
	return rc;
}

/* ---- out of an index ---- */

static int want_job(void *arg, const struct fileindex_job *j, struct err *e)
{
	struct request *q = arg;
	if (!takes_job(q, j))
		return 0;
	int64_t *grown = array_reach(q->wanted, &q->wanted_room, q->wanted_count, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, q->wanted_count * sizeof *grown, "jobs");
	q->wanted = grown;
	q->wanted[q->wanted_count++] = j->id;
	return 0;
}

static int load_job(struct request *q, const struct fileindex_file *f, struct err *e)
{
	if (q->shown.id == f->job)
		return 0;
	int rc = fileindex_job(q->x, f->job, &q->shown, e);
	if (rc == 0)
		return err_set(e, XE_DAMAGE, "FileIndex %d is of a job that the index does not have: it is damaged; make it anew",
			       f->file_index);
	return rc < 0 ? rc : 0;
}

static int load_volume(struct request *q, struct shown_volume *v, int64_t id, struct err *e)
{
	if (v->row.id == id)
		return 0;
	int rc = fileindex_volume(q->x, id, &v->row, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		v->row = (struct fileindex_volume){.id = id, .name = "?", .path = ""};
	free(v->path);
	v->path = strdup(v->row.path);
	v->row.path = v->path;
	return v->path ? 0 : err_memory(e, 0, "a path");
}

static int show_found(void *arg, const struct fileindex_file *f, struct err *e)
{
	struct request *q = arg;
	int rc = load_job(q, f, e);
	if (rc == 0)
		rc = load_volume(q, &q->first, f->first.volume, e);
	if (rc == 0)
		rc = load_volume(q, &q->last, f->last.volume, e);
	if (rc == 0)
		show(q, f, &q->shown, &q->first.row, &q->last.row);
	return rc;
}

static int search_index(struct request *q, struct err *e)
{
	struct fileindex_query query = {.patterns = q->patterns, .pattern_count = q->pattern_count};
	bool some = q->job || q->client || q->has_since || q->has_until;
	int rc = some ? fileindex_jobs(q->x, want_job, q, e) : 0;
	if (rc != 0)
		return rc;
	int64_t none = 0;
	if (some) {
		query.jobs = q->wanted_count > 0 ? q->wanted : &none;
		query.job_count = q->wanted_count;
	}
	return fileindex_find(q->x, &query, show_found, q, e);
}

/* ---- what is in an index ---- */

static int show_volume(void *arg, const struct fileindex_volume *v, struct err *e)
{
	const struct request *q = arg;
	(void)e;
	bool gone = access(v->path, F_OK) != 0;
	if (q->as_json) {
		struct json j = {.out = stdout, .one_line = true};
		json_object(&j, NULL);
		json_text(&j, "volume", v->name);
		json_text(&j, "input", v->path);
		timetext_json_us(&j, "labelled", v->label_time);
		json_text(&j, "pool", v->pool);
		json_text(&j, "media_type", v->media_type);
		json_text(&j, "product", product_name(v->product));
		json_number(&j, "bytes", v->size);
		json_number(&j, "damage", v->damages);
		json_bool(&j, "gone", gone);
		json_end_object(&j);
		return 0;
	}
	printable_put(v->name, stdout);
	printf("  %llu bytes%s  ", (unsigned long long)v->size, gone ? "  GONE" : "");
	if (v->damages > 0)
		printf("DAMAGE in %llu place%s  ", (unsigned long long)v->damages, v->damages == 1 ? "" : "s");
	printable_put(v->path, stdout);
	putchar('\n');
	return 0;
}

static void tell_update(const struct indexrun *r)
{
	msg_info("index: %zu volume%s read, %zu from where they had ended, %zu unchanged, %zu gone", r->read, r->read == 1 ? "" : "s",
		 r->tails, r->unchanged, r->gone);
}

static int use_index(struct request *q, struct err *e)
{
	bool write = q->path_count > 0;
	q->x = fileindex_open(q->index, write ? FILEINDEX_WRITE : FILEINDEX_READ, q->run.run.max_memory / 4, e);
	int rc = q->x ? 0 : e->code;
	if (rc == 0 && write)
		rc = indexrun_update(&q->run, q->x, q->paths, q->path_count, e);
	if (rc == 0 && write)
		tell_update(&q->run);
	if (rc == 0 && q->volumes)
		rc = fileindex_volumes(q->x, show_volume, q, e);
	else if (rc == 0 && !q->update)
		rc = search_index(q, e);
	fileindex_free(q->x);
	return rc;
}

/* ---- the run ---- */

static int run(struct request *q)
{
	struct err e = {0};
	int rc = keyoptions_open(&q->keys, &e);
	q->run.run.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	if (rc == 0)
		rc = q->index ? use_index(q, &e) : search_volumes(q, &e);
	keyoptions_close(&q->keys);
	free(q->wanted);
	free(q->first.path);
	free(q->last.path);
	int status = rc != 0 ? command_fail_line(&e, q->as_json) : q->run.damages > 0 ? 3 : 0;
	if (status == 3 && q->run.damages > 0)
		msg_warning("%llu files or places are damaged, or nameless, on what was read: a volume is missing, in a wrong order, or "
			    "hurt (xflate verify)",
			    (unsigned long long)q->run.damages);
	if (rc != 0 || q->update || q->volumes || q->found > 0)
		return status;
	err_set(&e, XE_FAILED, "nothing is called so");
	return err_worse_status(status, command_fail_line(&e, q->as_json));
}

static int cmd_find(int argc, char **argv)
{
	struct request q = {.run.run.threads = command_processors()};
	struct operands rest;
	struct err e = {0};
	int status;
	q.patterns = calloc((size_t)argc, sizeof(char *));
	if (q.patterns == NULL) {
		err_memory(&e, 0, "the arguments");
		return msg_fail(&e);
	}
	if (options_parse(&command_find, argc, argv, &q, &rest, &status)) {
		take_operands(&q, &rest);
		status = check(&q);
		status = status != 0 ? status : run(&q);
	}
	free(q.patterns);
	return status;
}

const struct command command_find = {
	.name = "find",
	.path = "find",
	.summary = "which volume holds a file, in which version",
	.help = "Usage: xflate find [OPTIONS] PATTERN VOLUME...\n"
		"       xflate find [OPTIONS] --index DB PATTERN [VOLUME...]\n"
		"       xflate find --index DB --update VOLUME...\n"
		"\n"
		"Each version of the files that PATTERN fits: when it was changed last, its size,\n"
		"whether its content is proven, its job, volume, FileIndex and name.  A PATTERN\n"
		"without a slash is about the last part of names, in any folder; one with a slash\n"
		"about whole names and what lies below.  * ? [ are wildcards, * a slash, too.\n"
		"\n"
		"      --index DB       look into this index (SQLite; made if it is not there and\n"
		"                       volumes are named).  VOLUMEs are brought up to date in it\n"
		"                       first: only what it does not know is read\n"
		"  -e, --file PATTERN   another pattern; may be given again.  All operands are\n"
		"                       volumes then\n"
		"      --job JOB        of this job: its id, its name, or SESSIONID/SESSIONTIME\n"
		"      --client NAME    of jobs of this client\n"
		"      --since TIME, --until TIME\n"
		"                       of jobs that began then: \"2026-11-22 12:44\", 2026-11-22\n"
		"      --update         bring the index up to date, and no more\n"
		"      --volumes        the volumes in the index, and which of them are gone\n"
		"      --json           a line of JSON each\n"
		"      --all-digests    count every kind of digest of large files\n"
		"  -T, --threads N      workers, 0: one a processor (the default)\n"
		"      --max-memory BYTES\n"
		"                       for sessions and records that wait (default: 1G)\n"
		"      --progress auto|never|always|json\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"  -q, --quiet          no notes; -qq: no problems on standard error either\n"
		"\n"
		"Exit status: 0 found; 1 nothing is called so, or it failed; 2 wrong usage; 3\n"
		"damage was found on what was read; 4 encrypted, and there is no key.\n",
	.run = cmd_find,
	.options = rows,
};
