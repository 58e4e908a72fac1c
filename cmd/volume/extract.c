/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate extract: files out of volumes, without a daemon, a configuration or a catalog. */
#include "cmd/command.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/quit.h"
#include "cmd/volume/asof.h"
#include "cmd/volume/bsrchoice.h"
#include "cmd/volume/extract_report.h"
#include "cmd/volume/fileslist.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/indexchoice.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/pkioptions.h"
#include "cmd/volume/runevents.h"
#include "cmd/volume/sandbox.h"
#include "cmd/volume/watched.h"
#include "restore/folderslast.h"
#include "restore/nowhere.h"
#include "restore/objects.h"
#include "restore/tar.h"
#include "restore/tree.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum owner { OWNER_DEFAULT, OWNER_SAME, OWNER_MINE };

struct request {
	struct filter_options run;
	struct extract_options o;
	struct tree_options tree;
	const char *job, *files_from, *indexes;
	struct asof asof;
	struct bsrchoice bsr;
	struct indexchoice index;
	const char **globs;
	size_t glob_count;
	enum owner owner;
	bool dry_run, as_tar, as_json, with_objects, no_sandbox;
	bool folder_made; /* by us, and nothing is in it yet */
	enum progress_mode progress;
	struct keyoptions keys;
	struct pkioptions pki;
	struct runevents events;
	struct extract_report report;
	struct extract *extract;
	struct objects *objects; /* NULL: not asked for */
	struct filter *filter;   /* at work */
	uint64_t total;          /* bytes of the inputs, 0: unknown */
};

static const char *const existing_words[] = {"skip", "replace", "newer", "keep-both", NULL};

/* ---- options ---- */

static int take_glob(const struct command *verb, void *place, const char *value)
{
	struct request *q = place;
	if (value[0] == '\0')
		return msg_usage(verb->path, "--file is empty");
	q->globs[q->glob_count++] = value;
	return 0;
}

static int take_same(const struct command *verb, void *place, const char *value)
{
	(void)verb;
	(void)value;
	((struct request *)place)->owner = OWNER_SAME;
	return 0;
}

static int take_mine(const struct command *verb, void *place, const char *value)
{
	(void)verb;
	(void)value;
	((struct request *)place)->owner = OWNER_MINE;
	return 0;
}

static const struct option_row rows[] = {
	OPTION_SOURCE('C', "folder", struct request, tree.folder),
	OPTION_FLAG(0, "tar", struct request, as_tar),
	OPTION_SOURCE(0, "job", struct request, job),
	OPTION_SOURCE(0, "as-of", struct request, asof.text),
	OPTION_SOURCE(0, "client", struct request, asof.client),
	OPTION_SOURCE(0, "fileset", struct request, asof.fileset),
	OPTION_FLAG(0, "without-full", struct request, asof.without_full),
	OPTION_SOURCE('b', "bsr", struct request, bsr.path),
	OPTION_SOURCE(0, "index", struct request, index.path),
	OPTION_TAKE(0, "file", take_glob),
	OPTION_SOURCE(0, "files-from", struct request, files_from),
	OPTION_SOURCE(0, "file-index", struct request, indexes),
	OPTION_NUMBER(0, "strip", 0, 1000, "a number of components", struct request, o.strip),
	OPTION_WORD(0, "existing", existing_words, struct request, tree.existing),
	OPTION_TAKE_FLAG(0, "same-owner", take_same),
	OPTION_TAKE_FLAG(0, "no-same-owner", take_mine),
	OPTION_FLAG(0, "devices", struct request, o.devices),
	OPTION_FLAG(0, "objects", struct request, with_objects),
	OPTION_FLAG(0, "dry-run", struct request, dry_run),
	OPTION_TAKE_AT('T', "threads", command_threads, struct request, run.threads),
	OPTION_FLAG(0, "all-digests", struct request, o.all_digests),
	OPTION_FLAG(0, "json", struct request, as_json),
	COMMAND_MAX_MEMORY(struct request, run.max_memory),
	COMMAND_PROGRESS(struct request, progress),
	KEYOPTIONS_ROWS(struct request, keys),
	PKIOPTIONS_ROWS(struct request, pki),
	EVENTS_ROWS(struct request, events.to),
	SANDBOX_ROW(struct request, no_sandbox),
	OPTIONS_END,
};

/* Returns 0, or the exit status of wrong usage. */
static int check(struct request *q)
{
	if (q->run.path_count == 0 && q->index.path == NULL)
		return msg_usage("extract", "no volume named (- is standard input)");
	if (q->index.path && q->bsr.path)
		return msg_usage("extract", "--index and --bsr both say what is to be read: one of them");
	if (q->asof.text && q->with_objects)
		return msg_usage("extract",
				 "--as-of makes one tree of several jobs; --objects is about what plugins had in one: say --job");
	if (q->index.path && q->with_objects)
		return msg_usage("extract", "restore objects have no names, and are in no index: leave --index out, or --objects");
	if (q->asof.text && q->bsr.path)
		return msg_usage("extract", "--bsr says which files of which jobs, and so does --as-of: one of them");
	if (q->tree.folder == NULL && !q->dry_run && !q->as_tar)
		return msg_usage("extract", "say where to: -C FOLDER, or --tar, or --dry-run");
	if (q->as_tar && (q->tree.folder || q->owner != OWNER_DEFAULT || q->tree.existing != EXISTING_SKIP))
		return msg_usage("extract", "--tar writes an archive: -C, owners and --existing are the affair of who unpacks it");
	if (q->as_tar && q->as_json)
		return msg_usage("extract", "standard output cannot be the archive and the JSON, too");
	if (q->as_tar && !q->dry_run && isatty(STDOUT_FILENO))
		return msg_usage("extract", "standard output is a terminal; send the archive to a file or a pipe");
	if (q->bsr.path && (q->files_from || q->indexes || q->glob_count > 0))
		return msg_usage("extract", "--bsr says which files: leave --file, --files-from and --file-index out");
	bool list = q->files_from && strcmp(q->files_from, "-") == 0, bsr = q->bsr.path && strcmp(q->bsr.path, "-") == 0;
	for (size_t i = 0; (list || bsr) && i < q->run.path_count; i++) {
		if (strcmp(q->run.paths[i], "-") == 0)
			return msg_usage("extract", "standard input cannot give the %s and a volume, too",
					 list ? "list of files" : "bootstrap");
	}
	int status = asof_check(&q->asof, &q->run, q->job, q->indexes);
	if (status == 0)
		status = events_check(&q->events.to, "extract");
	if (status == 0)
		status = keyoptions_check(&q->keys, "extract");
	if (status == 0 && q->bsr.path)
		status = keyoptions_check_inputs(&q->keys, "extract", &q->bsr.path, 1);
	if (status == 0)
		status = keyoptions_check_inputs(&q->keys, "extract", q->run.paths, q->run.path_count);
	const char *list_or_bsr = q->files_from ? q->files_from : q->bsr.path;
	return status != 0 ? status : pkioptions_check(&q->pki, "extract", q->run.paths, q->run.path_count, list_or_bsr, q->keys.key);
}

static int choose(struct request *q, struct err *e)
{
	struct choice *c = q->o.choice = choice_new();
	if (c == NULL)
		return err_memory(e, 0, "a choice");
	choice_job(c, q->job);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < q->glob_count; i++)
		rc = choice_glob(c, q->globs[i], e);
	if (rc == 0 && q->indexes)
		rc = choice_indexes(c, q->indexes, e);
	if (rc == 0 && q->files_from)
		rc = fileslist_read(q->files_from, c, e);
	if (rc == 0 && q->bsr.path)
		rc = bsrchoice_prepare(&q->bsr, &q->run, q->job, c, e);
	bool globs = q->glob_count > 0 && q->indexes == NULL && q->files_from == NULL;
	if (rc == 0 && q->index.path && q->asof.text == NULL)
		rc = indexchoice_prepare(&q->index, &q->run, q->job, globs ? q->globs : NULL, q->glob_count, c, e);
	q->o.by_ranges = q->run.ranges != NULL;
	q->o.missing = q->index.missing;
	/* What has no name begins behind its attributes: it looks like the rest of a file that nobody wants. */
	q->run.inside_files = q->index.nameless;
	q->total = q->index.path ? indexchoice_bytes(&q->index) : q->o.by_ranges ? bsrchoice_bytes(&q->bsr) : q->total;
	choice_ready(c);
	return rc;
}

/* ---- the run ---- */

/* The first signal ends the reading: folders get what belongs to them, and nothing half stays. */
static struct filter *stoppable;

static void stop_reading(void)
{
	filter_stop(stoppable);
}

static int run_gently(struct request *q, struct err *e)
{
	stoppable = q->filter;
	quit_gently(stop_reading);
	int rc = watched_run(q->filter, q->progress, q->total, e);
	struct err late = {0};
	int finished = extract_finish(q->extract, rc == 0, &late);
	if (rc == 0 && finished != 0)
		*e = late;
	quit_gently(NULL);
	return rc != 0 ? rc : finished;
}

/* Of what its client encrypted only what is wanted is decrypted. */
static bool wants(void *arg, const struct item *attributes)
{
	const struct request *q = arg;
	return choice_takes_job(q->o.choice, attributes->job) &&
	       choice_takes_file(q->o.choice, attributes->attributes.name, attributes->file_index);
}

static void on_file(void *arg, const struct extract_file *f)
{
	struct request *q = arg;
	const struct finding damage = {
		.kind = FINDING_DAMAGE, .job = f->job, .file_index = f->file_index, .file = f->name, .reason = f->why};
	extract_report_file(&q->report, f);
	if (f->result == EXTRACT_FAILED)
		runevents_not_written(&q->events, f->name, f->why);
	if (f->result == EXTRACT_DAMAGED && runevents_finding(&q->events, &damage))
		filter_stop(q->filter);
}

static void on_problem(void *arg, const struct finding *f)
{
	struct request *q = arg;
	extract_report_problem(&q->report, f);
	if (runevents_finding(&q->events, f))
		filter_stop(q->filter);
}

static int on_milestone(void *arg, const struct milestone *m, struct err *e)
{
	struct request *q = arg;
	return runevents_milestone(&q->events, m, e);
}

static int extract(struct request *q, const struct target *target, struct err *e)
{
	q->o.target = target;
	q->o.arg = q;
	q->o.file = on_file;
	q->o.problem = on_problem;
	if (q->events.to.command)
		q->run.callbacks = (struct filter_callbacks){.arg = q, .milestone = on_milestone};
	q->extract = extract_new(&q->o);
	if (q->extract == NULL)
		return err_memory(e, 0, "extracting");
	const struct observer *looks_on = extract_observer(q->extract);
	if (q->with_objects) {
		q->objects = objects_new(looks_on);
		looks_on = q->objects ? objects_observer(q->objects) : NULL;
	}
	q->run.observer = looks_on ? pkioptions_observer(&q->pki, looks_on, wants, q) : NULL;
	q->filter = q->run.observer ? filter_new(&q->run) : NULL;
	return q->filter ? run_gently(q, e) : err_memory(e, 0, "extracting");
}

/* Where files without a name are made. */
static const char *spool_folder(const struct request *q)
{
	const char *folder = getenv("TMPDIR");
	return q->tree.folder && !q->dry_run ? q->tree.folder : folder && folder[0] ? folder : "/var/tmp";
}

/* Which jobs, and which files of each. */
static int plan(struct request *q, struct err *e)
{
	if (q->asof.text == NULL)
		return 0;
	q->o.plan = &q->asof.plan;
	int rc = asof_prepare(&q->asof, &q->run, q->o.choice, q->progress, spool_folder(q), e);
	q->o.by_ranges = q->run.ranges != NULL;
	q->total = q->o.by_ranges ? indexparts_bytes(&q->asof.parts) : q->total;
	return rc;
}

/* Names are bytes on the volumes; those that are UTF-8 are to be so in the archive, whatever our language is. */
static struct tar *open_tar(const struct request *q, struct err *e)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	return tar_new(STDOUT_FILENO, spool_folder(q), e);
}

static void confine(struct request *q)
{
	struct sandbox s;
	const struct sandbox_of of = {.off = q->no_sandbox, .events = &q->events.to, .keys = &q->keys, .pki = &q->pki};
	bool fills = q->tree.folder && !q->dry_run;
	sandbox_begin(&s, &of);
	if (fills)
		q->folder_made = sandbox_tree(&s, q->tree.folder);
	else if (q->asof.text || (q->as_tar && !q->dry_run))
		sandbox_spool(&s, spool_folder(q));
	sandbox_inputs(&s, q->run.paths, q->run.path_count);
	sandbox_input(&s, q->files_from);
	sandbox_input(&s, q->bsr.path);
	/* The index says which volumes there are. */
	sandbox_database(&s, q->index.path);
	if (q->index.path)
		sandbox_input_any(&s);
	sandbox_close(&s, fills);
}

static int run(struct request *q)
{
	struct err e = {0};
	struct tree *tree = NULL;
	struct tar *tar = NULL;
	struct folderslast *last = NULL;
	/* Of a block whose checksum alone is wrong the digests tell which of its files is hurt; wounds that can be mended are. */
	q->run.inflate = q->run.repair = q->run.incomplete_ok = true;
	q->run.on_damage = ON_DAMAGE_KEEP;
	q->tree.same_owner = q->owner == OWNER_SAME || (q->owner == OWNER_DEFAULT && geteuid() == 0);
	q->o.set_ids = q->as_tar || (q->tree.same_owner && geteuid() == 0);
	q->tree.privileged = q->tree.same_owner && geteuid() == 0;
	q->total = command_total_bytes(q->run.paths, q->run.path_count);
	confine(q);
	int rc = choose(q, &e);
	if (rc == 0)
		rc = keyoptions_open(&q->keys, &e);
	if (rc == 0)
		rc = pkioptions_open(&q->pki, &e);
	q->run.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	extract_report_begin(&q->report);
	if (rc == 0)
		rc = plan(q, &e);
	if (rc == 0 && !q->dry_run && q->as_tar)
		tar = open_tar(q, &e);
	else if (rc == 0 && !q->dry_run)
		tree = tree_new(&q->tree, &e);
	if (tar && q->asof.text && (last = folderslast_new(tar_target(tar))) == NULL)
		rc = err_memory(&e, 0, "an archive");
	if (rc == 0 && e.code == XE_OK)
		rc = runevents_begin(&q->events, &e);
	if (rc == 0 && e.code == XE_OK)
		rc = extract(q, tree ? tree_target(tree) : last ? folderslast_target(last) : tar ? tar_target(tar) : &nowhere_target, &e);
	if (rc == 0)
		rc = runevents_stopped(&q->events, &e);
	if (rc != 0 && q->filter)
		runevents_failed(&q->events, filter_failed_reading(q->filter), &e);
	else if (rc != 0)
		runevents_broke(&q->events, &e);
	int status = extract_report_end(&q->report, q->extract, q->o.choice, q->bsr.job[0] ? q->bsr.job : q->job, &e);
	if (q->bsr.path && q->o.by_ranges && q->extract && e.code == XE_OK && extract_job(q->extract) == NULL)
		msg_error("%s does not fit these volumes, which were changed since: xflate catalog bsr makes one anew", q->bsr.path);
	runevents_end(&q->events, status);
	filter_free(q->filter);
	objects_free(q->objects);
	extract_free(q->extract);
	if (q->folder_made && tree == NULL)
		rmdir(q->tree.folder);
	tree_free(tree);
	folderslast_free(last);
	tar_free(tar);
	asof_free(&q->asof);
	choice_free(q->o.choice);
	bsrchoice_free(&q->bsr);
	indexchoice_free(&q->index);
	keyoptions_close(&q->keys);
	pkioptions_close(&q->pki);
	return status;
}

static int parse_and_run(struct request *q, int argc, char **argv)
{
	struct json json = {.out = stdout};
	struct operands volumes;
	int status;
	if (!options_parse(&command_extract, argc, argv, q, &volumes, &status))
		return status;
	q->run.paths = volumes.names;
	q->run.path_count = volumes.count;
	q->report.json = q->as_json ? &json : NULL;
	q->asof.index = q->index.path;
	q->report.asof = q->asof.text ? &q->asof : NULL;
	q->report.dry_run = q->dry_run;
	q->report.pki = &q->pki;
	q->report.out = q->as_tar && !q->dry_run ? stderr : stdout;
	status = check(q);
	return status != 0 ? status : run(q);
}

static int cmd_extract(int argc, char **argv)
{
	struct request q = {.run.threads = command_processors()};
	q.globs = calloc((size_t)argc, sizeof(char *));
	struct err e = {0};
	if (q.globs == NULL)
		err_memory(&e, 0, "the arguments");
	int status = e.code != XE_OK ? msg_fail(&e) : parse_and_run(&q, argc, argv);
	free(q.globs);
	if (quit_asked())
		quit_by(quit_asked());
	return status;
}

const struct command command_extract = {
	.name = "extract",
	.path = "extract",
	.summary = "files out of volumes, proved by their digests",
	.help = "Usage: xflate extract [OPTIONS] -C FOLDER VOLUME...\n"
		"       xflate extract [OPTIONS] --tar VOLUME... >FILE\n"
		"\n"
		"Files of one job, or of several as of a time, out of the volumes of one set, in\n"
		"order.  Each is checked against its digest before it gets its name; one that is\n"
		"damaged is called NAME.damaged.  Nothing is written outside FOLDER, whatever the\n"
		"volumes say.  VOLUME: a file, a tape device or - (standard input).\n"
		"\n"
		"  -C, --folder FOLDER  where to; it is made if it is not there\n"
		"      --tar            a pax archive on standard output, for tar, ssh, zstd\n"
		"      --job JOB        its id, its name, or SESSIONID/SESSIONTIME, of several\n"
		"      --as-of TIME     the state then out of full, differential and incremental\n"
		"                       jobs: YYYY-MM-DD[ HH:MM[:SS]], @SECONDS, now; with\n"
		"                       --client CLIENT, --fileset FILESET: whose, of several,\n"
		"                       --without-full: without a full backup, too\n"
		"  -b, --bsr FILE       what a bootstrap names; of files no more is read\n"
		"      --index DB       found by this index (xflate find), and no more is read\n"
		"      --file NAME      this file, or folder with what is below it, or what fits\n"
		"                       a pattern (* ? [), * a slash, too; may be given again\n"
		"      --files-from FILE      the names in FILE, a line each or a NUL behind each\n"
		"      --file-index N[-M],... the files of these numbers\n"
		"      --strip N        without the first N components of names\n"
		"      --existing skip|replace|newer|keep-both   of what is there (skip)\n"
		"      --same-owner, --no-same-owner    owners as on the volumes, with setuid and\n"
		"                       setgid bits (root's way); or yours, without\n"
		"      --devices; --objects    make devices and fifos; restore objects of plugins\n"
		"      --dry-run        read and prove, write nothing\n"
		"  -T, --threads N      workers, 0: one a processor (the default)\n"
		"      --all-digests    count every kind of digest of large files\n"
		"      --max-memory BYTES      for sessions and records that wait (default: 1G)\n"
		"      --json; --progress auto|never|always|json; --no-sandbox\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"      --pki-key SOURCE, --pki-cert FILE, --pki-passphrase SOURCE\n"
		"                       opens files that their client encrypted; signatures\n"
		"      --events COMMAND [--events-for EVENT,...] [--events-veto]  is told\n"
		"  -q, --quiet; -qq; -v no notes; no problems either; a line for each file (-v)\n"
		"\n"
		"Exit status: 0 all of it; 3 some is damaged or missing; 4 encrypted by its\n"
		"client, or a volume's key is missing; 1 not all could be made, or is not there.\n",
	.run = cmd_extract,
	.options = rows,
};
