/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests of streams: those that volumes carry of their files, and SHA-256 for reports. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum digest_kind {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA512,
	DIGEST_XXH64, /* seed 0; this and the next two in canonical form, big-endian */
	DIGEST_XXH3_64,
	DIGEST_XXH3_128,
	DIGEST_KINDS
};

#define DIGEST_MAX_BYTES 64
#define DIGEST_TEXT_BYTES (2 * DIGEST_MAX_BYTES + 1)

/* "SHA-256" */
const char *digest_name(enum digest_kind kind);

struct digest;

/* NULL without memory, or where the library has no such digest.  The caller's, for digest_free (NULL is fine). */
struct digest *digest_new(enum digest_kind kind);
void digest_free(struct digest *d);

/* Begins anew.  False if the library cannot: it may want memory. */
bool digest_reset(struct digest *d);

/* Adds len bytes.  NULL is fine: nothing is counted then.  What the library cannot do, digest_value tells. */
void digest_add(struct digest *d, const void *data, size_t len);

/* The digest of all that was added; its length in bytes, or 0 if the library cannot.  d may be added to further. */
size_t digest_value(const struct digest *d, uint8_t value[static DIGEST_MAX_BYTES]);

/* The same as hex digits; "" for NULL. */
void digest_text(const struct digest *d, char text[static DIGEST_TEXT_BYTES]);

#endif
