/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate catalog bsr: bootstraps from volumes, maps and an index, and stale ones mended. */
#include "cmd/catalog/catalog.h"

#include "base/msg.h"
#include "base/printable.h"
#include "base/system.h"
#include "catalog/bsrmend.h"
#include "catalog/wanted.h"
#include "cmd/catalog/bsrindex.h"
#include "cmd/catalog/inputs.h"
#include "cmd/volume/fileslist.h"
#include "restore/choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAMES_MAX 64u

struct names {
	const char *names[NAMES_MAX];
	size_t count;
};

struct request {
	struct inputs in;
	struct names jobs;
	struct choice *files; /* --file, --files-from */
	const char **globs;   /* what --file says */
	size_t glob_count;
	const char *files_from;
	struct bsrindex index;
	struct mapped_list *volumes; /* the inputs', or the index's */
	const char *indexes_text, *catalog_job, *update;
	struct bsr_options o;
	uint32_t slots[NAMES_MAX];
	struct indexes indexes;
	struct wanted wanted;
	const struct wanted_job *chosen[NAMES_MAX];
	size_t chosen_count;
	FILE *out;
};

/* ---- which files ---- */

static int on_file(void *arg, const struct mapped_session *s, int32_t file_index, const struct attributes *file, struct err *e)
{
	struct request *q = arg;
	bool fits = choice_takes_file(q->files, file->name, file_index);
	struct wanted_job *j = fits ? wanted_session(&q->wanted, s->id, s->time) : NULL;
	if (!fits)
		return 0;
	int rc = j ? indexes_add(&j->files, file_index, file_index, e) : err_memory(e, sizeof *j, "the jobs");
	/* A further name of a file is nothing without the first one. */
	if (rc == 0 && file->content > 0 && file->file_index == file_index)
		rc = indexes_add(&j->files, file->content, file->content, e);
	return rc;
}

static bool is_candidate(const struct request *q, const struct wanted_job *j)
{
	return j->here && (!choice_is_part(q->files) || j->files.count > 0);
}

/* ---- which jobs ---- */

static void list_jobs(const struct request *q, const char *called)
{
	char text[WANTED_TEXT_BYTES];
	for (size_t i = 0; i < q->wanted.count; i++) {
		const struct wanted_job *j = &q->wanted.jobs[i];
		if (!is_candidate(q, j) || (called && !wanted_is_called(j, called)))
			continue;
		wanted_describe(j, text, sizeof text);
		msg_error("%s", text);
	}
}

/* Once, by whatever names it was named. */
static void take(struct request *q, const struct wanted_job *j)
{
	for (size_t i = 0; i < q->chosen_count; i++) {
		if (q->chosen[i] == j)
			return;
	}
	q->chosen[q->chosen_count++] = j;
}

/* The only one that is called so, or the only one at all. */
static int choose_one(struct request *q, const char *called, struct err *e)
{
	const struct wanted_job *found = NULL;
	size_t count = 0;
	for (size_t i = 0; i < q->wanted.count; i++) {
		const struct wanted_job *j = &q->wanted.jobs[i];
		if (is_candidate(q, j) && (called == NULL || wanted_is_called(j, called))) {
			found = j;
			count++;
		}
	}
	if (count == 1) {
		take(q, found);
		return 0;
	}
	list_jobs(q, count > 1 ? called : NULL);
	if (count > 1)
		return err_set(e, XE_USAGE, "%s%zu jobs%s: --job names the one that is meant", called ? called : "", count,
			       called ? " are called so" : " are here");
	return err_set(e, q->in.damage > 0 ? XE_DAMAGE : XE_USAGE, called ? "%s: no such job is here%s" : "%sno job is here%s",
		       called ? called : "", choice_is_part(q->files) ? ", or none of its files fits" : "");
}

static int choose_catalog(struct request *q, struct err *e)
{
	const struct wanted_job *j = wanted_newest(&q->wanted, q->catalog_job);
	if (j == NULL) {
		list_jobs(q, NULL);
		return err_set(e, XE_FAILED, "%s: no save of it that began and ended well is on these volumes", q->catalog_job);
	}
	if (!is_candidate(q, j))
		return err_set(e, XE_FAILED, "%s: no file of its last save fits", q->catalog_job);
	char text[WANTED_TEXT_BYTES], when[64];
	time_t t;
	struct tm tm;
	wanted_describe(j, text, sizeof text);
	if (!system_time(j->began / 1000000, &t) || gmtime_r(&t, &tm) == NULL ||
	    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(when, sizeof when, "%lld", (long long)(j->began / 1000000));
	msg_info("%s, of %s", text, when);
	if (j->level && j->level != 'F')
		msg_warning("%s is of level %c: what it does not hold is in saves before it", text, j->level);
	take(q, j);
	return 0;
}

static int choose(struct request *q, struct err *e)
{
	if (q->catalog_job)
		return choose_catalog(q, e);
	if (q->jobs.count == 0)
		return choose_one(q, NULL, e);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < q->jobs.count; i++)
		rc = choose_one(q, q->jobs.names[i], e);
	return rc;
}

/* ---- the bootstrap ---- */

static const struct indexes *files_of(const struct request *q, const struct wanted_job *j)
{
	return q->indexes_text ? &q->indexes : choice_is_part(q->files) ? &j->files : NULL;
}

static const char *place_of(const struct request *q)
{
	return q->index.path ? "in the index" : "on these volumes";
}

/* Maps do not tell. */
static void warn_of_edges(const struct request *q, const struct wanted_job *j)
{
	char text[WANTED_TEXT_BYTES];
	bool measured = true;
	for (size_t i = 0; i < q->volumes->count; i++)
		measured = measured && q->volumes->volumes[i]->version == 0;
	wanted_describe(j, text, sizeof text);
	if (measured && files_of(q, j) == NULL && j->began == 0)
		msg_warning("%s: its beginning is not %s", text, place_of(q));
	if (measured && files_of(q, j) == NULL && j->status == 0)
		msg_warning("%s: its end is not %s", text, place_of(q));
}

/* Maps of version 1 do not tell; a daemon looks for a device by it. */
static void warn_of_media_type(const struct request *q)
{
	for (size_t i = 0; i < q->volumes->count; i++) {
		const struct mapped_volume *v = q->volumes->volumes[i];
		if (v->media_type[0] == '\0' && q->o.media_type == NULL)
			msg_warning("%s does not tell the media type of volume %s: --media-type NAME", v->path, v->new_name);
	}
}

static bool interleave(const struct request *q, const struct wanted_job *a, const struct wanted_job *b)
{
	for (size_t i = 0; i < q->volumes->count; i++) {
		struct mapped_volume *v = q->volumes->volumes[i];
		const struct mapped_session *x = mapped_find(v, a->session_id, a->session_time);
		const struct mapped_session *y = mapped_find(v, b->session_id, b->session_time);
		if (x && y && x->side[MAPPED_NEW].start <= y->side[MAPPED_NEW].end && y->side[MAPPED_NEW].start <= x->side[MAPPED_NEW].end)
			return true;
	}
	return false;
}

/* formats/catalog-facts.md 4.4 */
static void warn_of_interleaved(const struct request *q)
{
	bool any = false;
	for (size_t i = 0; i < q->chosen_count; i++) {
		for (size_t k = i + 1; k < q->chosen_count; k++)
			any = any || interleave(q, q->chosen[i], q->chosen[k]);
	}
	if (any)
		msg_warning("these jobs lie interleaved: Bareos, and Bacula before 15, mix their files up in one restore; make one "
			    "bootstrap a job");
}

static int write_job(struct request *q, const struct wanted_job *j, struct err *e)
{
	char text[WANTED_TEXT_BYTES];
	wanted_describe(j, text, sizeof text);
	printable_make(text);
	warn_of_edges(q, j);
	warn_of_media_type(q);
	fprintf(q->out, "# xflate catalog bsr: %s\n", text);
	return bsr_write(q->out, q->volumes->volumes, q->volumes->count, j->session_id, j->session_time, files_of(q, j), &q->o, e);
}

/* A file that is mistyped would be missed when it is too late. */
static int refuse_unmet(const struct request *q, struct err *e)
{
	const char *name = choice_unmet(q->files, 0);
	return name ? err_set(e, XE_USAGE, "%s: no file %s fits", name, place_of(q)) : 0;
}

/* Of an index only what is wanted is asked. */
static int look_up(struct request *q, struct err *e)
{
	int rc = bsrindex_open(&q->index, q->in.max_memory, &q->wanted, e);
	if (rc == 0 && choice_is_part(q->files))
		rc = bsrindex_pick(&q->index, &q->wanted, q->jobs.names, q->jobs.count, q->files, q->files_from ? NULL : q->globs,
				   q->glob_count, e);
	return rc;
}

static bool is_same_session(const struct wanted_job *a, const struct wanted_job *b)
{
	return a->session_id == b->session_id && a->session_time == b->session_time;
}

static int locate(struct request *q, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < q->chosen_count; i++) {
		const struct wanted_job *j = q->chosen[i];
		for (size_t k = 0; rc == 0 && k < i; k++)
			rc = is_same_session(j, q->chosen[k]) ? err_set(e, XE_USAGE, "two jobs of one session, %u/%u: one run for each",
									j->session_id, j->session_time)
							      : 0;
		if (rc == 0)
			rc = bsrindex_locate(&q->index, &q->wanted, j, files_of(q, j), e);
	}
	if (rc == 0)
		rc = bsrindex_check(&q->index, e);
	q->in.damage = bsrindex_damage(&q->index);
	if (rc == 0 && q->in.damage > 0)
		msg_warning("the index tells of damage on these volumes, in %llu places: what is sound is covered; xflate verify says more",
			    (unsigned long long)q->in.damage);
	return rc;
}

static int write_jobs(struct request *q, struct err *e)
{
	int rc = q->index.path ? look_up(q, e) : wanted_learn(&q->wanted, q->volumes->volumes, q->volumes->count, e);
	if (rc == 0)
		rc = choose(q, e);
	if (rc == 0 && q->index.path)
		rc = locate(q, e);
	if (rc == 0)
		rc = refuse_unmet(q, e);
	if (rc == 0)
		warn_of_interleaved(q);
	for (size_t i = 0; rc == 0 && i < q->chosen_count; i++)
		rc = write_job(q, q->chosen[i], e);
	return rc;
}

static int write_update(struct request *q, struct err *e)
{
	struct bsrfile old = {0};
	int rc = bsrfile_read(&old, q->update, e);
	if (rc == 0)
		rc = bsrmend_write(q->out, &old, q->volumes->volumes, q->volumes->count, &q->o, e);
	err_volume(e, q->update);
	bsrfile_free(&old);
	return rc;
}

/* Nothing is written of a bootstrap that fails half-way. */
static int run(struct request *q, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	bool part = choice_is_part(q->files) || q->files_from;
	q->in.hooks = (struct measure_options){.arg = q, .runs = true, .file = part ? on_file : NULL};
	q->volumes = q->index.path ? &q->index.located.list : &q->in.list;
	int rc = q->files_from ? fileslist_read(q->files_from, q->files, e) : 0;
	choice_ready(q->files);
	if (rc == 0 && q->index.path == NULL)
		rc = inputs_read(&q->in, e);
	if (rc != 0)
		return rc;
	q->out = open_memstream(&text, &len);
	rc = q->out == NULL ? err_memory(e, 0, "the bootstrap") : q->update ? write_update(q, e) : write_jobs(q, e);
	if (q->out && (ferror(q->out) | fclose(q->out)) && rc == 0)
		rc = err_memory(e, len, "the bootstrap");
	if (rc == 0 && (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0))
		rc = err_errno(e, XE_FAILED, errno, "cannot write the bootstrap");
	free(text);
	return rc;
}

/* ---- the command ---- */

static int take_name(const char *option, struct names *to, const char *text)
{
	if (*text == '\0' || to->count == NAMES_MAX)
		return msg_usage("catalog bsr", *text ? "--%s: more than %u" : "--%s: its value is empty", option, NAMES_MAX);
	to->names[to->count++] = text;
	return 0;
}

static int take_job(const struct command *verb, void *place, const char *text)
{
	(void)verb;
	return take_name("job", place, text);
}

static int take_file(const struct command *verb, void *request, const char *text)
{
	struct request *q = request;
	struct err e = {0};
	if (*text == '\0')
		return msg_usage(verb->path, "--file: its value is empty");
	q->globs[q->glob_count++] = text;
	return choice_glob(q->files, text, &e) == 0 ? 0 : msg_fail(&e);
}

/* One for each volume, in their order. */
static int take_slots(const struct command *verb, void *request, const char *text)
{
	struct request *q = request;
	char number[16];
	(void)verb;
	q->o.slots = q->slots;
	for (const char *at = text; q->o.slot_count < NAMES_MAX;) {
		size_t n = strcspn(at, ",");
		uint64_t slot;
		snprintf(number, sizeof number, "%.*s", n < sizeof number ? (int)n : 0, at);
		if (!options_number(number, 0, UINT32_MAX, &slot))
			break;
		q->slots[q->o.slot_count++] = (uint32_t)slot;
		if (at[n] == '\0')
			return 0;
		at += n + 1;
	}
	return msg_usage("catalog bsr", "--slot %s: N, or N,N,... for several volumes", text);
}

static const struct option_row options[] = {
	OPTION_TAKE_AT(0, "job", take_job, struct request, jobs),
	OPTION_TEXT(0, "file-index", struct request, indexes_text),
	OPTION_TAKE(0, "file", take_file),
	OPTION_SOURCE(0, "files-from", struct request, files_from),
	OPTION_SOURCE(0, "index", struct request, index.path),
	OPTION_SOURCE(0, "catalog-job", struct request, catalog_job),
	OPTION_SOURCE(0, "update", struct request, update),
	OPTION_SOURCE(0, "storage", struct request, o.storage),
	OPTION_SOURCE(0, "device", struct request, o.device),
	OPTION_SOURCE(0, "media-type", struct request, o.media_type),
	OPTION_TAKE(0, "slot", take_slots),
	COMMAND_MAX_MEMORY(struct request, in.max_memory),
	COMMAND_PROGRESS(struct request, in.progress),
	KEYOPTIONS_ROWS(struct request, in.keys),
	OPTIONS_END,
};

static bool fits_quotes(const char *name)
{
	return name == NULL || bsr_name_fits(name);
}

/* Returns 0, or the exit status of wrong usage. */
static int check(struct request *q)
{
	static const char verb[] = "catalog bsr";
	struct err e = {0};
	bool part = choice_is_part(q->files) || q->files_from;
	bool selects = q->jobs.count > 0 || part || q->indexes_text;
	if (q->in.count == 0 && q->index.path == NULL)
		return msg_usage(verb, "at least one VOLUME or MAP is missing, or --index");
	if (q->in.count > 0 && q->index.path)
		return msg_usage(verb, "the index or the volumes: one of them tells where files lie");
	if (q->update && q->index.path)
		return msg_usage(verb, "--update takes addresses from the volumes, or from maps: name them instead of --index");
	if (q->update && (selects || q->catalog_job))
		return msg_usage(verb, "--update takes jobs and files from the old bootstrap: no --job, --file, --files-from, --file-index "
				       "or --catalog-job");
	if (q->catalog_job && q->jobs.count > 0)
		return msg_usage(verb, "--catalog-job or --job: one of them");
	if (q->indexes_text && part)
		return msg_usage(verb, "--file-index or --file: one of them");
	if (q->indexes_text && q->jobs.count > 1)
		return msg_usage(verb, "--file-index counts the files of one job");
	if (q->indexes_text && indexes_parse(&q->indexes, q->indexes_text, &e) != 0)
		return msg_usage(verb, "--file-index %s", e.text);
	if (!fits_quotes(q->o.storage) || !fits_quotes(q->o.device) || !fits_quotes(q->o.media_type))
		return msg_usage(verb, "--storage, --device, --media-type: no name that can stand in a bootstrap");
	for (size_t i = 0; i < q->in.count; i++) {
		if ((part || q->catalog_job) && mapfile_is(q->in.paths[i]))
			return msg_usage(verb, "%s: a map knows neither the names of files nor how jobs ended: give the volumes for %s",
					 q->in.paths[i], q->catalog_job ? "--catalog-job" : "--file");
	}
	return inputs_check(&q->in, verb, q->update ? q->update : q->files_from, q->update ? "the old bootstrap" : "the list of files");
}

static int cmd_bsr(int argc, char **argv)
{
	static struct request q;
	struct operands rest;
	struct err e = {0};
	int status;
	q.files = choice_new();
	q.globs = calloc((size_t)argc, sizeof *q.globs);
	if (q.files == NULL || q.globs == NULL) {
		choice_free(q.files);
		free(q.globs);
		err_memory(&e, 0, "the arguments");
		return msg_fail(&e);
	}
	if (options_parse(&command_catalog_bsr, argc, argv, &q, &rest, &status)) {
		q.in.paths = rest.names;
		q.in.count = rest.count;
		status = check(&q);
		if (status == 0)
			status = run(&q, &e) != 0 ? msg_fail(&e) : q.in.damage > 0 ? 3 : 0;
	}
	choice_free(q.files);
	free(q.globs);
	bsrindex_close(&q.index);
	inputs_free(&q.in);
	indexes_free(&q.indexes);
	wanted_free(&q.wanted);
	return status;
}

const struct command command_catalog_bsr = {
	.name = "bsr",
	.path = "catalog bsr",
	.summary = "bootstraps, exact to the block",
	.help = "Usage: xflate catalog bsr [OPTIONS] VOLUME|MAP... > bootstrap\n"
		"       xflate catalog bsr [OPTIONS] --index DB > bootstrap\n"
		"       xflate catalog bsr --update OLD.bsr VOLUME|MAP... > bootstrap\n"
		"\n"
		"Prints the bootstrap for one job, or some of its files: what a restore, bextract\n"
		"or bls reads without a catalog.  Addresses are those of the first and the last\n"
		"block that is needed.  Volumes are given in the order in which they were\n"
		"written; maps tell of the volumes that filter --map wrote them for.  With\n"
		"--index only the beginnings and last blocks of those that are there are read.\n"
		"\n"
		"      --job JOB        its id, its name, or SESSIONID/SESSIONTIME; wanted where\n"
		"                       several are there.  More than once: several\n"
		"      --file-index LIST\n"
		"                       only these files: 5, 5-9 or 1,5-9\n"
		"      --file GLOB      only these files: a name, with all that is below it, or\n"
		"                       with wildcards (* takes slashes, too).  More than once\n"
		"      --files-from LIST\n"
		"                       only these files: a name a line, or a NUL behind each\n"
		"      --index DB       out of an index of the volumes, as find --index makes it\n"
		"      --catalog-job NAME\n"
		"                       the last save of this job that ended well: that of the\n"
		"                       catalog itself, when there is none any more\n"
		"      --update OLD.bsr a file of Write Bootstrap, with the addresses of these\n"
		"                       volumes instead of its own, and all else as it is\n"
		"      --storage NAME, --device NAME, --media-type NAME, --slot N[,N...]\n"
		"                       these lines (MediaType: instead of what the label says;\n"
		"                       slots: of the volumes, in their order)\n"
		"      --max-memory BYTES\n"
		"                       for sessions and records that wait (default: 1G)\n"
		"      --progress auto|never|always|json\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"\n"
		"Exit status: 0; 1 something cannot be read, or no such save is there; 2 wrong\n"
		"usage, or no such job or file; 3 damage was found, what is sound is covered; 4 a\n"
		"key is missing.\n",
	.run = cmd_bsr,
	.options = options,
	.operands = "VOLUMEs or MAPs",
	.operands_min = 0,
	.operands_max = SIZE_MAX,
};
