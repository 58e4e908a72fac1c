/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session's key stands under RSA with the padding of PKCS #1 v1.5, which is taken off here and not by the library: newer ones answer a
 * wrong key with random bytes, so that nobody learns of it.  There is nobody to hide it from here, and "wrong key" is what is to be told. */
#include "crypt/pkikeys.h"

#include "base/hex.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define SECURE_BYTES (512u << 10) /* of locked memory for private keys: some hundred of them */
#define SECURE_LEAST 32u
#define RSA_MAX_BYTES 2048u /* a key of 16384 bits */
#define PADDING_LEAST 8u    /* PKCS #1 v1.5, random bytes that are not 0 */
#define WHOM_SHOWN 4u
#define WHOM_ID_BYTES 10u

/* One pair, or the public half. */
struct pkikey {
	EVP_PKEY *key;
	bool private;
	uint8_t *id; /* Subject Key Identifier of its certificate; NULL: not known */
	size_t id_len;
};

struct pkikeys {
	struct pkikey *keys;
	size_t count;
};

struct pkikeys *pkikeys_new(void)
{
	return calloc(1, sizeof(struct pkikeys));
}

void pkikeys_free(struct pkikeys *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->count; i++) {
		EVP_PKEY_free(k->keys[i].key);
		free(k->keys[i].id);
	}
	free(k->keys);
	free(k);
}

/* ---- reading ---- */

/* Private numbers of OpenSSL's go where they are locked, not dumped, and wiped: they ask for such memory, once there is some. */
static int prepare(struct err *e)
{
	int rc = secret_library(e);
	if (rc == 0 && !CRYPTO_secure_malloc_initialized())
		(void)CRYPTO_secure_malloc_init(SECURE_BYTES, SECURE_LEAST);
	return rc;
}

/* Takes key over, and a copy of id. */
static int add(struct pkikeys *k, EVP_PKEY *key, bool private, struct span id, struct err *e)
{
	struct pkikey *grown = realloc(k->keys, (k->count + 1) * sizeof *grown);
	if (grown)
		k->keys = grown;
	uint8_t *copy = grown && id.len > 0 ? malloc(id.len) : NULL;
	if (grown == NULL || (id.len > 0 && copy == NULL)) {
		EVP_PKEY_free(key);
		return err_memory(e, id.len + sizeof *grown, "keys");
	}
	if (copy)
		memcpy(copy, id.data, id.len);
	k->keys[k->count++] = (struct pkikey){.key = key, .private = private, .id = copy, .id_len = id.len};
	return 0;
}

/* What its certificate says of a key that came without, from now on. */
static int name_keys(struct pkikeys *k, const EVP_PKEY *public, struct span id, struct err *e)
{
	for (size_t i = 0; i < k->count; i++) {
		struct pkikey *key = &k->keys[i];
		if (key->id || EVP_PKEY_eq(key->key, public) != 1)
			continue;
		key->id = malloc(id.len);
		if (key->id == NULL)
			return err_memory(e, id.len, "keys");
		memcpy(key->id, id.data, id.len);
		key->id_len = id.len;
	}
	return 0;
}

static int add_certificate(struct pkikeys *k, X509 *certificate, struct err *e)
{
	EVP_PKEY *public = X509_get_pubkey(certificate);
	const ASN1_OCTET_STRING *text = X509_get0_subject_key_id(certificate);
	struct span id = {text ? ASN1_STRING_get0_data(text) : NULL, text ? (size_t)ASN1_STRING_length(text) : 0};
	if (public == NULL || !EVP_PKEY_is_a(public, "RSA")) {
		EVP_PKEY_free(public);
		return err_set(e, XE_KEY, "the certificate is not one of an RSA key, which clients sign with");
	}
	int rc = id.len > 0 ? name_keys(k, public, id, e) : 0;
	if (rc == 0)
		return add(k, public, false, id, e);
	EVP_PKEY_free(public);
	return rc;
}

static int read_certificates(struct pkikeys *k, const struct secret *pem, size_t *found, struct err *e)
{
	BIO *in = BIO_new_mem_buf(pem->data, (int)pem->len);
	int rc = in ? 0 : err_memory(e, 0, "certificates");
	X509 *certificate;
	while (rc == 0 && (certificate = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		rc = add_certificate(k, certificate, e);
		X509_free(certificate);
		*found += 1;
	}
	BIO_free(in);
	ERR_clear_error();
	return rc;
}

struct asked {
	const struct secret *passphrase; /* NULL: there is none */
	bool asked;
};

static int answer(char *to, int room, int writing, void *arg)
{
	struct asked *a = arg;
	(void)writing;
	a->asked = true;
	if (a->passphrase == NULL || a->passphrase->len > (size_t)room)
		return -1;
	memcpy(to, a->passphrase->data, a->passphrase->len);
	return (int)a->passphrase->len;
}

static EVP_PKEY *read_private(const struct secret *pem, struct asked *a)
{
	BIO *in = BIO_new_mem_buf(pem->data, (int)pem->len);
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, answer, a) : NULL;
	BIO_free(in);
	ERR_clear_error();
	return key;
}

static int read_key(const struct secret *pem, const struct secret *passphrases, size_t count, EVP_PKEY **key, struct err *e)
{
	struct asked a = {0};
	*key = read_private(pem, &a);
	for (size_t i = 0; *key == NULL && a.asked && i < count; i++) {
		a.passphrase = &passphrases[i];
		*key = read_private(pem, &a);
	}
	bool usable = *key && EVP_PKEY_is_a(*key, "RSA") && (size_t)EVP_PKEY_get_size(*key) <= RSA_MAX_BYTES;
	if (usable)
		return 0;
	if (*key)
		err_set(e, XE_KEY, "its key is none of RSA, or larger than 16384 bits: no client encrypts with such");
	else if (!a.asked)
		err_set(e, XE_KEY, "there is no private key in PEM in it");
	else
		err_set(e, XE_KEY,
			count > 0 ? "its pass phrase is not the one that was given" : "it is protected by a pass phrase: give that, too");
	EVP_PKEY_free(*key);
	*key = NULL;
	return e->code;
}

int pkikeys_add_key(struct pkikeys *k, const struct secret *pem, const struct secret *passphrases, size_t count, struct err *e)
{
	EVP_PKEY *key = NULL;
	size_t certificates = 0, before = k->count;
	int rc = prepare(e);
	if (rc == 0)
		rc = read_key(pem, passphrases, count, &key, e);
	if (rc == 0)
		rc = add(k, key, true, (struct span){NULL, 0}, e);
	/* Certificates that came before may be of it. */
	for (size_t i = 0; rc == 0 && i < before; i++) {
		const struct pkikey *other = &k->keys[i];
		if (other->id)
			rc = name_keys(k, other->key, (struct span){other->id, other->id_len}, e);
	}
	return rc == 0 ? read_certificates(k, pem, &certificates, e) : rc;
}

int pkikeys_add_certificates(struct pkikeys *k, const struct secret *pem, struct err *e)
{
	size_t found = 0;
	int rc = prepare(e);
	if (rc == 0)
		rc = read_certificates(k, pem, &found, e);
	return rc == 0 && found == 0 ? err_set(e, XE_KEY, "there is no certificate in PEM in it") : rc;
}

static bool has_id(const struct pkikey *key, struct span id)
{
	return key->id && key->id_len == id.len && memcmp(key->id, id.data, id.len) == 0;
}

/* ---- sessions ---- */

/* One operation of RSA without padding: block has size bytes. */
static bool decrypt(EVP_PKEY *key, struct span locked, struct secret *block, size_t size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t n = size;
	bool done = ctx && EVP_PKEY_decrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
		    EVP_PKEY_decrypt(ctx, block->data, &n, locked.data, locked.len) == 1 && n == size;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	block->len = done ? n : 0;
	return done;
}

/* What stands behind 00 02, random bytes and 00; empty if it does not stand so, or is not of this length. */
static struct span unpad(const struct secret *block, size_t wanted)
{
	struct rd r = rd_over(block->data, block->len);
	bool begins = rd_u8(&r) == 0 && rd_u8(&r) == 2;
	if (!begins || rd_left(&r) < wanted + 1 + PADDING_LEAST)
		return (struct span){NULL, 0};
	struct span padding = rd_span(&r, rd_left(&r) - wanted - 1);
	bool right = memchr(padding.data, 0, padding.len) == NULL && rd_u8(&r) == 0;
	return right ? (struct span){r.p, wanted} : (struct span){NULL, 0};
}

/* *fits: it is the key that opens it, and key is filled. */
static int try(const struct pkikey *ours, const struct pki_recipient *r, size_t key_bytes, struct secret *key, bool *fits, struct err *e)
{
	struct secret block = SECRET_NONE;
	size_t size = (size_t)EVP_PKEY_get_size(ours->key);
	*fits = false;
	if (r->locked.len != size)
		return 0;
	int rc = secret_new(&block, size, e);
	if (rc == 0 && decrypt(ours->key, r->locked, &block, size)) {
		struct span found = unpad(&block, key_bytes);
		*fits = found.len > 0;
		rc = *fits ? secret_set(key, found.data, found.len, e) : 0;
	}
	secret_free(&block);
	return rc;
}

/* With each of our keys.  *named: by its certificate one is the recipient's. */
static int try_all(const struct pkikeys *k, const struct pki_recipient *r, size_t key_bytes, struct secret *key, bool *named, struct err *e)
{
	bool fits = false;
	int rc = 0;
	for (size_t i = 0; rc == 0 && !fits && i < k->count; i++) {
		const struct pkikey *ours = &k->keys[i];
		bool is_named = has_id(ours, r->key_id);
		if (!ours->private || (ours->id && !is_named))
			continue;
		*named = *named || is_named;
		rc = try(ours, r, key_bytes, key, &fits, e);
	}
	return rc;
}

int pkikeys_open(const struct pkikeys *k, const struct pki_session *s, struct secret *key, struct err *e)
{
	struct rd recipients = s->recipients;
	struct pki_recipient r;
	bool named = false;
	int rc = 0;
	secret_free(key);
	while (rc == 0 && key->len == 0 && pki_recipient_next(&recipients, &r))
		rc = try_all(k, &r, pki_cipher_key_bytes(s->cipher), key, &named, e);
	if (rc != 0 || key->len > 0)
		return rc;
	if (named)
		return err_set(e, XE_DAMAGE, "the key of its session is damaged: the private key that it names does not open it");
	char whom[PKIKEYS_WHOM_BYTES];
	pkikeys_whom(s, whom);
	return err_set(e, XE_KEY, "none of the keys given is one that it was encrypted for: %s", whom);
}

void pkikeys_whom(const struct pki_session *s, char text[static PKIKEYS_WHOM_BYTES])
{
	struct rd recipients = s->recipients;
	struct pki_recipient r;
	size_t at = 0, shown = 0;
	snprintf(text, PKIKEYS_WHOM_BYTES, "nobody whose key is of RSA");
	while (pki_recipient_next(&recipients, &r)) {
		char id[2 * WHOM_ID_BYTES + 1];
		size_t n = r.key_id.len < WHOM_ID_BYTES ? r.key_id.len : WHOM_ID_BYTES;
		hex_text(r.key_id.data, n, id);
		if (shown++ < WHOM_SHOWN)
			at += (size_t)snprintf(text + at, PKIKEYS_WHOM_BYTES - at, "%s%s%s", at ? ", " : "key ", id,
					       n < r.key_id.len ? "..." : "");
	}
	if (shown > WHOM_SHOWN)
		snprintf(text + at, PKIKEYS_WHOM_BYTES - at, " and %zu more", shown - WHOM_SHOWN);
}

/* ---- signatures ---- */

/* The digest that the signature is over, by this key. */
static bool recover(EVP_PKEY *key, const struct pki_signer *s, uint8_t value[static DIGEST_MAX_BYTES], size_t *len)
{
	static const char *const names[DIGEST_KINDS] = {
		[DIGEST_MD5] = "MD5", [DIGEST_SHA1] = "SHA1", [DIGEST_SHA256] = "SHA256", [DIGEST_SHA512] = "SHA512"};
	uint8_t block[RSA_MAX_BYTES];
	size_t n = sizeof block;
	const EVP_MD *md = EVP_get_digestbyname(names[s->digest]);
	EVP_PKEY_CTX *ctx = EVP_PKEY_get_size(key) <= (int)sizeof block ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	bool right = md && ctx && EVP_PKEY_verify_recover_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
		     EVP_PKEY_verify_recover(ctx, block, &n, s->signature.data, s->signature.len) == 1 &&
		     n == (size_t)EVP_MD_get_size(md) && n <= DIGEST_MAX_BYTES;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	if (right)
		memcpy(value, block, n);
	*len = right ? n : 0;
	return right;
}

enum pkikeys_verdict pkikeys_signed(const struct pkikeys *k, struct span record, enum digest_kind *kind,
				    uint8_t value[static DIGEST_MAX_BYTES], size_t *len)
{
	struct rd signers;
	struct pki_signer s;
	bool named = false;
	if (!pki_signature_read(record, &signers))
		return PKIKEYS_GARBLED;
	while (pki_signer_next(&signers, &s)) {
		for (size_t i = 0; i < k->count; i++) {
			const struct pkikey *ours = &k->keys[i];
			if (ours->id && !has_id(ours, s.key_id))
				continue;
			named = named || ours->id;
			*kind = s.digest;
			if (recover(ours->key, &s, value, len))
				return PKIKEYS_SIGNED;
		}
	}
	return named ? PKIKEYS_FORGED : PKIKEYS_UNKNOWN;
}
