/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client that encrypts and signs writes beside the data of a file: for whom the key is, and the signature.  Nothing is decrypted
 * here.  formats/restore-format.md 2.6 */
#ifndef CRYPT_PKIRECORD_H
#define CRYPT_PKIRECORD_H

#include "base/bytes.h"
#include "base/digest.h"

#define PKI_IV_MAX_BYTES 16u
#define PKI_RECORD_MAX_BYTES 65536u /* with a hundred recipients; more is no session of a client's */

enum pki_cipher {
	PKI_AES_128,
	PKI_AES_192,
	PKI_AES_256,
	PKI_3DES,
	PKI_BLOWFISH,
	PKI_CAMELLIA_128,
	PKI_CAMELLIA_192,
	PKI_CAMELLIA_256,
	PKI_CIPHERS
};

/* As OpenSSL knows it: "AES-128-CBC". */
const char *pki_cipher_name(enum pki_cipher cipher);
size_t pki_cipher_key_bytes(enum pki_cipher cipher);
size_t pki_cipher_block_bytes(enum pki_cipher cipher);

/* Stream 22.  All is lent by the record. */
struct pki_session {
	enum pki_cipher cipher;
	struct span iv;       /* as long as its block */
	struct rd recipients; /* for pki_recipient_next */
};

/* One who can open it. */
struct pki_recipient {
	struct span key_id; /* Subject Key Identifier of the certificate */
	struct span locked; /* the session's key, under RSA (PKCS #1 v1.5) */
};

/* False if it is not all of one session, with recipients that are whole; *why then says so. */
bool pki_session_read(struct span record, struct pki_session *s, const char **why);

/* The next of its recipients whose key is of RSA; false behind the last. */
bool pki_recipient_next(struct rd *recipients, struct pki_recipient *r);

/* Of stream 19, one who signed. */
struct pki_signer {
	struct span key_id;
	enum digest_kind digest;
	struct span signature; /* RSA (PKCS #1 v1.5) over the digest */
};

/* The signers in *signers.  False if it is not all of one signature of such. */
bool pki_signature_read(struct span record, struct rd *signers);

/* The next of them whose digest is known; false behind the last. */
bool pki_signer_next(struct rd *signers, struct pki_signer *s);

#endif
