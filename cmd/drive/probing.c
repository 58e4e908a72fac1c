/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/probing.h"

#include "base/msg.h"
#include "base/quit.h"
#include "cmd/drive/drivekey.h"
#include "tape/keyload.h"

#include <stdlib.h>
#include <string.h>

/* Does the block's descriptor name this volume, or its key's id? */
static bool is_named(const struct scsi_next_block *b, const char *volume, const char *id)
{
	for (unsigned i = 0; i < b->kads.count; i++) {
		const struct scsi_kad *k = &b->kads.kads[i];
		if (memmem(k->data, k->len, volume, strlen(volume)) != NULL || (*id && memmem(k->data, k->len, id, strlen(id)) != NULL))
			return true;
	}
	return false;
}

/* 0: opens it; 1: does not; below: an error. */
static int try_key(struct drive *d, enum drive_ready ready, const struct probing *q, const struct drivekey *k, struct err *e)
{
	const struct keyload_options load = {.key = {k->key.data, k->key.len}, .mode = KEYLOAD_DECRYPT, .algorithm = q->algorithm};
	struct keyload_result result;
	struct scsi_next_block b;
	bool has;
	int rc = keyload_run(d, ready, &load, &result, e);
	if (rc == 0)
		rc = drive_next_block(d, &b, &has, e);
	if (rc != 0)
		return rc;
	if (!has || (b.encryption != SCSI_BLOCK_DECRYPTABLE && b.encryption != SCSI_BLOCK_LOCKED))
		return err_set(e, XE_REFUSED, "with a key loaded, the drive no longer says what the block is (status %u)",
			       has ? b.encryption : 0);
	return b.encryption == SCSI_BLOCK_DECRYPTABLE ? 0 : 1;
}

static bool is_tried(const uint8_t *tried, size_t count, const struct cryptocache *cache, size_t at)
{
	for (size_t i = 0; i < count; i++) {
		if (tried[i] && i != at && strcmp(cache->entries[i].key, cache->entries[at].key) == 0)
			return true; /* the same key under another name */
	}
	return tried[at];
}

enum pass { PASS_FIRST, PASS_NAMED, PASS_REST, PASSES };

static int try_entry(struct drive *d, enum drive_ready ready, const struct probing *q, const struct secret *kek,
		     const struct cryptocache_entry *entry, const struct scsi_next_block *b, enum pass pass, bool *tried,
		     struct probing_outcome *o, struct err *e)
{
	struct drivekey k = DRIVEKEY_NONE;
	struct err mine = {0};
	*tried = false;
	int rc = drivekey_open(entry, kek, &k, &mine);
	if (rc != 0) {
		if (pass == PASS_REST)
			msg_warning("%s: %s", entry->volume, mine.text);
		drivekey_free(&k);
		return 1;
	}
	bool wanted = pass == PASS_FIRST ? strcmp(entry->volume, q->first) == 0 : pass == PASS_REST || is_named(b, entry->volume, k.id);
	rc = 1;
	if (wanted && o->wrong >= q->tries) {
		o->left++;
	} else if (wanted) {
		*tried = true;
		rc = try_key(d, ready, q, &k, e);
		o->wrong += rc == 1;
	}
	if (rc == 0) {
		o->match = entry;
		memcpy(o->key_id, k.id, sizeof o->key_id);
	}
	drivekey_free(&k);
	return rc;
}

int probing_run(struct drive *d, enum drive_ready ready, const struct probing *q, const struct secret *kek, const struct cryptocache *cache,
		const struct scsi_next_block *b, struct probing_outcome *o, struct err *e)
{
	uint8_t *tried = calloc(cache->count + 1, 1);
	if (tried == NULL)
		return err_memory(e, cache->count, "the list of keys");
	int rc = 1;
	for (int pass = q->first ? PASS_FIRST : PASS_NAMED; pass < PASSES && rc == 1; pass++) {
		for (size_t i = 0; i < cache->count && rc == 1; i++) {
			bool now;
			if (is_tried(tried, cache->count, cache, i))
				continue;
			if (quit_asked() != 0) {
				rc = err_set(e, XE_FAILED, "interrupted by a signal");
				break;
			}
			rc = try_entry(d, ready, q, kek, &cache->entries[i], b, (enum pass)pass, &now, o, e);
			tried[i] = now;
		}
	}
	free(tried);
	return rc < 0 ? rc : 0;
}
