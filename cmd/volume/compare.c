/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate compare: the same jobs, files and plain content? */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/outfile.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cmd/volume/keyoptions.h"
#include "pipeline/filter.h"
#include "prove/content.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define DIFFERENCES_SHOWN 1000u
#define OF_JOB INT32_MAX /* in the place of a FileIndex: not of one file */

/* A file of the old volumes, in the order of its job. */
struct old_file {
	int32_t file_index; /* < 0: a session label */
	bool seen;
	struct content_hash data, rest, order;
};

struct old_job {
	uint32_t session_id, session_time;
	char name[LABEL_NAME_BYTES + 64];
	struct old_file *files;
	size_t count, next; /* next: where the new file is expected, */
	size_t reached;     /* behind the last of those that were found */
	bool disordered;
};

struct comparison {
	struct old_job *jobs;
	size_t job_count;
	bool second; /* reading the new volumes */
	uint64_t files, bytes, different, missing, added;
	uint64_t damaged;
	struct filter *filter; /* at work, for progress */
	struct json *json;
};

static struct old_job *find_job(struct comparison *c, const struct job *job)
{
	for (size_t i = 0; i < c->job_count; i++) {
		struct old_job *o = &c->jobs[i];
		if (o->session_id == job->session_id && o->session_time == job->session_time)
			return o;
	}
	return NULL;
}

static struct old_job *add_job(struct comparison *c, const struct job *job)
{
	struct old_job *grown = realloc(c->jobs, (c->job_count + 1) * sizeof *grown);
	if (grown == NULL)
		return NULL;
	c->jobs = grown;
	struct old_job *o = &grown[c->job_count++];
	*o = (struct old_job){.session_id = job->session_id, .session_time = job->session_time};
	return o;
}

static int remember(struct comparison *c, const struct content_file *f, struct err *e)
{
	struct old_job *o = find_job(c, f->job);
	if (o == NULL)
		o = add_job(c, f->job);
	if (o && (o->count & (o->count - 1)) == 0) {
		size_t cap = o->count ? o->count * 2 : 1;
		struct old_file *grown = realloc(o->files, cap * sizeof *grown);
		if (grown == NULL)
			return err_memory(e, cap * sizeof *grown, "files to compare");
		o->files = grown;
	}
	if (o == NULL)
		return err_memory(e, sizeof *o, "a job to compare");
	job_describe(f->job, o->name, sizeof o->name);
	o->files[o->count++] = (struct old_file){.file_index = f->file_index, .data = f->data, .rest = f->rest, .order = f->order};
	return 0;
}

static void differ(struct comparison *c, const char *job, int32_t file_index, const char *name, const char *what)
{
	uint64_t shown = c->different + c->missing + c->added;
	if (shown > DIFFERENCES_SHOWN)
		return;
	if (c->json) {
		json_object(c->json, NULL);
		json_text(c->json, "job", job);
		json_signed(c->json, "file_index", file_index == OF_JOB ? 0 : file_index);
		json_text(c->json, "file", name);
		json_text(c->json, "difference", what);
		json_end_object(c->json);
		return;
	}
	printable_put(job, stdout);
	if (file_index < 0)
		printf(": session label");
	else if (file_index != OF_JOB)
		printf(": FileIndex %d%s", file_index, name[0] ? " " : "");
	printable_put(file_index < 0 ? "" : name, stdout);
	printf(": %s\n", what);
	if (shown == DIFFERENCES_SHOWN)
		printf("(further differences are counted, not shown)\n");
}

/* Files come in the order of the old volume, unless something is missing or too much. */
static struct old_file *take(struct old_job *o, int32_t file_index)
{
	for (size_t tried = 0; tried < o->count; tried++) {
		size_t i = (o->next + tried) % o->count;
		if (o->files[i].file_index == file_index && !o->files[i].seen) {
			o->files[i].seen = true;
			o->next = i + 1;
			return &o->files[i];
		}
	}
	return NULL;
}

static bool same(const struct content_hash *a, const struct content_hash *b)
{
	return a->high == b->high && a->low == b->low;
}

/* NULL if there is none. */
static const char *difference(const struct old_file *old, const struct content_file *new)
{
	bool data = same(&old->data, &new->data), rest = same(&old->rest, &new->rest);
	if (data && rest)
		return same(&old->order, &new->order) ? NULL : "its records stand in another order, or some are empty";
	return data ? "attributes or other records differ" : rest ? "content differs" : "content and attributes differ";
}

/* Once for a job: nobody can say which of its files changed their places. */
static void tell_order(struct comparison *c, struct old_job *o, const char *job, int32_t file_index)
{
	char text[96];
	int32_t before = o->files[o->reached - 1].file_index;
	if (file_index < 0 || before < 0)
		snprintf(text, sizeof text, "its labels and files stand in another order");
	else
		snprintf(text, sizeof text, "its files stand in another order: FileIndex %d behind %d", file_index, before);
	o->disordered = true;
	c->different++;
	differ(c, job, OF_JOB, "", text);
}

static int check(struct comparison *c, const struct content_file *f)
{
	struct old_job *o = find_job(c, f->job);
	struct old_file *old = o ? take(o, f->file_index) : NULL;
	char job[LABEL_NAME_BYTES + 64];
	job_describe(f->job, job, sizeof job);
	c->files += f->file_index > 0;
	c->bytes += f->bytes;
	if (old == NULL) {
		c->added++;
		differ(c, job, f->file_index, f->name, "only in the new volume");
		return 0;
	}
	size_t place = (size_t)(old - o->files);
	if (place < o->reached && !o->disordered)
		tell_order(c, o, job, f->file_index);
	o->reached = place >= o->reached ? place + 1 : o->reached;
	const char *what = difference(old, f);
	if (what == NULL)
		return 0;
	c->different++;
	differ(c, job, f->file_index, f->name, what);
	return 0;
}

static int on_file(void *arg, const struct content_file *f, struct err *e)
{
	struct comparison *c = arg;
	return c->second ? check(c, f) : remember(c, f, e);
}

static int on_plain(void *arg, const struct plain_item *plain, struct err *e)
{
	return content_add(arg, plain, e);
}

static void on_loss(void *arg, const struct finding *l)
{
	(void)arg;
	char place[64];
	volume_place(l->volume, l->addr, l->offset, place, sizeof place);
	msg_warning("%s: %s, FileIndex %d: %s", l->volume->name, place, l->file_index, l->reason);
}

static void on_progress(void *arg, struct progress_state *state)
{
	struct comparison *c = arg;
	filter_progress(c->filter, &state->done, &state->out);
	state->reads_only = true;
}

static int read_side(struct comparison *c, const struct filter_options *base, const char *const *paths, size_t count, struct err *e)
{
	struct content *content = content_new(on_file, c);
	struct filter_options o = *base;
	o.paths = paths;
	o.path_count = count;
	const struct observer observer = {.arg = content, .record = on_plain, .finding = on_loss};
	o.observer = &observer;
	struct filter *f = content ? filter_new(&o) : NULL;
	if (f == NULL) {
		content_free(content);
		return err_memory(e, 0, "comparing");
	}
	c->filter = f;
	progress_start(PROGRESS_AUTO, on_progress, c);
	int rc = filter_run(f, e);
	progress_stop();
	if (rc == 0)
		rc = content_finish(content, e);
	c->damaged += filter_damaged(f);
	content_free(content);
	filter_free(f);
	return rc;
}

static void report_missing(struct comparison *c)
{
	for (size_t i = 0; i < c->job_count; i++) {
		for (size_t k = 0; k < c->jobs[i].count; k++) {
			const struct old_file *f = &c->jobs[i].files[k];
			if (f->seen)
				continue;
			c->missing++;
			differ(c, c->jobs[i].name, f->file_index, "", "missing in the new volume");
		}
	}
}

struct request {
	struct filter_options o;
	const char **old, **new;
	size_t old_count, new_count;
	struct keyoptions keys;
	bool json, behind; /* behind: --vs was seen */
};

static int compare(struct comparison *c, struct request *q, struct err *e)
{
	int rc = keyoptions_open(&q->keys, e);
	q->o.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	rc = rc != 0 ? rc : read_side(c, &q->o, q->old, q->old_count, e);
	if (rc != 0)
		return rc;
	c->second = true;
	/* The new volumes may have keys of their own. */
	if (keyoptions_new_given(&q->keys))
		q->o.cipher.read = &q->keys.write;
	rc = read_side(c, &q->o, q->new, q->new_count, e);
	if (rc == 0)
		report_missing(c);
	return rc;
}

static int finish(struct comparison *c, const struct err *e)
{
	bool equal = c->different + c->missing + c->added == 0;
	int status = e->code != XE_OK ? err_exit_status(e->code) : !equal ? 1 : c->damaged ? 3 : 0;
	if (c->json) {
		json_end_array(c->json);
		json_bool(c->json, "same", equal && e->code == XE_OK);
		json_number(c->json, "jobs", c->job_count);
		json_number(c->json, "files", c->files);
		json_number(c->json, "plain_bytes", c->bytes);
		json_number(c->json, "different", c->different);
		json_number(c->json, "missing", c->missing);
		json_number(c->json, "added", c->added);
		json_number(c->json, "damaged", c->damaged);
		json_end_object(c->json);
	} else if (e->code == XE_OK) {
		printf("%zu job%s, %llu files, %llu bytes of plain content: %s\n", c->job_count, c->job_count == 1 ? "" : "s",
		       (unsigned long long)c->files, (unsigned long long)c->bytes, equal ? "same" : "DIFFERENT");
		if (!equal)
			printf("%llu different, %llu missing, %llu only in the new volume\n", (unsigned long long)c->different,
			       (unsigned long long)c->missing, (unsigned long long)c->added);
	}
	return status;
}

static void add_volume(struct request *q, const char *path)
{
	if (q->behind)
		q->new[q->new_count++] = path;
	else
		q->old[q->old_count++] = path;
}

/* Returns 0, or the exit status + 1. */
static int parse(struct request *q, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"vs", no_argument, NULL, 'V'},
		{"json", no_argument, NULL, 'j'},
		{"threads", required_argument, NULL, 'T'},
		{"on-damage", required_argument, NULL, 'D'},
		{"max-memory", required_argument, NULL, 'M'},
		KEYS_OPTIONS,
		KEYS_NEW_OPTIONS,
		{"quiet", no_argument, NULL, 'q'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option, status = command_no_abbreviations("compare", argc, argv, long_options);
	optind = 1;
	opterr = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "-T:qv", long_options, NULL)) != -1) {
		switch (option) {
		case 1: add_volume(q, optarg); break;
		case 'V': q->behind = true; break;
		case 'j': q->json = true; break;
		case 'T': status = command_threads("compare", optarg, &q->o.threads); break;
		case 'D': status = command_on_damage("compare", optarg, &q->o.on_damage); break;
		case 'M': status = command_max_memory("compare", optarg, &q->o.max_memory); break;
		case 'q': msg_set_verbosity(msg_verbosity() - 1); break;
		case 'v': msg_set_verbosity(msg_verbosity() + 1); break;
		case 'h': fputs(command_compare.help, stdout); return 1;
		default:
			if (!keyoptions_option(&q->keys, "compare", option, optarg, &status))
				status = msg_usage("compare", "%s: unknown option, or its value is missing", argv[optind - 1]);
		}
	}
	while (optind < argc)
		add_volume(q, argv[optind++]);
	if (status == 0 && (q->old_count == 0 || q->new_count == 0))
		status = msg_usage("compare", "two sets of volumes are needed: OLD... --vs NEW...");
	status = status != 0 ? status : keyoptions_check(&q->keys, "compare");
	status = status != 0 ? status : keyoptions_check_inputs(&q->keys, "compare", q->old, q->old_count);
	status = status != 0 ? status : keyoptions_check_inputs(&q->keys, "compare", q->new, q->new_count);
	return status == 0 ? 0 : status + 1;
}

static int run(struct request *q)
{
	struct json json = {.out = stdout};
	struct comparison c = {.json = q->json ? &json : NULL};
	struct err e = {0};
	if (c.json) {
		json_object(&json, NULL);
		json_number(&json, "format", 1);
		json_array(&json, "differences");
	}
	if (compare(&c, q, &e) != 0)
		msg_fail(&e);
	int status = finish(&c, &e);
	for (size_t i = 0; i < c.job_count; i++)
		free(c.jobs[i].files);
	free(c.jobs);
	keyoptions_close(&q->keys);
	return status;
}

static int cmd_compare(int argc, char **argv)
{
	struct request q = {.o = {.inflate = true, .incomplete_ok = true, .threads = command_processors()}};
	q.old = calloc((size_t)argc, sizeof(char *));
	q.new = calloc((size_t)argc, sizeof(char *));
	int status;
	if (q.old == NULL || q.new == NULL) {
		struct err e = {0};
		err_memory(&e, 0, "the arguments");
		status = msg_fail(&e);
	} else {
		int stop = parse(&q, argc, argv);
		status = stop != 0 ? stop - 1 : run(&q);
	}
	free(q.old);
	free(q.new);
	return status;
}

const struct command command_compare = {
	.name = "compare",
	.summary = "same jobs, files and plain content?",
	.help = "Usage: xflate compare [OPTIONS] OLD... --vs NEW...\n"
		"\n"
		"Inflates both sets of volumes and compares them job by job and file by file:\n"
		"plain content at its addresses, attributes, digests, labels, and the order of\n"
		"all that.  How records are compressed, cut and laid out in blocks does not\n"
		"matter.\n"
		"\n"
		"  -T, --threads N      workers, 0: one a processor (the default)\n"
		"      --on-damage stop|skip|keep\n"
		"                       at a bad block or record (default: stop)\n"
		"      --max-memory BYTES\n"
		"                       for sessions and records that wait (default: 1G)\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter; --new-key,\n"
		"                       --new-key-dir, --new-key-command: the NEW ones, if their\n"
		"                       keys are others\n"
		"      --json           the result as JSON\n"
		"  -q, --quiet          -qq: no warnings either\n"
		"\n"
		"Exit status: 0 the same; 1 different, or it could not be told; 3 the same as\n"
		"far as damage lets tell.\n",
	.run = cmd_compare,
};
