/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a run: those that open the volumes, and those that they are written with.  Glue between crypt/ and volume/,
 * which do not know each other. */
#ifndef PIPELINE_CIPHER_H
#define PIPELINE_CIPHER_H

#include "crypt/volkey.h"
#include "volume/item.h"

struct cipher_options {
	const struct volkey_source *read;  /* opens; NULL: nothing does */
	const struct volkey_source *write; /* makes the keys to encrypt with; NULL: those of read are used again */
	bool decrypt, encrypt;
	enum xts_cipher algorithm; /* to encrypt with */
	bool patient;              /* go on past blocks that no key opens */
};

struct cipher;

/* What options names must stay until cipher_free (NULL is fine).  NULL without memory. */
struct cipher *cipher_new(const struct cipher_options *options);
void cipher_free(struct cipher *c);

/* For a reader.  NULL: there is nothing to open blocks with. */
const struct opener_keys *cipher_keys(const struct cipher *c);

/* What one volume is encrypted with. */
struct cipher_volume {
	struct xts *xts;
	uint8_t enc_key[ANSWER_ENC_KEY_BYTES]; /* for the label */
	size_t enc_key_len;
	uint8_t master_id[ANSWER_MASTER_ID_BYTES];
	size_t master_id_len;
	bool same_key; /* the volume was encrypted with this very key before */
	char text[OPENER_CIPHER_BYTES];
	struct cipher_volume *next;
};

/* Finds or makes the key to write v with.  By the thread that reads.  *out lives as long as c.  XE_KEY, XE_FAILED. */
int cipher_begin(struct cipher *c, const struct volume_info *v, struct cipher_volume **out, struct err *e)
	__attribute__((warn_unused_result));

/* Blocks that are rewritten under the key that they had must not repeat a tweak with other data: each rewriting of a
 * session counts its blocks from 2^26 further on.  *number becomes that of a block that begins the session's new ones.
 * XE_USAGE: this key has been used up for the session. */
int cipher_renumber(struct cipher *c, const struct job *job, uint32_t *number, struct err *e) __attribute__((warn_unused_result));

#endif
