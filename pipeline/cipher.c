/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/cipher.h"

#include "base/array.h"
#include "format/label.h"
#include "format/relabel.h"

#include <stdio.h>
#include <stdlib.h>

#define REWRITE_SHIFT 26u /* 2^26 blocks of 64512 bytes are 4 TB of one session */
#define REWRITES_MAX (UINT32_MAX >> REWRITE_SHIFT)

/* The keys that may open one volume. */
struct ring {
	char volume[LABEL_NAME_BYTES];
	struct volkey keys;
	struct xts *xts[VOLKEY_MAX];
	struct ring *next;
};

struct cipher {
	struct cipher_options o;
	struct opener_keys keys;
	struct ring *rings;
	struct cipher_volume *volumes;
	uint8_t *rewrites; /* by job: 1 + how often its blocks have been rewritten, 0: not seen yet */
	size_t rewrite_count;
};

/* ---- opening ---- */

static struct ring *find_ring(const struct cipher *c, const char *volume)
{
	for (struct ring *r = c->rings; r; r = r->next) {
		if (strcmp(r->volume, volume) == 0)
			return r;
	}
	return NULL;
}

static void free_ring(struct ring *r)
{
	for (size_t i = 0; i < VOLKEY_MAX; i++)
		xts_free(r->xts[i]);
	volkey_free(&r->keys);
	free(r);
}

static int fill_ring(const struct cipher *c, struct ring *r, struct span label, struct err *e)
{
	struct relabel_keys copy;
	relabel_read_keys(label, &copy);
	int rc = volkey_find(c->o.read, r->volume, copy.enc_key, copy.master_id, &r->keys, e);
	for (size_t i = 0; rc == 0 && i < r->keys.count; i++)
		rc = xts_new(&r->xts[i], &r->keys.keys[i], e);
	return rc;
}

/* Asked for by every source of the volume; gpg and commands are asked once. */
static int find_keys(void *arg, struct span label, void **ring, struct err *e)
{
	struct cipher *c = arg;
	struct volume_label l = {0};
	if (label.len > 0 && !label_read_volume(label, &l))
		l.volume[0] = '\0';
	struct ring *r = find_ring(c, l.volume);
	if (r == NULL) {
		r = calloc(1, sizeof *r);
		if (r == NULL)
			return err_memory(e, sizeof *r, "keys");
		memcpy(r->volume, l.volume, sizeof r->volume);
		int rc = fill_ring(c, r, label, e);
		if (rc != 0) {
			free_ring(r);
			return rc;
		}
		r->next = c->rings;
		c->rings = r;
	}
	*ring = r;
	return 0;
}

static bool decrypt(void *ring, unsigned index, const uint8_t *block, size_t len, uint8_t *plain)
{
	struct ring *r = ring;
	return index < r->keys.count && xts_decrypt_block(r->xts[index], block, plain, len);
}

static void describe_key(const struct secret *key, char text[static OPENER_CIPHER_BYTES])
{
	char id[SECRET_ID_BYTES];
	enum xts_cipher cipher = XTS_NULL;
	secret_id(key, XTS_KEY_DOMAIN, id);
	xts_for_key(key->len, &cipher);
	snprintf(text, OPENER_CIPHER_BYTES, "%s, key %s", xts_title(cipher), id);
}

static void describe(void *ring, unsigned index, char text[static OPENER_CIPHER_BYTES])
{
	const struct ring *r = ring;
	describe_key(&r->keys.keys[index], text);
}

const struct opener_keys *cipher_keys(const struct cipher *c)
{
	return c && c->keys.arg ? &c->keys : NULL;
}

/* ---- making and freeing ---- */

struct cipher *cipher_new(const struct cipher_options *options)
{
	struct cipher *c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	c->o = *options;
	if (c->o.read)
		c->keys = (struct opener_keys){
			.arg = c, .patient = c->o.patient, .find = find_keys, .decrypt = decrypt, .describe = describe};
	return c;
}

void cipher_free(struct cipher *c)
{
	if (c == NULL)
		return;
	for (struct ring *r = c->rings, *next; r; r = next) {
		next = r->next;
		free_ring(r);
	}
	for (struct cipher_volume *v = c->volumes, *next; v; v = next) {
		next = v->next;
		xts_free(v->xts);
		free(v);
	}
	free(c->rewrites);
	free(c);
}

/* ---- writing ---- */

static void take_copy(struct cipher_volume *v, const uint8_t *enc_key, size_t enc_key_len, const uint8_t *master_id, size_t master_id_len)
{
	memcpy(v->enc_key, enc_key, enc_key_len);
	memcpy(v->master_id, master_id, master_id_len);
	v->enc_key_len = enc_key_len;
	v->master_id_len = master_id_len;
}

/* The key that opens the volume, or would. */
static int use_again(struct cipher *c, const char *volume, struct cipher_volume *v, struct secret *key, struct err *e)
{
	const struct span none = {NULL, 0};
	struct ring *ring = find_ring(c, volume);
	struct volkey found = {.count = 0};
	const struct volkey *k = ring ? &ring->keys : &found;
	int rc = ring ? 0 : volkey_find(c->o.read, volume, none, none, &found, e);
	if (rc == 0)
		rc = xts_check_key(c->o.algorithm, &k->keys[0], e);
	if (rc == 0)
		rc = secret_set(key, k->keys[0].data, k->keys[0].len, e);
	if (rc == 0)
		take_copy(v, k->enc_key, k->enc_key_len, k->master_id, k->master_id_len);
	v->same_key = true;
	volkey_free(&found);
	return rc;
}

static int make_new(struct cipher *c, const char *volume, struct cipher_volume *v, struct secret *key, struct err *e)
{
	struct answer a;
	int rc = volkey_make(c->o.write, volume, c->o.algorithm, &a, e);
	if (rc != 0)
		return rc;
	const struct ring *ring = find_ring(c, volume);
	for (size_t i = 0; ring && i < ring->keys.count; i++)
		v->same_key = v->same_key || secret_equal(&ring->keys.keys[i], &a.key);
	if (c->o.read && c->o.read->key.len > 0)
		v->same_key = v->same_key || secret_equal(&c->o.read->key, &a.key);
	take_copy(v, a.enc_key, a.enc_key_len, a.master_id, a.master_id_len);
	*key = a.key;
	a.key = SECRET_NONE;
	answer_free(&a);
	return 0;
}

int cipher_begin(struct cipher *c, const struct volume_info *info, struct cipher_volume **out, struct err *e)
{
	struct secret key = SECRET_NONE;
	struct cipher_volume *v = calloc(1, sizeof *v);
	if (v == NULL)
		return err_memory(e, sizeof *v, "a volume's key");
	v->next = c->volumes;
	c->volumes = *out = v;
	const char *volume = info->has_label ? info->label.volume : "";
	int rc = c->o.write ? make_new(c, volume, v, &key, e) : use_again(c, volume, v, &key, e);
	if (rc == 0)
		rc = xts_new(&v->xts, &key, e);
	if (rc == 0)
		describe_key(&key, v->text);
	else
		err_volume(e, info->name);
	secret_free(&key);
	return rc;
}

int cipher_renumber(struct cipher *c, const struct job *job, uint32_t *number, struct err *e)
{
	uint8_t *grown = array_reach(c->rewrites, &c->rewrite_count, job->index, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, job->index, "jobs");
	c->rewrites = grown;
	uint32_t rewrites = *number >> REWRITE_SHIFT;
	if (c->rewrites[job->index] == 0)
		c->rewrites[job->index] = (uint8_t)(rewrites + 1);
	if (rewrites + 1 != c->rewrites[job->index] || rewrites == REWRITES_MAX)
		return err_set(e, XE_USAGE,
			       "its blocks have been rewritten under this key too often, or are too many: a new key "
			       "is needed (--new-key)");
	*number += 1u << REWRITE_SHIFT;
	return 0;
}
