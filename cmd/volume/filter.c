/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate filter: volumes in, volumes out. */
#include "cmd/command.h"

#include "base/msg.h"
#include "cmd/volume/filter_run.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
	OPT_TARGET = 256,
	OPT_MAX_BLOCK,
	OPT_MAX_MEMORY,
	OPT_ON_DAMAGE,
	OPT_MAP,
	OPT_REPORT,
	OPT_PROGRESS,
	OPT_FORCE,
	OPT_REPAIR,
	OPT_DECRYPT,
	OPT_ENCRYPT,
	OPT_STRONG,
	OPT_BLOCK_FORMAT,
	OPT_KEEP_LAYOUT,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"inflate", no_argument, NULL, 'i'},
	{"deflate", required_argument, NULL, 'd'},
	{"recompress", required_argument, NULL, 'r'},
	{"output", required_argument, NULL, 'o'},
	{"threads", required_argument, NULL, 'T'},
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{"target", required_argument, NULL, OPT_TARGET},
	{"max-block", required_argument, NULL, OPT_MAX_BLOCK},
	{"max-memory", required_argument, NULL, OPT_MAX_MEMORY},
	{"on-damage", required_argument, NULL, OPT_ON_DAMAGE},
	{"map", required_argument, NULL, OPT_MAP},
	{"report", required_argument, NULL, OPT_REPORT},
	{"progress", required_argument, NULL, OPT_PROGRESS},
	{"force", no_argument, NULL, OPT_FORCE},
	{"repair", no_argument, NULL, OPT_REPAIR},
	{"decrypt", no_argument, NULL, OPT_DECRYPT},
	{"encrypt", required_argument, NULL, OPT_ENCRYPT},
	{"strong", no_argument, NULL, OPT_STRONG},
	{"block-format", required_argument, NULL, OPT_BLOCK_FORMAT},
	{"keep-layout", no_argument, NULL, OPT_KEEP_LAYOUT},
	KEYS_OPTIONS,
	KEYS_NEW_OPTIONS,
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* ---- options ---- */

static int parse_codec(struct filter_request *q, const char *text)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	const struct codec *c = codec_by_name(text, len);
	if (c == NULL)
		return msg_usage("filter", "-d %s: no such algorithm; there are gzip, lzo, lzfast, lz4, lz4hc, zstd", text);
	if (q->o.deflate)
		return msg_usage("filter", "the algorithm is given twice");
	uint64_t level = (uint64_t)c->level_default;
	if (colon && c->level_min == c->level_max)
		return msg_usage("filter", "-d %s: %s has no levels", text, c->name);
	if (colon && !command_number(colon + 1, (uint64_t)c->level_min, (uint64_t)c->level_max, &level))
		return msg_usage("filter", "-d %s: %s has levels %d to %d", text, c->name, c->level_min, c->level_max);
	q->o.deflate = true;
	q->o.codec = c;
	q->o.level = (int)level;
	return 0;
}

static int parse_target(struct filter_request *q, const char *text)
{
	static const enum product products[] = {PRODUCT_BAREOS, PRODUCT_BAREOS_22, PRODUCT_BACULA, PRODUCT_ANY};
	for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
		if (strcmp(text, product_name(products[i])) == 0) {
			q->o.target = products[i];
			q->o.target_given = true;
			return 0;
		}
	}
	return msg_usage("filter", "--target %s: must be bareos, bareos-22, bacula or any", text);
}

static int parse_max_block(struct filter_request *q, const char *text)
{
	uint64_t v;
	if (!command_number(text, PACKER_BLOCK_MIN_BYTES, BLOCK_MAX_BYTES, &v))
		return msg_usage("filter", "--max-block %s: must be %u to %u bytes", text, PACKER_BLOCK_MIN_BYTES, BLOCK_MAX_BYTES);
	q->o.max_block = (uint32_t)v;
	return 0;
}

static int parse_encrypt(struct filter_request *q, const char *text)
{
	if (q->o.cipher.encrypt)
		return msg_usage("filter", "--encrypt is given twice");
	q->o.cipher.encrypt = true;
	q->o.cipher.algorithm = strcmp(text, "aes-128-xts") == 0 ? XTS_AES_128 : XTS_AES_256;
	if (strcmp(text, "aes-128-xts") != 0 && strcmp(text, "aes-256-xts") != 0)
		return msg_usage("filter", "--encrypt %s: must be aes-128-xts or aes-256-xts", text);
	return 0;
}

static int parse_block_format(struct filter_request *q, const char *text)
{
	q->o.block_format = strcmp(text, "bb02") == 0 ? 2 : strcmp(text, "bb03") == 0 ? 3 : 0;
	return q->o.block_format ? 0 : msg_usage("filter", "--block-format %s: must be bb02 or bb03", text);
}

static int once(const char **where, const char *option, const char *value)
{
	if (*where)
		return msg_usage("filter", "%s is given twice", option);
	*where = value;
	return 0;
}

/* Returns 0, or the exit status + 1 (so that --help can end with 0). */
static int parse_option(struct filter_request *q, int option)
{
	int status = 0;
	switch (option) {
	case 'i': q->o.inflate = true; break;
	case 'r': q->o.inflate = true; /* fall through */
	case 'd': status = parse_codec(q, optarg); break;
	case 'o': status = once(&q->out.path, "-o", optarg); break;
	case 'T': status = command_threads("filter", optarg, &q->o.threads); break;
	case 'q': msg_set_verbosity(msg_verbosity() - 1); break;
	case 'v': msg_set_verbosity(msg_verbosity() + 1); break;
	case OPT_TARGET: status = parse_target(q, optarg); break;
	case OPT_MAX_BLOCK: status = parse_max_block(q, optarg); break;
	case OPT_MAX_MEMORY: status = command_max_memory("filter", optarg, &q->o.max_memory); break;
	case OPT_ON_DAMAGE: status = command_on_damage("filter", optarg, &q->o.on_damage); break;
	case OPT_MAP: status = once(&q->map_path, "--map", optarg); break;
	case OPT_REPORT: status = once(&q->report_path, "--report", optarg); break;
	case OPT_REPAIR: q->o.repair = true; break;
	case OPT_DECRYPT: q->o.cipher.decrypt = true; break;
	case OPT_ENCRYPT: status = parse_encrypt(q, optarg); break;
	case OPT_STRONG: q->o.strong = true; break;
	case OPT_BLOCK_FORMAT: status = parse_block_format(q, optarg); break;
	case OPT_KEEP_LAYOUT: q->o.keep_layout = true; break;
	case OPT_FORCE: q->out.replace = q->o.force = true; break;
	case OPT_PROGRESS:
		if (!progress_parse(optarg, &q->progress))
			status = msg_usage("filter", "--progress %s: must be auto, never, always or json", optarg);
		break;
	case OPT_HELP: fputs(command_filter.help, stdout); return 1;
	default: keyoptions_option(&q->keys, "filter", option, optarg, &status); break;
	}
	return status == 0 ? 0 : status + 1;
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
	for (size_t i = 0; q->o.path_count > 1 && i < q->o.path_count; i++) {
		const char *name = place_name(q->o.paths[i]);
		for (size_t k = 0; k < i && strcmp(q->out.path, "-") != 0; k++) {
			if (strcmp(name, place_name(q->o.paths[k])) == 0)
				return msg_usage("filter", "%s and %s would become one file in %s", q->o.paths[k], q->o.paths[i],
						 q->out.path);
		}
	}
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

static int parse(struct filter_request *q, int argc, char **argv)
{
	static const char *const standard_input[] = {"-"};
	optind = 1;
	opterr = 0;
	int option = command_no_abbreviations("filter", argc, argv, long_options);
	if (option != 0)
		return option + 1;
	while ((option = getopt_long(argc, argv, "id:r:o:T:qv", long_options, NULL)) != -1) {
		if (option == '?')
			return msg_usage("filter", "%s: unknown option, or its value is missing", argv[optind - 1]) + 1;
		int stop = parse_option(q, option);
		if (stop != 0)
			return stop;
	}
	q->o.paths = (const char *const *)(argv + optind);
	q->o.path_count = (size_t)(argc - optind);
	if (q->o.path_count == 0) {
		q->o.paths = standard_input;
		q->o.path_count = 1;
	}
	if (q->out.path == NULL)
		q->out.path = "-";
	q->out.inputs = q->o.paths;
	q->out.input_count = q->o.path_count;
	q->key_files[0] = q->keys.key;
	q->key_files[1] = q->keys.new_key;
	q->key_files[2] = q->keys.config;
	q->out.sources = q->key_files;
	q->out.source_count = sizeof q->key_files / sizeof q->key_files[0];
	q->out.keep_partial = q->o.on_damage != ON_DAMAGE_STOP;
	int wrong = check_outputs(q);
	wrong = wrong != 0 ? wrong : check_encryption(q);
	return wrong != 0 ? wrong + 1 : 0;
}

static int cmd_filter(int argc, char **argv)
{
	struct filter_request q = {.o.threads = command_processors()};
	int stop = parse(&q, argc, argv);
	return stop != 0 ? stop - 1 : filter_request_run(&q);
}

const struct command command_filter = {
	.name = "filter",
	.summary = "volume in, volume out: inflate -> deflate, decrypt, encrypt",
	.help = "Usage: xflate [filter] [OPTIONS] [INPUT...]\n"
		"\n"
		"Reads volumes, those that share a job as one set, and writes them with their\n"
		"records inflated, deflated, or both in one pass.  Neither: a checked copy.\n"
		"INPUT is a file, a tape device or - (standard input, the default).\n"
		"\n"
		"  -i, --inflate              compressed records become plain\n"
		"  -d, --deflate ALG[:LEVEL]  plain records become compressed: gzip[:1-12] lzo\n"
		"                             lzfast lz4 lz4hc[:1-12] zstd[:1-19]\n"
		"  -r, --recompress ALG[:LEVEL]       both: every record ends in ALG\n"
		"      --target bareos|bareos-22|bacula|any\n"
		"                             who will read the result (default: as the input)\n"
		"  -o, --output PATH          a file, or a folder for several inputs; - (the\n"
		"                             default) is standard output\n"
		"      --force                replace an existing output; recompress records\n"
		"                             that are in ALG already\n"
		"  -T, --threads N            workers, 0: one a processor (the default); the\n"
		"                             output is the same for every N\n"
		"      --max-block BYTES      largest block to write (default: as the input's)\n"
		"      --max-memory BYTES     for sessions and records that wait (default: 1G)\n"
		"      --on-damage stop|skip|keep\n"
		"                             at a bad block or record; exit status 3 if any\n"
		"                             was passed over (default: stop)\n"
		"      --repair               mend records that the network layer cut, addresses\n"
		"                             that Bareos's autoxflate doubled, and checksums\n"
		"                             of Bareos 19.2.4/5 on FreeBSD\n"
		"      --decrypt              encrypted blocks become clear; --key SOURCE,\n"
		"                             --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"      --encrypt aes-128-xts|aes-256-xts [--strong]\n"
		"                             --new-key SOURCE, --new-key-dir DIR,\n"
		"                             --new-key-command CMD; none: the key it had\n"
		"      --block-format bb02|bb03; --keep-layout: move no block, or fail\n"
		"      --map FILE             old and new address of every block\n"
		"      --report FILE          what was done, as JSON\n"
		"      --progress auto|never|always|json\n"
		"  -q, --quiet; -qq           no summary; no warnings and losses either\n"
		"  -v, --verbose              a line for each job, too\n"
		"\n"
		"A director's catalog holds block addresses.  They change: see CATALOG in\n"
		"xflate(1) before a converted volume is used for a restore.\n",
	.run = cmd_filter,
};
