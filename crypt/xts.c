/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/xts.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *title;
	size_t key_bytes;
} ciphers[] = {
	[XTS_NULL] = {"NULL", "no cipher", 16},
	[XTS_AES_128] = {"AES_128_XTS", "AES-128", 32},
	[XTS_AES_256] = {"AES_256_XTS", "AES-256", 64},
};
#define CIPHERS (sizeof ciphers / sizeof ciphers[0])

#define SPARES 16u /* contexts that are kept for the next block */

/* One direction.  The first context is only copied: each block takes one that nobody else has. */
struct coder {
	EVP_CIPHER_CTX *first; /* NULL: this way is closed */
	EVP_CIPHER_CTX *spares[SPARES];
	unsigned spare_count;
};

struct xts {
	enum xts_cipher cipher;
	struct coder encrypt, decrypt;
	pthread_mutex_t lock; /* of the spares */
	pthread_cond_t back;  /* one has come back */
};

const char *xts_name(enum xts_cipher cipher)
{
	return ciphers[cipher].name;
}

const char *xts_title(enum xts_cipher cipher)
{
	return ciphers[cipher].title;
}

bool xts_parse(const char *name, size_t len, enum xts_cipher *cipher)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		if (strlen(ciphers[i].name) == len && strncasecmp(ciphers[i].name, name, len) == 0) {
			*cipher = (enum xts_cipher)i;
			return true;
		}
	}
	return false;
}

size_t xts_key_bytes(enum xts_cipher cipher)
{
	return ciphers[cipher].key_bytes;
}

bool xts_for_key(size_t key_bytes, enum xts_cipher *cipher)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		if (ciphers[i].key_bytes == key_bytes) {
			*cipher = (enum xts_cipher)i;
			return true;
		}
	}
	return false;
}

int xts_check_key(enum xts_cipher cipher, const struct secret *key, struct err *e)
{
	size_t half = key->len / 2;
	if (key->len != ciphers[cipher].key_bytes)
		return err_set(e, XE_KEY, "the key has %zu bytes, %s takes %zu", key->len, ciphers[cipher].name, ciphers[cipher].key_bytes);
	if (cipher != XTS_NULL && CRYPTO_memcmp(key->data, key->data + half, half) == 0)
		return err_set(e, XE_KEY, "the two halves of the key are equal, which no cipher should take");
	return 0;
}

/* NULL without memory. */
static EVP_CIPHER_CTX *copy_of(const EVP_CIPHER_CTX *from)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (ctx && EVP_CIPHER_CTX_copy(ctx, from) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* Its first spare; a way that is closed needs none. */
static bool begin_coder(struct coder *c)
{
	if (c->first && (c->spares[0] = copy_of(c->first)) != NULL)
		c->spare_count = 1;
	return c->first == NULL || c->spare_count > 0;
}

int xts_new(struct xts **x, const struct secret *key, struct err *e)
{
	*x = NULL;
	enum xts_cipher cipher;
	if (!xts_for_key(key->len, &cipher))
		return err_set(e, XE_KEY, "the key has %zu bytes; a volume's key has 32 (AES-128) or 64 (AES-256)", key->len);
	struct xts *n = calloc(1, sizeof *n);
	if (n == NULL)
		return err_memory(e, sizeof *n, "a cipher");
	n->cipher = cipher;
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->back, NULL);
	*x = n;
	if (cipher == XTS_NULL)
		return 0;
	const EVP_CIPHER *type = cipher == XTS_AES_128 ? EVP_aes_128_xts() : EVP_aes_256_xts();
	n->encrypt.first = EVP_CIPHER_CTX_new();
	n->decrypt.first = EVP_CIPHER_CTX_new();
	bool equal_halves = CRYPTO_memcmp(key->data, key->data + key->len / 2, key->len / 2) == 0;
	/* With equal halves what somebody else has encrypted can still be read. */
	bool ready = n->encrypt.first && n->decrypt.first && EVP_DecryptInit_ex(n->decrypt.first, type, NULL, key->data, NULL) == 1 &&
		     (equal_halves || EVP_EncryptInit_ex(n->encrypt.first, type, NULL, key->data, NULL) == 1);
	if (equal_halves) {
		EVP_CIPHER_CTX_free(n->encrypt.first);
		n->encrypt.first = NULL;
	}
	if (ready && begin_coder(&n->encrypt) && begin_coder(&n->decrypt))
		return 0;
	xts_free(n);
	*x = NULL;
	return err_set(e, XE_FAILED, "the cipher %s is not to be had from OpenSSL", ciphers[cipher].name);
}

static void free_coder(struct coder *c)
{
	EVP_CIPHER_CTX_free(c->first);
	while (c->spare_count > 0)
		EVP_CIPHER_CTX_free(c->spares[--c->spare_count]);
}

void xts_free(struct xts *x)
{
	if (x == NULL)
		return;
	free_coder(&x->encrypt);
	free_coder(&x->decrypt);
	pthread_cond_destroy(&x->back);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

/* ---- blocks ---- */

/* For give_back.  One more where there is memory; else what comes back: there is one from the beginning. */
static EVP_CIPHER_CTX *borrow(struct xts *x, struct coder *c)
{
	pthread_mutex_lock(&x->lock);
	EVP_CIPHER_CTX *ctx = c->spare_count == 0 ? copy_of(c->first) : NULL;
	while (ctx == NULL && c->spare_count == 0)
		pthread_cond_wait(&x->back, &x->lock);
	if (ctx == NULL)
		ctx = c->spares[--c->spare_count];
	pthread_mutex_unlock(&x->lock);
	return ctx;
}

static void give_back(struct xts *x, struct coder *c, EVP_CIPHER_CTX *ctx)
{
	pthread_mutex_lock(&x->lock);
	bool kept = c->spare_count < SPARES;
	if (kept)
		c->spares[c->spare_count++] = ctx;
	pthread_cond_signal(&x->back);
	pthread_mutex_unlock(&x->lock);
	if (!kept)
		EVP_CIPHER_CTX_free(ctx);
}

/* BlockNumber, VolSessionId, VolSessionTime as they stand in the header, then zeros. */
static void tweak_of(const uint8_t *block, uint8_t tweak[static 16])
{
	memset(tweak, 0, 16);
	memcpy(tweak, block + 8, 4);
	memcpy(tweak + 4, block + 16, 8);
}

static bool code(struct xts *x, struct coder *c, const uint8_t *in, uint8_t *out, size_t len)
{
	uint8_t tweak[16];
	if (c->first == NULL || len < XTS_HEADER_BYTES + XTS_BODY_MIN_BYTES || len > XTS_HEADER_BYTES + XTS_BODY_MAX_BYTES)
		return false;
	EVP_CIPHER_CTX *ctx = borrow(x, c);
	int body = (int)(len - XTS_HEADER_BYTES), n = 0;
	tweak_of(in, tweak);
	if (in != out)
		memcpy(out, in, XTS_HEADER_BYTES);
	bool done = EVP_CipherInit_ex(ctx, NULL, NULL, NULL, tweak, -1) == 1 &&
		    EVP_CipherUpdate(ctx, out + XTS_HEADER_BYTES, &n, in + XTS_HEADER_BYTES, body) == 1 && n == body;
	give_back(x, c, ctx);
	return done;
}

static bool copy(const uint8_t *in, uint8_t *out, size_t len)
{
	if (in != out)
		memcpy(out, in, len);
	return true;
}

bool xts_encrypt_block(struct xts *x, const uint8_t *in, uint8_t *out, size_t len)
{
	return x->cipher == XTS_NULL ? copy(in, out, len) : code(x, &x->encrypt, in, out, len);
}

bool xts_decrypt_block(struct xts *x, const uint8_t *in, uint8_t *out, size_t len)
{
	return x->cipher == XTS_NULL ? copy(in, out, len) : code(x, &x->decrypt, in, out, len);
}
