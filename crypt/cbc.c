/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/cbc.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>

struct cbc {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	uint8_t iv[PKI_IV_MAX_BYTES];
};

static OSSL_PROVIDER *standard, *legacy;

static void unload_providers(void)
{
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(standard);
}

/* Blowfish is in a provider of its own since OpenSSL 3; one that is asked for by name turns off the one that comes by itself. */
static EVP_CIPHER *fetch(enum pki_cipher cipher)
{
	EVP_CIPHER *found = EVP_CIPHER_fetch(NULL, pki_cipher_name(cipher), NULL);
	if (found || cipher != PKI_BLOWFISH || standard)
		return found;
	standard = OSSL_PROVIDER_load(NULL, "default");
	legacy = standard ? OSSL_PROVIDER_load(NULL, "legacy") : NULL;
	atexit(unload_providers);
	return legacy ? EVP_CIPHER_fetch(NULL, pki_cipher_name(cipher), NULL) : NULL;
}

int cbc_new(struct cbc **c, enum pki_cipher cipher, const struct secret *key, struct span iv, struct err *e)
{
	*c = NULL;
	struct cbc *n = calloc(1, sizeof *n);
	if (n == NULL)
		return err_memory(e, sizeof *n, "a cipher");
	memcpy(n->iv, iv.data, iv.len);
	n->cipher = fetch(cipher);
	n->ctx = n->cipher ? EVP_CIPHER_CTX_new() : NULL;
	bool ready = n->ctx && EVP_DecryptInit_ex2(n->ctx, n->cipher, key->data, n->iv, NULL) == 1;
	*c = ready ? n : NULL;
	bool missing = n->cipher == NULL;
	if (!ready)
		cbc_free(n);
	ERR_clear_error();
	if (missing)
		return err_set(e, XE_KEY, "its cipher %s is not to be had from OpenSSL here%s", pki_cipher_name(cipher),
			       cipher == PKI_BLOWFISH ? ": install the module \"legacy\" of OpenSSL" : "");
	return ready ? 0 : err_set(e, XE_FAILED, "the cipher %s cannot be set up", pki_cipher_name(cipher));
}

void cbc_free(struct cbc *c)
{
	if (c == NULL)
		return;
	EVP_CIPHER_CTX_free(c->ctx);
	EVP_CIPHER_free(c->cipher);
	free(c);
}

bool cbc_begin(struct cbc *c)
{
	return cbc_resume(c, c->iv);
}

bool cbc_resume(struct cbc *c, const uint8_t *before)
{
	return EVP_DecryptInit_ex2(c->ctx, NULL, NULL, before, NULL) == 1;
}

bool cbc_add(struct cbc *c, const uint8_t *in, size_t len, uint8_t *plain, size_t *got)
{
	int n = 0;
	bool done = len <= INT_MAX - PKI_IV_MAX_BYTES && EVP_DecryptUpdate(c->ctx, plain, &n, in, (int)len) == 1;
	*got = done ? (size_t)n : 0;
	return done;
}

bool cbc_end(struct cbc *c, uint8_t plain[static PKI_IV_MAX_BYTES], size_t *got)
{
	int n = 0;
	bool right = EVP_DecryptFinal_ex(c->ctx, plain, &n) == 1;
	*got = right ? (size_t)n : 0;
	ERR_clear_error();
	return right;
}
