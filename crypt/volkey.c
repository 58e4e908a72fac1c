/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/volkey.h"

#include "base/base64.h"
#include "base/hex.h"
#include "crypt/child.h"

#include <stdio.h>
#include <string.h>

#define WORDS 64u
#define VARIABLES 5u

void volkey_source_free(struct volkey_source *s)
{
	secret_free(&s->key);
	keyconf_free(s->conf);
	*s = (struct volkey_source){.key = SECRET_NONE};
}

void volkey_free(struct volkey *k)
{
	for (size_t i = 0; i < k->count; i++)
		secret_free(&k->keys[i]);
	k->count = 0;
}

/* ---- a key that people name ---- */

static bool is_key(size_t bytes)
{
	return bytes == xts_key_bytes(XTS_AES_128) || bytes == xts_key_bytes(XTS_AES_256);
}

int volkey_parse(struct secret *key, struct secret *text, struct err *e)
{
	int rc = secret_new(key, 2 * ANSWER_MAX_BYTES, e);
	size_t raw = text->len;
	bool good = false;
	if (rc == 0) {
		struct secret words = *text;
		while (words.len > 0 && memchr("\r\n\t ", words.data[words.len - 1], 4))
			words.len--;
		/* 64 characters of base64 would be 48 bytes, so there is nothing to confuse with hex digits. */
		bool hex = (words.len == 64 || words.len == 128) && hex_read(words.data, words.len / 2, key->data);
		key->len = hex ? words.len / 2 : 0;
		good = hex || (base64_read((const char *)words.data, words.len, key->data, key->cap, &key->len) && is_key(key->len));
	}
	if (rc == 0 && !good && is_key(raw)) {
		memcpy(key->data, text->data, raw);
		key->len = raw;
		good = true;
	}
	if (rc == 0 && !good)
		rc = err_set(e, XE_KEY, "this is no volume key: 32 or 64 bytes, as base64, as hex digits or raw");
	secret_free(text);
	if (rc != 0)
		secret_free(key);
	return rc;
}

/* ---- an Encryption Command ---- */

/* Words at blanks, simple and double quotes, %v the volume, %% a per cent sign: as the daemon does it, without a shell. */
static bool split_command(const char *command, const char *volume, char *text, size_t text_bytes, const char *words[static WORDS])
{
	size_t n = 0, at = 0;
	const char *p = command;
	for (;;) {
		while (*p == ' ' || *p == '\t')
			p++;
		if (*p == '\0')
			break;
		if (n == WORDS - 1)
			return false;
		words[n++] = text + at;
		char quote = '\0';
		for (; *p && (quote || (*p != ' ' && *p != '\t')); p++) {
			bool name = p[0] == '%' && (p[1] == 'v' || p[1] == 'V');
			size_t add = name ? strlen(volume) : 1;
			if (at + add + 2 > text_bytes)
				return false;
			if (quote ? *p == quote : *p == '"' || *p == '\'') {
				quote = quote ? '\0' : *p;
				continue;
			}
			p += name || (p[0] == '%' && p[1] == '%');
			memcpy(text + at, name ? volume : p, add);
			at += add;
		}
		text[at++] = '\0';
		if (quote)
			return false;
	}
	words[n] = NULL;
	return n > 0;
}

/* "NAME=base64" */
static void variable(char *to, size_t to_bytes, const char *name, struct span value)
{
	int n = snprintf(to, to_bytes, "%s=", name);
	base64_write(value.data, value.len, to + n);
	to[(size_t)n + BASE64_CHARS(value.len)] = '\0';
}

static int ask(const struct volkey_source *s, const char *operation, const char *volume, struct span enc_key, struct span master_id,
	       struct answer *a, struct err *e)
{
	char text[4096], op[32], name[ANSWER_NAME_BYTES + 16], enc[ANSWER_MAX_BYTES], id[256];
	const char *words[WORDS], *const env[VARIABLES] = {op, name, enc, id, NULL};
	struct child_result r = {.out = SECRET_NONE};
	struct err why = {0};
	if (BASE64_CHARS(enc_key.len) + 32 > sizeof enc || BASE64_CHARS(master_id.len) + 32 > sizeof id)
		return err_set(e, XE_KEY, "the encrypted key in the label is larger than any that is written");
	if (!split_command(s->command, volume, text, sizeof text, words))
		return err_set(e, XE_USAGE, "the key command has no end to a quote, too many words, or none");
	snprintf(op, sizeof op, "OPERATION=%s", operation);
	snprintf(name, sizeof name, "VOLUME_NAME=%s", volume);
	variable(enc, sizeof enc, "ENC_CIPHER_KEY", enc_key);
	variable(id, sizeof id, "MASTER_KEYID", master_id);
	const struct child c = {
		.argv = words, .env = env, .what = words[0], .stderr_too = true, .out_max = ANSWER_MAX_BYTES, .seconds = s->seconds};
	int rc = child_run(&c, &r, e);
	if (rc == 0 && r.exit_status != 0)
		rc = err_set(e, XE_KEY, "the key command %s ended with exit status %d", words[0], r.exit_status);
	if (rc == 0 && (answer_read(a, (const char *)r.out.data, r.out.len, &why) != 0 || answer_check(a, &why) != 0))
		rc = err_set(e, XE_KEY, "the key command %s: %s", words[0], why.text);
	secret_free(&r.out);
	return rc;
}

/* ---- finding ---- */

static void add(struct volkey *k, struct secret *key)
{
	for (size_t i = 0; i < k->count; i++) {
		if (secret_equal(&k->keys[i], key))
			return;
	}
	if (k->count < VOLKEY_MAX) {
		k->keys[k->count++] = *key;
		*key = SECRET_NONE;
	}
}

static void add_answer(struct volkey *k, struct answer *a)
{
	if (k->count == 0) {
		memcpy(k->enc_key, a->enc_key, a->enc_key_len);
		memcpy(k->master_id, a->master_id, a->master_id_len);
		k->enc_key_len = a->enc_key_len;
		k->master_id_len = a->master_id_len;
	}
	add(k, &a->key);
}

/* The key in force, those before it, and what the label's own copy holds if none of the files has a clear one. */
static int find_in_dir(const struct volkey_source *s, const char *volume, struct span enc_key, struct span master_id, struct volkey *k,
		       struct err *e)
{
	struct keydir dir = KEYDIR_CLOSED;
	struct answer a = {0};
	struct err why = {0};
	bool found = true;
	int rc = s->dir ? keydir_open(&dir, s->dir, false, e) : 0;
	if (rc == 0)
		rc = keydir_check_name(volume, e);
	const struct getkey g = {.dir = &dir, .conf = s->conf, .cipher = XTS_AES_256, .seconds = s->seconds};
	if (rc == 0 && s->dir && keydir_read(&dir, volume, &a, &found, &why) == 0 && found) {
		if (a.key.len == 0 && getkey_decrypt(&g, &a, &why) != 0)
			found = false;
		if (a.key.len > 0)
			add_answer(k, &a);
	}
	answer_free(&a);
	for (unsigned i = 0; rc == 0 && s->dir && i < KEYDIR_GENERATIONS; i++) {
		struct err ignored = {0};
		if (keydir_generation(&dir, volume, i, &a, &found, &ignored) == 0 && !found)
			break;
		if (a.key.len > 0)
			add_answer(k, &a);
		answer_free(&a);
	}
	keydir_close(&dir);
	if (rc != 0 || k->count > 0)
		return rc;
	if (enc_key.len == 0 || enc_key.len > sizeof a.enc_key || master_id.len > sizeof a.master_id)
		return why.code != XE_OK ? err_set(e, XE_KEY, "%s", why.text)
					 : err_set(e, XE_KEY, "there is no key for it%s%s", s->dir ? " in " : "", s->dir ? s->dir : "");
	memcpy(a.enc_key, enc_key.data, enc_key.len);
	memcpy(a.master_id, master_id.data, master_id.len);
	a.enc_key_len = enc_key.len;
	a.master_id_len = master_id.len;
	rc = getkey_decrypt(&g, &a, e);
	if (rc == 0)
		add_answer(k, &a);
	answer_free(&a);
	return rc;
}

int volkey_find(const struct volkey_source *s, const char *volume, struct span enc_key, struct span master_id, struct volkey *k,
		struct err *e)
{
	struct answer a = {0};
	struct secret copy = SECRET_NONE;
	*k = (struct volkey){.count = 0};
	int rc;
	if (s->key.len > 0) {
		rc = secret_set(&copy, s->key.data, s->key.len, e);
		if (rc == 0)
			add(k, &copy);
	} else if (volume[0] == '\0' && (s->command || s->dir || s->conf)) {
		rc = err_set(e, XE_KEY, "its label is lost, and with it the name to look its key up by; give the key with --key");
	} else if (s->command) {
		rc = ask(s, "READ", volume, enc_key, master_id, &a, e);
		if (rc == 0)
			add_answer(k, &a);
		answer_free(&a);
	} else if (s->dir || s->conf) {
		rc = find_in_dir(s, volume, enc_key, master_id, k, e);
	} else {
		rc = err_set(e, XE_KEY, "it is encrypted, and no key is given");
	}
	if (rc != 0)
		volkey_free(k);
	return rc;
}

/* ---- making ---- */

static int make_in_dir(const struct volkey_source *s, const char *volume, enum xts_cipher cipher, struct answer *a, struct err *e)
{
	struct keydir dir = KEYDIR_CLOSED;
	enum getkey_way way;
	int rc = keydir_open(&dir, s->dir, true, e);
	const struct getkey g = {.dir = &dir, .conf = s->conf, .cipher = cipher, .force_cipher = true, .seconds = s->seconds};
	if (rc == 0)
		rc = getkey_label(&g, volume, a, &way, e);
	keydir_close(&dir);
	return rc;
}

int volkey_make(const struct volkey_source *s, const char *volume, enum xts_cipher cipher, struct answer *a, struct err *e)
{
	const struct span none = {NULL, 0};
	*a = (struct answer){0};
	int rc;
	if (s->key.len > 0) {
		rc = secret_set(&a->key, s->key.data, s->key.len, e);
		a->has_cipher = rc == 0;
		a->cipher = cipher;
	} else if (volume[0] == '\0') {
		rc = err_set(e, XE_KEY, "it has no label, and so no name to make a key for");
	} else {
		rc = s->command ? ask(s, "LABEL", volume, none, none, a, e) : make_in_dir(s, volume, cipher, a, e);
	}
	if (rc == 0)
		rc = xts_check_key(cipher, &a->key, e);
	if (rc != 0)
		answer_free(a);
	return rc;
}
