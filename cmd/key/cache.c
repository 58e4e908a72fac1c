/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crypto cache of a storage daemon: list, get, import, export, renew, remove.  Checking is in cache_check.c. */
#include "cmd/key/cache.h"

#include "base/msg.h"
#include "base/printable.h"
#include "base/system.h"
#include "cmd/command.h"
#include "cmd/keyout.h"
#include "cmd/secretsource.h"
#include "cmd/timetext.h"
#include "cmd/trust.h"
#include "keywrap.h"

#include <string.h>
#include <time.h>

static const struct command verb_list, verb_get, verb_import, verb_export, verb_renew, verb_remove;

/* Reads the cache and warns of those who can change it, and of bytes that no daemon would miss. */
static int read_cache(struct cryptocache *c, const char *path, struct err *e)
{
	trust_file(path);
	int r = cryptocache_read(c, path, e);
	trust_cache(path, c);
	if (r == 0 && c->trailing)
		msg_warning("%s: %zu bytes behind the last entry are passed over", path, c->trailing);
	return r;
}

/* ---- list and get ---- */

void cache_time_text(int64_t seconds, char text[static CACHE_TIME_BYTES])
{
	time_t t;
	struct tm tm;
	if (!system_time(seconds, &t) || localtime_r(&t, &tm) == NULL || strftime(text, CACHE_TIME_BYTES, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(text, CACHE_TIME_BYTES, "-");
}

/* Names are foreign; keys that are none may be, too. */
static void put_column(FILE *out, const char *text, size_t width)
{
	size_t n = strlen(text);
	printable_put(text, out);
	for (; n < width; n++)
		putc(' ', out);
	putc(' ', out);
}

void cache_print(FILE *out, const struct cryptocache *c, bool no_keys)
{
	size_t volume_width = 10, key_width = 13;
	char added[CACHE_TIME_BYTES], expires[CACHE_TIME_BYTES];
	for (size_t i = 0; i < c->count; i++) {
		size_t v = strlen(c->entries[i].volume), k = no_keys ? 0 : strlen(c->entries[i].key);
		volume_width = v > volume_width ? v : volume_width;
		key_width = k > key_width ? k : key_width;
	}
	put_column(out, "Volumename", volume_width);
	put_column(out, "EncryptionKey", key_width);
	fprintf(out, "%-20s %-20s\n", "Added", "Expires");
	for (size_t i = 0; i < c->count; i++) {
		const struct cryptocache_entry *entry = &c->entries[i];
		cache_time_text(entry->added, added);
		cache_time_text(cryptocache_expires(entry), expires);
		put_column(out, entry->volume, volume_width);
		put_column(out, no_keys ? keywrap_form_name(keywrap_form_of(entry->key, strlen(entry->key))) : entry->key, key_width);
		fprintf(out, "%-20s %-20s\n", added, expires);
	}
}

static void print_json(const struct cryptocache *c)
{
	struct json j = json_begin(stdout);
	json_number(&j, "pointer_bytes", c->layout.pointer_bytes);
	json_text(&j, "byte_order", c->layout.big_endian ? "big" : "little");
	json_text(&j, "written_by", c->bacula ? "bacula" : "bareos");
	json_array(&j, "entries");
	for (size_t i = 0; i < c->count; i++) {
		json_object(&j, NULL);
		json_text(&j, "volume", c->entries[i].volume);
		json_text(&j, "form", keywrap_form_name(keywrap_form_of(c->entries[i].key, strlen(c->entries[i].key))));
		timetext_json(&j, "added", c->entries[i].added);
		timetext_json(&j, "expires", cryptocache_expires(&c->entries[i]));
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
}

static int cache_list(int argc, char **argv)
{
	static struct keyout out;
	struct keyargs a;
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct err e = {0};
	int status;
	if (!keyargs_parse(&verb_list, argc, argv, &a, &status))
		return status;
	int r = read_cache(&c, a.names[0], &e);
	if (r == 0 && a.json) {
		print_json(&c);
	} else if (r == 0 && (r = keyout_open(&out, NULL, false, false, &e)) == 0) {
		cache_print(out.stream, &c, a.no_keys);
		r = keyout_commit(&out, &e);
		keyout_close(&out);
	}
	cryptocache_free(&c);
	return r == 0 ? 0 : command_fail(&e, a.json);
}

static int cache_get(int argc, char **argv)
{
	struct keyargs a;
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct secret kek = SECRET_NONE, key = SECRET_NONE;
	struct err e = {0};
	int status;
	if (!keyargs_parse(&verb_get, argc, argv, &a, &status))
		return status;
	if ((status = keyargs_one_input(&command_cache, a.names[0], a.kek, NULL)) != 0 ||
	    (status = keyargs_no_input_is_output(&command_cache, &a, a.names[0])) != 0)
		return status;
	int r = read_cache(&c, a.names[0], &e);
	const struct cryptocache_entry *entry = r == 0 ? cryptocache_find(&c, a.names[1]) : NULL;
	if (r == 0 && entry == NULL)
		r = err_set(&e, XE_KEY, "%s: no key of volume %s; names are as in the catalog, case and all", a.names[0], a.names[1]);
	if (r == 0 && a.kek)
		r = secretsource_read_kek(a.kek, "KEK", false, &kek, &e);
	if (r == 0 && a.kek && (r = keywrap_open(entry->key, strlen(entry->key), &kek, &key, &e)) != 0)
		err_volume(&e, a.names[1]);
	else if (r == 0 && !a.kek)
		r = secret_set(&key, entry->key, strlen(entry->key), &e);
	if (r == 0)
		r = keyout_line(a.output, a.force, key.len < KEYWRAP_WRAPPED_CHARS, &key, &e);
	secret_free(&kek);
	secret_free(&key);
	cryptocache_free(&c);
	return r == 0 ? 0 : msg_fail(&e);
}

/* ---- changes ---- */

struct change {
	const char *path;
	const struct keylist *list; /* import */
	const char *const *names;   /* renew, remove; none: all */
	size_t count;
	bool drop_trailing;
	size_t added, changed, same; /* same: also what was renewed or removed */
	const char *from;            /* a layout that is not this machine's, or NULL */
};

static const char *foreign_layout(const struct cryptocache *c)
{
	struct cryptocache_layout native = cryptocache_native();
	if (c->bacula)
		return "a patched Bacula";
	if (c->layout.pointer_bytes == 0 || c->count == 0)
		return NULL;
	return c->layout.pointer_bytes != native.pointer_bytes || c->layout.big_endian != native.big_endian
		       ? "a daemon of another architecture"
		       : NULL;
}

/* What is not understood is not written over. */
static int begin_change(const struct cryptocache *c, struct change *change, struct err *e)
{
	change->added = change->changed = change->same = 0;
	change->from = foreign_layout(c);
	if (c->trailing && !change->drop_trailing)
		return err_set(e, XE_DAMAGE, "%zu bytes behind the last entry would be lost; --drop-trailing drops them", c->trailing);
	return 0;
}

static int change_import(struct cryptocache *c, void *arg, struct err *e)
{
	struct change *change = arg;
	int64_t now = time(NULL);
	int r = begin_change(c, change, e);
	for (size_t i = 0; r == 0 && i < change->list->count; i++) {
		const struct keylist_entry *entry = &change->list->entries[i];
		enum cryptocache_change what;
		r = cryptocache_put(c, entry->volume, entry->key, now, &what, e);
		change->added += what == CRYPTOCACHE_ADDED;
		change->changed += what == CRYPTOCACHE_CHANGED;
		change->same += what == CRYPTOCACHE_SAME;
	}
	return r;
}

static int change_renew(struct cryptocache *c, void *arg, struct err *e)
{
	struct change *change = arg;
	int64_t now = time(NULL);
	int r = begin_change(c, change, e);
	for (size_t i = 0; r == 0 && i < change->count; i++) {
		struct cryptocache_entry *entry = cryptocache_find(c, change->names[i]);
		if (entry == NULL)
			return err_set(e, XE_KEY, "%s is not in the cache; nothing was changed", change->names[i]);
		entry->added = now;
	}
	for (size_t i = 0; r == 0 && change->count == 0 && i < c->count; i++)
		c->entries[i].added = now;
	change->same = change->count ? change->count : c->count;
	return r;
}

static int change_remove(struct cryptocache *c, void *arg, struct err *e)
{
	struct change *change = arg;
	int r = begin_change(c, change, e);
	for (size_t i = 0; r == 0 && i < change->count; i++)
		r = cryptocache_remove(c, change->names[i], e);
	change->same = change->count;
	return r;
}

static int update(bool create, int (*how)(struct cryptocache *, void *, struct err *), struct change *change, struct err *e)
{
	trust_file(change->path);
	int r = cryptocache_update(change->path, create, how, change, e);
	if (r == 0 && change->from)
		msg_info("%s: was written by %s; it is now as a Bareos daemon on this machine writes it", change->path, change->from);
	return r;
}

static int cache_import(int argc, char **argv)
{
	struct keyargs a;
	struct keylist list = KEYLIST_NONE;
	struct err e = {0};
	int status;
	if (!keyargs_parse(&verb_import, argc, argv, &a, &status))
		return status;
	const char *source = a.count > 1 ? a.names[1] : "-";
	struct change change = {.path = a.names[0], .list = &list, .drop_trailing = a.drop_trailing};
	if (strcmp(change.path, "-") == 0)
		return msg_usage("cache", "import: the cache is a file, not standard output");
	int r = keyargs_read_list(source, false, &list, NULL, &e);
	if (r == 0 && (r = keylist_check_keys(&list, &e)) != 0) {
		keyargs_print_faults(&list, source);
		err_volume(&e, source);
	}
	if (r == 0)
		r = update(true, change_import, &change, &e);
	if (r == 0 && list.keyless)
		msg_info("%s: %zu volumes without a key passed over", source, list.keyless);
	if (r == 0)
		msg_info("%s: %zu added, %zu changed, %zu as they were", change.path, change.added, change.changed, change.same);
	keylist_free(&list);
	return r == 0 ? 0 : msg_fail(&e);
}

static int change_named(const struct command *verb, int (*how)(struct cryptocache *, void *, struct err *), const char *done, int argc,
			char **argv)
{
	struct keyargs a;
	struct err e = {0};
	int status;
	if (!keyargs_parse(verb, argc, argv, &a, &status))
		return status;
	struct change change = {.path = a.names[0], .names = a.names + 1, .count = a.count - 1, .drop_trailing = a.drop_trailing};
	int r = update(false, how, &change, &e);
	if (r == 0)
		msg_info("%s: %zu %s", change.path, change.same, done);
	return r == 0 ? 0 : msg_fail(&e);
}

static int cache_renew(int argc, char **argv)
{
	return change_named(&verb_renew, change_renew, "renewed", argc, argv);
}

static int cache_remove(int argc, char **argv)
{
	return change_named(&verb_remove, change_remove, "removed", argc, argv);
}

/* ---- export ---- */

/* Opens every key, so that no bundle is kept for years that would not open, and notes its id. */
static int prove_keys(struct keylist *list, const struct keyargs *a, const struct secret *kek, bool *wrapped, struct err *e)
{
	struct secret key = SECRET_NONE;
	int r = 0;
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		struct keylist_entry *entry = &list->entries[i];
		enum keywrap_form form = keywrap_form_of(entry->key, strlen(entry->key));
		struct err fault = {0};
		int rc = keywrap_open(entry->key, strlen(entry->key), a->kek ? kek : NULL, &key, &fault);
		if (rc == 0)
			rc = keywrap_opened_id(&key, form, entry->id, &fault);
		if (rc != 0)
			keylist_fault(list, entry->line, "the key of %s %s", entry->volume, fault.text);
		else if ((form == KEYWRAP_BASE64 || form == KEYWRAP_PASSPHRASE) && !a->plain_keys)
			keylist_fault(list, entry->line,
				      "the key of %s is not wrapped, whoever finds the paper can read the tape; wrap it, or "
				      "use --plain-keys",
				      entry->volume);
		*wrapped = *wrapped || form == KEYWRAP_WRAPPED || form == KEYWRAP_OWN;
	}
	secret_free(&key);
	return list->fault_count ? err_set(e, XE_KEY, "%zu keys will not do; no bundle was made", list->fault_count) : r;
}

struct codes {
	struct paper paper;
	FILE *out;
	enum paper_form form;
};

static int print_code(void *arg, size_t number, size_t count, struct span payload, struct err *e)
{
	struct codes *c = arg;
	char caption[64];
	if (number == 1)
		paper_begin(&c->paper, c->out, c->form, "Keys of encrypted tapes, made by xflate", count);
	snprintf(caption, sizeof caption, "Code %zu of %zu", number, count);
	int r = paper_code(&c->paper, caption, payload, e);
	if (r == 0 && number == count)
		paper_end(&c->paper);
	return r;
}

/* As it is, or with its codes: behind the lines in a text, beside them in a drawing or page. */
static int print_bundle(FILE *out, enum paper_form form, const struct keylist *list, const struct bundle_info *info, struct err *e)
{
	struct secret text = SECRET_NONE;
	struct codes codes = {.out = out, .form = form};
	const struct bundle_codes how = {.bytes = paper_code_bytes(form), .each = print_code, .arg = &codes};
	if (form == PAPER_NONE)
		return bundle_write(out, list, info, e);
	FILE *stream = keyout_into(&text);
	int r = stream ? bundle_write(stream, list, info, e) : err_memory(e, 0, "a bundle");
	if (r == 0 && ferror(stream))
		r = err_memory(e, 0, "a bundle");
	if (stream)
		fclose(stream);
	if (r == 0 && form == PAPER_TEXT)
		fwrite(text.data, 1, text.len, out);
	if (r == 0)
		r = bundle_codes((struct span){text.data, text.len}, &how, e);
	secret_free(&text);
	return r;
}

static int write_bundle(FILE *out, struct keylist *list, const struct keyargs *a, struct err *e)
{
	struct bundle_info info = {.date = ""};
	struct secret kek = SECRET_NONE;
	bool wrapped = false;
	time_t now = time(NULL);
	struct tm tm;
	int r = a->kek ? secretsource_read_kek(a->kek, "KEK", false, &kek, e) : 0;
	if (r == 0)
		r = prove_keys(list, a, &kek, &wrapped, e);
	keyargs_print_faults(list, a->names[0]);
	if (r == 0 && (gmtime_r(&now, &tm) == NULL || strftime(info.date, sizeof info.date, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0))
		r = err_set(e, XE_FAILED, "the clock is not to be read");
	if (r == 0 && wrapped)
		keywrap_kek_id(&kek, info.kek_id);
	if (r == 0 && wrapped && info.kek_id[0] == '\0')
		r = err_memory(e, 0, "the id of a KEK");
	if (r == 0)
		r = print_bundle(out, a->qr, list, &info, e);
	secret_free(&kek);
	return r;
}

static int cache_export(int argc, char **argv)
{
	static struct keyout out;
	struct keyargs a;
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct keylist list = KEYLIST_NONE;
	struct err e = {0};
	int status;
	if (!keyargs_parse(&verb_export, argc, argv, &a, &status))
		return status;
	if (a.bundle && (a.output || a.has_format))
		return msg_usage("cache", "export: --bundle has a file and a form of its own");
	if (!a.bundle && (a.kek || a.plain_keys || a.qr))
		return msg_usage("cache", "export: --kek, --plain-keys and --qr go with --bundle");
	if ((status = keyargs_one_input(&command_cache, a.names[0], a.kek, NULL)) != 0 ||
	    (status = keyargs_no_input_is_output(&command_cache, &a, a.names[0])) != 0)
		return status;
	int r = read_cache(&c, a.names[0], &e);
	if (r == 0 && (r = keylist_from_cache(&list, &c, &e)) != 0) {
		keyargs_print_faults(&list, a.names[0]);
		err_volume(&e, a.names[0]);
	}
	if (r == 0 && (r = keyout_open(&out, a.bundle ? a.bundle : a.output, a.force, keyargs_is_clear(&list), &e)) == 0) {
		r = a.bundle ? write_bundle(out.stream, &list, &a, &e) : keylist_write(out.stream, a.format, &list, NULL, &e);
		if (r == 0)
			r = keyout_commit(&out, &e);
		keyout_close(&out);
	}
	cryptocache_free(&c);
	keylist_free(&list);
	return r == 0 ? 0 : msg_fail(&e);
}

const char cache_help[] = "Usage: xflate cache list   FILE [--no-keys | --json]\n"
			  "       xflate cache get    FILE VOLUME [--kek SOURCE] [-o OUT]\n"
			  "       xflate cache import FILE [LIST]\n"
			  "       xflate cache export FILE [--format lines|json|sql] [-o OUT]\n"
			  "       xflate cache export FILE --bundle OUT --kek SOURCE [--qr FORM]\n"
			  "       xflate cache renew  FILE [VOLUME...]\n"
			  "       xflate cache remove FILE VOLUME...\n"
			  "       xflate cache check  FILE | --bundle BUNDLE [--kek SOURCE] [--json]\n"
			  "\n"
			  "FILE is the crypto cache of a storage daemon of Bareos (WORKINGDIR/\n"
			  "bareos-sd.PORT.cryptoc): its keys for times without a director.  Stop the daemon\n"
			  "before you change it.  A damaged file is never changed or removed.\n"
			  "\n"
			  "import   LIST (default: standard input) has Volume<TAB>key lines, JSON, the\n"
			  "         output of a catalog query, a cache or a bundle; all goes in, or nothing\n"
			  "renew    the daemon drops entries 60 days after they were added: begin anew\n"
			  "check    opens every key and tells which fail, and when they expire\n"
			  "--bundle keys as a text to print and to type in again, a checksum on each line\n"
			  "\n"
			  "      --kek SOURCE     a file, - (standard input), fd:N, cred:NAME, or tty\n"
			  "  -o, --output OUT     mode 0600; default standard output\n"
			  "      --force          replace OUT\n"
			  "      --drop-trailing  change a FILE with bytes behind its end, without them\n"
			  "      --no-keys        list the form of keys, not the keys\n"
			  "      --plain-keys     into the bundle even those that are not wrapped\n"
			  "      --qr FORM        the bundle with QR codes: text, svg or html, to print\n"
			  "  -q, --quiet          -qq: no warnings either\n"
			  "\n"
			  "Exit status: 0 all well; 1 failed; 2 wrong usage; 3 check: some have expired;\n"
			  "4 key wrong or missing.\n";

static const struct option_row list_rows[] = {KEYARGS_JSON, KEYARGS_NO_KEYS, OPTIONS_END};
static const struct command verb_list = {
	.name = "list",
	.path = "cache list",
	.help = cache_help,
	.run = cache_list,
	.options = list_rows,
	.operands = "one FILE",
	.operands_min = 1,
	.operands_max = 1,
};

static const struct option_row get_rows[] = {KEYARGS_OUTPUT, KEYARGS_KEK, KEYARGS_FORCE, OPTIONS_END};
static const struct command verb_get = {
	.name = "get",
	.path = "cache get",
	.help = cache_help,
	.run = cache_get,
	.options = get_rows,
	.operands = "a FILE and a VOLUME",
	.operands_min = 2,
	.operands_max = 2,
};

static const struct option_row import_rows[] = {KEYARGS_DROP_TRAILING, OPTIONS_END};
static const struct command verb_import = {
	.name = "import",
	.path = "cache import",
	.help = cache_help,
	.run = cache_import,
	.options = import_rows,
	.operands = "a FILE and a LIST (default: standard input)",
	.operands_min = 1,
	.operands_max = 2,
};

static const struct option_row export_rows[] = {KEYARGS_OUTPUT,     KEYARGS_FORMAT, KEYARGS_BUNDLE, KEYARGS_KEK,
						KEYARGS_PLAIN_KEYS, KEYARGS_FORCE,  KEYARGS_QR,     OPTIONS_END};
static const struct command verb_export = {
	.name = "export",
	.path = "cache export",
	.help = cache_help,
	.run = cache_export,
	.options = export_rows,
	.operands = "one FILE",
	.operands_min = 1,
	.operands_max = 1,
};

static const struct option_row renew_rows[] = {KEYARGS_DROP_TRAILING, OPTIONS_END};
static const struct command verb_renew = {
	.name = "renew",
	.path = "cache renew",
	.help = cache_help,
	.run = cache_renew,
	.options = renew_rows,
	.operands = "a FILE and VOLUMEs (default: all)",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
};

static const struct option_row remove_rows[] = {KEYARGS_DROP_TRAILING, OPTIONS_END};
static const struct command verb_remove = {
	.name = "remove",
	.path = "cache remove",
	.help = cache_help,
	.run = cache_remove,
	.options = remove_rows,
	.operands = "a FILE and VOLUMEs",
	.operands_min = 2,
	.operands_max = SIZE_MAX,
};

static const struct command *const subcommands[] = {&verb_list,  &verb_get,    &verb_import,         &verb_export,
						    &verb_renew, &verb_remove, &command_cache_check, NULL};

const struct command command_cache = {
	.name = "cache",
	.path = "cache",
	.summary = "the crypto cache: list, get, import, export, renew, remove, check",
	.help = cache_help,
	.subcommands = subcommands,
	.secrets = true,
};
