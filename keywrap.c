/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keywrap.h"

#include "base/base64.h"
#include "base/hex.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <string.h>

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*()-_=+|[]{};:,.<>?/~";
#define ALPHABET_CHARS (sizeof alphabet - 1)
#define WRAP_MAX_BYTES 4096u
#define KEY_DOMAIN "xflate drive key"
#define KEK_DOMAIN "xflate KEK"

/* ---- passphrases ---- */

size_t keywrap_draw(const uint8_t *random, size_t n, char *out, size_t want)
{
	const size_t fair = 256 / ALPHABET_CHARS * ALPHABET_CHARS;
	size_t have = 0;
	for (size_t i = 0; i < n && have < want; i++) {
		if (random[i] < fair)
			out[have++] = alphabet[random[i] % ALPHABET_CHARS];
	}
	return have;
}

int keywrap_generate_raw(struct secret *key, size_t n, struct err *e)
{
	int r = secret_library(e);
	if (r == 0)
		r = secret_new(key, n, e);
	if (r == 0 && RAND_priv_bytes(key->data, (int)n) != 1) {
		ERR_clear_error();
		r = err_set(e, XE_FAILED, "the generator of random numbers failed");
	}
	if (r == 0)
		key->len = n;
	else
		secret_free(key);
	return r;
}

int keywrap_generate(struct secret *passphrase, struct err *e)
{
	struct secret random = SECRET_NONE;
	int r = secret_new(passphrase, KEYWRAP_PASSPHRASE_BYTES, e);
	while (r == 0 && passphrase->len < KEYWRAP_PASSPHRASE_BYTES) {
		r = keywrap_generate_raw(&random, KEYWRAP_PASSPHRASE_BYTES * 2, e);
		if (r == 0)
			passphrase->len += keywrap_draw(random.data, random.len, (char *)passphrase->data + passphrase->len,
							KEYWRAP_PASSPHRASE_BYTES - passphrase->len);
	}
	secret_free(&random);
	if (r != 0)
		secret_free(passphrase);
	return r;
}

int keywrap_drive_key(const struct secret *passphrase, struct secret *key, struct err *e)
{
	int r = secret_new(key, KEYWRAP_DRIVE_KEY_BYTES, e);
	if (r != 0)
		return r;
	for (size_t i = 0; i < KEYWRAP_DRIVE_KEY_BYTES - 1 && i < passphrase->len && passphrase->data[i]; i++)
		key->data[i] = passphrase->data[i];
	key->len = KEYWRAP_DRIVE_KEY_BYTES;
	return 0;
}

/* Length without what editors leave at the end. */
static size_t trimmed(const struct secret *s)
{
	size_t n = s->len;
	while (n > 0 && memchr("\n\r ", s->data[n - 1], 3) != NULL)
		n--;
	return n;
}

int keywrap_raw_key(const struct secret *text, struct secret *key, struct err *e)
{
	size_t n = trimmed(text);
	if (n == KEYWRAP_DRIVE_KEY_BYTES * 2 || n == KEYWRAP_RAW_MAX_BYTES * 2) {
		int r = secret_new(key, n / 2, e);
		if (r != 0)
			return r;
		key->len = n / 2;
		if (hex_read(text->data, key->len, key->data))
			return 0;
		secret_free(key);
	}
	if (text->len != KEYWRAP_DRIVE_KEY_BYTES && text->len != KEYWRAP_RAW_MAX_BYTES)
		return err_set(e, XE_KEY, "not a raw key: %zu bytes, neither 32 or 64 bytes nor 64 or 128 hex digits", text->len);
	return secret_set(key, text->data, text->len, e);
}

void keywrap_key_id(const struct secret *drive_key, char id[static SECRET_ID_BYTES])
{
	secret_id(drive_key, KEY_DOMAIN, id);
}

void keywrap_kek_id(const struct secret *kek, char id[static SECRET_ID_BYTES])
{
	struct secret first = *kek; /* borrowed: secret_id does not keep it */
	if (first.len > KEYWRAP_KEK_BYTES)
		first.len = KEYWRAP_KEK_BYTES;
	secret_id(&first, KEK_DOMAIN, id);
}

/* ---- key wrap ---- */

/* OpenSSL leaves half a block of the key behind in frames that it has left. */
static void __attribute__((noinline)) wipe_stack(void)
{
	uint8_t frames[16384];
	secret_wipe(frames, sizeof frames);
}

static const EVP_CIPHER *cipher_of(size_t kek_bytes, bool padded)
{
	switch (kek_bytes) {
	case 16: return padded ? EVP_aes_128_wrap_pad() : EVP_aes_128_wrap();
	case 24: return padded ? EVP_aes_192_wrap_pad() : EVP_aes_192_wrap();
	case 32: return padded ? EVP_aes_256_wrap_pad() : EVP_aes_256_wrap();
	default: return NULL;
	}
}

/* out takes len + 16 bytes, which is more than any of the four needs.  XE_KEY: does not open; XE_FAILED: no memory. */
static int run(const EVP_CIPHER *cipher, bool wrap, const uint8_t *kek, const uint8_t *in, size_t len, uint8_t *out, size_t *got)
{
	int n = 0, rest = 0, r = XE_FAILED;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (ctx)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (ctx && EVP_CipherInit_ex(ctx, cipher, NULL, kek, NULL, wrap) == 1) {
		bool good = EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 && n > 0 && EVP_CipherFinal_ex(ctx, out + n, &rest) == 1;
		if (good)
			r = 0;
		else if (!wrap && ERR_GET_REASON(ERR_peek_last_error()) != ERR_R_MALLOC_FAILURE)
			r = XE_KEY;
	}
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	wipe_stack();
	*got = r == 0 ? (size_t)n + (size_t)rest : 0;
	return r;
}

/* The four directions, through room of our own: OpenSSL may write more than the result. */
static int apply(size_t kek_bytes, bool padded, bool wrap, const uint8_t *kek, const uint8_t *in, size_t len, uint8_t *out, size_t out_max,
		 size_t *got, struct err *e)
{
	const EVP_CIPHER *cipher = cipher_of(kek_bytes, padded);
	if (cipher == NULL || len == 0 || len > WRAP_MAX_BYTES + 8 || (!(wrap && padded) && (len % 8 != 0 || len < 16)))
		return err_set(e, wrap ? XE_FAILED : XE_KEY, "%zu bytes cannot be %s", len, wrap ? "wrapped" : "a wrapped key");
	struct secret room = SECRET_NONE;
	int r = secret_library(e);
	if (r == 0)
		r = secret_new(&room, len + 16, e);
	if (r == 0) {
		r = run(cipher, wrap, kek, in, len, room.data, got);
		if (r == XE_KEY || (r == 0 && *got > out_max))
			r = err_set(e, XE_KEY, "does not open with this KEK: another KEK wrapped it, or the key is damaged");
		else if (r != 0)
			err_set(e, XE_FAILED, "AES key wrap failed (out of memory?)");
	}
	if (r == 0)
		memcpy(out, room.data, *got);
	else
		secret_wipe(out, out_max);
	secret_free(&room);
	return r;
}

int keywrap_wrap(const uint8_t *kek, size_t kek_bytes, const uint8_t *key, size_t len, uint8_t *wrapped, struct err *e)
{
	size_t got;
	return apply(kek_bytes, false, true, kek, key, len, wrapped, len + 8, &got, e);
}

int keywrap_unwrap(const uint8_t *kek, size_t kek_bytes, const uint8_t *wrapped, size_t len, uint8_t *key, struct err *e)
{
	size_t got;
	if (len < 24)
		return err_set(e, XE_KEY, "%zu bytes cannot be a wrapped key", len);
	return apply(kek_bytes, false, false, kek, wrapped, len, key, len - 8, &got, e);
}

int keywrap_wrap_padded(const uint8_t *kek, size_t kek_bytes, const uint8_t *key, size_t len, uint8_t *wrapped, struct err *e)
{
	size_t got;
	return apply(kek_bytes, true, true, kek, key, len, wrapped, KEYWRAP_PADDED_BYTES(len), &got, e);
}

int keywrap_unwrap_padded(const uint8_t *kek, size_t kek_bytes, const uint8_t *wrapped, size_t len, uint8_t *key, size_t *key_bytes,
			  struct err *e)
{
	return apply(kek_bytes, true, false, kek, wrapped, len, key, len, key_bytes, e);
}

/* ---- keys as texts ---- */

const char *keywrap_form_name(enum keywrap_form form)
{
	static const char *const names[] = {"unknown", "passphrase", "base64", "wrapped", "own"};
	return names[form];
}

/* The bytes behind the prefix of our own form: 40 or 72, 0 if it is none. */
static size_t own_bytes(const char *text, size_t len, uint8_t *out)
{
	const size_t prefix = sizeof KEYWRAP_OWN_PREFIX - 1;
	if (len < prefix || memcmp(text, KEYWRAP_OWN_PREFIX, prefix) != 0)
		return 0;
	for (size_t n = KEYWRAP_DRIVE_KEY_BYTES; n <= KEYWRAP_RAW_MAX_BYTES; n *= 2) {
		if (base64_read_exact(text + prefix, len - prefix, out, n + 8))
			return n + 8;
	}
	return 0;
}

enum keywrap_form keywrap_form_of(const char *text, size_t len)
{
	uint8_t bytes[KEYWRAP_RAW_MAX_BYTES + 8];
	enum keywrap_form form = KEYWRAP_UNKNOWN;
	if (base64_read_exact(text, len, bytes, KEYWRAP_WRAPPED_BYTES))
		form = KEYWRAP_WRAPPED;
	else if (base64_read_exact(text, len, bytes, KEYWRAP_PASSPHRASE_BYTES))
		form = KEYWRAP_BASE64;
	else if (own_bytes(text, len, bytes) > 0)
		form = KEYWRAP_OWN;
	else if (len == KEYWRAP_PASSPHRASE_BYTES)
		form = KEYWRAP_PASSPHRASE;
	for (size_t i = 0; form == KEYWRAP_PASSPHRASE && i < len; i++) {
		if (text[i] <= 0x20 || text[i] >= 0x7f)
			form = KEYWRAP_UNKNOWN;
	}
	secret_wipe(bytes, sizeof bytes);
	return form;
}

int keywrap_prepare_kek(struct secret *kek, struct err *e)
{
	/* 32 bytes of a random generator may end like a line. */
	bool raw = false;
	for (size_t i = 0; kek->len == KEYWRAP_OWN_KEK_BYTES && i < kek->len; i++)
		raw = raw || ((kek->data[i] < 0x20 || kek->data[i] >= 0x7f) && memchr("\n\r\t", kek->data[i], 3) == NULL);
	if (!raw)
		secret_trim(kek);
	if (kek->len >= KEYWRAP_KEK_BYTES)
		return 0;
	return err_set(e, XE_KEY,
		       "the KEK has %zu bytes, AES-128 needs %u: what a daemon of Bareos wraps with a shorter one "
		       "depends on what lies in memory behind it; generate another",
		       kek->len, KEYWRAP_KEK_BYTES);
}

/* All of the KEK, as AES-256. */
static int own_kek(const struct secret *kek, struct secret *full, struct err *e)
{
	if (keywrap_raw_key(kek, full, &(struct err){0}) == 0 && full->len == KEYWRAP_OWN_KEK_BYTES)
		return 0;
	secret_free(full);
	return err_set(e, XE_KEY, "the KEK of a raw key has 32 bytes or 64 hex digits, this one has %zu bytes", kek->len);
}

static int open_wrapped(const char *text, size_t len, const struct secret *kek, struct secret *key, struct err *e)
{
	uint8_t wrapped[KEYWRAP_WRAPPED_BYTES];
	if (kek == NULL)
		return err_set(e, XE_KEY, "is wrapped: the KEK is needed");
	if (kek->len < KEYWRAP_KEK_BYTES || !base64_read_exact(text, len, wrapped, sizeof wrapped))
		return err_set(e, XE_KEY, "the KEK has less than %u bytes", KEYWRAP_KEK_BYTES);
	int r = secret_new(key, KEYWRAP_PASSPHRASE_BYTES, e);
	if (r == 0)
		r = keywrap_unwrap(kek->data, KEYWRAP_KEK_BYTES, wrapped, sizeof wrapped, key->data, e);
	if (r == 0)
		key->len = KEYWRAP_PASSPHRASE_BYTES;
	else
		secret_free(key);
	return r;
}

static int open_own(const char *text, size_t len, const struct secret *kek, struct secret *key, struct err *e)
{
	uint8_t wrapped[KEYWRAP_RAW_MAX_BYTES + 8];
	struct secret full = SECRET_NONE;
	size_t n = own_bytes(text, len, wrapped);
	if (kek == NULL)
		return err_set(e, XE_KEY, "is wrapped: the KEK is needed");
	int r = own_kek(kek, &full, e);
	if (r == 0)
		r = secret_new(key, n, e);
	if (r == 0)
		r = keywrap_unwrap_padded(full.data, KEYWRAP_OWN_KEK_BYTES, wrapped, n, key->data, &key->len, e);
	if (r != 0)
		secret_free(key);
	secret_free(&full);
	return r;
}

int keywrap_open(const char *text, size_t len, const struct secret *kek, struct secret *key, struct err *e)
{
	int r;
	switch (keywrap_form_of(text, len)) {
	case KEYWRAP_PASSPHRASE: return secret_set(key, text, len, e);
	case KEYWRAP_BASE64:
		r = secret_new(key, KEYWRAP_PASSPHRASE_BYTES, e);
		if (r == 0 && base64_read_exact(text, len, key->data, KEYWRAP_PASSPHRASE_BYTES))
			key->len = KEYWRAP_PASSPHRASE_BYTES;
		return r;
	case KEYWRAP_WRAPPED: return open_wrapped(text, len, kek, key, e);
	case KEYWRAP_OWN: return open_own(text, len, kek, key, e);
	case KEYWRAP_UNKNOWN: break;
	}
	return err_set(e, XE_KEY,
		       "not a key: %zu characters, which are neither a passphrase (32), nor base64 of one (43), nor a "
		       "wrapped key (54)",
		       len);
}

static int seal_own(const struct secret *key, const struct secret *kek, struct secret *text, struct err *e)
{
	const size_t prefix = sizeof KEYWRAP_OWN_PREFIX - 1, n = key->len + 8;
	uint8_t wrapped[KEYWRAP_RAW_MAX_BYTES + 8];
	struct secret full = SECRET_NONE;
	if (key->len != KEYWRAP_DRIVE_KEY_BYTES && key->len != KEYWRAP_RAW_MAX_BYTES)
		return err_set(e, XE_KEY, "a raw key has 32 or 64 bytes, this one %zu", key->len);
	int r = own_kek(kek, &full, e);
	if (r == 0)
		r = keywrap_wrap_padded(full.data, KEYWRAP_OWN_KEK_BYTES, key->data, key->len, wrapped, e);
	if (r == 0)
		r = secret_new(text, prefix + BASE64_BARE_CHARS(n), e);
	if (r == 0) {
		memcpy(text->data, KEYWRAP_OWN_PREFIX, prefix);
		base64_write_bare(wrapped, n, (char *)text->data + prefix);
		text->len = prefix + BASE64_BARE_CHARS(n);
	}
	secret_free(&full);
	return r;
}

int keywrap_seal(const struct secret *key, enum keywrap_form form, const struct secret *kek, struct secret *text, struct err *e)
{
	uint8_t wrapped[KEYWRAP_WRAPPED_BYTES];
	int r;
	if (form == KEYWRAP_PASSPHRASE)
		return secret_set(text, key->data, key->len, e);
	if (form == KEYWRAP_OWN)
		return seal_own(key, kek, text, e);
	if (form == KEYWRAP_BASE64) {
		r = secret_new(text, BASE64_BARE_CHARS(key->len), e);
		if (r == 0) {
			base64_write_bare(key->data, key->len, (char *)text->data);
			text->len = BASE64_BARE_CHARS(key->len);
		}
		return r;
	}
	if (key->len != KEYWRAP_PASSPHRASE_BYTES)
		return err_set(e, XE_KEY, "a passphrase to be wrapped has 32 characters, this one %zu", key->len);
	if (kek->len < KEYWRAP_KEK_BYTES)
		return err_set(e, XE_KEY, "the KEK has less than %u bytes", KEYWRAP_KEK_BYTES);
	r = keywrap_wrap(kek->data, KEYWRAP_KEK_BYTES, key->data, key->len, wrapped, e);
	if (r == 0)
		r = secret_new(text, KEYWRAP_WRAPPED_CHARS, e);
	if (r == 0) {
		base64_write_bare(wrapped, sizeof wrapped, (char *)text->data);
		text->len = KEYWRAP_WRAPPED_CHARS;
	}
	return r;
}

int keywrap_opened_id(const struct secret *key, enum keywrap_form form, char id[static SECRET_ID_BYTES], struct err *e)
{
	struct secret drive = SECRET_NONE;
	int r = form == KEYWRAP_OWN ? secret_set(&drive, key->data, key->len, e) : keywrap_drive_key(key, &drive, e);
	if (r == 0)
		keywrap_key_id(&drive, id);
	secret_free(&drive);
	if (r == 0 && id[0] == '\0')
		r = err_memory(e, 0, "the id of a key");
	return r;
}
