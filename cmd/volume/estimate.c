/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate estimate: what a conversion would come to, before it is made. */
#include "cmd/command.h"

#include "base/array.h"
#include "base/msg.h"
#include "cmd/volume/algorithm.h"
#include "cmd/volume/estimated.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/picture.h"
#include "cmd/volume/unread.h"
#include "cmd/volume/volumelist.h"
#include "medium/medium.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_BYTES ((uint64_t)64 << 20) /* unless it is said */
#define SAMPLE_OF_ITSELF (-1.0)

struct request {
	struct volumelist_options list;
	struct estimate_options o;
	struct keyoptions keys;
	struct estimate_row *rows;
	size_t row_count, row_room;
	double share; /* 0 to 1, or SAMPLE_OF_ITSELF */
	uint64_t drive_rate;
	unsigned threads;
	bool json;
	struct picture plot;
	struct unread unread;
};

/* ---- options ---- */

static int add_row(struct request *q, const struct codec *c, int level)
{
	struct estimate_row *rows = array_reach(q->rows, &q->row_room, q->row_count, sizeof *rows);
	if (rows == NULL) {
		struct err e = {0};
		err_memory(&e, sizeof *rows, "the algorithms");
		return msg_fail(&e);
	}
	q->rows = rows;
	rows[q->row_count++] = (struct estimate_row){.codec = c, .level = level};
	return 0;
}

static int take_deflate(const struct command *verb, void *request, const char *text)
{
	const struct codec *c = NULL;
	int level = 0, wrong = algorithm_parse(verb->path, text, &c, &level);
	return wrong != 0 ? wrong : add_row(request, c, level);
}

static int take_target(const struct command *verb, void *request, const char *text)
{
	struct request *q = request;
	(void)verb;
	q->o.target = (enum product)options_word(algorithm_targets, text);
	q->o.target_given = true;
	return 0;
}

/* A number of digits and a point, up to *end; < 0: it is none. */
static double digits(const char *text, char **end)
{
	double v = strtod(text, end);
	bool good = text[0] >= '0' && text[0] <= '9' && strspn(text, "0123456789.") == (size_t)(*end - text);
	return good ? v : -1;
}

/* "1%", "0.5%"; "1/30"; "all": the part, or < 0. */
static double part(const char *text)
{
	char *end, *behind;
	if (strcmp(text, "all") == 0)
		return 1;
	double number = digits(text, &end);
	if (number > 0 && strcmp(end, "%") == 0)
		return number / 100;
	double of = *end == '/' ? digits(end + 1, &behind) : -1;
	return number > 0 && of > 0 && *behind == '\0' ? number / of : -1;
}

static int take_sample(const struct command *verb, void *request, const char *text)
{
	struct request *q = request;
	q->share = part(text);
	if (!(q->share > 0) || q->share > 1)
		return msg_usage(verb->path, "--sample %s: a part is wanted, as 1%% or 1/100, or all", text);
	return 0;
}

/* ---- the run ---- */

static int add_defaults(struct request *q)
{
	static const struct {
		enum codec_id codec;
		int level;
	} usual[] = {{CODEC_GZIP, 1}, {CODEC_GZIP, 6},  {CODEC_GZIP, 9}, {CODEC_LZO, 0},  {CODEC_LZFAST, 0},
		     {CODEC_LZ4, 0},  {CODEC_LZ4HC, 9}, {CODEC_ZSTD, 1}, {CODEC_ZSTD, 3}, {CODEC_ZSTD, 9}};
	int status = 0;
	for (size_t i = 0; status == 0 && i < sizeof usual / sizeof *usual; i++)
		status = add_row(q, codec_by_id(usual[i].codec), usual[i].level);
	return status;
}

/* What is no file can only be read from end to end. */
static bool all_are_files(const struct request *q)
{
	for (size_t i = 0; i < q->o.path_count; i++) {
		if (medium_at(q->o.paths[i]) != &medium_file || !medium_rereadable(q->o.paths[i]))
			return false;
	}
	return true;
}

static double share_of(const struct request *q)
{
	if (q->share != SAMPLE_OF_ITSELF)
		return q->share;
	if (!all_are_files(q))
		return 1;
	uint64_t total = command_total_bytes(q->o.paths, q->o.path_count);
	return total > SAMPLE_BYTES ? (double)SAMPLE_BYTES / (double)total : 1;
}

static void fill(FILE *out, void *told)
{
	estimated_draw_svg(told, out);
}

static int draw(struct request *q, struct estimated *t, struct err *e)
{
	if (picture_is_text(&q->plot))
		estimated_draw_text(t, stdout);
	return picture_draw(&q->plot, fill, t, e);
}

/* What was asked for first; else the first of the usual ones at its usual level. */
static size_t row_to_show(const struct request *q)
{
	for (size_t i = 1; i < q->o.row_count; i++) {
		const struct estimate_row *r = &q->o.rows[i];
		if (r->of > 0 && (!q->o.skip_unread || r->level == r->codec->level_default))
			return i;
	}
	return 0;
}

static void warn(const struct estimate *result)
{
	if (result->damaged > 0)
		msg_warning("%llu places in what was read are damaged, and left out", (unsigned long long)result->damaged);
	if (result->missed > 0)
		msg_warning("at %llu places that were looked at no block was found: what stands there is taken to be as the rest",
			    (unsigned long long)result->missed);
	if (result->several)
		msg_warning("the volumes are of several products: what only one of them reads is not told; --target says who will read the "
			    "result");
	if (result->left_out > 0)
		msg_warning("%zu volume%s left out", result->left_out, result->left_out == 1 ? " is" : "s are");
}

static int fail_or_not(const struct request *q, const struct estimate *result, int rc, const struct err *e)
{
	int status = rc == 0 ? q->unread.status : msg_fail(e);
	return err_worse_status(status, result->damaged + result->missed > 0 ? 3 : 0);
}

/* Returns the exit status.  What became of the picture is told in the JSON, too. */
static int tell(struct request *q, const struct estimate *result, struct err *e)
{
	struct estimated t = {
		.result = result,
		.rows = q->o.rows,
		.row_count = q->o.row_count,
		.shown = row_to_show(q),
		.seed = q->o.seed,
		.threads = q->threads,
		.drive_rate = q->drive_rate,
	};
	bool any = result->records > 0;
	if (!q->json && any)
		estimated_print(&t);
	if (any)
		warn(result);
	int status = fail_or_not(q, result, any ? draw(q, &t, e) : 0, e);
	if (q->json)
		estimated_json(&t, &q->unread, e, status);
	return status;
}

static void left_out(void *arg, const struct err *why)
{
	struct request *q = arg;
	struct err e = {0};
	if (unread_add(&q->unread, why->volume, why, &e) != 0)
		msg_fail(&e);
}

static int run(struct request *q, struct err *e)
{
	struct estimate result = {0};
	int rc = picture_open(&q->plot, q->o.paths, q->o.path_count, e);
	if (rc == 0)
		rc = keyoptions_open(&q->keys, e);
	q->o.cipher = (struct cipher_options){.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL, .patient = true};
	q->o.share = share_of(q);
	q->o.arg = q;
	q->o.left_out = left_out;
	if (rc == 0)
		rc = estimate_run(&q->o, &result, e);
	int status = rc == 0 ? tell(q, &result, e) : command_fail(e, q->json);
	picture_abandon(&q->plot);
	keyoptions_close(&q->keys);
	unread_free(&q->unread);
	return status;
}

static int run_list(struct request *q, const struct operands *operands)
{
	struct volumelist l = VOLUMELIST_NONE;
	struct err e = {0};
	int rc = volumelist_read(&l, &q->list, operands, &e);
	q->o.paths = (const char *const *)l.paths;
	q->o.path_count = l.count;
	q->o.rows = q->rows;
	q->o.row_count = q->row_count;
	int status = rc == 0 ? run(q, &e) : command_fail(&e, q->json);
	volumelist_free(&l);
	return status;
}

static const struct option_row rows[] = {
	OPTION_TAKE('d', "deflate", take_deflate),
	OPTION_TAKE_WORD(0, "target", take_target, algorithm_targets),
	OPTION_TAKE(0, "sample", take_sample),
	OPTION_NUMBER(0, "seed", 0, UINT64_MAX, "a number", struct request, o.seed),
	OPTION_NUMBER(0, "drive-rate", 1, UINT64_MAX, "a number of bytes a second", struct request, drive_rate),
	OPTION_TAKE_AT('T', "threads", command_threads, struct request, threads),
	VOLUMELIST_ROWS(struct request, list),
	OPTION_FLAG(0, "json", struct request, json),
	PICTURE_ROWS(struct request, plot),
	KEYOPTIONS_ROWS(struct request, keys),
	OPTIONS_END,
};

static int check(struct request *q, const struct operands *operands)
{
	if (operands->count == 0 && q->list.files_from == NULL)
		return msg_usage("estimate", "which volumes?");
	int wrong = picture_check(&q->plot, "estimate", q->json);
	if (wrong != 0)
		return wrong;
	int status = volumelist_check(&q->list, "estimate", operands);
	if (status == 0)
		status = keyoptions_check(&q->keys, "estimate");
	if (status == 0)
		status = keyoptions_check_inputs(&q->keys, "estimate", operands->names, operands->count);
	return status;
}

static int cmd_estimate(int argc, char **argv)
{
	struct request q = {.share = SAMPLE_OF_ITSELF, .o.seed = 1, .threads = command_processors(), .o.target = PRODUCT_ANY};
	struct operands operands;
	/* By what becomes of all when it is plain it shows how it is stored. */
	int status = add_row(&q, NULL, 0);
	if (status == 0 && options_parse(&command_estimate, argc, argv, &q, &operands, &status)) {
		status = check(&q, &operands);
		q.o.skip_unread = q.row_count == 1;
		if (status == 0 && q.row_count == 1)
			status = add_defaults(&q);
		if (status == 0)
			status = run_list(&q, &operands);
	}
	free(q.rows);
	return status;
}

const struct command command_estimate = {
	.name = "estimate",
	.path = "estimate",
	.summary = "size and time of a conversion, from a sample of it",
	.help = "Usage: xflate estimate [OPTIONS] VOLUME...\n"
		"\n"
		"Reads a sample of the volumes' records, converts it with several algorithms and\n"
		"levels, as filter would, writes nothing, and tells for each what all of it would\n"
		"come to: size, with how far that may be off, processor time, bytes a second.\n"
		"\n"
		"  -d, --deflate ALG[:LEVEL]   this one; may be given again (default: the usual\n"
		"                       ones that the volumes' product reads)\n"
		"      --target bareos|bareos-22|bacula|any      who will read the result\n"
		"      --sample PERCENT%|N/M|all   of each volume, 4 MiB at least (default:\n"
		"                       64 MiB of all of them); what is no file: all\n"
		"      --seed N         other places (default: 1)\n"
		"  -T, --threads N      for the times (default: one a processor)\n"
		"      --drive-rate BYTES   a second that a tape drive wants so that it streams\n"
		"      --recursive, --files-from FILE [--null]   as with filter\n"
		"      --plot FILE      pictures, as SVG; -: as text, behind the table\n"
		"      --force          replaces that FILE\n"
		"      --json           all of it as JSON\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"\n"
		"Exit status: 0; 3 what was read is damaged in places; 1 nothing can be told;\n"
		"2 wrong usage; 4 a key is missing.\n",
	.run = cmd_estimate,
	.options = rows,
};
