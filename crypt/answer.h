/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an Encryption Command answers, and what stands in a key file: lines "name: value".  Read as Bacula's storage daemon
 * reads them, written as key-manager.py writes them.  formats/bacula-encryption.md 3.6, 4.3 */
#ifndef CRYPT_ANSWER_H
#define CRYPT_ANSWER_H

#include "crypt/xts.h"

#define ANSWER_NAME_BYTES 128u     /* a Volume Name with its NUL */
#define ANSWER_ENC_KEY_BYTES 1500u /* more does not fit into a label with its names: bacula-sd would abort */
#define ANSWER_MASTER_ID_BYTES 80u
#define ANSWER_ERROR_BYTES 256u
#define ANSWER_MAX_BYTES 8192u /* of text */

struct answer {
	bool has_cipher;
	enum xts_cipher cipher;
	struct secret key;                     /* empty: none */
	uint8_t enc_key[ANSWER_ENC_KEY_BYTES]; /* the key, encrypted with the master key */
	size_t enc_key_len;
	uint8_t master_id[ANSWER_MASTER_ID_BYTES];
	size_t master_id_len;
	char volume[ANSWER_NAME_BYTES]; /* empty: not said */
	char error[ANSWER_ERROR_BYTES]; /* of an "error:" line; empty: none */
};

/* Forgets the key. */
void answer_free(struct answer *a);

/* Fills a (freed or zeroed before) from text.  Unknown names are passed over, and everything behind an "error:" line, which
 * ends in a->error and is no failure here.  XE_KEY: a line that is none, an unknown cipher, a value that is no base64 or
 * too long; the text of e says so with the line's number and never quotes a value.  XE_FAILED. */
int answer_read(struct answer *a, const char *text, size_t len, struct err *e) __attribute__((warn_unused_result));

/* Is there a cipher, and a key that fits it?  XE_KEY. */
int answer_check(const struct answer *a, struct err *e) __attribute__((warn_unused_result));

/* text becomes the lines, without a NUL.  An answer to the daemon ends with an empty line, as key-manager.py's does; a key
 * file does not.  Without a key (stealth) there is no such line.  XE_FAILED. */
int answer_write(const struct answer *a, bool to_daemon, struct secret *text, struct err *e) __attribute__((warn_unused_result));

#endif
