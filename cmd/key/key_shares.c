/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key split and key join: a KEK in shares for several people, and again of them. */
#include "base/msg.h"
#include "cmd/key/key.h"
#include "cmd/key/keyargs.h"
#include "cmd/keyout.h"
#include "cmd/secretsource.h"
#include "keys/share.h"
#include "keywrap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHARES_MAX_BYTES ((size_t)1 << 20)

/* ---- split ---- */

static const char *suffix_of(enum paper_form form)
{
	return form == PAPER_SVG ? ".svg" : form == PAPER_HTML ? ".html" : "";
}

/* What whoever finds it has to know; no secret. */
static void put_head(FILE *out, const struct share *share, const char *kek_id)
{
	char text[256];
	snprintf(text, sizeof text,
		 "# Share %u of %u of the Key Encryption Key %s.  Any %u of them make it again:\n#   xflate key join FILE...\n", share->x,
		 share->total, kek_id, share->threshold);
	fputs(text, out);
}

static int put_code(FILE *out, enum paper_form form, const struct share *share, struct span line, const char *kek_id, struct err *e)
{
	struct paper paper;
	char caption[160];
	snprintf(caption, sizeof caption, "Share %u of %u of the Key Encryption Key %s; %u are needed", share->x, share->total, kek_id,
		 share->threshold);
	paper_begin(&paper, out, form, "A share of a Key Encryption Key, made by xflate", 1);
	int r = paper_code(&paper, caption, line, e);
	paper_end(&paper);
	return r;
}

static int put_share(FILE *out, enum paper_form form, const struct share *share, const char *kek_id, struct err *e)
{
	struct secret page = SECRET_NONE;
	int r = secret_new(&page, sizeof(struct sumline), e);
	if (r != 0)
		return r;
	struct sumline *line = (struct sumline *)(void *)page.data;
	share_text(share, line);
	if (form == PAPER_NONE || form == PAPER_TEXT) {
		put_head(out, share, kek_id);
		fwrite(line->text, 1, line->len, out);
	}
	if (form != PAPER_NONE)
		r = put_code(out, form, share, (struct span){(const uint8_t *)line->text, line->len}, kek_id, e);
	secret_free(&page);
	return r;
}

static int to_one_output(const struct keyargs *a, const struct shares *s, const char *kek_id, struct err *e)
{
	static struct keyout out;
	int r = keyout_open(&out, NULL, false, true, e);
	if (r != 0)
		return r;
	for (size_t i = 0; r == 0 && i < s->count; i++) {
		if (i > 0)
			putc('\n', out.stream);
		r = put_share(out.stream, a->qr, &s->share[i], kek_id, e);
	}
	if (r == 0)
		r = keyout_commit(&out, e);
	keyout_close(&out);
	if (r == 0)
		msg_info("all shares in one place are the KEK: give each to another person, and keep none of them together");
	return r;
}

static int share_path(const struct keyargs *a, const struct share *share, char path[static OUTFILE_PATH_BYTES], struct err *e)
{
	if ((size_t)snprintf(path, OUTFILE_PATH_BYTES, "%s.%u%s", a->output, share->x, suffix_of(a->qr)) >= OUTFILE_PATH_BYTES)
		return err_set(e, XE_FAILED, "the path is too long");
	return 0;
}

/* PREFIX.1 to PREFIX.N, all of them or none: the first gets its name when the last is written. */
static int to_files(const struct keyargs *a, const struct shares *s, const char *kek_id, struct err *e)
{
	struct keyout *outs = calloc(s->count, sizeof *outs); /* where signal handlers find them: never moved */
	char path[OUTFILE_PATH_BYTES];
	size_t opened = 0, made = 0;
	int r = outs ? 0 : err_memory(e, s->count * sizeof *outs, "the shares");
	for (; r == 0 && opened < s->count; opened += r == 0) {
		r = share_path(a, &s->share[opened], path, e);
		if (r == 0)
			r = keyout_open_new(&outs[opened], path, true, e);
		if (r == 0 && (r = put_share(outs[opened].stream, a->qr, &s->share[opened], kek_id, e)) != 0)
			opened++;
	}
	for (; r == 0 && made < s->count; made += r == 0)
		r = keyout_commit(&outs[made], e);
	for (size_t i = 0; i < opened; i++)
		keyout_close(&outs[i]);
	for (size_t i = 0; r != 0 && i < made; i++) {
		if (share_path(a, &s->share[i], path, &(struct err){0}) == 0)
			unlink(path); /* new, and worth nothing without the others */
	}
	free(outs);
	if (r == 0)
		msg_info("%s.1%s to %s.%zu%s: any %u of them make the KEK %s", a->output, suffix_of(a->qr), a->output, s->count,
			 suffix_of(a->qr), s->share[0].threshold, kek_id);
	return r;
}

/* Shares are kept for years: that they make the KEK again is tried before one is given out. */
static int prove(const struct shares *s, const struct secret *kek, struct err *e)
{
	struct secret again = SECRET_NONE;
	int r = shares_join(s, &again, e);
	if (r == 0 && !secret_equal(&again, kek))
		r = err_set(e, XE_FAILED, "the shares do not make the KEK again: the memory of this machine is not to be trusted");
	secret_free(&again);
	return r;
}

static int split(const struct keyargs *a, const char *source, struct err *e)
{
	struct secret kek = SECRET_NONE;
	struct shares s = SHARES_NONE;
	char kek_id[SECRET_ID_BYTES];
	int r = secretsource_read_kek(source, "KEK", true, &kek, e);
	if (r == 0)
		r = shares_split(&s, &kek, a->shares, a->threshold, e);
	if (r == 0)
		r = prove(&s, &kek, e);
	if (r == 0) {
		keywrap_kek_id(&kek, kek_id);
		r = a->output ? to_files(a, &s, kek_id, e) : to_one_output(a, &s, kek_id, e);
	}
	shares_free(&s);
	secret_free(&kek);
	return r;
}

static int key_split(int argc, char **argv)
{
	struct keyargs a;
	struct err e = {0};
	int status;
	if (!keyargs_parse(&command_key_split, argc, argv, &a, &status))
		return status;
	if ((a.count > 0) + (a.kek != NULL) != 1)
		return msg_usage("key", "split: which KEK? One FILE, or --kek SOURCE");
	if (a.shares == 0 || a.threshold == 0)
		return msg_usage("key", "split: needs --shares N and --threshold K: N people get one, K of them must come together");
	if (a.output && strcmp(a.output, "-") == 0)
		a.output = NULL;
	if (a.output == NULL && (a.qr == PAPER_SVG || a.qr == PAPER_HTML))
		return msg_usage("key", "split: --qr svg and html need -o PREFIX: each share is a file of its own");
	int r = split(&a, a.kek ? a.kek : a.names[0], &e);
	return r == 0 ? 0 : msg_fail(&e);
}

/* ---- join ---- */

static int read_one(struct shares *s, const char *source, struct err *e)
{
	const char *name = strcmp(source, "-") == 0 ? "standard input" : source;
	struct secret text = SECRET_NONE;
	struct keylist faults = KEYLIST_NONE;
	int r = secretsource_read(source, "share", false, SHARES_MAX_BYTES, &text, e);
	if (r == 0)
		r = shares_read(s, &faults, name, (struct span){text.data, text.len}, e);
	keyargs_print_faults(&faults, source);
	if (r == 0 && faults.fault_count) {
		r = err_set(e, XE_DAMAGE, "%zu bad share%s", faults.fault_count, faults.fault_count == 1 ? "" : "s");
		err_volume(e, name);
	}
	secret_free(&text);
	keylist_free(&faults);
	return r;
}

/* A KEK of text ends its line; one of random bytes is all that is in its file. */
static int write_kek(const struct keyargs *a, const struct secret *kek, struct err *e)
{
	static struct keyout out;
	bool printable = true;
	for (size_t i = 0; i < kek->len; i++)
		printable = printable && kek->data[i] >= 0x20 && kek->data[i] != 0x7f;
	if (!printable && a->output == NULL && isatty(STDOUT_FILENO))
		return err_set(e, XE_USAGE, "the KEK is not printable, so not for a terminal; use -o FILE");
	if (printable)
		return keyout_line(a->output, a->force, true, kek, e);
	int r = keyout_open(&out, a->output, a->force, true, e);
	if (r == 0) {
		fwrite(kek->data, 1, kek->len, out.stream);
		r = keyout_commit(&out, e);
		keyout_close(&out);
	}
	return r;
}

static int key_join(int argc, char **argv)
{
	static const char *const standard[] = {"-"};
	struct keyargs a;
	struct shares s = SHARES_NONE;
	struct secret kek = SECRET_NONE;
	struct err e = {0};
	char kek_id[SECRET_ID_BYTES];
	int status;
	if (!keyargs_parse(&command_key_join, argc, argv, &a, &status))
		return status;
	const char *const *names = a.count ? a.names : standard;
	size_t count = a.count ? a.count : 1, standards = 0;
	for (size_t i = 0; i < count; i++) {
		standards += strcmp(names[i], "-") == 0;
		if ((status = keyargs_no_input_is_output(&command_key, &a, names[i])) != 0)
			return status;
	}
	if (standards > 1)
		return keyargs_one_input(&command_key, "-", "-", NULL);
	int r = 0, bad = 0;
	for (size_t i = 0; i < count; i++) {
		struct err fault = {0};
		int rc = read_one(&s, names[i], &fault);
		if (rc != 0)
			bad = err_worse_status(bad, msg_fail(&fault));
	}
	if (bad == 0)
		r = shares_join(&s, &kek, &e);
	if (bad == 0 && r == 0)
		r = write_kek(&a, &kek, &e);
	if (bad == 0 && r == 0) {
		keywrap_kek_id(&kek, kek_id);
		msg_info("the KEK %s", kek_id);
	}
	shares_free(&s);
	secret_free(&kek);
	return bad ? bad : r == 0 ? 0 : msg_fail(&e);
}

static const struct option_row split_rows[] = {KEYARGS_OUTPUT, KEYARGS_KEK, KEYARGS_QR, KEYARGS_SHARES, KEYARGS_THRESHOLD, OPTIONS_END};
const struct command command_key_split = {
	.name = "split",
	.path = "key split",
	.help = key_help,
	.run = key_split,
	.options = split_rows,
	.operands = "one KEK, as a FILE or with --kek",
	.operands_max = 1,
};

static const struct option_row join_rows[] = {KEYARGS_OUTPUT, KEYARGS_FORCE, OPTIONS_END};
const struct command command_key_join = {
	.name = "join",
	.path = "key join",
	.help = key_help,
	.run = key_join,
	.options = join_rows,
	.operands = "shares: FILEs, or standard input",
	.operands_max = SIZE_MAX,
};
