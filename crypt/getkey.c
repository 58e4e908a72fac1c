/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/getkey.h"

#include "crypt/gnupg.h"

#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>

const char *getkey_way_text(enum getkey_way way)
{
	switch (way) {
	case GETKEY_NEW: return "new";
	case GETKEY_AGAIN: return "again";
	case GETKEY_FILE: return "file";
	case GETKEY_GENERATION: return "generation";
	case GETKEY_MASTER: return "master";
	}
	return "";
}

/* ---- the master key ---- */

static struct gnupg gnupg_of(const struct getkey *g, const struct keyconf_section *s, unsigned share)
{
	return (struct gnupg){.home = s->home, .passphrase = s->passphrase, .seconds = g->seconds / share};
}

int getkey_decrypt(const struct getkey *g, struct answer *a, struct err *e)
{
	char id[ANSWER_MASTER_ID_BYTES + 1];
	memcpy(id, a->master_id, a->master_id_len);
	id[a->master_id_len] = '\0';
	for (char *p = id; *p; p++)
		*p = (unsigned char)*p < 0x21 || (unsigned char)*p > 0x7e ? '?' : *p;
	const struct keyconf_section *s = keyconf_by_name(g->conf, id);
	if (s == NULL)
		return err_set(e, XE_KEY, "the key is under the master key \"%s\", of which the configuration says nothing", id);
	struct gnupg gpg = gnupg_of(g, s, 1);
	int rc = gnupg_decrypt(&gpg, a->enc_key, a->enc_key_len, xts_key_bytes(XTS_AES_256), &a->key, e);
	/* The section's cipher may be another one by now: the key's own length tells. */
	if (rc == 0 && !xts_for_key(a->key.len, &a->cipher))
		rc = err_set(e, XE_KEY, "what the master key decrypts is no volume key: %zu bytes", a->key.len);
	a->has_cipher = rc == 0;
	return rc;
}

static int try_out(const struct gnupg *gpg, const struct answer *a, struct err *e)
{
	struct secret again = SECRET_NONE;
	int rc = gnupg_decrypt(gpg, a->enc_key, a->enc_key_len, a->key.len + 1, &again, e);
	if (rc == 0 && !secret_equal(&again, &a->key))
		rc = err_set(e, XE_KEY, "what gpg encrypted with the master key decrypts to something else");
	secret_free(&again);
	return rc;
}

int getkey_encrypt(const struct getkey *g, const struct keyconf_section *s, struct answer *a, struct err *e)
{
	struct gnupg gpg = gnupg_of(g, s, 3);
	size_t n = strlen(s->name);
	if (n > sizeof a->master_id)
		return err_set(e, XE_KEY, "the name of the master key is longer than %zu characters", sizeof a->master_id);
	int rc = gnupg_encrypt(&gpg, s->name, &a->key, a->enc_key, sizeof a->enc_key, &a->enc_key_len, e);
	memcpy(a->master_id, s->name, n);
	a->master_id_len = n;
	return rc == 0 && s->check ? try_out(&gpg, a, e) : rc;
}

/* ---- LABEL ---- */

/* A key that an earlier LABEL gave out, if no READ has come since.  *again tells. */
static int given_out(const struct getkey *g, const char *volume, struct answer *a, bool *again, struct err *e)
{
	bool found;
	*again = false;
	int rc = keydir_read(g->dir, volume, a, &found, e);
	/* A damaged file becomes a generation like any other. */
	if (rc == XE_KEY) {
		*e = (struct err){0};
		return 0;
	}
	if (rc != 0 || !found)
		return rc;
	/* One in stealth mode has to be decrypted to be known; if that fails the volume gets a new key. */
	struct err ignored = {0};
	bool known = keydir_is_new(g->dir, volume, NULL) && (a->key.len > 0 || getkey_decrypt(g, a, &ignored) == 0);
	*again = known && keydir_is_new(g->dir, volume, &a->key) && (!g->force_cipher || a->cipher == g->cipher);
	if (!*again)
		answer_free(a);
	return 0;
}

static int make_key(const struct getkey *g, const struct keyconf_section *s, const char *volume, struct answer *a, struct err *e)
{
	a->has_cipher = true;
	a->cipher = !g->force_cipher && s && s->has_cipher ? s->cipher : g->cipher;
	snprintf(a->volume, sizeof a->volume, "%s", volume);
	int rc = secret_new(&a->key, xts_key_bytes(a->cipher), e);
	if (rc != 0)
		return rc;
	a->key.len = xts_key_bytes(a->cipher);
	if (RAND_priv_bytes(a->key.data, (int)a->key.len) != 1)
		return err_set(e, XE_FAILED, "there are no random numbers to be had");
	rc = xts_check_key(a->cipher, &a->key, e);
	return rc == 0 && s && s->master ? getkey_encrypt(g, s, a, e) : rc;
}

static int store(const struct getkey *g, const struct keyconf_section *s, struct answer *a, struct err *e)
{
	struct secret key = a->key;
	if (s && s->master && s->stealth)
		a->key = SECRET_NONE;
	int rc = keydir_write(g->dir, a, &key, e);
	a->key = key;
	return rc;
}

int getkey_label(const struct getkey *g, const char *volume, struct answer *a, enum getkey_way *way, struct err *e)
{
	bool again = false;
	*way = GETKEY_NEW;
	const struct keyconf_section *s = NULL;
	int rc = keydir_check_name(volume, e);
	if (rc == 0)
		rc = keyconf_for_volume(g->conf, volume, &s, e);
	/* gpg takes its time, and others shall not wait for it: the folder is locked for the writing alone. */
	struct answer made = {0};
	if (rc == 0)
		rc = given_out(g, volume, a, &again, e);
	rc = rc != 0 || again ? rc : make_key(g, s, volume, &made, e);
	if (rc == 0)
		rc = keydir_lock(g->dir, g->seconds / 3, e);
	if (rc == 0 && !again) {
		/* Another LABEL for this volume may have been faster. */
		rc = given_out(g, volume, a, &again, e);
		rc = rc != 0 || again ? rc : store(g, s, &made, e);
		if (rc == 0 && !again) {
			*a = made;
			made = (struct answer){0};
		}
	}
	keydir_unlock(g->dir);
	answer_free(&made);
	if (again)
		*way = GETKEY_AGAIN;
	if (rc != 0)
		answer_free(a);
	return rc;
}

/* ---- READ ---- */

static bool same_copy(const struct answer *a, struct span enc_key)
{
	return enc_key.len == 0 || a->enc_key_len == 0 ||
	       (a->enc_key_len == enc_key.len && memcmp(a->enc_key, enc_key.data, enc_key.len) == 0);
}

/* The generation that holds the very copy that the label has.  *found tells. */
static int find_generation(const struct getkey *g, const char *volume, struct span enc_key, struct answer *a, bool *found, struct err *e)
{
	for (unsigned i = 0;; i++) {
		struct err ignored = {0};
		int rc = keydir_generation(g->dir, volume, i, a, found, &ignored);
		if (rc == 0 && !*found)
			return 0;
		if (rc != 0 && rc != XE_KEY)
			return err_set(e, rc, "%s", ignored.text);
		if (rc == 0 && a->enc_key_len > 0 && same_copy(a, enc_key))
			return 0;
		answer_free(a);
		*found = false;
	}
}

static int from_label(const struct getkey *g, const char *volume, struct span enc_key, struct span master_id, struct answer *a,
		      struct err *e)
{
	if (enc_key.len > sizeof a->enc_key || master_id.len > sizeof a->master_id)
		return err_set(e, XE_KEY, "the encrypted key in the label is larger than any that is written");
	memcpy(a->enc_key, enc_key.data, enc_key.len);
	memcpy(a->master_id, master_id.data, master_id.len);
	a->enc_key_len = enc_key.len;
	a->master_id_len = master_id.len;
	snprintf(a->volume, sizeof a->volume, "%s", volume);
	return getkey_decrypt(g, a, e);
}

/* The key in force has another copy under a master key than the label: an older label, or a newer master key. */
static int by_the_label(const struct getkey *g, const char *volume, struct span enc_key, struct span master_id, struct answer *a,
			enum getkey_way *way, struct err *e)
{
	struct answer other = {0};
	struct err ignored = {0};
	bool found;
	int rc = find_generation(g, volume, enc_key, &other, &found, e);
	if (rc != 0)
		return rc;
	*way = found ? GETKEY_GENERATION : GETKEY_MASTER;
	bool better = (found && (other.key.len > 0 || getkey_decrypt(g, &other, &ignored) == 0)) ||
		      (!found && from_label(g, volume, enc_key, master_id, &other, &ignored) == 0);
	if (better) {
		answer_free(a);
		*a = other;
		return 0;
	}
	*way = GETKEY_FILE;
	answer_free(&other);
	return a->key.len > 0 ? 0 : getkey_decrypt(g, a, e);
}

int getkey_read(const struct getkey *g, const char *volume, struct span enc_key, struct span master_id, struct answer *a,
		enum getkey_way *way, struct err *e)
{
	bool found;
	*way = GETKEY_FILE;
	int rc = keydir_check_name(volume, e);
	if (rc != 0)
		return rc;
	rc = keydir_read(g->dir, volume, a, &found, e);
	/* A damaged file need not be the end where the label has a copy. */
	if (rc == XE_KEY && enc_key.len > 0) {
		*e = (struct err){0};
		found = false;
		rc = 0;
	}
	if (rc != 0)
		return rc;
	if (!found && enc_key.len == 0)
		return err_set(e, XE_KEY, "no cipher key nor encrypted cipher key for volume \"%s\"", volume);
	if (!found) {
		*way = GETKEY_MASTER;
		rc = from_label(g, volume, enc_key, master_id, a, e);
	} else if (!same_copy(a, enc_key)) {
		rc = by_the_label(g, volume, enc_key, master_id, a, way, e);
	} else if (a->key.len == 0) {
		*way = GETKEY_MASTER;
		rc = getkey_decrypt(g, a, e);
	}
	if (rc == 0)
		keydir_in_use(g->dir, volume);
	else
		answer_free(a);
	return rc;
}
