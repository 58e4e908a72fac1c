/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and certificates of clients, and master keys: what opens their sessions and bears their signatures out.
 * formats/restore-format.md 2.6 */
#ifndef CRYPT_PKIKEYS_H
#define CRYPT_PKIKEYS_H

#include "base/secret.h"
#include "crypt/pkirecord.h"

#define PKIKEYS_PEM_MAX_BYTES 65536u
#define PKIKEYS_WHOM_BYTES 160 /* text for pkikeys_whom */

struct pkikeys;

/* NULL without memory; for pkikeys_free (NULL is fine), which wipes them. */
struct pkikeys *pkikeys_new(void);
void pkikeys_free(struct pkikeys *k);

/* Adds the RSA private key in this PEM, and the certificates that stand beside it.  passphrases: count of them, each is tried where the key
 * is protected.  XE_KEY: there is none, of another kind, or none of these opens it.  XE_FAILED. */
int pkikeys_add_key(struct pkikeys *k, const struct secret *pem, const struct secret *passphrases, size_t count, struct err *e)
	__attribute__((warn_unused_result));

/* Adds the certificates in this PEM.  XE_KEY: there is none.  XE_FAILED. */
int pkikeys_add_certificates(struct pkikeys *k, const struct secret *pem, struct err *e) __attribute__((warn_unused_result));

/* The key of a session.  XE_KEY: none of ours is one that it was encrypted for.  XE_DAMAGE: one is, by its certificate, and still does not
 * open it.  XE_FAILED. */
int pkikeys_open(const struct pkikeys *k, const struct pki_session *s, struct secret *key, struct err *e)
	__attribute__((warn_unused_result));

/* For whom a session was encrypted: the beginnings of their Subject Key Identifiers, as hex digits. */
void pkikeys_whom(const struct pki_session *s, char text[static PKIKEYS_WHOM_BYTES]);

enum pkikeys_verdict {
	PKIKEYS_SIGNED,  /* by whom we have the certificate (or key) of: over this digest */
	PKIKEYS_UNKNOWN, /* by others */
	PKIKEYS_FORGED,  /* not by whom it says, whose certificate we have */
	PKIKEYS_GARBLED, /* it is no signature of a client's */
};

/* What a signature (stream 19) is over: the digest in value, and of which kind. */
enum pkikeys_verdict pkikeys_signed(const struct pkikeys *k, struct span record, enum digest_kind *kind,
				    uint8_t value[static DIGEST_MAX_BYTES], size_t *len);

#endif
