/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passphrases, unpadded base64, RFC 3394 and RFC 5649 wrap and unwrap, and what of it reaches a tape drive.
 *
 * A Bareos volume key is a passphrase of 32 printable characters.  The catalog and the crypto cache hold it as base64
 * (43 characters), or, if there is a Key Encryption Key, wrapped and then as base64 (54 characters).  Raw keys, which
 * Bareos does not know, have 256 or 512 bits and a form of their own, "xflate1:" and base64. */
#ifndef KEYWRAP_H
#define KEYWRAP_H

#include "base/secret.h"

#define KEYWRAP_PASSPHRASE_BYTES 32u
#define KEYWRAP_WRAPPED_BYTES 40u
#define KEYWRAP_BASE64_CHARS 43u
#define KEYWRAP_WRAPPED_CHARS 54u
#define KEYWRAP_DRIVE_KEY_BYTES 32u
#define KEYWRAP_RAW_MAX_BYTES 64u
#define KEYWRAP_KEK_BYTES 16u     /* of a KEK that count in Bareos */
#define KEYWRAP_OWN_KEK_BYTES 32u /* of a KEK that wraps raw keys; all of it */
#define KEYWRAP_OWN_PREFIX "xflate1:"

enum keywrap_form {
	KEYWRAP_UNKNOWN,
	KEYWRAP_PASSPHRASE, /* 32 printable characters */
	KEYWRAP_BASE64,     /* base64 of one: not wrapped */
	KEYWRAP_WRAPPED,    /* RFC 3394, AES-128 */
	KEYWRAP_OWN,        /* a raw key: RFC 5649, AES-256 */
};

/* What this text is, by its length and characters alone; the padding of base64 may be there. */
enum keywrap_form keywrap_form_of(const char *text, size_t len);

/* "passphrase", "base64", "wrapped", "own", "unknown". */
const char *keywrap_form_name(enum keywrap_form form);

/* ---- passphrases ---- */

/* Turns random bytes into characters of Bareos's alphabet of 90, each as probable as any other: bytes of 180 and more
 * are passed over.  Returns how many of the want characters there were bytes for. */
size_t keywrap_draw(const uint8_t *random, size_t n, char *out, size_t want);

/* A new passphrase, from the system's generator through OpenSSL.  XE_FAILED. */
int keywrap_generate(struct secret *passphrase, struct err *e) __attribute__((warn_unused_result));

/* A new raw key of n bytes.  XE_FAILED. */
int keywrap_generate_raw(struct secret *key, size_t n, struct err *e) __attribute__((warn_unused_result));

/* The key that a drive gets: the first 31 bytes of the passphrase, ending at a NUL, then zeros; so does every release
 * of Bareos (formats/keys-and-drives.md 2.3). */
int keywrap_drive_key(const struct secret *passphrase, struct secret *key, struct err *e) __attribute__((warn_unused_result));

/* 64 or 128 hex digits (blanks and newlines behind them are cut), or 32 or 64 bytes as they are.  XE_KEY. */
int keywrap_raw_key(const struct secret *text, struct secret *key, struct err *e) __attribute__((warn_unused_result));

/* What people see of a drive key, raw or made of a passphrase; and of a KEK, its first 16 bytes. */
void keywrap_key_id(const struct secret *drive_key, char id[static SECRET_ID_BYTES]);
void keywrap_kek_id(const struct secret *kek, char id[static SECRET_ID_BYTES]);

/* ---- key wrap ---- */

/* RFC 3394 under a KEK of 16, 24 or 32 bytes; len is a multiple of 8, from 16 to 4096.  wrapped takes len + 8 bytes.
 * XE_FAILED. */
int keywrap_wrap(const uint8_t *kek, size_t kek_bytes, const uint8_t *key, size_t len, uint8_t *wrapped, struct err *e)
	__attribute__((warn_unused_result));

/* The way back; key takes len - 8 bytes.  XE_KEY: it does not open; key is wiped then. */
int keywrap_unwrap(const uint8_t *kek, size_t kek_bytes, const uint8_t *wrapped, size_t len, uint8_t *key, struct err *e)
	__attribute__((warn_unused_result));

/* RFC 5649, for keys of 1 to 4096 bytes; the wrapped key has the next multiple of 8, and 8 more.  XE_FAILED. */
#define KEYWRAP_PADDED_BYTES(len) (((len) + 15) / 8 * 8)
int keywrap_wrap_padded(const uint8_t *kek, size_t kek_bytes, const uint8_t *key, size_t len, uint8_t *wrapped, struct err *e)
	__attribute__((warn_unused_result));

/* The way back; key takes len bytes; *key_bytes tells how many it has.  XE_KEY as above. */
int keywrap_unwrap_padded(const uint8_t *kek, size_t kek_bytes, const uint8_t *wrapped, size_t len, uint8_t *key, size_t *key_bytes,
			  struct err *e) __attribute__((warn_unused_result));

/* ---- keys as texts ---- */

/* Cuts what editors leave behind a KEK and checks that it has at least 16 bytes.  XE_KEY says why. */
int keywrap_prepare_kek(struct secret *kek, struct err *e) __attribute__((warn_unused_result));

/* Opens the text of a key, in whatever form; kek may be NULL and is not looked at where there is nothing to unwrap.
 * key is the passphrase or, of KEYWRAP_OWN, the raw key.  XE_KEY: no key, no KEK, the wrong KEK. */
int keywrap_open(const char *text, size_t len, const struct secret *kek, struct secret *key, struct err *e)
	__attribute__((warn_unused_result));

/* The text of a key in a form (not KEYWRAP_UNKNOWN).  KEYWRAP_WRAPPED takes 32 bytes, KEYWRAP_OWN 32 or 64.
 * XE_KEY, XE_FAILED. */
int keywrap_seal(const struct secret *key, enum keywrap_form form, const struct secret *kek, struct secret *text, struct err *e)
	__attribute__((warn_unused_result));

/* The id of a key that keywrap_open has opened.  XE_FAILED without memory. */
int keywrap_opened_id(const struct secret *key, enum keywrap_form form, char id[static SECRET_ID_BYTES], struct err *e)
	__attribute__((warn_unused_result));

#endif
