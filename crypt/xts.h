/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cipher of encrypted BB03 blocks: AES-XTS over everything behind the header, one data unit a block.
 * formats/bacula-encryption.md 1.3 */
#ifndef CRYPT_XTS_H
#define CRYPT_XTS_H

#include "base/secret.h"

/* NULL is Bacula's name for a cipher that does nothing. */
enum xts_cipher { XTS_NULL, XTS_AES_128, XTS_AES_256 };

#define XTS_HEADER_BYTES 32u               /* of a BB03 block, never encrypted */
#define XTS_BODY_MIN_BYTES 16u             /* XTS works on no less */
#define XTS_BODY_MAX_BYTES (16u << 20)     /* OpenSSL encrypts no more in one data unit */
#define XTS_KEY_DOMAIN "xflate volume key" /* of the key id that people see: secret_id() */

/* "AES_256_XTS", as the Encryption Command says it.  The second one takes upper and lower case. */
const char *xts_name(enum xts_cipher cipher);
bool xts_parse(const char *name, size_t len, enum xts_cipher *cipher);

/* "AES-256" for people. */
const char *xts_title(enum xts_cipher cipher);

/* 16, 32, 64 */
size_t xts_key_bytes(enum xts_cipher cipher);

/* Which cipher takes a key of so many bytes; false if none does. */
bool xts_for_key(size_t key_bytes, enum xts_cipher *cipher);

/* May volumes be encrypted with it?  The length must fit and its halves must differ: equal ones make every block's tweak
 * known, and OpenSSL refuses them when it is too late.  XE_KEY. */
int xts_check_key(enum xts_cipher cipher, const struct secret *key, struct err *e) __attribute__((warn_unused_result));

/* Key schedules, of any number of threads. */
struct xts;

/* The cipher follows from the key's length.  *x is the caller's, for xts_free (NULL is fine).  XE_KEY, XE_FAILED. */
int xts_new(struct xts **x, const struct secret *key, struct err *e) __attribute__((warn_unused_result));
void xts_free(struct xts *x);

/* One whole block of len bytes: its header tells the tweak and is copied, its body is coded.  in and out are the same or
 * do not overlap.  False if the body is too short or too long. */
bool xts_encrypt_block(struct xts *x, const uint8_t *in, uint8_t *out, size_t len);
bool xts_decrypt_block(struct xts *x, const uint8_t *in, uint8_t *out, size_t len);

#endif
