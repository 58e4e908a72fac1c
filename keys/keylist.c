/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keylist.h"

#include "base/lines.h"
#include "keywrap.h"

#include <stdarg.h>
#include <string.h>

void keylist_free(struct keylist *list)
{
	secret_free(&list->pages);
	names_free(&list->names);
	*list = KEYLIST_NONE;
}

void keylist_fault(struct keylist *list, size_t line, const char *format, ...)
{
	if (list->fault_count++ >= KEYLIST_FAULTS_MAX)
		return;
	struct keylist_fault *fault = &list->faults[list->fault_count - 1];
	fault->line = line;
	va_list ap;
	va_start(ap, format);
	vsnprintf(fault->text, sizeof fault->text, format, ap);
	va_end(ap);
}

/* ---- entries ---- */

static bool has_control_character(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] < 0x20 || s.data[i] == 0x7f)
			return true;
	}
	return false;
}

static bool good_field(struct keylist *list, struct span field, const char *what, size_t line)
{
	if (field.len == 0)
		keylist_fault(list, line, "no %s", what);
	else if (field.len >= CRYPTOCACHE_FIELD_BYTES)
		keylist_fault(list, line, "a %s of %zu characters; there may be %u", what, field.len, CRYPTOCACHE_FIELD_BYTES - 1);
	else if (has_control_character(field))
		keylist_fault(list, line, "a control character in the %s", what);
	else
		return true;
	return false;
}

static int make_room(struct keylist *list, struct err *e)
{
	size_t used = list->count * sizeof *list->entries;
	if (list->count >= KEYLIST_ENTRIES_MAX)
		return err_set(e, XE_FAILED, "more than %zu keys", KEYLIST_ENTRIES_MAX);
	list->pages.len = used;
	int r = secret_grow(&list->pages, used + sizeof *list->entries, e);
	if (r != 0)
		return r;
	list->entries = (struct keylist_entry *)(void *)list->pages.data;
	memset(&list->entries[list->count], 0, sizeof *list->entries);
	return 0;
}

/* Padding may differ. */
static bool same_key(const struct keylist_entry *a, const char *b)
{
	size_t n = strcspn(a->key, "="), m = strcspn(b, "=");
	return strcmp(a->key, b) == 0 || (n >= KEYWRAP_BASE64_CHARS && n == m && strncmp(a->key, b, n) == 0);
}

int keylist_add(struct keylist *list, struct span volume, struct span key, size_t line, struct err *e)
{
	bool good = good_field(list, volume, "volume name", line);
	if (!good_field(list, key, "key", line) || !good)
		return 0;
	int r = make_room(list, e);
	if (r != 0)
		return r;
	struct keylist_entry *entry = &list->entries[list->count];
	memcpy(entry->volume, volume.data, volume.len);
	memcpy(entry->key, key.data, key.len);
	entry->line = line;
	size_t first = names_find(&list->names, list->entries, sizeof *list->entries, entry->volume);
	if (first != NAMES_ABSENT) {
		if (!same_key(&list->entries[first], entry->key))
			keylist_fault(list, line, "%s has another key in line %zu", entry->volume, list->entries[first].line);
		memset(entry, 0, sizeof *entry);
		return 0;
	}
	r = names_add(&list->names, list->entries, sizeof *list->entries, list->count, e);
	list->count += r == 0;
	return r;
}

int keylist_check_keys(struct keylist *list, struct err *e)
{
	for (size_t i = 0; i < list->count; i++) {
		char *key = list->entries[i].key;
		size_t len = strlen(key);
		switch (keywrap_form_of(key, len)) {
		case KEYWRAP_BASE64:
		case KEYWRAP_WRAPPED:
		case KEYWRAP_OWN:
			while (len > 0 && key[len - 1] == '=')
				key[--len] = '\0';
			break;
		case KEYWRAP_PASSPHRASE:
			keylist_fault(list, list->entries[i].line,
				      "the key of %s is a passphrase; the cache holds its base64 (key show --base64)",
				      list->entries[i].volume);
			break;
		case KEYWRAP_UNKNOWN:
			keylist_fault(list, list->entries[i].line,
				      "the key of %s is no key: %zu characters, neither base64 of a passphrase (43) "
				      "nor a wrapped key (54)",
				      list->entries[i].volume, len);
			break;
		}
	}
	return list->fault_count ? err_set(e, XE_KEY, "%zu bad entries", list->fault_count) : 0;
}

int keylist_from_cache(struct keylist *list, const struct cryptocache *c, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < c->count; i++) {
		const struct cryptocache_entry *entry = &c->entries[i];
		/* Of two of one name a daemon takes the first. */
		if (cryptocache_find(c, entry->volume) == entry)
			r = keylist_add(list, (struct span){(const uint8_t *)entry->volume, strlen(entry->volume)},
					(struct span){(const uint8_t *)entry->key, strlen(entry->key)}, i + 1, e);
	}
	if (r == 0 && list->fault_count)
		r = err_set(e, XE_DAMAGE, "%zu entries whose name or key is none", list->fault_count);
	return r;
}

/* ---- what a catalog calls its columns, and programs their members ---- */

bool keylist_names_volume(struct span heading)
{
	return lines_says(heading, "volumename") || lines_says(heading, "volume");
}

bool keylist_names_key(struct span heading)
{
	return lines_says(heading, "encryptionkey") || lines_says(heading, "key");
}

bool keylist_is_keyless(struct span key)
{
	return key.len == 0 || lines_says(key, "NULL");
}
