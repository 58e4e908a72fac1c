/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the key of a volume comes from when people run xflate: a key they name, a key directory (with or without a
 * configuration that knows the master keys), or any Encryption Command. */
#ifndef CRYPT_VOLKEY_H
#define CRYPT_VOLKEY_H

#include "crypt/getkey.h"

#define VOLKEY_MAX (KEYDIR_GENERATIONS + 2)

/* What --key, --key-dir, --key-config and --key-command say; all empty: nothing was said. */
struct volkey_source {
	struct secret key;
	const char *dir, *command;
	struct keyconf *conf;
	unsigned seconds; /* for a command, and for gpg */
};

/* Wipes the key; dir and command are borrowed.  Idempotent. */
void volkey_source_free(struct volkey_source *s);

/* A key of people's own: base64, 64 or 128 hex digits, or 32 or 64 raw bytes.  Takes text over.  XE_KEY. */
int volkey_parse(struct secret *key, struct secret *text, struct err *e) __attribute__((warn_unused_result));

/* Keys that may be a volume's, the likeliest first. */
struct volkey {
	struct secret keys[VOLKEY_MAX];
	size_t count;
	uint8_t enc_key[ANSWER_ENC_KEY_BYTES]; /* the first, under a master key: where the source has it so */
	size_t enc_key_len;
	uint8_t master_id[ANSWER_MASTER_ID_BYTES];
	size_t master_id_len;
};

/* Wipes them.  Idempotent. */
void volkey_free(struct volkey *k);

/* Of the volume whose label says this: volume may be "" where the label is lost, then only a named key will do.  XE_KEY:
 * there is none. */
int volkey_find(const struct volkey_source *s, const char *volume, struct span enc_key, struct span master_id, struct volkey *k,
		struct err *e) __attribute__((warn_unused_result));

/* The key to write a volume with: the named one, or what LABEL gives for it.  XE_KEY, XE_FAILED, XE_NOT_READY. */
int volkey_make(const struct volkey_source *s, const char *volume, enum xts_cipher cipher, struct answer *a, struct err *e)
	__attribute__((warn_unused_result));

#endif
