/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/keyquery.h"

#include "base/msg.h"
#include "crypt/child.h"
#include "keys/keylist_read.h"
#include "keywrap.h"

#include <string.h>
#include <time.h>

#define WHAT "the catalog command"
#define OUTPUT_MAX_BYTES ((size_t)64 << 20)

static int run(const char *command, struct child_result *result, struct err *e)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};
	const struct child child = {
		.argv = argv, .what = WHAT, .stderr_too = msg_verbosity() > 0, .out_max = OUTPUT_MAX_BYTES, .seconds = CATALOG_SECONDS};
	int rc = child_run(&child, result, e);
	if (rc == 0 && result->exit_status != 0)
		rc = err_set(e, XE_FAILED, WHAT " ended with exit status %d; its messages: -v", result->exit_status);
	return rc;
}

/* Where columns have changed places the key is the name, and names are shown. */
static bool is_key(const char *text)
{
	enum keywrap_form form = keywrap_form_of(text, strlen(text));
	return form == KEYWRAP_BASE64 || form == KEYWRAP_WRAPPED || form == KEYWRAP_OWN;
}

/* The faults of a list name volumes, as it has them; so only the line is told. */
static int parse(struct keylist *list, struct span text, bool may_be_empty, struct err *e)
{
	struct err fault = {0};
	int rc = keylist_read(list, text, &fault);
	if (rc == 0 || rc != XE_DAMAGE)
		return rc == 0 ? 0 : err_set(e, fault.code, WHAT ": %s", fault.text);
	if (list->fault_count == 0)
		return may_be_empty ? 0 : err_set(e, XE_FAILED, WHAT " printed no volume with a key");
	return err_set(e, XE_DAMAGE,
		       WHAT ": line %zu of what it printed is not a volume and its key%s; what is wrong, cache import of its output "
			    "tells",
		       list->faults[0].line, list->fault_count > 1 ? ", and others" : "");
}

static int fill(struct cryptocache *cache, struct keylist *list, struct err *e)
{
	enum cryptocache_change change;
	int64_t now = time(NULL);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		struct keylist_entry *entry = &list->entries[i];
		if (is_key(entry->key))
			entry->key[strcspn(entry->key, "=")] = '\0'; /* padding */
		if (is_key(entry->volume))
			rc = err_set(e, XE_DAMAGE,
				     WHAT
				     ": line %zu has a key where the name of a volume should stand: first VolumeName, then EncryptionKey",
				     entry->line);
		else
			rc = cryptocache_put(cache, entry->volume, entry->key, now, &change, e);
	}
	return rc;
}

int keyquery_read(const char *command, bool may_be_empty, struct cryptocache *cache, struct err *e)
{
	struct keylist list = KEYLIST_NONE;
	struct child_result result;
	cryptocache_free(cache);
	int rc = run(command, &result, e);
	if (rc == 0)
		rc = parse(&list, (struct span){result.out.data, result.out.len}, may_be_empty, e);
	if (rc == 0)
		rc = fill(cache, &list, e);
	secret_free(&result.out);
	keylist_free(&list);
	return rc;
}
