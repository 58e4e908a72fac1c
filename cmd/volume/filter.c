/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate filter: volumes in, volumes out. */
#include "cmd/command.h"

#include "base/array.h"
#include "base/children.h"
#include "base/msg.h"
#include "catalog/sql.h"
#include "cmd/volume/algorithm.h"
#include "cmd/volume/batch.h"
#include "cmd/volume/discard.h"
#include "cmd/volume/expected.h"
#include "cmd/volume/filter_neighbours.h"
#include "cmd/volume/filter_run.h"
#include "cmd/volume/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of what folders are made of.  formats/volume-kinds.md 1, 2, 3 */
#define CHUNK_MIN_BYTES 10485760u /* the daemon takes no smaller ones */
#define DEDUPABLE_DEFAULT_BYTES 4096u
#define DEDUPABLE_MIN_BYTES 512u
#define PART_MIN_BYTES 1024u
#define RATE_HIGH_MIN_BYTES 65536u
#define RATE_HIGH_MAX_BYTES ((uint64_t)1 << 40)
#define UNIT_MAX_BYTES ((uint64_t)1 << 43)

/* ---- options ---- */

static int take_codec(const struct command *verb, void *request, const char *text)
{
	struct filter_request *q = request;
	if (q->o.deflate && codec_by_name(text, strcspn(text, ":")))
		return msg_usage(verb->path, "the algorithm is given twice");
	int wrong = algorithm_parse(verb->path, text, &q->o.codec, &q->o.level);
	if (wrong != 0)
		return wrong;
	q->o.deflate = true;
	return 0;
}

static const char *const ciphers[] = {"aes-128-xts", "aes-256-xts", NULL};
static const char *const block_formats[] = {"bb02", "bb03", NULL};

static int take_target(const struct command *verb, void *request, const char *text)
{
	struct filter_request *q = request;
	(void)verb;
	q->o.target = (enum product)options_word(algorithm_targets, text);
	q->o.target_given = true;
	return 0;
}

static int take_encrypt(const struct command *verb, void *request, const char *text)
{
	struct filter_request *q = request;
	if (q->o.cipher.encrypt)
		return msg_usage(verb->path, "--encrypt is given twice");
	q->o.cipher.encrypt = true;
	q->o.cipher.algorithm = options_word(ciphers, text) == 0 ? XTS_AES_128 : XTS_AES_256;
	return 0;
}

static int take_block_format(const struct command *verb, void *request, const char *text)
{
	struct filter_request *q = request;
	(void)verb;
	q->o.block_format = 2 + (unsigned)options_word(block_formats, text);
	return 0;
}

static int take_recompress(const struct command *verb, void *request, const char *text)
{
	struct filter_request *q = request;
	q->o.inflate = q->o.recompress = true;
	return take_codec(verb, q, text);
}

static int add_name(struct filter_request *q, char *from, const char *to)
{
	struct reshape_name *names = array_reach(q->names, &q->name_room, q->o.name_count, sizeof *names);
	q->names = names ? names : q->names;
	bool *met = array_reach(q->names_met, &q->met_room, q->o.name_count, sizeof *met);
	q->names_met = met ? met : q->names_met;
	if (from == NULL || names == NULL || met == NULL) {
		struct err e = {0};
		free(from);
		err_memory(&e, 0, "the names");
		return msg_fail(&e);
	}
	names[q->o.name_count++] = (struct reshape_name){from, to};
	q->o.names = q->out.names = names;
	q->out.name_count = q->o.name_count;
	return 0;
}

static int take_rename(const struct command *verb, void *request, const char *text)
{
	struct filter_request *q = request;
	const char *equals = strchr(text, '=');
	/* What directors allow, and file systems. */
	bool good = equals && equals > text && label_director_allows(equals + 1) && label_names_volume(equals + 1);
	if (!good)
		return msg_usage(verb->path, "--rename %s: OLD=NEW is wanted, and NEW of letters, digits, . : - and _", text);
	for (size_t i = 0; i < q->o.name_count; i++) {
		size_t n = strlen(q->names[i].from);
		if ((n == (size_t)(equals - text) && memcmp(q->names[i].from, text, n) == 0) || strcmp(q->names[i].to, equals + 1) == 0)
			return msg_usage(verb->path, "--rename %s: a name is given twice", text);
	}
	return add_name(q, strndup(text, (size_t)(equals - text)), equals + 1);
}

/* One kind of folder for all outputs; text: bytes of its unit. */
static int choose_form(const struct command *verb, void *request, const char *option, const struct sink_form *form, const char *text,
		       uint64_t least)
{
	struct filter_request *q = request;
	if (q->form.medium)
		return msg_usage(verb->path, "--chunk-size, --dedupable, --part-size: one of them, once");
	q->form = *form;
	if (text && !options_number(text, least, UNIT_MAX_BYTES, &q->form.unit))
		return msg_usage(verb->path, "%s %s: a number of bytes is wanted, %llu at least", option, text, (unsigned long long)least);
	q->o.form = &q->form;
	q->out.folders = true;
	return 0;
}

static int take_chunk_size(const struct command *verb, void *request, const char *text)
{
	return choose_form(verb, request, "--chunk-size", &(struct sink_form){.medium = &medium_chunked}, text, CHUNK_MIN_BYTES);
}

static int take_dedupable(const struct command *verb, void *request, const char *text)
{
	const struct sink_form form = {&medium_dedupable, DEDUPABLE_DEFAULT_BYTES};
	return choose_form(verb, request, "--dedupable", &form, text, DEDUPABLE_MIN_BYTES);
}

static int take_part_size(const struct command *verb, void *request, const char *text)
{
	return choose_form(verb, request, "--part-size", &(struct sink_form){.medium = &medium_cloud}, text, PART_MIN_BYTES);
}

static int take_skip_done(const struct command *verb, void *request, const char *text)
{
	struct filter_request *q = request;
	if (text && strcmp(text, "quick") != 0)
		return msg_usage(verb->path, "--skip-done=%s: must be quick, or without a value", text);
	q->skip_done = true;
	q->done_by = text ? UNITSTATE_QUICK : UNITSTATE_DIGESTS;
	return 0;
}

static const struct option_row rows[] = {
	OPTION_FLAG('i', "inflate", struct filter_request, o.inflate),
	OPTION_TAKE('d', "deflate", take_codec),
	OPTION_TAKE('r', "recompress", take_recompress),
	OPTION_TAKE_WORD(0, "target", take_target, algorithm_targets),
	OPTION_TEXT('o', "output", struct filter_request, out.path),
	OPTION_TAKE(0, "chunk-size", take_chunk_size),
	OPTION_MAY_TAKE(0, "dedupable", take_dedupable),
	OPTION_TAKE(0, "part-size", take_part_size),
	OPTION_FLAG(0, "in-place", struct filter_request, in_place),
	OPTION_WORD(0, "database", sql_databases, struct filter_request, database),
	OPTION_FLAG(0, "discard-original", struct filter_request, discard_original),
	OPTION_FLAG(0, "force", struct filter_request, out.replace),
	OPTION_FLAG(0, "no-preserve", struct filter_request, no_preserve),
	OPTION_TAKE_AT('T', "threads", command_threads, struct filter_request, o.threads),
	OPTION_NUMBER(0, "max-block", PACKER_BLOCK_MIN_BYTES, BLOCK_MAX_BYTES, "a number of bytes", struct filter_request, o.max_block),
	COMMAND_MAX_MEMORY(struct filter_request, o.max_memory),
	COMMAND_LIMIT_RATE(struct filter_request, pace.rate),
	EXPECTED_ROW(struct filter_request, expected),
	OPTION_NUMBER(0, "rate-high", RATE_HIGH_MIN_BYTES, RATE_HIGH_MAX_BYTES, "a number of bytes", struct filter_request, o.marks.high),
	OPTION_NUMBER(0, "rate-low", 0, RATE_HIGH_MAX_BYTES, "a number of bytes", struct filter_request, o.marks.low),
	COMMAND_ON_DAMAGE(struct filter_request, o.on_damage),
	OPTION_FLAG(0, "repair", struct filter_request, o.repair),
	OPTION_FLAG(0, "decrypt", struct filter_request, o.cipher.decrypt),
	OPTION_TAKE_WORD(0, "encrypt", take_encrypt, ciphers),
	OPTION_FLAG(0, "strong", struct filter_request, o.strong),
	OPTION_TAKE_WORD(0, "block-format", take_block_format, block_formats),
	OPTION_TAKE(0, "rename", take_rename),
	OPTION_FLAG(0, "keep-layout", struct filter_request, o.keep_layout),
	OPTION_TEXT(0, "map", struct filter_request, map_path),
	OPTION_TEXT(0, "report", struct filter_request, report_path),
	VOLUMELIST_ROWS(struct filter_request, list),
	OPTION_NUMBER(0, "jobs", 1, CHILDREN_MAX, "a number", struct filter_request, jobs),
	OPTION_MAY_TAKE(0, "skip-done", take_skip_done),
	OPTION_FLAG(0, "by-volume", struct filter_request, by_volume),
	OPTION_TAKE(0, "before", filter_neighbours_before),
	OPTION_TAKE(0, "after", filter_neighbours_after),
	OPTION_FLAG(0, "exit-class", struct filter_request, exit_class),
	EVENTS_ROWS(struct filter_request, events.to),
	COMMAND_PROGRESS(struct filter_request, progress),
	KEYOPTIONS_ROWS(struct filter_request, keys),
	KEYOPTIONS_NEW_ROWS(struct filter_request, keys),
	SANDBOX_ROW(struct filter_request, no_sandbox),
	OPTIONS_END,
};

/* Before there is a run. */
static int fail(const struct filter_request *q, const struct err *e)
{
	int status = msg_fail(e);
	return q->exit_class ? err_class(e) : status;
}

static int compare_names(const char *a, const char *b)
{
	char x[PLACE_PATH_BYTES], y[PLACE_PATH_BYTES];
	place_base(a, x);
	place_base(b, y);
	return strcmp(x, y);
}

/* Two elements of one array of paths, given by their places in it: those of one name in that order. */
static int by_name(const void *a, const void *b)
{
	const char *const *x = *(const char *const *const *)a, *const *y = *(const char *const *const *)b;
	int order = compare_names(*x, *y);
	return order != 0 ? order : x < y ? -1 : x > y;
}

/* The first path that is called as one before it, *before; NULL: there is none.  sorted: by_name. */
static const char *const *find_twin(const char *const *const *sorted, size_t count, const char *const **before)
{
	const char *const *twin = NULL;
	for (size_t i = 1; i < count; i++) {
		if ((twin && sorted[i] > twin) || compare_names(*sorted[i - 1], *sorted[i]) != 0)
			continue;
		twin = sorted[i];
		*before = sorted[i - 1];
	}
	return twin;
}

/* All volumes go to one folder, under their own names. */
static int check_names(const struct filter_request *q)
{
	size_t count = q->o.path_count;
	if (count < 2 || strcmp(q->out.path, "-") == 0)
		return 0;
	struct err e = {0};
	const char *const **sorted = calloc(count, sizeof *sorted), *const * before;
	if (sorted == NULL) {
		err_memory(&e, count * sizeof *sorted, "the names of the volumes");
		return fail(q, &e);
	}
	for (size_t i = 0; i < count; i++)
		sorted[i] = &q->o.paths[i];
	qsort(sorted, count, sizeof *sorted, by_name);
	const char *const *twin = find_twin(sorted, count, &before);
	free(sorted);
	return twin ? msg_usage("filter", "%s and %s would become one file in %s", *before, *twin, q->out.path) : 0;
}

static int check_expected(const struct filter_request *q)
{
	bool one = q->o.path_count == 1 && !q->in_place && !batch_wanted(q);
	return q->expected == 0 || one ? 0 : msg_usage("filter", "--expect-bytes goes with one input, and not with --in-place or a batch");
}

/* Each place for one output, each output to a place that can be. */
static int check_outputs(const struct filter_request *q)
{
	const char *const out[] = {q->out.path, q->map_path, q->report_path};
	for (size_t i = 0; i < 3; i++) {
		if (out[i] && out[i][0] == '\0')
			return msg_usage("filter", "an empty path is no place for an output");
		for (size_t k = 0; k < i; k++) {
			if (out[i] && out[k] && strcmp(out[i], out[k]) == 0)
				return msg_usage("filter", "%s: two outputs cannot go to one place", out[i]);
		}
	}
	return check_names(q);
}

/* A drive streams or stands; a file does neither. */
static int check_marks(const struct filter_request *q)
{
	if (q->o.marks.low > 0 && q->o.marks.low >= q->o.marks.high)
		return msg_usage("filter", "--rate-low: the drive stands below that, and starts at --rate-high, which is to be more");
	if (q->o.marks.high > 0 && (q->in_place || q->out.folders))
		return msg_usage("filter", "--rate-high goes with output to a tape or a pipe");
	return 0;
}

/* A folder has a name. */
static int check_folders(const struct filter_request *q)
{
	if (q->out.folders && strcmp(q->out.path, "-") == 0)
		return msg_usage("filter", "--chunk-size, --dedupable and --part-size make folders: name one with -o");
	if (q->form.medium == &medium_dedupable && q->o.cipher.encrypt)
		return msg_usage("filter", "--dedupable: Bareos reads no encrypted blocks");
	if (q->form.medium == &medium_cloud && q->o.target_given && (q->o.target == PRODUCT_BAREOS || q->o.target == PRODUCT_BAREOS_22))
		return msg_usage("filter", "--part-size: Bareos reads no parts of Bacula's cloud");
	if (q->form.medium == &medium_dedupable && q->o.deflate)
		msg_warning("--dedupable: compressed records have few blocks in common with others; -i makes them plain");
	return 0;
}

static int check_encryption(const struct filter_request *q)
{
	const struct cipher_options *c = &q->o.cipher;
	bool bareos = q->o.target_given && (q->o.target == PRODUCT_BAREOS || q->o.target == PRODUCT_BAREOS_22);
	if (keyoptions_given(&q->keys) && !c->decrypt && !c->encrypt)
		return msg_usage("filter", "a key is given, but neither --decrypt nor --encrypt");
	if (keyoptions_new_given(&q->keys) && !c->encrypt)
		return msg_usage("filter", "a new key is given, but no --encrypt");
	if (c->encrypt && !keyoptions_given(&q->keys) && !keyoptions_new_given(&q->keys))
		return msg_usage("filter", "--encrypt needs a key: --new-key, --new-key-dir, --new-key-command, or --key to use that one");
	if (q->o.strong && !c->encrypt)
		return msg_usage("filter", "--strong goes with --encrypt");
	if (c->encrypt && (q->o.block_format == 2 || bareos))
		return msg_usage("filter", "only BB03 blocks can be encrypted, and Bareos reads none");
	if (q->o.block_format == 3 && bareos)
		return msg_usage("filter", "Bareos reads no BB03 blocks");
	if (q->o.keep_layout && q->o.on_damage != ON_DAMAGE_STOP)
		return msg_usage("filter", "--keep-layout and --on-damage: what is left out would move the rest");
	if (q->o.keep_layout && filter_moves_blocks(&q->o))
		return msg_usage("filter", "--keep-layout: what is asked for moves blocks");
	int wrong = keyoptions_check(&q->keys, "filter");
	return wrong != 0 ? wrong : keyoptions_check_inputs(&q->keys, "filter", q->o.paths, q->o.path_count);
}

/* What replaces a volume must have lost nothing, and is named after it. */
static int check_in_place(const struct filter_request *q, const struct operands *inputs)
{
	if (inputs->count == 0)
		return msg_usage("filter", "--in-place needs the names of the volumes");
	if (q->out.folders)
		return msg_usage("filter", "--in-place replaces files by files; a folder is made with -o");
	if (q->out.path)
		return msg_usage("filter", "--in-place and -o: the new volume goes to one place");
	if (q->no_preserve)
		return msg_usage("filter",
				 "--in-place and --no-preserve: who works with the old volume must be able to work with the new one");
	if (q->map_path)
		return msg_usage("filter", "--in-place writes a map beside each volume, VOLUME.map; --map does not go with it");
	if (q->o.name_count > 0)
		return msg_usage("filter",
				 "--in-place and --rename: the file would keep its name, by which daemons look for the volume; use -o");
	if (q->o.on_damage != ON_DAMAGE_STOP)
		return msg_usage("filter", "--in-place and --on-damage: what has lost something must not replace its volume; use -o");
	return 0;
}

static int check_discard(const struct filter_request *q, const struct operands *inputs)
{
	const struct filter_options *o = &q->o;
	bool converts = o->inflate || o->deflate || o->target_given || q->out.replace || q->no_preserve || o->max_block ||
			o->on_damage != ON_DAMAGE_STOP || o->repair || o->cipher.decrypt || o->cipher.encrypt || o->strong ||
			o->block_format || o->keep_layout || o->name_count > 0 || q->out.folders;
	if (inputs->count == 0)
		return msg_usage("filter", "--discard-original needs the names of the volumes");
	bool near = q->near.before.count + q->near.after.count > 0;
	if (converts || near || q->events.to.command || q->in_place || q->out.path || q->map_path || q->report_path || q->expected > 0)
		return msg_usage("filter", "--discard-original converts nothing; only keys, -T, --max-memory and --progress go with it");
	int wrong = keyoptions_check(&q->keys, "filter");
	return wrong != 0 ? wrong : keyoptions_check_inputs(&q->keys, "filter", inputs->names, inputs->count);
}

static int discard(struct filter_request *q, const struct operands *inputs)
{
	const struct successor_run run = {.options = &q->o, .keys = &q->keys, .progress = q->progress, .may_be_longer = true};
	struct err e = {0};
	int status = keyoptions_open(&q->keys, &e) == 0 ? discard_run(&run, inputs->names, inputs->count) : msg_fail(&e);
	keyoptions_close(&q->keys);
	return status;
}

/* What was asked for, put in its places.  Returns 0 or the exit status of wrong usage. */
static int settle(struct filter_request *q, const struct operands *inputs)
{
	static const char *const standard_input[] = {"-"};
	q->o.paths = inputs->count ? inputs->names : standard_input;
	q->o.pace = &q->pace;
	q->o.path_count = inputs->count ? inputs->count : 1;
	if (q->out.path == NULL)
		q->out.path = "-";
	q->out.inputs = q->o.paths;
	q->out.input_count = q->o.path_count;
	q->key_files[0] = q->keys.key;
	q->key_files[1] = q->keys.new_key;
	q->key_files[2] = q->keys.config;
	q->out.sources = q->key_files;
	q->out.source_count = sizeof q->key_files / sizeof q->key_files[0];
	q->out.follow = !q->no_preserve && !q->in_place;
	q->out.encrypts = q->o.cipher.encrypt;
	q->out.keep_partial = q->o.on_damage != ON_DAMAGE_STOP;
	int wrong = check_outputs(q);
	if (wrong == 0)
		wrong = filter_neighbours_check(q);
	if (wrong == 0)
		wrong = check_folders(q);
	if (wrong == 0)
		wrong = check_marks(q);
	if (wrong == 0)
		wrong = check_expected(q);
	if (wrong == 0)
		wrong = events_check(&q->events.to, "filter");
	wrong = wrong != 0 ? wrong : check_encryption(q);
	struct err e = {0};
	return wrong == 0 && filter_neighbours_settle(q, &e) != 0 ? msg_fail(&e) : wrong;
}

/* ---- the sandbox ---- */

/* All that it writes.  A volume that is replaced has its files beside it. */
static void begin_sandbox(struct sandbox *s, const struct filter_request *q, const struct operands *inputs)
{
	const struct sandbox_of of = {.off = q->no_sandbox, .events = &q->events.to, .keys = &q->keys};
	sandbox_begin(s, &of);
	sandbox_output(s, q->out.path);
	sandbox_output(s, q->map_path);
	sandbox_output(s, q->report_path);
	if (q->in_place || q->discard_original)
		sandbox_outputs(s, inputs->names, inputs->count);
	/* A key of that folder is marked when it is used for new volumes. */
	if (q->o.cipher.encrypt)
		sandbox_output(s, q->keys.dir);
}

static void confine_one(const struct filter_request *q, const struct operands *inputs)
{
	struct sandbox s;
	begin_sandbox(&s, q, inputs);
	sandbox_inputs(&s, inputs->names, inputs->count);
	sandbox_inputs(&s, q->near.before.all, q->near.before.count);
	sandbox_inputs(&s, q->near.after.all, q->near.after.count);
	sandbox_close(&s, false);
}

/* The volumes of a batch, found where it says. */
static int run_batch(struct filter_request *q, const struct operands *named)
{
	struct volumelist l = VOLUMELIST_NONE;
	struct err e = {0};
	struct sandbox sandbox;
	int status = batch_check(q);
	if (status == 0)
		status = volumelist_check(&q->list, "filter", named);
	if (status == 0) {
		begin_sandbox(&sandbox, q, named);
		sandbox_close_writes(&sandbox, false);
	}
	if (status == 0 && (volumelist_read(&l, &q->list, named, &e) != 0 || batch_leave_out(q, named, &l, &e) != 0))
		status = fail(q, &e);
	const struct operands inputs = {(const char *const *)l.paths, l.count};
	if (status == 0)
		status = settle(q, &inputs);
	if (status == 0) {
		sandbox_inputs(&sandbox, named->names, named->count);
		sandbox_inputs_around(&sandbox, inputs.names, inputs.count);
		sandbox_close(&sandbox, false);
	}
	status = status == 0 ? batch_run(q) : status;
	volumelist_free(&l);
	return status;
}

static int run_one(struct filter_request *q, const struct operands *inputs)
{
	int status = q->discard_original ? check_discard(q, inputs) : q->in_place ? check_in_place(q, inputs) : 0;
	if (status == 0 && inputs->count == 0 && isatty(STDIN_FILENO))
		status = msg_usage("filter", "no volume is named, and standard input is a terminal");
	if (status == 0 && q->discard_original && q->database < 0) {
		confine_one(q, inputs);
		return discard(q, inputs);
	}
	if (status == 0 && q->database >= 0 && !q->in_place)
		status = msg_usage("filter", "--database goes with --in-place; xflate catalog sql makes SQL from a map");
	if (status == 0)
		status = settle(q, inputs);
	if (status != 0)
		return status;
	confine_one(q, inputs);
	return filter_request_run(q);
}

/* What of a command line is no input, for the report.  words: argc of them, as they were before they were read. */
static size_t drop_inputs(const char **words, size_t count, const struct operands *inputs)
{
	size_t kept = 0, met = 0;
	for (size_t i = 0; i < count; i++) {
		if (met < inputs->count && words[i] == inputs->names[met])
			met++;
		else
			words[kept++] = words[i];
	}
	return kept;
}

static int cmd_filter(int argc, char **argv)
{
	struct filter_request q = {.o.threads = command_processors(), .database = -1};
	struct operands inputs;
	int status;
	const char **words = calloc((size_t)argc + 1, sizeof *words);
	if (words == NULL) {
		struct err e = {0};
		err_memory(&e, ((size_t)argc + 1) * sizeof *words, "the command line");
		return msg_fail(&e);
	}
	for (int i = 1; i < argc; i++)
		words[i - 1] = argv[i];
	if (options_parse(&command_filter, argc, argv, &q, &inputs, &status)) {
		q.command = words;
		q.command_count = argc > 0 ? drop_inputs(words, (size_t)argc - 1, &inputs) : 0;
		status = batch_wanted(&q) ? run_batch(&q, &inputs) : run_one(&q, &inputs);
	}
	filter_request_free_names(&q);
	filter_neighbours_free(&q);
	free(words);
	return status;
}

const struct command command_filter = {
	.name = "filter",
	.path = "filter",
	.summary = "volume in, volume out: inflate -> deflate, decrypt, encrypt",
	.help = "Usage: xflate [filter] [OPTIONS] [INPUT...]\n"
		"\n"
		"Reads volumes, those that share a job as one set, and writes them with their\n"
		"records inflated, deflated, or both in one pass.  Neither: a checked copy.\n"
		"\n"
		"  -i, --inflate              compressed records become plain\n"
		"  -d, --deflate ALG[:LEVEL]  plain records become compressed: gzip[:1-12|fast]\n"
		"                             lzo lzfast lz4 lz4hc[:1-12] zstd[:1-19]\n"
		"  -r, --recompress ALG[:LEVEL]       both, and anew what is in ALG already\n"
		"      --target bareos|bareos-22|bacula|any      who will read the result\n"
		"  -o, --output PATH          a file, a folder for several; - (default): stdout\n"
		"      --chunk-size BYTES, --dedupable[=BYTES], --part-size BYTES\n"
		"                             each a folder: S3 chunks, dedupable, cloud parts\n"
		"      --in-place             the new one, proved, becomes INPUT, that INPUT.orig\n"
		"      --database postgresql|mysql|sqlite        and INPUT.sql for the catalog\n"
		"      --discard-original     only removes INPUT.orig, if INPUT holds it\n"
		"      --recursive, --files-from FILE [--null], --jobs N, --skip-done[=quick]\n"
		"                             a batch into -o FOLDER: volumes of folders or of a\n"
		"                             list, N units at once, those done are passed over\n"
		"      --by-volume; --before VOLUME, --after VOLUME   each volume by itself\n"
		"      --force, --no-preserve replace outputs; mode, times, owner are not INPUT's\n"
		"  -T, --threads N            workers, 0: one a processor (the default)\n"
		"      --max-block BYTES (as the input's); --max-memory BYTES in use (1G)\n"
		"      --limit-rate BYTES a second; --expect-bytes BYTES: the input has so many\n"
		"      --rate-high BYTES, --rate-low BYTES   tapes, pipes: wait for so many\n"
		"      --on-damage stop|skip|keep        at a bad block or record; exit status 3\n"
		"                             if any was passed over (default: stop)\n"
		"      --repair               mend cut records, doubled addresses, bad checksums\n"
		"      --decrypt              encrypted blocks become clear; --key SOURCE,\n"
		"                             --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"      --encrypt aes-128-xts|aes-256-xts [--strong]        --new-key SOURCE,\n"
		"                             --new-key-dir DIR, --new-key-command CMD\n"
		"      --block-format bb02|bb03; --keep-layout: move no block, or fail\n"
		"      --rename OLD=NEW       another Volume Name in the label\n"
		"      --map FILE, --report FILE   address of every block; what was done, JSON\n"
		"      --progress auto|never|always|json; --exit-class: 0, 65 or 75; --no-sandbox\n"
		"      --events COMMAND [--events-for EVENT,...] [--events-veto]  is told\n"
		"  -q, --quiet; -qq; -v       no summary; no warnings either; a line for each job\n"
		"\n"
		"Block addresses change: see xflate-catalog(1) before a director restores.\n",
	.run = cmd_filter,
	.options = rows,
};
