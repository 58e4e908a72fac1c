/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/key/keyargs.h"

#include "base/msg.h"
#include "base/qr.h"
#include "cmd/secretsource.h"
#include "keywrap.h"

#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct option all_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"kek", required_argument, NULL, 'k'},
	{"new-kek", required_argument, NULL, 'n'},
	{"bundle", required_argument, NULL, 'B'},
	{"format", required_argument, NULL, 'f'},
	{"base64", no_argument, NULL, 'b'},
	{"raw-key", no_argument, NULL, 'r'},
	{"force", no_argument, NULL, 'F'},
	{"id", no_argument, NULL, 'i'},
	{"json", no_argument, NULL, 'j'},
	{"plain-keys", no_argument, NULL, 'p'},
	{"no-keys", no_argument, NULL, 'K'},
	{"volumes", optional_argument, NULL, 'V'},
	{"cache", required_argument, NULL, 'c'},
	{"catalog-command", required_argument, NULL, 'C'},
	{"missing", no_argument, NULL, 'm'},
	{"rotate", no_argument, NULL, 'R'},
	{"pool", required_argument, NULL, 'P'},
	{"media-type", required_argument, NULL, 'M'},
	{"storage", required_argument, NULL, 'S'},
	{"qr", required_argument, NULL, 'Q'},
	{"shares", required_argument, NULL, 'N'},
	{"threshold", required_argument, NULL, 'T'},
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
};
#define OPTIONS (sizeof all_options / sizeof all_options[0])

static int take_once(const struct command *verb, const char *name, const char **where)
{
	if (*where)
		return msg_usage(verb->name, "--%s: given twice", name);
	*where = optarg;
	return -1;
}

static int take_number(const struct command *verb, const char *name, unsigned *where)
{
	uint64_t v;
	if (!command_number(optarg, 1, 255, &v))
		return msg_usage(verb->name, "--%s %s: must be a number of at most 255", name, optarg);
	*where = (unsigned)v;
	return -1;
}

static int take_option(const struct command *verb, int option, struct keyargs *a)
{
	switch (option) {
	case 'o': return take_once(verb, "output", &a->output);
	case 'k': return take_once(verb, "kek", &a->kek);
	case 'n': return take_once(verb, "new-kek", &a->new_kek);
	case 'B': return take_once(verb, "bundle", &a->bundle);
	case 'f':
		a->has_format = true;
		if (!keylist_format_parse(optarg, &a->format))
			return msg_usage(verb->name, "--format %s: must be lines, json or sql", optarg);
		break;
	case 'b': a->base64 = true; break;
	case 'r': a->raw = true; break;
	case 'F': a->force = true; break;
	case 'i': a->id = true; break;
	case 'j': a->json = true; break;
	case 'p': a->plain_keys = true; break;
	case 'K': a->no_keys = true; break;
	case 'V': a->volumes = true; return optarg ? take_once(verb, "volumes", &a->volumes_source) : -1;
	case 'c': return take_once(verb, "cache", &a->cache);
	case 'C': return take_once(verb, "catalog-command", &a->catalog);
	case 'm': a->missing = true; break;
	case 'R': a->rotate = true; break;
	case 'P': return take_once(verb, "pool", &a->pool);
	case 'M': return take_once(verb, "media-type", &a->media_type);
	case 'S': return take_once(verb, "storage", &a->storage);
	case 'Q':
		if (!paper_form_parse(optarg, &a->qr))
			return msg_usage(verb->name, "--qr %s: must be text, svg or html", optarg);
		if (!qr_is_there())
			return msg_usage(verb->name, "--qr: this xflate was built without libqrencode");
		break;
	case 'N': return take_number(verb, "shares", &a->shares);
	case 'T': return take_number(verb, "threshold", &a->threshold);
	case 'q': msg_set_verbosity(msg_verbosity() - 1); break;
	case 'v': msg_set_verbosity(msg_verbosity() + 1); break;
	case 'h': fputs(verb->help, stdout); return 0;
	default: break;
	}
	return -1;
}

int keyargs_parse(const struct command *verb, const char *allowed, const char *what, size_t min, size_t max, int argc, char **argv,
		  struct keyargs *a)
{
	struct option options[OPTIONS + 1] = {{NULL, 0, NULL, 0}};
	const char *letters = strchr(allowed, 'o') ? "qvo:" : "qv";
	size_t n = 0;
	*a = (struct keyargs){.output = NULL};
	for (size_t i = 0; i < OPTIONS; i++) {
		if (strchr("qvh", all_options[i].val) || strchr(allowed, all_options[i].val))
			options[n++] = all_options[i];
	}
	int option = command_no_abbreviations(verb->name, argc, argv, options);
	if (option != 0)
		return option;
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (option == '?' || option == ':')
			return msg_usage(verb->name, "%s %s: unknown option, or one without its value", argv[0], argv[optind - 1]);
		int status = take_option(verb, option, a);
		if (status >= 0)
			return status;
	}
	a->names = (const char *const *)(argv + optind);
	a->count = (size_t)(argc - optind);
	if (a->count < min || a->count > max)
		return msg_usage(verb->name, "%s %s: it takes %s", verb->name, argv[0], what[0] ? what : "no names");
	return -1;
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
		r = keylist_parse(list, text, e);
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
