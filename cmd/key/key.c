/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys in files: generate, show, wrap, unwrap, rewrap. */
#include "cmd/key/key.h"
#include "base/hex.h"
#include "base/msg.h"
#include "cmd/key/keyargs.h"
#include "cmd/keyout.h"
#include "cmd/secretsource.h"
#include "keywrap.h"

#include <string.h>
#include <unistd.h>

static const struct command verb_generate, verb_show, verb_wrap, verb_unwrap, verb_rewrap;

/* ---- one key ---- */

static int digits_of(const struct secret *key, struct secret *text, struct err *e)
{
	int r = secret_new(text, key->len * 2, e);
	if (r == 0)
		hex_write(key->data, key->len, (char *)text->data);
	text->len = r == 0 ? key->len * 2 : 0;
	return r;
}

/* A clear key as people get it: a passphrase as it is, a raw key in hex, both in base64 if asked. */
static int clear_text(const struct secret *key, bool raw, bool base64, struct secret *text, struct err *e)
{
	if (base64)
		return keywrap_seal(key, KEYWRAP_BASE64, NULL, text, e);
	if (raw)
		return digits_of(key, text, e);
	for (size_t i = 0; isatty(STDOUT_FILENO) && i < key->len; i++) {
		if (key->data[i] < 0x20 || key->data[i] >= 0x7f)
			return err_set(e, XE_USAGE, "not printable, so not for a terminal; use --base64");
	}
	return secret_set(text, key->data, key->len, e);
}

static int write_clear(const struct keyargs *a, const struct secret *key, bool raw, struct err *e)
{
	struct secret text = SECRET_NONE;
	int r = clear_text(key, raw, a->base64, &text, e);
	if (r == 0)
		r = keyout_line(a->output, a->force, true, &text, e);
	secret_free(&text);
	return r;
}

/* --volumes is another command by the same name: its options differ. */
static bool is_for_volumes(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		size_t len = strcspn(argv[i], "=");
		if (len > 2 && strncmp(argv[i], "--volumes", len) == 0)
			return true;
	}
	return false;
}

static int key_generate(int argc, char **argv)
{
	if (is_for_volumes(argc, argv))
		return key_volumes(argc, argv);
	struct keyargs a;
	struct secret key = SECRET_NONE, kek = SECRET_NONE, text = SECRET_NONE;
	struct err e = {0};
	int status;
	if (!keyargs_parse(&verb_generate, argc, argv, &a, &status))
		return status;
	if ((status = keyargs_no_input_is_output(&command_key, &a, NULL)) != 0)
		return status;
	int r = a.kek ? secretsource_read_kek(a.kek, "KEK", true, &kek, &e) : 0;
	if (r == 0)
		r = a.raw ? keywrap_generate_raw(&key, KEYWRAP_DRIVE_KEY_BYTES, &e) : keywrap_generate(&key, &e);
	if (r == 0 && a.kek)
		r = keywrap_seal(&key, a.raw ? KEYWRAP_OWN : KEYWRAP_WRAPPED, &kek, &text, &e);
	if (r == 0)
		r = a.kek ? keyout_line(a.output, a.force, false, &text, &e) : write_clear(&a, &key, a.raw, &e);
	secret_free(&key);
	secret_free(&kek);
	secret_free(&text);
	return r == 0 ? 0 : msg_fail(&e);
}

/* Of a file with a key that nobody needs a KEK for. */
static void warn_of_others(const char *source, bool others)
{
	if (others)
		msg_warning("%s: others than its owner can read this key; chmod 600 it", source);
}

/* Opens what was read of it.  others: than its owner can read it. */
static int open_text(const struct keyargs *a, struct secret *text, bool others, const struct secret *kek, struct secret *key,
		     enum keywrap_form *form, struct err *e)
{
	int r;
	if (a->raw) {
		r = keywrap_raw_key(text, key, e);
	} else {
		secret_trim(text);
		*form = keywrap_form_of((const char *)text->data, text->len);
		r = keywrap_open((const char *)text->data, text->len, kek, key, e);
	}
	if (r != 0)
		err_volume(e, a->names[0]);
	bool wrapped = !a->raw && (*form == KEYWRAP_WRAPPED || *form == KEYWRAP_OWN);
	warn_of_others(a->names[0], others && !wrapped);
	if (r == 0 && kek && !wrapped)
		msg_warning("%s: is not wrapped; the KEK was not needed", a->names[0]);
	return r;
}

/* Reads the file of one key and opens it; *form is what it was. */
static int open_file(const struct keyargs *a, struct secret *key, enum keywrap_form *form, struct err *e)
{
	struct secret text = SECRET_NONE, kek = SECRET_NONE;
	bool others;
	*form = KEYWRAP_OWN;
	int r = secretsource_read_quietly(a->names[0], "key", false, SOURCE_KEY_MAX_BYTES, &text, &others, e);
	if (r == 0 && a->kek)
		r = secretsource_read_kek(a->kek, "KEK", false, &kek, e);
	if (r == 0)
		r = open_text(a, &text, others, a->kek ? &kek : NULL, key, form, e);
	secret_free(&text);
	secret_free(&kek);
	return r;
}

static int key_show(int argc, char **argv)
{
	struct keyargs a;
	struct secret key = SECRET_NONE;
	struct err e = {0};
	enum keywrap_form form;
	int status;
	if (!keyargs_parse(&verb_show, argc, argv, &a, &status))
		return status;
	if ((status = keyargs_one_input(&command_key, a.names[0], a.kek, NULL)) != 0 ||
	    (status = keyargs_no_input_is_output(&command_key, &a, a.names[0])) != 0)
		return status;
	char id[SECRET_ID_BYTES] = "";
	int r = open_file(&a, &key, &form, &e);
	if (r == 0 && a.id)
		r = keywrap_opened_id(&key, form, id, &e);
	if (r == 0 && a.id)
		puts(id);
	else if (r == 0)
		r = write_clear(&a, &key, form == KEYWRAP_OWN, &e);
	secret_free(&key);
	return r == 0 ? 0 : msg_fail(&e);
}

/* ---- wrap, unwrap, rewrap: of one key or of many ---- */

enum action { WRAP, UNWRAP, REWRAP };

struct turn {
	enum action action;
	struct secret kek, new_kek; /* WRAP has the new one only, UNWRAP the old one */
	bool many;
};

static int opened_by_new(const struct turn *t, const char *text, size_t len, struct secret *out, struct err *e)
{
	struct secret key = SECRET_NONE;
	int r = t->many ? keywrap_open(text, len, &t->new_kek, &key, &(struct err){0}) : XE_KEY;
	secret_free(&key);
	if (r == 0)
		return secret_set(out, text, len, e);
	return err_set(e, XE_KEY,
		       t->many ? "is wrapped already, and by another KEK; use key rewrap" : "is wrapped already; use key rewrap");
}

/* One key's text becomes another.  What of many keys is already as it should be stays. */
static int turn_key(const struct turn *t, const char *text, size_t len, struct secret *out, struct err *e)
{
	struct secret key = SECRET_NONE;
	enum keywrap_form form = keywrap_form_of(text, len);
	bool wrapped = form == KEYWRAP_WRAPPED || form == KEYWRAP_OWN;
	if (form != KEYWRAP_UNKNOWN && t->action == WRAP && wrapped)
		return opened_by_new(t, text, len, out, e);
	if (form != KEYWRAP_UNKNOWN && t->action == REWRAP && !wrapped)
		return err_set(e, XE_KEY, "is not wrapped, so there is nothing to rewrap; use key wrap");
	if (form != KEYWRAP_UNKNOWN && t->action == UNWRAP && !wrapped && !t->many)
		return err_set(e, XE_KEY, "is not wrapped; use key show");
	int r = keywrap_open(text, len, &t->kek, &key, e);
	if (r == 0 && t->action != UNWRAP)
		r = keywrap_seal(&key, form == KEYWRAP_OWN ? KEYWRAP_OWN : KEYWRAP_WRAPPED, &t->new_kek, out, e);
	else if (r == 0 && t->many && form == KEYWRAP_OWN)
		r = err_set(e, XE_KEY, "is a raw key, which the catalog could not hold; unwrap it by itself");
	else if (r == 0 && t->many)
		r = keywrap_seal(&key, KEYWRAP_BASE64, NULL, out, e);
	else if (r == 0)
		r = secret_set(out, key.data, key.len, e);
	secret_free(&key);
	return r;
}

/* Entry by entry, all or nothing: faults has what went wrong. */
static int turn_list(const struct turn *t, const struct keylist *old, struct keylist *list, struct err *e)
{
	struct secret out = SECRET_NONE;
	int r = 0;
	for (size_t i = 0; r == 0 && i < old->count; i++) {
		const struct keylist_entry *entry = &old->entries[i];
		struct err fault = {0};
		int rc = turn_key(t, entry->key, strlen(entry->key), &out, &fault);
		if (rc == XE_KEY)
			keylist_fault(list, entry->line, "the key of %s %s", entry->volume, fault.text);
		else if (rc != 0)
			r = err_set(e, fault.code, "%s", fault.text);
		else
			r = keylist_add(list, (struct span){(const uint8_t *)entry->volume, strlen(entry->volume)},
					(struct span){out.data, out.len}, entry->line, e);
	}
	secret_free(&out);
	if (r == 0 && list->fault_count)
		r = err_set(e, XE_KEY, "%zu of %zu keys failed; nothing was written", list->fault_count, old->count);
	return r;
}

static int turn_many(const struct keyargs *a, const struct turn *t, const struct secret *bytes, struct err *e)
{
	static struct keyout out;
	struct keylist old = KEYLIST_NONE, list = KEYLIST_NONE;
	int r = keyargs_take_list(bytes, a->names[0], false, &old, NULL, e);
	if (r == 0) {
		r = turn_list(t, &old, &list, e);
		keyargs_print_faults(&list, a->names[0]);
	}
	if (r == 0 && (r = keyout_open(&out, a->output, a->force, keyargs_is_clear(&list), e)) == 0) {
		r = keylist_write(out.stream, a->format, &list, &old, e);
		if (r == 0)
			r = keyout_commit(&out, e);
		keyout_close(&out);
	}
	if (r == 0 && old.keyless)
		msg_info("%s: %zu volumes without a key passed over", a->names[0], old.keyless);
	keylist_free(&old);
	keylist_free(&list);
	return r;
}

/* The key of xflate's own form; only wrap has a raw one to begin with. */
static int turn_one(const struct keyargs *a, const struct turn *t, struct secret *text, struct err *e)
{
	struct secret out = SECRET_NONE, key = SECRET_NONE;
	int r;
	if (a->raw) {
		r = keywrap_raw_key(text, &key, e);
		if (r == 0)
			r = keywrap_seal(&key, KEYWRAP_OWN, &t->new_kek, &out, e);
	} else {
		secret_trim(text);
		enum keywrap_form form = keywrap_form_of((const char *)text->data, text->len);
		r = turn_key(t, (const char *)text->data, text->len, &out, e);
		if (r == 0 && t->action == UNWRAP) {
			r = secret_set(&key, out.data, out.len, e);
			if (r == 0)
				r = clear_text(&key, form == KEYWRAP_OWN, a->base64, &out, e);
		}
	}
	if (r != 0)
		err_volume(e, a->names[0]);
	else
		r = keyout_line(a->output, a->force, t->action == UNWRAP, &out, e);
	secret_free(&out);
	secret_free(&key);
	return r;
}

/* A list has lines, brackets or a TAB; one key has none of them behind each other. */
static bool is_one_key(const struct secret *bytes, bool raw)
{
	struct secret text = *bytes; /* borrowed */
	while (text.len > 0 && memchr("\n\r ", text.data[text.len - 1], 3) != NULL)
		text.len--;
	if (raw || keywrap_form_of((const char *)text.data, text.len) != KEYWRAP_UNKNOWN)
		return true;
	return memchr(text.data, '\n', text.len) == NULL && memchr(text.data, '\t', text.len) == NULL &&
	       memchr(text.data, '{', text.len) == NULL && memchr(text.data, '|', text.len) == NULL;
}

/* Only the first 16 bytes count: a new KEK that begins like the old one is the old one. */
static int refuse_same_kek(const struct turn *t, struct err *e)
{
	struct secret old = t->kek, new = t->new_kek; /* borrowed */
	old.len = new.len = KEYWRAP_KEK_BYTES;
	if (!secret_equal(&old, &new))
		return 0;
	return err_set(e, XE_USAGE, "the new KEK begins with the same %u bytes as the old one, and no others count", KEYWRAP_KEK_BYTES);
}

static int read_keks(const struct keyargs *a, struct turn *t, struct err *e)
{
	if (t->action == WRAP)
		return secretsource_read_kek(a->kek, "KEK", true, &t->new_kek, e);
	int r = secretsource_read_kek(a->kek, t->action == REWRAP ? "old KEK" : "KEK", false, &t->kek, e);
	if (r == 0 && t->action == REWRAP)
		r = secretsource_read_kek(a->new_kek, "new KEK", true, &t->new_kek, e);
	if (r == 0 && t->action == REWRAP)
		r = refuse_same_kek(t, e);
	return r;
}

static int turn(const struct command *verb, enum action action, int argc, char **argv)
{
	struct keyargs a;
	struct turn t = {.action = action, .kek = SECRET_NONE, .new_kek = SECRET_NONE};
	struct secret bytes = SECRET_NONE;
	struct err e = {0};
	int status;
	if (!keyargs_parse(verb, argc, argv, &a, &status))
		return status;
	if (a.kek == NULL || (action == REWRAP && a.new_kek == NULL))
		return msg_usage("key", action == REWRAP ? "rewrap: needs --kek OLD and --new-kek NEW" : "%s: needs --kek SOURCE", argv[0]);
	if ((status = keyargs_one_input(&command_key, a.names[0], a.kek, a.new_kek)) != 0 ||
	    (status = keyargs_no_input_is_output(&command_key, &a, a.names[0])) != 0)
		return status;
	bool others;
	int r = secretsource_read_quietly(a.names[0], "key", false, KEYARGS_LIST_MAX_BYTES, &bytes, &others, &e);
	if (r == 0)
		r = read_keks(&a, &t, &e);
	t.many = r == 0 && !is_one_key(&bytes, a.raw);
	warn_of_others(a.names[0], r == 0 && others && action == WRAP);
	if (r == 0 && (t.many ? a.base64 : a.has_format)) {
		status = msg_usage("key", t.many ? "%s: --base64 is for one key; %s is a list" : "%s: --format is for lists; %s is one key",
				   argv[0], a.names[0]);
	} else if (r == 0) {
		r = t.many ? turn_many(&a, &t, &bytes, &e) : turn_one(&a, &t, &bytes, &e);
	}
	secret_free(&bytes);
	secret_free(&t.kek);
	secret_free(&t.new_kek);
	return r == 0 ? (status > 0 ? status : 0) : msg_fail(&e);
}

static int key_wrap(int argc, char **argv)
{
	return turn(&verb_wrap, WRAP, argc, argv);
}

static int key_unwrap(int argc, char **argv)
{
	return turn(&verb_unwrap, UNWRAP, argc, argv);
}

static int key_rewrap(int argc, char **argv)
{
	return turn(&verb_rewrap, REWRAP, argc, argv);
}

const char key_help[] = "Usage: xflate key generate [--kek SOURCE] [OPTIONS]\n"
			"       xflate key generate --volumes NAME... --kek SOURCE --cache FILE [OPTIONS]\n"
			"       xflate key show   FILE [--kek SOURCE] [OPTIONS]\n"
			"       xflate key wrap   FILE --kek SOURCE [OPTIONS]\n"
			"       xflate key unwrap FILE --kek SOURCE [OPTIONS]\n"
			"       xflate key rewrap FILE --kek OLD --new-kek NEW [OPTIONS]\n"
			"       xflate key split  FILE --shares N --threshold K [-o PREFIX] [--qr FORM]\n"
			"       xflate key join   FILE... [-o FILE]\n"
			"       xflate key load|clear|status|probe DEVICE    in a drive; --help of each\n"
			"\n"
			"A key is a passphrase of 32 characters, its base64 (43), or wrapped by a Key\n"
			"Encryption Key (54), as Bareos has them; which one, its length tells.  FILE and\n"
			"SOURCE: a file, - (standard input), fd:N, cred:NAME (systemd), tty.\n"
			"Of a KEK the first 16 bytes count; less are refused.\n"
			"\n"
			"  -o, --output FILE    where the key goes, mode 0600; default standard output\n"
			"      --force          replace FILE\n"
			"      --kek SOURCE     the Key Encryption Key\n"
			"      --base64         a clear key as base64, as the catalog has it\n"
			"      --raw-key        256 random bits (64 hex digits, or 32 bytes) instead of a\n"
			"                       passphrase; not for Bareos; of the KEK 32 bytes count\n"
			"      --id             show: only the key's id, which is no secret\n"
			"  -q, --quiet          -qq: no warnings\n"
			"\n"
			"generate --volumes: keys for many volumes; its options: key generate --volumes\n"
			"--help.  split: a KEK in N shares, of which any K make it again with join, and\n"
			"fewer tell nothing of it; --qr text, svg or html: with a QR code each, to print.\n"
			"\n"
			"wrap, unwrap and rewrap also take lists: Volume<TAB>key lines, JSON, the output\n"
			"of a catalog query, a crypto cache, a bundle.  All keys are turned, or none.\n"
			"\n"
			"      --format FORM    lines (for cache import), json, or sql (for psql, mysql)\n"
			"\n"
			"Exit status: 0 all well; 1 failed; 2 wrong usage; 4 key or KEK wrong, missing.\n";

static const struct option_row generate_rows[] = {KEYARGS_OUTPUT, KEYARGS_KEK, KEYARGS_BASE64, KEYARGS_RAW_KEY, KEYARGS_FORCE, OPTIONS_END};
static const struct command verb_generate = {
	.name = "generate",
	.path = "key generate",
	.help = key_help,
	.run = key_generate,
	.options = generate_rows,
	.operands = "no names; -o FILE",
	.operands_min = 0,
	.operands_max = 0,
};

static const struct option_row show_rows[] = {KEYARGS_OUTPUT, KEYARGS_KEK,   KEYARGS_BASE64, KEYARGS_RAW_KEY,
					      KEYARGS_ID,     KEYARGS_FORCE, OPTIONS_END};
static const struct command verb_show = {
	.name = "show",
	.path = "key show",
	.help = key_help,
	.run = key_show,
	.options = show_rows,
	.operands = "one FILE",
	.operands_min = 1,
	.operands_max = 1,
};

static const struct option_row wrap_rows[] = {KEYARGS_OUTPUT, KEYARGS_KEK, KEYARGS_RAW_KEY, KEYARGS_FORMAT, KEYARGS_FORCE, OPTIONS_END};
static const struct command verb_wrap = {
	.name = "wrap",
	.path = "key wrap",
	.help = key_help,
	.run = key_wrap,
	.options = wrap_rows,
	.operands = "one FILE",
	.operands_min = 1,
	.operands_max = 1,
};

static const struct option_row unwrap_rows[] = {KEYARGS_OUTPUT, KEYARGS_KEK, KEYARGS_BASE64, KEYARGS_FORMAT, KEYARGS_FORCE, OPTIONS_END};
static const struct command verb_unwrap = {
	.name = "unwrap",
	.path = "key unwrap",
	.help = key_help,
	.run = key_unwrap,
	.options = unwrap_rows,
	.operands = "one FILE",
	.operands_min = 1,
	.operands_max = 1,
};

static const struct option_row rewrap_rows[] = {KEYARGS_OUTPUT, KEYARGS_KEK, KEYARGS_NEW_KEK, KEYARGS_FORMAT, KEYARGS_FORCE, OPTIONS_END};
static const struct command verb_rewrap = {
	.name = "rewrap",
	.path = "key rewrap",
	.help = key_help,
	.run = key_rewrap,
	.options = rewrap_rows,
	.operands = "one FILE",
	.operands_min = 1,
	.operands_max = 1,
};

static const struct command *const subcommands[] = {
	&verb_generate,
	&command_key_generate_volumes,
	&verb_show,
	&verb_wrap,
	&verb_unwrap,
	&verb_rewrap,
	&command_key_split,
	&command_key_join,
	&command_key_load,
	&command_key_clear,
	&command_key_status,
	&command_key_probe,
	NULL,
};

const struct command command_key = {
	.name = "key",
	.path = "key",
	.summary = "keys in files and in tape drives",
	.help = key_help,
	.subcommands = subcommands,
	.secrets = true,
};
