/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/drivekey.h"

#include "base/msg.h"
#include "cmd/keyquery.h"
#include "cmd/secretsource.h"
#include "cmd/trust.h"
#include "keywrap.h"

#include <string.h>

void drivekey_free(struct drivekey *k)
{
	secret_free(&k->key);
	*k = DRIVEKEY_NONE;
}

int drivekey_check(const char *verb, const struct drivekey_sources *s)
{
	if (s->cache && s->catalog)
		return msg_usage(verb, "--cache or --catalog-command: one of them");
	if (s->catalog && *s->catalog == '\0')
		return msg_usage(verb, "--catalog-command is empty");
	return 0;
}

bool drivekey_by_name(const struct drivekey_sources *s)
{
	return s->cache || s->catalog;
}

const char *drivekey_place(const struct drivekey_sources *s)
{
	return s->catalog ? "the catalog" : s->cache;
}

int drivekey_prepare(const struct drivekey_sources *s, struct secret *kek, struct cryptocache *cache, struct err *e)
{
	int rc = 0;
	if (s->kek)
		rc = secretsource_read_kek(s->kek, "KEK", false, kek, e);
	if (rc == 0 && s->cache) {
		trust_file(s->cache);
		rc = cryptocache_read(cache, s->cache, e);
		trust_cache(s->cache, cache);
	}
	if (rc == 0 && s->catalog)
		rc = keyquery_read(s->catalog, false, cache, e);
	return rc;
}

/* What reaches the drive: 31 bytes of a passphrase and a zero, or all 32 of a raw key. */
static int finish(const struct secret *opened, enum keywrap_form form, struct drivekey *k, struct err *e)
{
	int rc;
	if (form != KEYWRAP_OWN)
		rc = keywrap_drive_key(opened, &k->key, e);
	else if (opened->len == KEYWRAP_DRIVE_KEY_BYTES)
		rc = secret_set(&k->key, opened->data, opened->len, e);
	else
		rc = err_set(e, XE_KEY, "a drive's key has %u bytes, this one %zu", KEYWRAP_DRIVE_KEY_BYTES, opened->len);
	if (rc == 0)
		keywrap_key_id(&k->key, k->id);
	return rc;
}

static int open_text(const char *text, size_t len, const struct secret *kek, struct drivekey *k, struct err *e)
{
	struct secret opened = SECRET_NONE;
	enum keywrap_form form = keywrap_form_of(text, len);
	int rc = keywrap_open(text, len, kek->data ? kek : NULL, &opened, e);
	if (rc == 0)
		rc = finish(&opened, form, k, e);
	secret_free(&opened);
	return rc;
}

int drivekey_read(const struct drivekey_sources *s, const struct secret *kek, struct drivekey *k, struct err *e)
{
	struct secret text = SECRET_NONE, raw = SECRET_NONE;
	int rc = secretsource_read(s->key, "key", false, SOURCE_KEY_MAX_BYTES, &text, e);
	if (rc == 0 && s->raw) {
		rc = keywrap_raw_key(&text, &raw, e);
		if (rc == 0)
			rc = finish(&raw, KEYWRAP_OWN, k, e);
	} else if (rc == 0) {
		secret_trim(&text);
		rc = open_text((const char *)text.data, text.len, kek, k, e);
	}
	secret_free(&raw);
	secret_free(&text);
	if (rc != 0)
		err_volume(e, s->key);
	return rc;
}

int drivekey_open(const struct cryptocache_entry *entry, const struct secret *kek, struct drivekey *k, struct err *e)
{
	int rc = open_text(entry->key, strlen(entry->key), kek, k, e);
	if (rc != 0)
		err_volume(e, entry->volume);
	return rc;
}
