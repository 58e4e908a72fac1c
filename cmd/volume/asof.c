/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/asof.h"

#include "base/msg.h"
#include "base/printable.h"
#include "base/system.h"
#include "cmd/command.h"
#include "cmd/timetext.h"
#include "cmd/volume/asof_index.h"
#include "cmd/volume/asof_steps.h"
#include "cmd/volume/watched.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define TIME_BYTES 40
#define NOTE_BYTES 512
#define CLOCKS_SECONDS (26 * 3600) /* by which clocks and their zones may differ: what is less tells nothing */
#define NAMES_BYTES ((uint64_t)4 << 30)

/* ---- the time ---- */

/* Of a day or a minute its end. */
static bool read_time(const char *text, int64_t *seconds)
{
	int64_t microseconds;
	if (strcmp(text, "now") == 0) {
		*seconds = (int64_t)time(NULL);
		return true;
	}
	bool right = timetext_read(text, true, &microseconds);
	*seconds = right ? microseconds / 1000000 : 0;
	return right;
}

static const char *time_text(int64_t seconds, char text[static TIME_BYTES])
{
	time_t t;
	struct tm tm;
	if (seconds == 0 || !system_time(seconds, &t) || localtime_r(&t, &tm) == NULL ||
	    strftime(text, TIME_BYTES, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(text, TIME_BYTES, "-");
	return text;
}

/* What is not there is told of when it is opened. */
static bool can_be_read_twice(const char *path)
{
	struct stat st;
	return stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
}

int asof_check(struct asof *a, const struct filter_options *run, const char *job, const char *indexes)
{
	if (a->text == NULL)
		return a->client || a->fileset || a->without_full
			       ? msg_usage("extract", "--client, --fileset and --without-full belong to --as-of")
			       : 0;
	if (!read_time(a->text, &a->time))
		return msg_usage("extract", "--as-of %s: no time as 2026-11-22, '2026-11-22 12:44[:19]', @1795351459 or now", a->text);
	if (job)
		return msg_usage("extract", "--as-of takes the jobs that it needs; --job names one");
	if (indexes)
		return msg_usage("extract", "--as-of is about several jobs, and each has FileIndexes of its own: say --file");
	for (size_t i = 0; i < run->path_count && a->index == NULL; i++) {
		if (strcmp(run->paths[i], "-") == 0 || !can_be_read_twice(run->paths[i]))
			return msg_usage("extract",
					 "%s: --as-of reads the volumes twice, which a pipe or a tape is not made for: copy it to a file",
					 run->paths[i]);
	}
	return 0;
}

/* ---- the first reading ---- */

static int look(struct asof *a, const struct filter_options *run, enum progress_mode progress, struct err *e)
{
	struct filter_options o = *run;
	o.inflate = false;
	o.observer = survey_observer(a->survey);
	struct filter *f = filter_new(&o);
	if (f == NULL)
		return err_memory(e, 0, "a look at the volumes");
	int rc = watched_run(f, progress, command_total_bytes(run->paths, run->path_count), e);
	survey_finish(a->survey);
	filter_free(f);
	return rc;
}

/* As struct extract_plan has it.  Numbers of jobs differ between two readings; their sessions do not. */
static bool is_in(void *arg, const struct job *job, size_t *number, bool *interleaved)
{
	const struct asof *a = arg;
	const struct chain *c = &a->chain;
	size_t at = 0;
	for (; at < c->count; at++) {
		const struct survey_job *known = survey_job(a->survey, c->order[at]);
		if (known->session_id == job->session_id && known->session_time == job->session_time)
			break;
	}
	if (at == c->count)
		return false;
	*number = c->order[at];
	*interleaved = false;
	for (size_t i = 0; i < c->count; i++)
		*interleaved = *interleaved || survey_interleaved(a->survey, *number, c->order[i]);
	return true;
}

static size_t bases(const struct chain *c)
{
	size_t n = 0;
	while (n < c->count && c->picks[c->order[n]].role == CHAIN_BASE)
		n++;
	return n;
}

/* ---- the steps ---- */

int asof_begin(struct asof *a, const struct filter_options *run, struct choice *choice, struct err *e)
{
	const struct survey_options o = {
		.client = a->client,
		.fileset = a->fileset,
		.choice = choice,
		.max_memory = run->max_memory ? run->max_memory : NAMES_BYTES,
	};
	a->survey = survey_new(&o);
	return a->survey ? 0 : err_memory(e, 0, "a look at the volumes");
}

int asof_choose(struct asof *a, struct err *e)
{
	const struct chain_wish wish = {.client = a->client, .fileset = a->fileset, .time = a->time, .without_full = a->without_full};
	return chain_choose(&a->chain, survey_chain_jobs(a->survey), survey_count(a->survey), &wish, e);
}

int asof_decide(struct asof *a, struct err *e)
{
	return merge_decide(survey_merge(a->survey), a->chain.order, a->chain.count, bases(&a->chain), e);
}

void asof_plan(struct asof *a, struct choice *choice, const char *spool)
{
	choice_begin_again(choice);
	a->plan = (struct extract_plan){.merge = survey_merge(a->survey), .arg = a, .job = is_in, .spool = spool};
}

int asof_prepare(struct asof *a, struct filter_options *run, struct choice *choice, enum progress_mode progress, const char *spool,
		 struct err *e)
{
	if (a->index)
		return asof_index_prepare(a, run, choice, spool, e);
	int rc = asof_begin(a, run, choice, e);
	if (rc == 0)
		rc = look(a, run, progress, e);
	if (rc == 0)
		rc = asof_choose(a, e);
	if (rc == 0)
		rc = asof_decide(a, e);
	if (rc == 0)
		asof_plan(a, choice, spool);
	return rc;
}

uint64_t asof_missing(const struct asof *a)
{
	uint64_t n = 0;
	for (size_t i = 0; i < a->chain.count; i++)
		n += survey_chain_jobs(a->survey)[a->chain.order[i]].missing;
	return n;
}

void asof_free(struct asof *a)
{
	chain_free(&a->chain);
	indexparts_free(&a->parts);
	survey_free(a->survey);
	a->survey = NULL;
}

/* ---- what is told of it ---- */

static const struct chain_job *job_at(const struct asof *a, size_t job)
{
	return &survey_chain_jobs(a->survey)[job];
}

static struct job described(const struct asof *a, size_t job)
{
	const struct survey_job *s = survey_job(a->survey, job);
	const struct chain_job *c = job_at(a, job);
	return (struct job){.session_id = s->session_id,
			    .session_time = s->session_time,
			    .has_label = c->label.job[0] || c->label.job_name[0],
			    .label = c->label};
}

/* Is it worth a line that it is left out?  Not that of the years before. */
static bool is_told(const struct asof *a, size_t job)
{
	const struct chain_pick *p = &a->chain.picks[job];
	if (survey_job(a->survey, job)->volume_count == 0 || p->why == CHAIN_IN || p->why == CHAIN_OTHER || p->why == CHAIN_NO_BACKUP)
		return false;
	if (p->why == CHAIN_UNLABELLED || msg_verbosity() > 0)
		return true;
	bool begins = a->chain.full && p->time < a->chain.picks[a->chain.order[bases(&a->chain)]].time;
	bool behind = p->time > a->time;
	bool odd = p->why == CHAIN_ENDLESS || p->why == CHAIN_FAILED || p->why == CHAIN_LEVEL || p->why == CHAIN_TWIN;
	return odd && !begins && !behind;
}

static bool is_change(const struct asof *a, size_t job)
{
	return a->chain.picks[job].role == CHAIN_DIFFERENTIAL || a->chain.picks[job].role == CHAIN_INCREMENTAL;
}

static struct merge_share share_of(const struct asof *a, size_t job)
{
	return merge_share(survey_merge(a->survey), job);
}

static struct merge_share sum(const struct asof *a)
{
	struct merge_share all = {0};
	for (size_t i = 0; i < a->chain.count; i++) {
		const struct merge_share s = share_of(a, a->chain.order[i]);
		all.marks += s.marks;
		all.unmet_marks += s.unmet_marks;
		all.orphans += s.orphans;
		all.replaced += s.replaced;
	}
	return all;
}

/* May files be among it that had been deleted? */
static bool is_superset(const struct asof *a)
{
	bool changes = false, unmarked = false;
	for (size_t i = 0; i < a->chain.count; i++) {
		size_t job = a->chain.order[i];
		changes = changes || is_change(a, job);
		unmarked = unmarked || (is_change(a, job) && chain_is_consolidation(job_at(a, job)));
	}
	return changes && (unmarked || sum(a).marks == 0);
}

/* It has files that no job which follows on the one before it would have. */
static bool follows_elsewhere(const struct asof *a, size_t at)
{
	size_t job = a->chain.order[at];
	const struct chain_job *c = job_at(a, job);
	if (at == 0 || !is_change(a, job) || chain_is_consolidation(c) || share_of(a, job).marks > 0)
		return false;
	return c->oldest > 0 && c->oldest < a->chain.picks[a->chain.order[at - 1]].time - CLOCKS_SECONDS;
}

/* The index-th thing that is to be known of all that; false behind the last. */
static bool note_of_all(const struct asof *a, unsigned index, char text[static NOTE_BYTES])
{
	const struct merge_share all = sum(a);
	if (!a->chain.full && index-- == 0)
		snprintf(text, NOTE_BYTES, "no full backup is among them: what had not changed since is not here");
	else if (is_superset(a) && index-- == 0)
		snprintf(text, NOTE_BYTES,
			 "a superset: no job here marks what had been deleted (as accurate backups do), so files that were deleted or "
			 "renamed after the first of these jobs are there, too");
	else if (a->chain.fileset_grew && index-- == 0)
		snprintf(text, NOTE_BYTES, "the fileset was changed between these jobs (its MD5): what it left out since stays as it was");
	else if (all.unmet_marks > 0 && a->chain.full && index-- == 0)
		snprintf(text, NOTE_BYTES, "marked as deleted, but in no older job here: %" PRIu64 "; a job may be missing",
			 all.unmet_marks);
	else if (all.orphans > 0 && index-- == 0)
		snprintf(text, NOTE_BYTES, "without their content, which is in no job here: %" PRIu64 "; a job may be missing",
			 all.orphans);
	else if (all.replaced > 0 && index-- == 0)
		snprintf(text, NOTE_BYTES, "left out, for one is no folder any more that they lay in, or has become one: %" PRIu64,
			 all.replaced);
	else
		return false;
	return true;
}

static bool note_of_job(const struct asof *a, size_t at, unsigned index, char text[static NOTE_BYTES])
{
	const struct chain_job *c = job_at(a, a->chain.order[at]);
	if (!c->begun && index-- == 0)
		snprintf(text, NOTE_BYTES, "job %u: its start is not here", c->label.job_id);
	else if (c->hurt > 0 && index-- == 0)
		snprintf(text, NOTE_BYTES, "job %u: %" PRIu64 " places are damaged, or files did not come", c->label.job_id, c->hurt);
	else if (follows_elsewhere(a, at) && index-- == 0)
		snprintf(text, NOTE_BYTES,
			 "job %u has files that had not changed since the one before it: perhaps it does not follow on that",
			 c->label.job_id);
	else
		return false;
	return true;
}

static void each_note(const struct asof *a, void (*tell)(void *arg, const char *text), void *arg)
{
	char text[NOTE_BYTES];
	for (size_t i = 0; i < a->chain.count; i++) {
		for (unsigned k = 0; a->plan.merge && note_of_job(a, i, k, text); k++)
			tell(arg, text);
	}
	for (unsigned k = 0; a->plan.merge && note_of_all(a, k, text); k++)
		tell(arg, text);
}

/* ---- as text ---- */

static void print_note(void *arg, const char *text)
{
	fprintf(arg, "  note:        %s\n", text);
}

static void print_head(const struct asof *a, size_t job, const char *role, FILE *out)
{
	char when[TIME_BYTES], name[LABEL_NAME_BYTES + 64];
	const struct job j = described(a, job);
	job_describe(&j, name, sizeof name);
	fprintf(out, "  %-12s %s  ", role, time_text(a->chain.picks[job].time, when));
	printable_put(name, out);
}

static void print_volumes(const struct survey_job *s, FILE *out)
{
	for (size_t i = 0; i < s->volume_count; i++) {
		fputs(i == 0 ? " on " : ", ", out);
		printable_put(s->volumes[i], out);
	}
	putc('\n', out);
}

static void print_job(const struct asof *a, size_t job, FILE *out)
{
	char size[MSG_SIZE_BYTES];
	const struct merge_share s = share_of(a, job);
	print_head(a, job, chain_role_name(a->chain.picks[job].role), out);
	if (a->plan.merge == NULL) {
		putc(';', out);
		print_volumes(survey_job(a->survey, job), out);
		return;
	}
	fprintf(out, ": %" PRIu64 " file%s, %" PRIu64 " folder%s, %s", s.files, s.files == 1 ? "" : "s", s.folders,
		s.folders == 1 ? "" : "s", msg_size(s.bytes, size));
	if (s.updates > 0)
		fprintf(out, ", attributes of %" PRIu64, s.updates);
	if (s.marks > 0)
		fprintf(out, ", %" PRIu64 " marked as deleted", s.marks);
	print_volumes(survey_job(a->survey, job), out);
}

static void print_left_out(const struct asof *a, size_t job, FILE *out)
{
	char why[128];
	chain_explain(survey_chain_jobs(a->survey), a->chain.picks, job, why, sizeof why);
	print_head(a, job, "left out", out);
	fprintf(out, ": %s;", why);
	print_volumes(survey_job(a->survey, job), out);
}

void asof_print(const struct asof *a, FILE *out)
{
	char when[TIME_BYTES];
	if (a->chain.picks == NULL)
		return;
	fputs("client ", out);
	printable_put(a->chain.client, out);
	fputs(", fileset ", out);
	printable_put(a->chain.fileset, out);
	fprintf(out, ", as of %s\n", time_text(a->time, when));
	for (size_t i = 0; i < a->chain.count; i++)
		print_job(a, a->chain.order[i], out);
	for (size_t i = 0; i < survey_count(a->survey); i++) {
		if (is_told(a, i))
			print_left_out(a, i, out);
	}
	each_note(a, print_note, out);
}

/* ---- as JSON ---- */

static void json_head(const struct asof *a, size_t job, struct json *j)
{
	const struct job described_job = described(a, job);
	const struct survey_job *s = survey_job(a->survey, job);
	json_object(j, NULL);
	json_text(j, "role", chain_role_name(a->chain.picks[job].role));
	timetext_json(j, "time", a->chain.picks[job].time);
	command_json_job(j, &described_job);
	json_texts(j, "volumes", (const char *const *)s->volumes, s->volume_count);
}

static void json_job(const struct asof *a, size_t job, struct json *j)
{
	const struct merge_share s = share_of(a, job);
	json_head(a, job, j);
	json_number(j, "files", s.files);
	json_number(j, "folders", s.folders);
	json_number(j, "bytes", s.bytes);
	json_number(j, "updates", s.updates);
	json_number(j, "deleted", s.marks);
	json_number(j, "damage", job_at(a, job)->hurt);
	json_end_object(j);
}

static void json_left_out(const struct asof *a, size_t job, struct json *j)
{
	char why[128];
	chain_explain(survey_chain_jobs(a->survey), a->chain.picks, job, why, sizeof why);
	json_head(a, job, j);
	json_text(j, "reason", why);
	json_end_object(j);
}

static void json_note(void *arg, const char *text)
{
	json_text(arg, NULL, text);
}

void asof_json(const struct asof *a, struct json *j)
{
	json_object(j, "as_of");
	timetext_json(j, "time", a->time);
	if (a->chain.picks) {
		json_text(j, "client", a->chain.client);
		json_text(j, "fileset", a->chain.fileset);
		json_bool(j, "full", a->chain.full);
		json_bool(j, "superset", is_superset(a));
		json_bool(j, "fileset_changed", a->chain.fileset_grew);
		json_array(j, "chain");
		for (size_t i = 0; i < a->chain.count; i++)
			json_job(a, a->chain.order[i], j);
		json_end_array(j);
		json_array(j, "left_out");
		for (size_t i = 0; i < survey_count(a->survey); i++) {
			if (is_told(a, i))
				json_left_out(a, i, j);
		}
		json_end_array(j);
		json_array(j, "notes");
		each_note(a, json_note, j);
		json_end_array(j);
	}
	json_end_object(j);
}
