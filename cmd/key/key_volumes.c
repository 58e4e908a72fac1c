/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key generate --volumes: a wrapped key for each of many volumes, before they are labelled.
 *
 * All or nothing, in this order: keys in memory; the cache is locked and asked who has a key already; keys that are to be
 * replaced go into a file of their own; the output, but for the COMMIT at its end; the cache; the COMMIT.  A fault before
 * the cache leaves no key anywhere, and SQL without a COMMIT changes nothing. */
#include "base/lines.h"
#include "base/msg.h"
#include "cmd/key/cache.h"
#include "cmd/key/key.h"
#include "cmd/key/keyargs.h"
#include "cmd/keyout.h"
#include "cmd/keyquery.h"
#include "cmd/secretsource.h"
#include "cmd/trust.h"
#include "keys/catalog_sql.h"
#include "keywrap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAMES_MAX_BYTES ((size_t)32 << 20)
#define OLD_NUMBER_MAX 9999u

struct request {
	struct keyargs args;
	struct catalog_sql sql;
	struct secret kek;
	struct keylist list;         /* name and new key */
	struct keylist chosen;       /* of them those that are made after all */
	struct cryptocache catalog;  /* what it has now */
	struct cryptocache replaced; /* keys until now, with --rotate */
	char old_path[4096];         /* where those were written; "" */
	struct keyout out;
	bool printed;
	size_t skipped;
};

/* ---- names ---- */

/* As directors have them: formats/catalog-facts.md 2.2. */
static bool is_name(struct span s)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:.-_/";
	for (size_t i = 0; i < s.len; i++) {
		if (memchr(allowed, s.data[i], sizeof allowed - 1) == NULL)
			return false;
	}
	return s.len > 0 && s.len < CRYPTOCACHE_FIELD_BYTES;
}

/* A name that is there already has its key. */
static int add_name(struct request *q, struct span s, size_t line, struct err *e)
{
	char name[CRYPTOCACHE_FIELD_BYTES] = "";
	struct secret key = SECRET_NONE, text = SECRET_NONE;
	if (!is_name(s)) {
		keylist_fault(&q->list, line, "not the name of a volume: these have 1 to %u letters, digits and : . - _ /",
			      CRYPTOCACHE_FIELD_BYTES - 1);
		return 0;
	}
	memcpy(name, s.data, s.len);
	if (names_find(&q->list.names, q->list.entries, sizeof *q->list.entries, name) != NAMES_ABSENT)
		return 0;
	int r = keywrap_generate(&key, e);
	if (r == 0)
		r = keywrap_seal(&key, KEYWRAP_WRAPPED, &q->kek, &text, e);
	if (r == 0)
		r = keylist_add(&q->list, s, (struct span){text.data, text.len}, line, e);
	secret_free(&key);
	secret_free(&text);
	return r;
}

/* One name a line; empty lines and # count for nothing. */
static int add_lines(struct request *q, struct span text, struct err *e)
{
	int r = 0;
	if (lines_begins(text, "\xef\xbb\xbf"))
		text = lines_skip(text, 3);
	for (size_t number = 1; r == 0 && text.len > 0; number++) {
		struct span line = lines_trim(lines_next(&text));
		if (line.len > 0 && line.data[0] != '#')
			r = add_name(q, line, number, e);
	}
	return r;
}

static int add_source(struct request *q, const char *source, struct err *e)
{
	struct secret text = SECRET_NONE;
	bool others;
	int r = secretsource_read_quietly(source, "names of volumes", false, NAMES_MAX_BYTES, &text, &others, e);
	size_t faults = q->list.fault_count, had = q->list.count;
	if (r == 0)
		r = add_lines(q, (struct span){text.data, text.len}, e);
	secret_free(&text);
	if (r == 0 && q->list.fault_count > faults) {
		keyargs_print_faults(&q->list, source);
		r = err_set(e, XE_DAMAGE, "%s is no list of the names of volumes; nothing was made", source);
	}
	if (r == 0)
		msg_info("%s: %zu volumes", strcmp(source, "-") == 0 ? "standard input" : source, q->list.count - had);
	return r;
}

/* A name, or the file of that name: disk volumes lie about under theirs, but those are no lists. */
static int add_argument(struct request *q, const char *argument, struct err *e)
{
	struct stat st;
	if (strcmp(argument, "-") == 0 || (stat(argument, &st) == 0 && S_ISREG(st.st_mode)))
		return add_source(q, argument, e);
	struct span name = {(const uint8_t *)argument, strlen(argument)};
	if (!is_name(name))
		return err_set(e, XE_USAGE, "%.100s is neither a file nor the name of a volume", argument);
	return add_name(q, name, 0, e);
}

static int collect(struct request *q, struct err *e)
{
	int r = q->args.volumes_source ? add_source(q, q->args.volumes_source, e) : 0;
	for (size_t i = 0; r == 0 && i < q->args.count; i++)
		r = add_argument(q, q->args.names[i], e);
	if (r == 0 && q->list.count == 0)
		r = err_set(e, XE_USAGE, "not one name of a volume; nothing was made");
	return r;
}

/* ---- who has a key already ---- */

static bool has_two(const struct cryptocache *c, const struct cryptocache_entry *first)
{
	for (size_t i = 0; first && i < c->count; i++) {
		if (strcmp(c->entries[i].volume, first->volume) == 0 && strcmp(c->entries[i].key, first->key) != 0)
			return true;
	}
	return false;
}

/* *key is the one in force, NULL if there is none.  Two that differ: nobody may choose here. */
static void key_in_force(struct request *q, const struct cryptocache *c, const struct keylist_entry *entry, const char **key)
{
	const struct cryptocache_entry *cached = cryptocache_find(c, entry->volume), *known = cryptocache_find(&q->catalog, entry->volume);
	*key = cached ? cached->key : known ? known->key : NULL;
	if (has_two(c, cached))
		keylist_fault(&q->list, entry->line, "%s has two keys in the cache: find out first which one opens it", entry->volume);
	else if (cached && known && strcmp(cached->key, known->key) != 0)
		keylist_fault(&q->list, entry->line,
			      "%s has one key in the cache and another in the catalog: find out first which one opens it", entry->volume);
	else if (*key && !q->args.missing && !q->args.rotate)
		keylist_fault(&q->list, entry->line, "%s has a key already, in the %s (--missing leaves it alone, --rotate replaces it)",
			      entry->volume, cached ? "cache" : "catalog");
}

static struct span span_of(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

/* Fills q->chosen and q->replaced. */
static int choose(struct request *q, const struct cryptocache *c, struct err *e)
{
	enum cryptocache_change change;
	int64_t now = time(NULL);
	int r = 0;
	q->list.fault_count = q->skipped = 0;
	keylist_free(&q->chosen);
	cryptocache_free(&q->replaced);
	for (size_t i = 0; r == 0 && i < q->list.count; i++) {
		const struct keylist_entry *entry = &q->list.entries[i];
		const char *key;
		key_in_force(q, c, entry, &key);
		bool skip = key && q->args.missing;
		q->skipped += skip;
		if (key && q->args.rotate)
			r = cryptocache_put(&q->replaced, entry->volume, key, now, &change, e);
		if (r == 0 && !skip)
			r = keylist_add(&q->chosen, span_of(entry->volume), span_of(entry->key), entry->line, e);
	}
	if (r == 0 && q->list.fault_count) {
		keyargs_print_faults(&q->list, q->args.cache);
		r = err_set(e, XE_KEY, "%zu of %zu volumes; nothing was made", q->list.fault_count, q->list.count);
	}
	return r;
}

/* ---- the old generation ---- */

static int copy_replaced(struct cryptocache *c, void *arg, struct err *e)
{
	const struct cryptocache *replaced = arg;
	enum cryptocache_change change;
	int r = c->count > 0 ? err_set(e, XE_FAILED, "is there already") : 0;
	for (size_t i = 0; r == 0 && i < replaced->count; i++)
		r = cryptocache_put(c, replaced->entries[i].volume, replaced->entries[i].key, replaced->entries[i].added, &change, e);
	return r;
}

/* CACHE.old.N, a cache like the other, which every command here reads. */
static int keep_replaced(struct request *q, struct err *e)
{
	struct stat st;
	for (unsigned n = 1; q->replaced.count > 0 && n <= OLD_NUMBER_MAX; n++) {
		if ((size_t)snprintf(q->old_path, sizeof q->old_path, "%s.old.%u", q->args.cache, n) >= sizeof q->old_path)
			return err_set(e, XE_FAILED, "the path is too long");
		if (lstat(q->old_path, &st) != 0 && errno == ENOENT) {
			int r = cryptocache_update(q->old_path, true, copy_replaced, &q->replaced, e);
			if (r != 0)
				q->old_path[0] = '\0';
			return r;
		}
	}
	q->old_path[0] = '\0';
	return q->replaced.count
		       ? err_set(e, XE_FAILED, "no free name for the old keys: %s.old.1 to %u are taken", q->args.cache, OLD_NUMBER_MAX)
		       : 0;
}

/* ---- output and cache ---- */

static int print(struct request *q, struct err *e)
{
	int r = 0;
	if (q->args.has_format && q->args.format != KEYLIST_SQL)
		r = keylist_write(q->out.stream, q->args.format, &q->chosen, NULL, e);
	else
		catalog_sql_write(q->out.stream, &q->sql, &q->chosen, &q->replaced);
	secret_wipe_registers();
	errno = 0;
	if (r == 0 && (fflush(q->out.stream) != 0 || ferror(q->out.stream)))
		r = err_errno(e, XE_FAILED, errno, "the output cannot be written; nothing was made");
	q->printed = r == 0;
	return r;
}

/* Under the cache's lock. */
static int change_cache(struct cryptocache *c, void *arg, struct err *e)
{
	struct request *q = arg;
	enum cryptocache_change change;
	int64_t now = time(NULL);
	if (q->printed)
		return err_set(e, XE_FAILED, "somebody else has made this file meanwhile; nothing was changed, try again");
	int r = c->trailing ? err_set(e, XE_DAMAGE, "%zu bytes behind the last entry would be lost; nothing was made", c->trailing)
			    : choose(q, c, e);
	if (r == 0)
		r = keep_replaced(q, e);
	if (r == 0)
		r = print(q, e);
	for (size_t i = 0; r == 0 && i < q->chosen.count; i++)
		r = cryptocache_put(c, q->chosen.entries[i].volume, q->chosen.entries[i].key, now, &change, e);
	return r;
}

static int finish(struct request *q, struct err *e)
{
	struct err fault = {0};
	/* The keys are in the cache by now: whoever read the rest and is gone must not end us without a word. */
	signal(SIGPIPE, SIG_IGN);
	if (!q->args.has_format || q->args.format == KEYLIST_SQL)
		catalog_sql_commit(q->out.stream);
	int r = keyout_commit(&q->out, &fault);
	if (r != 0)
		return err_set(e, fault.code,
			       "%s; the keys are in %s, what was printed is to be thrown away: cache export %s --format sql prints them "
			       "again",
			       fault.text, q->args.cache, q->args.cache);
	return 0;
}

static void tell(const struct request *q)
{
	msg_info("%s: %zu new keys%s", q->args.cache, q->chosen.count, q->skipped ? "; the other volumes have theirs" : "");
	if (q->old_path[0])
		msg_info("%s: %zu keys that were in force until now; what was written under them needs them", q->old_path,
			 q->replaced.count);
}

static int make(struct request *q, struct err *e)
{
	int r = secretsource_read_kek(q->args.kek, "KEK", true, &q->kek, e);
	if (r == 0)
		r = collect(q, e);
	if (r == 0 && q->args.catalog)
		r = keyquery_read(q->args.catalog, true, &q->catalog, e);
	if (r != 0)
		return r;
	trust_file(q->args.cache);
	r = keyout_open(&q->out, q->args.output, q->args.force, false, e);
	if (r == 0)
		r = cryptocache_update(q->args.cache, true, change_cache, q, e);
	/* Behind a fault of the cache itself nobody knows whether it is the new one: the old keys stay. */
	if (r != 0 && q->old_path[0] && !q->printed)
		unlink(q->old_path);
	if (r == 0)
		r = finish(q, e);
	keyout_close(&q->out);
	if (r == 0)
		tell(q);
	return r;
}

/* Returns 0 or the exit status of wrong usage. */
static int check_args(const struct keyargs *a, const struct catalog_sql *sql)
{
	struct err e = {0};
	if (a->kek == NULL)
		return msg_usage("key", "generate --volumes: needs --kek SOURCE: the keys are wrapped");
	if (a->cache == NULL || strcmp(a->cache, "-") == 0)
		return msg_usage("key", "generate --volumes: needs --cache FILE, which holds the keys and knows who has one");
	if (a->missing && a->rotate)
		return msg_usage("key", "generate: --missing or --rotate: one of them");
	if (a->catalog && *a->catalog == '\0')
		return msg_usage("key", "generate: --catalog-command is empty");
	if (catalog_sql_check(sql, &e) != 0)
		return msg_usage("key", "generate: %s", e.text);
	if (a->has_format && a->format != KEYLIST_SQL && (a->pool || a->media_type || a->storage))
		return msg_usage("key", "generate: --pool, --media-type and --storage go with --format sql");
	return 0;
}

static const struct option_row rows[] = {
	KEYARGS_OUTPUT,  KEYARGS_KEK,    KEYARGS_FORMAT, KEYARGS_FORCE,      KEYARGS_VOLUMES, KEYARGS_CACHE, KEYARGS_CATALOG_COMMAND,
	KEYARGS_MISSING, KEYARGS_ROTATE, KEYARGS_POOL,   KEYARGS_MEDIA_TYPE, KEYARGS_STORAGE, OPTIONS_END};
const struct command command_key_generate_volumes = {
	.name = "generate",
	.path = "key",
	.run = key_volumes,
	.options = rows,
	.operands = "names of volumes and files with such names",
	.operands_max = SIZE_MAX,
	.help = "Usage: xflate key generate --volumes NAME... --kek SOURCE --cache FILE [OPTIONS]\n"
		"\n"
		"A wrapped key for each of many volumes, before they are labelled: into the\n"
		"cache, and as SQL with lines for bconsole to the output.  All or nothing.  A\n"
		"NAME may be a file with one name a line; - is standard input.\n"
		"\n"
		"      --kek SOURCE         the Key Encryption Key\n"
		"      --cache FILE         crypto cache that gets the keys; a name that is in it\n"
		"                           has a key, and then nothing is made\n"
		"      --catalog-command COMMAND    prints the keys of the catalog: a name that\n"
		"                           is there has a key, too\n"
		"      --missing            keys only for volumes that have none\n"
		"      --rotate             replace keys, too; the old ones go to FILE.old.N\n"
		"      --pool NAME, --media-type NAME    of records that the SQL shall make\n"
		"      --storage NAME       for the lines for bconsole\n"
		"      --format FORM        sql (default), lines, or json\n"
		"  -o, --output FILE        where that goes, mode 0600; default standard output\n"
		"      --force              replace that FILE\n"
		"  -q, --quiet\n"
		"\n"
		"Exit status: 0 all well; 1 failed; 2 wrong usage; 4 a volume has a key.\n",
};

int key_volumes(int argc, char **argv)
{
	static struct request q; /* signal handlers know where its file is */
	struct err e = {0};
	int status;
	if (!keyargs_parse(&command_key_generate_volumes, argc, argv, &q.args, &status))
		return status;
	q.sql = (struct catalog_sql){q.args.pool, q.args.media_type, q.args.storage};
	if ((status = check_args(&q.args, &q.sql)) != 0 ||
	    (status = keyargs_no_input_is_output(&command_key, &q.args, q.args.cache)) != 0 ||
	    (status = keyargs_no_input_is_output(&command_key, &q.args, q.args.volumes_source)) != 0 ||
	    (status = keyargs_one_input(&command_key, q.args.volumes_source, q.args.kek, NULL)) != 0)
		return status;
	for (size_t i = 0; i < q.args.count; i++) {
		if ((status = keyargs_no_input_is_output(&command_key, &q.args, q.args.names[i])) != 0 ||
		    (status = keyargs_one_input(&command_key, q.args.names[i], q.args.volumes_source, q.args.kek)) != 0)
			return status;
	}
	int r = make(&q, &e);
	secret_free(&q.kek);
	keylist_free(&q.list);
	keylist_free(&q.chosen);
	cryptocache_free(&q.catalog);
	cryptocache_free(&q.replaced);
	return r == 0 ? 0 : msg_fail(&e);
}
