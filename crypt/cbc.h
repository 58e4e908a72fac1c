/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cipher text of a client, file by file: CBC with PKCS #7 padding at the end of each, which begins anew with the session's key and initial
 * vector.  formats/restore-format.md 2.6 */
#ifndef CRYPT_CBC_H
#define CRYPT_CBC_H

#include "base/secret.h"
#include "crypt/pkirecord.h"

struct cbc;

/* key: as long as the cipher's.  *c is the caller's for cbc_free (NULL is fine), which wipes the key; NULL after an error.  XE_KEY: OpenSSL here
 * does not have the cipher.  XE_FAILED. */
int cbc_new(struct cbc **c, enum pki_cipher cipher, const struct secret *key, struct span iv, struct err *e)
	__attribute__((warn_unused_result));
void cbc_free(struct cbc *c);

/* The next file begins.  False: the library cannot. */
bool cbc_begin(struct cbc *c) __attribute__((warn_unused_result));

/* It goes on behind this block of cipher text, or begins with this initial vector: as long as the cipher's block.  False: the library cannot. */
bool cbc_resume(struct cbc *c, const uint8_t *before) __attribute__((warn_unused_result));

/* What len bytes of cipher text make into plain, which has room for len and a block more; how much that is in *got.  False: the library cannot. */
bool cbc_add(struct cbc *c, const uint8_t *in, size_t len, uint8_t *plain, size_t *got) __attribute__((warn_unused_result));

/* The last bytes of the file, less than a block.  False: its end is no padding, or it is no number of blocks. */
bool cbc_end(struct cbc *c, uint8_t plain[static PKI_IV_MAX_BYTES], size_t *got) __attribute__((warn_unused_result));

#endif
