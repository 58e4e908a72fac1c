/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys under a master key: OpenPGP messages, made and opened by gpg.  It is driven by its status lines, the interface that
 * it keeps stable; gpgme would run the same program and hold the key in memory of its own.
 * formats/bacula-encryption.md 4.6 */
#ifndef CRYPT_GNUPG_H
#define CRYPT_GNUPG_H

#include "base/secret.h"

struct gnupg {
	const char *home;       /* NULL: gpg's default */
	const char *passphrase; /* of the secret key; NULL: gpg-agent knows it or asks */
	unsigned seconds;       /* for one operation */
};

/* out becomes a binary message to recipient, at most out_bytes.  Errors say which key is missing, expired, revoked or not
 * trusted.  XE_KEY, XE_FAILED, XE_NOT_READY (too slow). */
int gnupg_encrypt(const struct gnupg *g, const char *recipient, const struct secret *plain, uint8_t *out, size_t out_bytes, size_t *out_len,
		  struct err *e) __attribute__((warn_unused_result));

/* plain becomes what is in the message, at most max bytes.  XE_KEY: the secret key is missing, its pass phrase is wrong,
 * or the message is damaged. */
int gnupg_decrypt(const struct gnupg *g, const uint8_t *message, size_t len, size_t max, struct secret *plain, struct err *e)
	__attribute__((warn_unused_result));

#endif
