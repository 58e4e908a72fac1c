/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate compare: the same jobs, files and plain content? */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/outfile.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/sandbox.h"
#include "pipeline/filter.h"
#include "prove/compare.h"

#include <stdlib.h>
#include <string.h>

#define DIFFERENCES_SHOWN 1000u

struct request {
	struct filter_options o;
	const char **old, **new;
	size_t old_count, new_count;
	struct keyoptions keys;
	bool behind; /* --vs was seen */
	bool as_json, no_sandbox;
	struct json *json; /* NULL: text */
	struct compare *compare;
	struct filter *filter; /* at work, for progress */
	uint64_t damaged;
};

static void on_difference(void *arg, const struct compare_difference *d)
{
	struct request *q = arg;
	const struct compare_result *r = compare_result(q->compare);
	uint64_t shown = r->different + r->missing + r->added;
	if (shown > DIFFERENCES_SHOWN)
		return;
	if (q->json) {
		json_object(q->json, NULL);
		json_text(q->json, "job", d->job);
		if (d->file_index > 0)
			json_signed(q->json, "file_index", d->file_index);
		json_known(q->json, "file", d->name);
		json_text(q->json, "difference", d->what);
		json_end_object(q->json);
		return;
	}
	printable_put(d->job, stdout);
	if (d->file_index < 0)
		printf(": session label");
	else if (d->file_index != COMPARE_OF_JOB)
		printf(": FileIndex %d%s", d->file_index, d->name[0] ? " " : "");
	printable_put(d->file_index < 0 ? "" : d->name, stdout);
	printf(": %s\n", d->what);
	if (shown == DIFFERENCES_SHOWN)
		printf("(further differences are counted, not shown)\n");
}

static void on_damage(void *arg, const struct finding *f)
{
	(void)arg;
	findingtext_warn(f, findingtext_kind(f->kind), "");
}

static void on_progress(void *arg, struct progress_state *state)
{
	struct request *q = arg;
	filter_progress(q->filter, &state->done, &state->out);
	state->reads_only = true;
}

static int read_set(struct request *q, const char *const *paths, size_t count, struct err *e)
{
	q->o.paths = paths;
	q->o.path_count = count;
	q->o.observer = compare_observer(q->compare, on_damage);
	q->filter = q->o.observer ? filter_new(&q->o) : NULL;
	if (q->filter == NULL)
		return err_memory(e, 0, "comparing");
	progress_start(PROGRESS_AUTO, on_progress, q);
	int rc = filter_run(q->filter, e);
	progress_stop();
	q->damaged += filter_damaged(q->filter);
	filter_free(q->filter);
	return rc;
}

static int compare(struct request *q, struct err *e)
{
	int rc = keyoptions_open(&q->keys, e);
	q->o.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	if (rc == 0)
		rc = read_set(q, q->old, q->old_count, e);
	if (rc != 0)
		return rc;
	/* The new volumes may have keys of their own. */
	if (keyoptions_new_given(&q->keys))
		q->o.cipher.read = &q->keys.write;
	return read_set(q, q->new, q->new_count, e);
}

static int finish(const struct request *q, const struct err *e)
{
	const struct compare_result *r = compare_result(q->compare);
	bool equal = r->different + r->missing + r->added == 0;
	int status = e->code != XE_OK ? err_exit_status(e->code) : !equal ? 1 : q->damaged ? 3 : 0;
	if (q->json) {
		json_end_array(q->json);
		json_bool(q->json, "same", equal && e->code == XE_OK);
		json_number(q->json, "job_count", r->jobs);
		json_number(q->json, "files", r->files);
		json_number(q->json, "plain_bytes", r->bytes);
		json_number(q->json, "different", r->different);
		json_number(q->json, "missing", r->missing);
		json_number(q->json, "added", r->added);
		json_number(q->json, "damage", q->damaged);
		command_json_error(q->json, e);
		json_signed(q->json, "exit_status", status);
		json_end_object(q->json);
	} else if (e->code == XE_OK) {
		printf("%zu job%s, %llu files, %llu bytes of plain content: %s\n", r->jobs, r->jobs == 1 ? "" : "s",
		       (unsigned long long)r->files, (unsigned long long)r->bytes, equal ? "same" : "DIFFERENT");
		if (!equal)
			printf("%llu different, %llu missing, %llu only in the new volume\n", (unsigned long long)r->different,
			       (unsigned long long)r->missing, (unsigned long long)r->added);
	}
	return status;
}

static void add_volume(void *request, const char *path)
{
	struct request *q = request;
	if (q->behind)
		q->new[q->new_count++] = path;
	else
		q->old[q->old_count++] = path;
}

static const struct option_row rows[] = {
	OPTION_FLAG(0, "vs", struct request, behind),
	OPTION_FLAG(0, "json", struct request, as_json),
	OPTION_TAKE_AT('T', "threads", command_threads, struct request, o.threads),
	COMMAND_ON_DAMAGE(struct request, o.on_damage),
	COMMAND_MAX_MEMORY(struct request, o.max_memory),
	KEYOPTIONS_ROWS(struct request, keys),
	KEYOPTIONS_NEW_ROWS(struct request, keys),
	SANDBOX_ROW(struct request, no_sandbox),
	OPTIONS_END,
};

/* Returns 0, or the exit status of wrong usage. */
static int check(const struct request *q)
{
	if (q->old_count == 0 || q->new_count == 0)
		return msg_usage("compare", "two sets of volumes are needed: OLD... --vs NEW...");
	int wrong = keyoptions_check(&q->keys, "compare");
	if (wrong == 0)
		wrong = keyoptions_check_inputs(&q->keys, "compare", q->old, q->old_count);
	return wrong != 0 ? wrong : keyoptions_check_inputs(&q->keys, "compare", q->new, q->new_count);
}

/* It writes nothing, and reads both sets. */
static void confine(const struct request *q)
{
	struct sandbox s;
	sandbox_begin(&s, &(struct sandbox_of){.off = q->no_sandbox, .keys = &q->keys});
	sandbox_inputs(&s, q->old, q->old_count);
	sandbox_inputs(&s, q->new, q->new_count);
	sandbox_close(&s, false);
}

static int run(struct request *q)
{
	struct err e = {0};
	q->compare = compare_new(on_difference, q);
	if (q->compare == NULL) {
		err_memory(&e, 0, "comparing");
		return msg_fail(&e);
	}
	if (q->json) {
		json_object(q->json, NULL);
		json_number(q->json, "format", 1);
		json_array(q->json, "differences");
	}
	if (compare(q, &e) != 0)
		msg_fail(&e);
	int status = finish(q, &e);
	compare_free(q->compare);
	keyoptions_close(&q->keys);
	return status;
}

/* With room for the names of both sets. */
static int parse_and_run(struct request *q, int argc, char **argv)
{
	struct json json = {.out = stdout};
	struct operands none;
	int status;
	if (!options_parse(&command_compare, argc, argv, q, &none, &status))
		return status;
	q->json = q->as_json ? &json : NULL;
	status = check(q);
	if (status != 0)
		return status;
	confine(q);
	return run(q);
}

static int cmd_compare(int argc, char **argv)
{
	struct request q = {.o = {.inflate = true, .incomplete_ok = true, .threads = command_processors()}};
	q.old = calloc((size_t)argc, sizeof(char *));
	q.new = calloc((size_t)argc, sizeof(char *));
	struct err e = {0};
	if (q.old == NULL || q.new == NULL)
		err_memory(&e, 0, "the arguments");
	int status = e.code != XE_OK ? msg_fail(&e) : parse_and_run(&q, argc, argv);
	free(q.old);
	free(q.new);
	return status;
}

const struct command command_compare = {
	.name = "compare",
	.path = "compare",
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
		"      --no-sandbox     keeps rights that it does not need: see xflate(1)\n"
		"  -q, --quiet          -qq: no warnings either\n"
		"\n"
		"Exit status: 0 the same; 1 different, or it could not be told; 3 the same as\n"
		"far as damage lets tell.\n",
	.run = cmd_compare,
	.options = rows,
	.take_operand = add_volume,
};
