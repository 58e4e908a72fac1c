/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/key/keyargs.h"

#include "base/msg.h"
#include "base/qr.h"
#include "cmd/secretsource.h"
#include "keys/keylist_read.h"
#include "keywrap.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int keyargs_take_format(const struct command *verb, void *args, const char *text)
{
	struct keyargs *a = args;
	a->has_format = true;
	return keylist_format_parse(text, &a->format) ? 0 : msg_usage(verb->path, "--format %s: must be lines, json or sql", text);
}

int keyargs_take_volumes(const struct command *verb, void *args, const char *text)
{
	struct keyargs *a = args;
	if (text && a->volumes_source)
		return msg_usage(verb->path, "--volumes is given twice");
	a->volumes = true;
	a->volumes_source = text ? text : a->volumes_source;
	return 0;
}

int keyargs_take_qr(const struct command *verb, void *args, const char *text)
{
	struct keyargs *a = args;
	a->qr = (enum paper_form)(PAPER_TEXT + options_word(paper_forms, text));
	return qr_is_there() ? 0 : msg_usage(verb->path, "--qr: this xflate was built without libqrencode");
}

bool keyargs_parse(const struct command *verb, int argc, char **argv, struct keyargs *a, int *status)
{
	struct operands rest;
	*a = (struct keyargs){.output = NULL};
	bool go_on = options_parse(verb, argc, argv, a, &rest, status);
	a->names = rest.names;
	a->count = rest.count;
	return go_on;
}

int keyargs_one_input(const struct command *verb, const char *a, const char *b, const char *c)
{
	int n = (a && strcmp(a, "-") == 0) + (b && strcmp(b, "-") == 0) + (c && strcmp(c, "-") == 0);
	if (n > 1)
		return msg_usage(verb->name, "standard input can be read for one thing only; use fd:N for the other");
	return 0;
}

int keyargs_no_input_is_output(const struct command *verb, const struct keyargs *a, const char *input)
{
	const char *output = a->output ? a->output : a->bundle, *const inputs[] = {input, a->kek, a->new_kek};
	struct stat out, in;
	if (output == NULL || strcmp(output, "-") == 0 || stat(output, &out) != 0 || !S_ISREG(out.st_mode))
		return 0;
	for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
		if (inputs[i] && stat(inputs[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
			return msg_usage(verb->name, "%s: is read, too; write to another file", output);
	}
	return 0;
}

void keyargs_print_faults(const struct keylist *list, const char *source)
{
	size_t shown = list->fault_count < KEYLIST_FAULTS_MAX ? list->fault_count : KEYLIST_FAULTS_MAX;
	const char *name = strcmp(source, "-") == 0 ? "standard input" : source;
	for (size_t i = 0; i < shown; i++) {
		const struct keylist_fault *f = &list->faults[i];
		if (f->line)
			msg_error("%s: line %zu: %s", name, f->line, f->text);
		else
			msg_error("%s: %s", name, f->text);
	}
	if (list->fault_count > shown)
		msg_error("%s: and %zu more", name, list->fault_count - shown);
}

int keyargs_take_list(const struct secret *bytes, const char *source, bool bundle_only, struct keylist *list, struct bundle_info *info,
		      struct err *e)
{
	static const char magic[] = " Crypto Cache\n";
	struct bundle_info ignored;
	struct span text = {bytes->data, bytes->len};
	int r;
	info = info ? info : &ignored;
	*info = (struct bundle_info){.date = ""};
	if (bundle_only || bundle_is(text)) {
		r = bundle_parse(list, info, text, e);
	} else if (bytes->len > 20 && memcmp(bytes->data + 6, magic, sizeof magic - 1) == 0) {
		struct cryptocache c = CRYPTOCACHE_NONE;
		r = cryptocache_parse(&c, bytes->data, bytes->len, e);
		if (r == 0)
			r = keylist_from_cache(list, &c, e);
		cryptocache_free(&c);
	} else {
		r = keylist_read(list, text, e);
	}
	keyargs_print_faults(list, source);
	if (r != 0)
		err_volume(e, strcmp(source, "-") == 0 ? "standard input" : source);
	return r;
}

bool keyargs_is_clear(const struct keylist *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strlen(list->entries[i].key) < KEYWRAP_WRAPPED_CHARS)
			return true;
	}
	return false;
}

int keyargs_read_list(const char *source, bool bundle_only, struct keylist *list, struct bundle_info *info, struct err *e)
{
	struct secret bytes = SECRET_NONE;
	bool others = false;
	int r;
	if (strcmp(source, "-") == 0 && isatty(STDIN_FILENO)) {
		msg_info("type a volume, a TAB and its key on each line; end with ^D");
		r = secret_read(&bytes, STDIN_FILENO, KEYARGS_LIST_MAX_BYTES, "standard input", e);
	} else {
		r = secretsource_read_quietly(source, "list of keys", false, KEYARGS_LIST_MAX_BYTES, &bytes, &others, e);
	}
	if (r == 0)
		r = keyargs_take_list(&bytes, source, bundle_only, list, info, e);
	secret_free(&bytes);
	if (r == 0 && others && keyargs_is_clear(list))
		msg_warning("%s: others than its owner can read it, and there are keys in it that are not wrapped; chmod 600 it", source);
	return r;
}
