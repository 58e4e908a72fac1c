/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cache check: does every key open, is it the volume's only one, and how long does the daemon keep it? */
#include "base/msg.h"
#include "base/printable.h"
#include "cmd/command.h"
#include "cmd/key/cache.h"
#include "cmd/secretsource.h"
#include "cmd/timetext.h"
#include "cmd/trust.h"
#include "keywrap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TWO_KEYS "two keys of this name"

struct verdict {
	const char *volume;
	enum keywrap_form form;
	char id[SECRET_ID_BYTES];
	bool opens, expired, has_expiry;
	int64_t expires;
	const char *state;
	bool contested; /* another entry of this name has another key */
};

struct check {
	struct json *json; /* NULL: a table */
	const struct secret *kek;
	size_t width, keys, failed, expired;
	int64_t now;
};

static const char *state_of(const struct verdict *v, const struct check *k, const char *id)
{
	if (v->form == KEYWRAP_UNKNOWN || v->form == KEYWRAP_PASSPHRASE)
		return "no key";
	if (!v->opens)
		return k->kek ? "does not open" : "KEK needed";
	if (id && id[0] && strcmp(id, v->id) != 0)
		return "opens to another key than was noted";
	return v->expired ? "expired" : "ok";
}

static bool is_good(const char *state)
{
	return strcmp(state, "ok") == 0 || strcmp(state, "expired") == 0;
}

/* id: what the bundle says, or NULL. */
static int judge(struct check *k, struct verdict *v, const char *text, const char *id, struct err *e)
{
	struct secret key = SECRET_NONE;
	struct err fault = {0};
	v->form = keywrap_form_of(text, strlen(text));
	int r = keywrap_open(text, strlen(text), k->kek, &key, &fault);
	v->opens = r == 0;
	if (r == 0)
		r = keywrap_opened_id(&key, v->form, v->id, &fault);
	secret_free(&key);
	if (r != 0 && r != XE_KEY)
		return err_set(e, fault.code, "%s", fault.text);
	v->expired = v->has_expiry && v->expires < k->now;
	v->state = state_of(v, k, id);
	return 0;
}

static void count(struct check *k, const struct verdict *v)
{
	k->keys++;
	k->failed += !is_good(v->state) || v->contested;
	k->expired += v->expired;
}

/* Do they give a drive the same key?  If one does not open, its text is all there is to look at, padding apart. */
static bool same_key(const struct verdict *a, const char *a_text, const struct verdict *b, const char *b_text)
{
	size_t n = strcspn(a_text, "="), m = strcspn(b_text, "=");
	if (a->opens && b->opens)
		return strcmp(a->id, b->id) == 0;
	return n == m && strncmp(a_text, b_text, n) == 0;
}

/* Of two entries of one name a daemon takes the first; which of them the tape was written with, nobody knows from here. */
static void contest(const char *path, const struct cryptocache *c, struct verdict *verdicts, size_t i)
{
	const struct cryptocache_entry *entry = &c->entries[i];
	size_t first = (size_t)(cryptocache_find(c, entry->volume) - c->entries);
	if (first == i)
		return;
	if (same_key(&verdicts[first], c->entries[first].key, &verdicts[i], entry->key)) {
		msg_warning("%s: volume %s is there twice, entries %zu and %zu, with the same key", path, entry->volume, first + 1, i + 1);
		return;
	}
	verdicts[first].contested = verdicts[i].contested = true;
	msg_error("%s: volume %s has two different keys, entries %zu and %zu; a daemon takes the first: find out which one opens the tape "
		  "(key probe), then cache remove both and cache import that one",
		  path, entry->volume, first + 1, i + 1);
}

static void put_name(const char *name, size_t width)
{
	size_t n = strlen(name);
	printable_put(name, stdout);
	for (; n < width; n++)
		putchar(' ');
}

static void print(const struct check *k, const struct verdict *v)
{
	char expires[CACHE_TIME_BYTES] = "-";
	if (v->has_expiry)
		cache_time_text(v->expires, expires);
	if (k->json) {
		json_object(k->json, NULL);
		json_text(k->json, "volume", v->volume);
		json_text(k->json, "form", keywrap_form_name(v->form));
		if (v->id[0])
			json_text(k->json, "key_id", v->id);
		if (v->has_expiry)
			timetext_json(k->json, "expires", v->expires);
		json_text(k->json, "state", v->contested && is_good(v->state) ? TWO_KEYS : v->state);
		if (v->contested)
			json_bool(k->json, "two_keys", true);
		json_end_object(k->json);
		return;
	}
	put_name(v->volume, k->width);
	printf(" %-8s %-10s %-19s %s%s\n", v->id[0] ? v->id : "-", keywrap_form_name(v->form), expires,
	       v->contested && is_good(v->state) ? "" : v->state,
	       !v->contested       ? ""
	       : is_good(v->state) ? TWO_KEYS
				   : ", " TWO_KEYS);
}

static void begin(struct check *k)
{
	if (k->json) {
		*k->json = json_begin(stdout);
		json_array(k->json, "keys");
		return;
	}
	put_name("Volumename", k->width);
	printf(" %-8s %-10s %-19s %s\n", "KeyId", "Form", "Expires", "State");
}

static int end(struct check *k, const char *path)
{
	if (k->json) {
		json_end_array(k->json);
		json_number(k->json, "failed", k->failed);
		json_number(k->json, "expired", k->expired);
		json_end_object(k->json);
	}
	fflush(stdout);
	if (k->expired)
		msg_warning("%s: %zu of %zu keys have expired: a storage daemon drops them when it next changes the file; use cache renew",
			    path, k->expired, k->keys);
	if (k->failed == 0)
		return k->expired ? 3 : 0;
	msg_error("%s: %zu of %zu keys cannot be used", path, k->failed, k->keys);
	return err_exit_status(XE_KEY);
}

/* A verdict for each entry, before any is printed: a later entry may contest an earlier one. */
static int judge_cache(struct check *k, const char *path, const struct cryptocache *c, struct verdict *verdicts, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < c->count; i++) {
		const struct cryptocache_entry *entry = &c->entries[i];
		verdicts[i] = (struct verdict){.volume = entry->volume, .has_expiry = true, .expires = cryptocache_expires(entry)};
		r = judge(k, &verdicts[i], entry->key, NULL, e);
		k->width = strlen(entry->volume) > k->width ? strlen(entry->volume) : k->width;
	}
	for (size_t i = 0; r == 0 && i < c->count; i++)
		contest(path, c, verdicts, i);
	return r;
}

static int check_cache(struct check *k, const char *path, int *status, struct err *e)
{
	struct cryptocache c = CRYPTOCACHE_NONE;
	trust_file(path);
	int r = cryptocache_read(&c, path, e);
	struct verdict *verdicts = r == 0 ? calloc(c.count + 1, sizeof *verdicts) : NULL;
	if (r == 0 && verdicts == NULL)
		r = err_memory(e, c.count * sizeof *verdicts, "the verdicts");
	if (r == 0)
		r = judge_cache(k, path, &c, verdicts, e);
	if (r == 0)
		begin(k);
	for (size_t i = 0; r == 0 && i < c.count; i++) {
		count(k, &verdicts[i]);
		print(k, &verdicts[i]);
	}
	if (r == 0)
		*status = end(k, path);
	free(verdicts);
	cryptocache_free(&c);
	return r;
}

static int check_bundle(struct check *k, const char *path, int *status, struct err *e)
{
	struct keylist list = KEYLIST_NONE;
	struct bundle_info info;
	char kek_id[SECRET_ID_BYTES];
	int r = keyargs_read_list(path, true, &list, &info, e);
	if (r == 0 && k->kek && info.kek_id[0]) {
		keywrap_kek_id(k->kek, kek_id);
		if (kek_id[0] && strcmp(kek_id, info.kek_id) != 0)
			msg_warning("%s: was made with the KEK whose id is %s; this one's is %s", path, info.kek_id, kek_id);
	}
	for (size_t i = 0; r == 0 && i < list.count; i++)
		k->width = strlen(list.entries[i].volume) > k->width ? strlen(list.entries[i].volume) : k->width;
	if (r == 0)
		begin(k);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		struct verdict v = {.volume = list.entries[i].volume};
		r = judge(k, &v, list.entries[i].key, list.entries[i].id, e);
		if (r == 0) {
			count(k, &v);
			print(k, &v);
		}
	}
	if (r == 0)
		*status = end(k, path);
	keylist_free(&list);
	return r;
}

static int cache_check(int argc, char **argv)
{
	struct keyargs a;
	struct json json;
	struct secret kek = SECRET_NONE;
	struct err e = {0};
	int status;
	if (!keyargs_parse(&command_cache_check, argc, argv, &a, &status))
		return status;
	if ((a.bundle != NULL) == (a.count > 0))
		return msg_usage("cache", "check: needs either a FILE or --bundle BUNDLE");
	if ((status = keyargs_one_input(&command_cache, a.bundle ? a.bundle : a.names[0], a.kek, NULL)) != 0)
		return status;
	struct check k = {.json = a.json ? &json : NULL, .width = 10, .now = time(NULL)};
	int r = a.kek ? secretsource_read_kek(a.kek, "KEK", false, &kek, &e) : 0;
	k.kek = a.kek ? &kek : NULL;
	if (r == 0)
		r = a.bundle ? check_bundle(&k, a.bundle, &status, &e) : check_cache(&k, a.names[0], &status, &e);
	secret_free(&kek);
	return r == 0 ? status : command_fail(&e, a.json);
}

static const struct option_row rows[] = {KEYARGS_BUNDLE, KEYARGS_KEK, KEYARGS_JSON, OPTIONS_END};
const struct command command_cache_check = {
	.name = "check",
	.path = "cache check",
	.help = cache_help,
	.run = cache_check,
	.options = rows,
	.operands = "a FILE or --bundle BUNDLE",
	.operands_max = 1,
};
