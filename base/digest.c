/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include "base/hex.h"
#include "base/xxh3.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct digest {
	enum digest_kind kind;
	bool failed; /* the library, somewhere on the way */
	EVP_MD_CTX *evp;
	XXH64_state_t *xxh64;
	XXH3_state_t *xxh3;
};

const char *digest_name(enum digest_kind kind)
{
	static const char *const names[DIGEST_KINDS] = {
		"MD5", "SHA-1", "SHA-256", "SHA-512", "XXH64", "XXH3-64", "XXH3-128",
	};
	return names[kind];
}

static const EVP_MD *openssl_kind(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_MD5: return EVP_md5();
	case DIGEST_SHA1: return EVP_sha1();
	case DIGEST_SHA256: return EVP_sha256();
	case DIGEST_SHA512: return EVP_sha512();
	default: return NULL;
	}
}

bool digest_reset(struct digest *d)
{
	d->failed = false;
	if (d->evp)
		d->failed = EVP_DigestInit_ex(d->evp, NULL, NULL) != 1; /* the kind that it has: looking it up costs more */
	else if (d->xxh64)
		XXH64_reset(d->xxh64, 0);
	else if (d->kind == DIGEST_XXH3_64)
		XXH3_64bits_reset(d->xxh3);
	else
		XXH3_128bits_reset(d->xxh3);
	return !d->failed;
}

struct digest *digest_new(enum digest_kind kind)
{
	struct digest *d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->kind = kind;
	if (openssl_kind(kind))
		d->evp = EVP_MD_CTX_new();
	else if (kind == DIGEST_XXH64)
		d->xxh64 = XXH64_createState();
	else
		d->xxh3 = XXH3_createState();
	bool ready = d->evp ? EVP_DigestInit_ex(d->evp, openssl_kind(kind), NULL) == 1 : (d->xxh64 || d->xxh3);
	if (ready && digest_reset(d))
		return d;
	digest_free(d);
	return NULL;
}

void digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->evp);
	XXH64_freeState(d->xxh64);
	XXH3_freeState(d->xxh3);
	free(d);
}

void digest_add(struct digest *d, const void *data, size_t len)
{
	if (d == NULL || len == 0)
		return;
	if (d->evp)
		d->failed = EVP_DigestUpdate(d->evp, data, len) != 1 || d->failed;
	else if (d->xxh64)
		XXH64_update(d->xxh64, data, len);
	else
		xxh3_add(d->xxh3, data, len);
}

static size_t openssl_value(const struct digest *d, uint8_t *value)
{
	unsigned len = 0;
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	if (d->failed || copy == NULL || EVP_MD_CTX_copy_ex(copy, d->evp) != 1 || EVP_DigestFinal_ex(copy, value, &len) != 1)
		len = 0;
	EVP_MD_CTX_free(copy);
	return len;
}

size_t digest_value(const struct digest *d, uint8_t value[static DIGEST_MAX_BYTES])
{
	if (d->evp)
		return openssl_value(d, value);
	if (d->kind == DIGEST_XXH3_128) {
		XXH128_canonicalFromHash((XXH128_canonical_t *)value, XXH3_128bits_digest(d->xxh3));
		return 16;
	}
	XXH64_canonicalFromHash((XXH64_canonical_t *)value, d->xxh64 ? XXH64_digest(d->xxh64) : XXH3_64bits_digest(d->xxh3));
	return 8;
}

void digest_text(const struct digest *d, char text[static DIGEST_TEXT_BYTES])
{
	uint8_t value[DIGEST_MAX_BYTES];
	hex_text(value, d ? digest_value(d, value) : 0, text);
}
