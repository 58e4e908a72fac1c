/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate list: labels, jobs, blocks, records, algorithms.  Decodes nothing. */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/progress.h"
#include "cmd/volume/filesof.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/indexrun.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/listing.h"
#include "cmd/volume/listjson.h"
#include "cmd/volume/listtext.h"
#include "cmd/volume/sandbox.h"
#include "cmd/volume/version.h"
#include "cmd/volume/volumemap_draw.h"
#include "pipeline/cipher.h"
#include "volume/reader.h"

#include <unistd.h>

#define KEEP_BYTES 4096u /* of split records: enough for labels and attributes */

struct list {
	bool blocks, records;
	struct json *json;     /* NULL: as text */
	uint64_t max_memory;   /* 0: the default */
	uint64_t damaged;      /* places on all volumes */
	struct listing here;   /* of the volume at hand */
	struct volumemap *map; /* NULL: none is wanted */
};

/* ---- reading ---- */

static int on_block(struct list *l, const struct item *b, struct err *e)
{
	if (l->blocks && !l->json)
		listtext_block(&l->here, b);
	if (l->map)
		volumemap_block(l->map, b);
	return listing_block(&l->here, b, e);
}

static int on_record(struct list *l, const struct item *r, struct err *e)
{
	int rc = listing_record(&l->here, r, e);
	if (rc == 0 && l->records && !l->json)
		listtext_record(&l->here, r);
	if (l->map)
		volumemap_record(l->map, r);
	return rc;
}

static void end_volume(struct list *l)
{
	if (l->map)
		volumemap_end(l->map, l->here.volume);
	if (l->json)
		listjson_volume(&l->here, l->json);
	else
		listtext_volume(&l->here);
	listing_free(&l->here);
}

/* In the words of filter and verify. */
static void on_damage(struct list *l, const struct item *item)
{
	struct finding f = finding_at(item, item->verdict.reason);
	f.file_index = item->file_index;
	l->here.damaged++;
	l->damaged++;
	findingtext_warn(&f, findingtext_kind(f.kind), "");
	f.block = item->bad_block;
	if (l->map)
		volumemap_finding(l->map, &f);
}

static int on_item(struct list *l, const struct item *item, struct err *e)
{
	/* As far as it is known by now; a record may have begun on the one before. */
	if (item->kind != ITEM_RECORD)
		l->here.volume = item->volume;
	switch (item->kind) {
	case ITEM_VOLUME_START: return 0;
	case ITEM_BLOCK: return on_block(l, item, e);
	case ITEM_RECORD: return on_record(l, item, e);
	case ITEM_DAMAGE:
		if (!item->verdict.encrypted)
			on_damage(l, item);
		return 0;
	case ITEM_VOLUME_END: end_volume(l); return 0;
	case ITEM_VOLUME_LABEL:
	case ITEM_FILE_MARK:
	case ITEM_FOREIGN:
	case ITEM_END: break;
	}
	return 0;
}

static void on_progress(void *arg, struct progress_state *state)
{
	state->done = reader_bytes(arg);
}

static int read_all(struct list *l, const char *const *paths, size_t count, const struct volkey_source *keys, struct err *e)
{
	const struct cipher_options co = {.read = keys, .patient = true};
	struct cipher *cipher = cipher_new(&co);
	struct reader_options o = {.paths = paths,
				   .path_count = count,
				   .blocks = true,
				   .indexes = true,
				   .keys = cipher_keys(cipher),
				   .keep_bytes = KEEP_BYTES};
	struct buf_pool *pool = buf_pool_new((size_t)4 << 20);
	if (pool && l->max_memory > 0)
		buf_pool_limit(pool, l->max_memory);
	struct reader *r = pool && cipher ? reader_new(&o, pool) : NULL;
	int rc = r ? 0 : err_memory(e, 0, "reading");
	if (r)
		progress_start(PROGRESS_NEVER, on_progress, r);
	struct item item;
	while (rc == 0 && (rc = reader_next(r, &item, e)) == 0 && item.kind != ITEM_END)
		rc = on_item(l, &item, e);
	progress_stop();
	if (l->map)
		volumemap_finish(l->map, paths, count);
	listing_free(&l->here);
	reader_free(r);
	cipher_free(cipher);
	buf_pool_free(pool);
	return rc;
}

struct request {
	struct list l;
	struct keyoptions keys;
	bool json, files, no_sandbox;
	struct picture plot;
	struct volumemap map;
};

/* -v blocks, -vv records, as bls does */
static int take_verbose(const struct command *verb, void *request, const char *text)
{
	struct list *l = &((struct request *)request)->l;
	(void)verb;
	(void)text;
	msg_set_verbosity(msg_verbosity() + 1);
	l->records = l->blocks;
	l->blocks = true;
	return 0;
}

static const struct option_row rows[] = {
	OPTION_FLAG(0, "blocks", struct request, l.blocks),
	OPTION_FLAG(0, "records", struct request, l.records),
	OPTION_FLAG(0, "files", struct request, files),
	OPTION_FLAG(0, "json", struct request, json),
	PICTURE_ROWS(struct request, plot),
	COMMAND_MAX_MEMORY(struct request, l.max_memory),
	OPTION_TAKE_FLAG('v', "verbose", take_verbose),
	KEYOPTIONS_ROWS(struct request, keys),
	SANDBOX_ROW(struct request, no_sandbox),
	OPTIONS_END,
};

static void show_file(void *arg, const struct fileindex_file *f, const struct fileindex_job *j, const struct fileindex_volume *first,
		      const struct fileindex_volume *last)
{
	(void)arg;
	version_json(f, j, first, last);
}

/* These are decoded, to be proven. */
static int list_files(struct request *q, const struct operands *volumes, struct err *e)
{
	struct indexrun run = {
		.run = {.paths = volumes->names,
			.path_count = volumes->count,
			.threads = command_processors(),
			.max_memory = q->l.max_memory},
		.progress = PROGRESS_NEVER,
	};
	struct filesof files = {.file = show_file};
	const struct indexer_sink sink = filesof_sink(&files);
	run.run.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	int rc = indexrun_read(&run, &sink, e);
	filesof_free(&files);
	q->l.damaged = run.damages;
	return rc;
}

static int run_files(struct request *q, const struct operands *volumes)
{
	struct err e = {0};
	int rc = keyoptions_open(&q->keys, &e);
	if (rc == 0)
		rc = list_files(q, volumes, &e);
	keyoptions_close(&q->keys);
	return rc != 0 ? command_fail_line(&e, true) : q->l.damaged ? 3 : 0;
}

/* Returns 0, or the exit status of wrong usage. */
static int settle(const struct request *q, struct operands *volumes)
{
	static const char *const standard_input[] = {"-"};
	bool none = volumes->count == 0;
	if (none)
		*volumes = (struct operands){standard_input, 1};
	if (q->files && (q->l.blocks || q->l.records || q->json))
		return msg_usage("list", "--files prints JSON lines of files, and nothing of blocks and records");
	if (q->files && q->plot.path)
		return msg_usage("list", "--files prints JSON lines of files, and draws nothing: leave --plot out, or --files");
	int wrong = picture_check(&q->plot, "list", q->json);
	if (wrong == 0)
		wrong = keyoptions_check(&q->keys, "list");
	if (wrong == 0)
		wrong = keyoptions_check_inputs(&q->keys, "list", volumes->names, volumes->count);
	return wrong == 0 && none && isatty(0) ? msg_usage("list", "which volume?") : wrong;
}

static int run(struct request *q, const struct operands *volumes)
{
	struct json json = {.out = stdout};
	q->l.json = q->json ? &json : NULL;
	if (q->json) {
		json_object(&json, NULL);
		json_number(&json, "format", 1);
		json_array(&json, "volumes");
	}
	struct err e = {0};
	int rc = picture_open(&q->plot, volumes->names, volumes->count, &e);
	bool drawn = rc == 0 && q->plot.path;
	q->l.map = drawn ? &q->map : NULL;
	if (rc == 0)
		rc = keyoptions_open(&q->keys, &e);
	drawn = drawn && rc == 0;
	if (rc == 0)
		rc = read_all(&q->l, volumes->names, volumes->count, keyoptions_given(&q->keys) ? &q->keys.read : NULL, &e);
	keyoptions_close(&q->keys);
	int status = rc != 0 ? msg_fail(&e) : q->l.damaged ? 3 : 0;
	if (drawn)
		status = volumemap_show(&q->map, &q->plot, status, &e);
	picture_abandon(&q->plot);
	volumemap_free(&q->map);
	if (q->json) {
		json_end_array(&json);
		command_json_error(&json, &e);
		json_signed(&json, "exit_status", status);
		json_end_object(&json);
	}
	return status;
}

/* It writes nothing but --plot, and reads the volumes. */
static void confine(const struct request *q, const struct operands *volumes)
{
	struct sandbox s;
	sandbox_begin(&s, &(struct sandbox_of){.off = q->no_sandbox, .keys = &q->keys});
	sandbox_output(&s, q->plot.path);
	sandbox_inputs(&s, volumes->names, volumes->count);
	sandbox_close(&s, false);
}

static int cmd_list(int argc, char **argv)
{
	struct request q = {0};
	struct operands volumes;
	int status;
	if (!options_parse(&command_list, argc, argv, &q, &volumes, &status))
		return status;
	status = settle(&q, &volumes);
	if (status != 0)
		return status;
	confine(&q, &volumes);
	return q.files ? run_files(&q, &volumes) : run(&q, &volumes);
}

const struct command command_list = {
	.name = "list",
	.path = "list",
	.summary = "labels, jobs, blocks, records, algorithms",
	.help = "Usage: xflate list [OPTIONS] VOLUME...\n"
		"\n"
		"Tells what is on volumes: their labels, the jobs, how many records are stored\n"
		"in which algorithm.  Block checksums and record lengths are checked, payloads\n"
		"are not decoded.  Several volumes are one set, in order.\n"
		"\n"
		"      --blocks         every block\n"
		"      --records        every record\n"
		"      --files          every file, proved, a line of JSON each (as xflate find)\n"
		"      --json           the same as JSON (without blocks and records)\n"
		"      --plot FILE      a map of each volume, as SVG: what stands where, whose it\n"
		"                       is, what is damaged; -: as text, behind the rest\n"
		"      --force          replaces that FILE\n"
		"      --max-memory BYTES\n"
		"                       for sessions and records that wait (default: 1G)\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"      --no-sandbox     keeps rights that it does not need: see xflate(1)\n"
		"  -v, -vv              short for --blocks, and for both\n"
		"  -q, --quiet          -qq: no warnings either\n"
		"\n"
		"Exit status: 0 all well; 1 failed; 2 wrong usage; 3 damage was found.\n",
	.run = cmd_list,
	.options = rows,
};
