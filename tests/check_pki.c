/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read of clients that encrypt: DER, sessions, signatures, CBC, packets, keys.  formats/restore-format.md 2.6 */
#include "crypt/cbc.h"
#include "crypt/der.h"
#include "crypt/pkikeys.h"
#include "format/packets.h"

#include "guarded.h"

#include <check.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

static struct err e;

static void setup(void)
{
	e = (struct err){0};
}

/* ---- DER, written here a second time ---- */

struct text {
	uint8_t bytes[4096];
	size_t len;
};

static struct text element(uint8_t tag, const void *content, size_t n)
{
	struct text t = {.bytes = {tag}, .len = 1};

	if (n < 128) {
		t.bytes[t.len++] = (uint8_t)n;
	} else if (n < 256) {
		t.bytes[t.len++] = 0x81;
		t.bytes[t.len++] = (uint8_t)n;
	} else {
		t.bytes[t.len++] = 0x82;
		t.bytes[t.len++] = (uint8_t)(n >> 8);
		t.bytes[t.len++] = (uint8_t)n;
	}
	if (n > 0)
		memcpy(t.bytes + t.len, content, n);
	t.len += n;
	return t;
}

static void add(struct text *to, uint8_t tag, const void *content, size_t n)
{
	struct text t = element(tag, content, n);

	ck_assert_uint_le(to->len + t.len, sizeof to->bytes);
	memcpy(to->bytes + to->len, t.bytes, t.len);
	to->len += t.len;
}

static const uint8_t aes128[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02},
		     rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01},
		     sha256[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}, iv[16] = "initial vector!";

static struct text recipient(const void *id, size_t id_len, const void *locked, size_t locked_len)
{
	struct text t = {.len = 0};

	add(&t, DER_INTEGER, "", 1);
	add(&t, DER_OCTETS, id, id_len);
	add(&t, DER_OID, rsa, sizeof rsa);
	add(&t, DER_OCTETS, locked, locked_len);
	return element(DER_SEQUENCE, t.bytes, t.len);
}

static struct text session_of(const struct text *recipients, size_t iv_len)
{
	struct text t = {.len = 0};

	add(&t, DER_INTEGER, "", 1);
	add(&t, DER_OID, aes128, sizeof aes128);
	add(&t, DER_OCTETS, iv, iv_len);
	add(&t, DER_SET, recipients->bytes, recipients->len);
	return element(DER_SEQUENCE, t.bytes, t.len);
}

static struct text signature_of(const void *id, size_t id_len, const void *signature, size_t n)
{
	struct text t = {.len = 0}, set = {.len = 0}, all = {.len = 0};

	add(&t, DER_INTEGER, "", 1);
	add(&t, DER_OCTETS, id, id_len);
	add(&t, DER_OID, sha256, sizeof sha256);
	add(&t, DER_OID, rsa, sizeof rsa);
	add(&t, DER_OCTETS, signature, n);
	add(&set, DER_SEQUENCE, t.bytes, t.len);
	add(&all, DER_INTEGER, "", 1);
	add(&all, DER_SET, set.bytes, set.len);
	return element(DER_SEQUENCE, all.bytes, all.len);
}

static struct span span_of(const struct text *t)
{
	return (struct span){t->bytes, t->len};
}

START_TEST(lengths)
{
	static const struct {
		size_t n, content; /* bytes of the element here, and of its content if it is right; else 99 */
		uint8_t bytes[12];
	} cases[] = {
		{2, 0, {4, 0}},
		{3, 1, {4, 1, 7}},
		{2, 99, {4, 1}},
		{1, 99, {4}},
		{3, 99, {2, 1, 7}},
		{3, 99, {4, 0x80, 0}},                          /* indefinite */
		{4, 99, {4, 0x81, 1, 7}},                       /* not the shortest form */
		{4, 99, {4, 0x81, 0x7f, 7}},                    /* nor this */
		{5, 99, {4, 0x82, 0, 1, 7}},                    /* nor this */
		{5, 99, {4, 0x82, 0x01, 0x00, 7}},              /* more than there is */
		{6, 99, {4, 0x84, 0xff, 0xff, 0xff, 0xff}},     /* 2^32 - 1 */
		{10, 99, {4, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0}}, /* 2^63 */
		{10, 99, {4, 0x88, 0, 0, 0, 0, 0, 0, 0, 0}},
		{2, 99, {4, 0xff}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t *exact = malloc(cases[i].n);

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, cases[i].bytes, cases[i].n);
		struct rd r = rd_over(exact, cases[i].n);
		struct rd content = der_open(&r, DER_OCTETS);
		ck_assert_msg(r.bad == (cases[i].content == 99), "case %zu", i);
		ck_assert_uint_eq(rd_left(&content), r.bad ? 0 : cases[i].content);
		free(exact);
	}
}
END_TEST

START_TEST(sessions)
{
	struct text one = recipient("identifier", 10, "locked", 6), set = one;
	struct pki_session s;
	struct pki_recipient r;
	const char *why;

	memcpy(set.bytes + set.len, one.bytes, one.len);
	set.len += one.len;
	struct text whole = session_of(&set, 16);
	ck_assert(pki_session_read(span_of(&whole), &s, &why));
	ck_assert_int_eq(s.cipher, PKI_AES_128);
	ck_assert(s.iv.len == 16 && memcmp(s.iv.data, iv, 16) == 0);
	for (int i = 0; i < 2; i++) {
		ck_assert(pki_recipient_next(&s.recipients, &r));
		ck_assert(r.key_id.len == 10 && memcmp(r.key_id.data, "identifier", 10) == 0);
		ck_assert(r.locked.len == 6 && memcmp(r.locked.data, "locked", 6) == 0);
	}
	ck_assert(!pki_recipient_next(&s.recipients, &r));

	/* Every part of it is none, and so it is with a byte more. */
	for (size_t n = 0; n < whole.len; n++) {
		uint8_t *exact = malloc(n ? n : 1);

		memcpy(exact, whole.bytes, n);
		ck_assert_msg(!pki_session_read((struct span){exact, n}, &s, &why) && why, "%zu bytes of %zu", n, whole.len);
		free(exact);
	}
	ck_assert(!pki_session_read((struct span){whole.bytes, whole.len + 1}, &s, &why));
	/* A vector that is not as long as the cipher's block. */
	static const size_t wrong[] = {0, 1, 8, 15};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		whole = session_of(&set, wrong[i]);
		ck_assert(!pki_session_read(span_of(&whole), &s, &why));
		ck_assert_ptr_nonnull(strstr(why, "initial vector"));
	}
	set.len = 0;
	whole = session_of(&set, 16);
	ck_assert(pki_session_read(span_of(&whole), &s, &why) && !pki_recipient_next(&s.recipients, &r));
}
END_TEST

START_TEST(signatures)
{
	struct text whole = signature_of("identifier", 10, "signature", 9);
	struct rd signers;
	struct pki_signer s;

	ck_assert(pki_signature_read(span_of(&whole), &signers) && pki_signer_next(&signers, &s));
	ck_assert(s.key_id.len == 10 && s.digest == DIGEST_SHA256 && s.signature.len == 9);
	ck_assert(!pki_signer_next(&signers, &s));
	for (size_t n = 0; n < whole.len; n++)
		ck_assert(!pki_signature_read((struct span){whole.bytes, n}, &signers));
	ck_assert(!pki_signature_read((struct span){whole.bytes, whole.len + 1}, &signers));
}
END_TEST

/* ---- CBC ---- */

/* NIST SP 800-38A, F.2.1: CBC-AES128. */
START_TEST(known_answer)
{
	static const uint8_t key[] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
	static const uint8_t vector[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	static const uint8_t cipher_text[] = {0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e,
					      0x9b, 0x12, 0xe9, 0x19, 0x7d, 0x50, 0x86, 0xcb, 0x9b, 0x50, 0x72,
					      0x19, 0xee, 0x95, 0xdb, 0x11, 0x3a, 0x91, 0x76, 0x78, 0xb2};
	static const uint8_t plain[] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};
	struct secret k = SECRET_NONE;
	struct cbc *c;
	uint8_t out[64];
	size_t got;

	ck_assert_int_eq(secret_set(&k, key, sizeof key, &e), 0);
	ck_assert_int_eq(cbc_new(&c, PKI_AES_128, &k, (struct span){vector, 16}, &e), 0);
	ck_assert(cbc_begin(c) && cbc_add(c, cipher_text, sizeof cipher_text, out, &got));
	ck_assert(got == 16 && memcmp(out, plain, 16) == 0);
	ck_assert(!cbc_end(c, out, &got) && got == 0); /* that is no padding */
	/* The next file begins anew. */
	ck_assert(cbc_begin(c) && cbc_add(c, cipher_text, sizeof cipher_text, out, &got));
	ck_assert(got == 16 && memcmp(out, plain, 16) == 0);
	cbc_free(c);
	secret_free(&k);
}
END_TEST

static size_t encrypt(const char *name, const uint8_t *key, const uint8_t *plain, size_t n, uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int a = 0, b = 0;

	ck_assert(cipher && ctx && EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL) == 1);
	ck_assert(EVP_EncryptUpdate(ctx, out, &a, plain, (int)n) == 1 && EVP_EncryptFinal_ex(ctx, out + a, &b) == 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return (size_t)(a + b);
}

/* Each cipher, however what it made is cut. */
START_TEST(ciphers)
{
	enum pki_cipher cipher = (enum pki_cipher)_i;
	struct secret key = SECRET_NONE;
	struct cbc *c;
	uint8_t plain[1000], locked[1100], out[1100];

	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 7);
	ck_assert_int_eq(secret_set(&key, plain + 100, pki_cipher_key_bytes(cipher), &e), 0);
	ck_assert_msg(cbc_new(&c, cipher, &key, (struct span){iv, pki_cipher_block_bytes(cipher)}, &e) == 0, "%s", e.text);
	for (size_t n = 0; n <= sizeof plain; n += n < 40 ? 1 : 160) {
		size_t whole = encrypt(pki_cipher_name(cipher), key.data, plain, n, locked);

		for (size_t cut = 1; cut <= whole; cut = cut * 2 + 1) {
			size_t len = 0, got;

			ck_assert(cbc_begin(c));
			for (size_t at = 0; at < whole; at += cut) {
				ck_assert(cbc_add(c, locked + at, whole - at < cut ? whole - at : cut, out + len, &got));
				len += got;
			}
			ck_assert(cbc_end(c, out + len, &got));
			ck_assert(len + got == n && memcmp(out, plain, n) == 0);
		}
		size_t got;
		ck_assert(cbc_begin(c) && cbc_add(c, locked, whole - 1, out, &got) && !cbc_end(c, out, &got));
	}
	cbc_free(c);
	secret_free(&key);
}
END_TEST

/* ---- packets ---- */

static size_t take_all(struct packets *p, const uint8_t *data, size_t n, size_t cut, uint8_t *out, size_t *count)
{
	size_t len = 0;

	*count = 0;
	for (size_t at = 0; at < n; at += cut) {
		struct span left = {data + at, n - at < cut ? n - at : cut}, packet;

		while (packets_next(p, &left, &packet) == PACKETS_WHOLE) {
			if (packet.len > 0)
				memcpy(out + len, packet.data, packet.len);
			len += packet.len;
			*count += 1;
		}
		ck_assert(p->bad || left.len == 0);
	}
	return len;
}

START_TEST(packets)
{
	static const uint8_t data[] = {0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 0, 0, 0, 0, 1, 'd', 0, 0, 0, 2, 'e', 'f'};
	uint8_t out[64];

	for (size_t cut = 1; cut <= sizeof data; cut++) {
		struct packets p = {.have = 0};
		size_t count;

		ck_assert_uint_eq(take_all(&p, data, sizeof data, cut, out, &count), 6);
		ck_assert(count == 4 && memcmp(out, "abcdef", 6) == 0 && packets_is_whole(&p));
		packets_reset(&p);
		ck_assert_uint_eq(take_all(&p, data, sizeof data - 1, cut, out, &count), 4);
		ck_assert(count == 3 && !packets_is_whole(&p));
		packets_free(&p);
	}
}
END_TEST

START_TEST(packets_that_are_none)
{
	static const uint8_t far[] = {0x01, 0x31, 0x2d, 0x00}, most[] = {0x01, 0x31, 0x2c, 0xff, 1, 2, 3}, all[] = {0xff, 0xff, 0xff, 0xff};
	struct packets p = {.have = 0};
	struct span data = {far, sizeof far}, packet;

	ck_assert_int_eq(packets_next(&p, &data, &packet), PACKETS_BAD); /* 20,000,000: more than a record has */
	ck_assert_int_eq(packets_next(&p, &data, &packet), PACKETS_BAD);
	ck_assert(!packets_is_whole(&p));
	packets_reset(&p);
	data = (struct span){all, sizeof all};
	ck_assert_int_eq(packets_next(&p, &data, &packet), PACKETS_BAD);
	packets_reset(&p);
	/* What is announced takes no memory before it comes. */
	data = (struct span){most, sizeof most};
	ck_assert_int_eq(packets_next(&p, &data, &packet), PACKETS_MORE);
	ck_assert_uint_le(p.cap, 1 << 20);
	packets_free(&p);
}
END_TEST

/* ---- keys ---- */

static EVP_PKEY *ours, *other;
static uint8_t our_id[20];

static void make_keys(void)
{
	setup();
	ours = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
	ck_assert(ours && other);
}

static void free_keys(void)
{
	EVP_PKEY_free(ours);
	EVP_PKEY_free(other);
}

static void to_secret(BIO *b, struct secret *s)
{
	char *text;
	long n = BIO_get_mem_data(b, &text);

	ck_assert_int_eq(secret_set(s, text, (size_t)n, &e), 0);
	BIO_free(b);
}

/* Its PEM, with a certificate that has id, or without. */
static struct secret pem_of(EVP_PKEY *key, bool private, bool certificate, const char *passphrase)
{
	struct secret s = SECRET_NONE;
	BIO *b = BIO_new(BIO_s_mem());

	if (certificate) {
		X509 *x = X509_new();
		ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
		for (size_t i = 0; i < sizeof our_id; i++)
			our_id[i] = (uint8_t)(i + 1);
		ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
		X509_gmtime_adj(X509_getm_notBefore(x), 0);
		X509_gmtime_adj(X509_getm_notAfter(x), 3600);
		ck_assert(X509_set_pubkey(x, key) == 1 && ASN1_OCTET_STRING_set(id, our_id, sizeof our_id) == 1);
		ck_assert_int_eq(X509_add1_ext_i2d(x, NID_subject_key_identifier, id, 0, X509V3_ADD_DEFAULT), 1);
		ck_assert(X509_sign(x, key, EVP_sha256()) > 0 && PEM_write_bio_X509(b, x) == 1);
		ASN1_OCTET_STRING_free(id);
		X509_free(x);
	}
	if (private)
		ck_assert_int_eq(PEM_write_bio_PrivateKey(b, key, passphrase ? EVP_aes_128_cbc() : NULL, (const unsigned char *)passphrase,
							  passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
				 1);
	to_secret(b, &s);
	return s;
}

static size_t lock(EVP_PKEY *key, const void *secret, size_t n, uint8_t out[static 256])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = 256;

	ck_assert(EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1);
	ck_assert_int_eq(EVP_PKEY_encrypt(ctx, out, &len, secret, n), 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

/* What opens it: the last recipient of several. */
static int opens(const struct pkikeys *k, const void *id, size_t id_len, EVP_PKEY *key, size_t key_bytes, struct secret *found)
{
	uint8_t locked[256], stranger[256];
	struct text first = recipient("stranger", 8, stranger, lock(other, "other key, 16 b.", 16, stranger));
	struct text set = first, last = recipient(id, id_len, locked, lock(key, "the session's key, longer", key_bytes, locked));
	struct pki_session s;
	const char *why;

	memcpy(set.bytes + set.len, last.bytes, last.len);
	set.len += last.len;
	struct text whole = session_of(&set, 16);
	ck_assert(pki_session_read(span_of(&whole), &s, &why));
	e = (struct err){0};
	return pkikeys_open(k, &s, found, &e);
}

START_TEST(opening)
{
	struct secret with = pem_of(ours, true, true, NULL), without = pem_of(ours, true, false, NULL),
		      cert = pem_of(ours, false, true, NULL), found = SECRET_NONE;
	const struct secret *const pems[] = {&with, &without};

	for (size_t i = 0; i < 2; i++) {
		struct pkikeys *k = pkikeys_new();
		ck_assert_msg(pkikeys_add_key(k, pems[i], NULL, 0, &e) == 0, "%s", e.text);
		ck_assert_int_eq(opens(k, our_id, sizeof our_id, ours, 16, &found), 0);
		ck_assert(found.len == 16 && memcmp(found.data, "the session's key, longer", 16) == 0);
		/* With its certificate it is named: what it does not open is damaged.  Without nobody can tell. */
		ck_assert_int_eq(opens(k, our_id, sizeof our_id, other, 16, &found), i == 0 ? XE_DAMAGE : XE_KEY);
		ck_assert_uint_eq(found.len, 0);
		ck_assert_int_eq(opens(k, our_id, sizeof our_id, ours, 17, &found), i == 0 ? XE_DAMAGE : XE_KEY);
		ck_assert_int_eq(opens(k, our_id, sizeof our_id, ours, 15, &found), i == 0 ? XE_DAMAGE : XE_KEY);
		/* To another name it is not tried, if it has one. */
		ck_assert_int_eq(opens(k, "another", 7, ours, 16, &found), i == 0 ? XE_KEY : 0);
		/* A certificate names a key that came before. */
		setup();
		ck_assert_int_eq(pkikeys_add_certificates(k, &cert, &e), 0);
		ck_assert_int_eq(opens(k, our_id, sizeof our_id, other, 16, &found), XE_DAMAGE);
		pkikeys_free(k);
	}
	/* And one that comes behind it. */
	struct pkikeys *k = pkikeys_new();
	ck_assert_int_eq(pkikeys_add_certificates(k, &cert, &e), 0);
	ck_assert_int_eq(pkikeys_add_key(k, &without, NULL, 0, &e), 0);
	ck_assert_int_eq(opens(k, our_id, sizeof our_id, other, 16, &found), XE_DAMAGE);
	pkikeys_free(k);
	secret_free(&with);
	secret_free(&without);
	secret_free(&cert);
	secret_free(&found);
}
END_TEST

START_TEST(reading)
{
	struct secret locked = pem_of(ours, true, false, "phrase"), cert = pem_of(ours, false, true, NULL), nothing = SECRET_NONE,
		      phrases[2] = {SECRET_NONE, SECRET_NONE};
	struct pkikeys *k = pkikeys_new();

	ck_assert_int_eq(secret_set(&phrases[0], "wrong", 5, &e), 0);
	ck_assert_int_eq(secret_set(&phrases[1], "phrase", 6, &e), 0);
	ck_assert_int_eq(secret_set(&nothing, "no PEM\n", 7, &e), 0);
	ck_assert_int_eq(pkikeys_add_key(k, &locked, NULL, 0, &e), XE_KEY);
	ck_assert_ptr_nonnull(strstr(e.text, "protected by a pass phrase"));
	setup();
	ck_assert_int_eq(pkikeys_add_key(k, &locked, phrases, 1, &e), XE_KEY);
	setup();
	ck_assert_int_eq(pkikeys_add_key(k, &cert, phrases, 2, &e), XE_KEY);
	setup();
	ck_assert_int_eq(pkikeys_add_key(k, &nothing, phrases, 2, &e), XE_KEY);
	setup();
	ck_assert_int_eq(pkikeys_add_certificates(k, &nothing, &e), XE_KEY);
	setup();
	ck_assert_int_eq(pkikeys_add_key(k, &locked, phrases, 2, &e), 0);
	pkikeys_free(k);
	EVP_PKEY *elliptic = EVP_EC_gen("P-256");
	struct secret pem = pem_of(elliptic, true, false, NULL);
	k = pkikeys_new();
	ck_assert_int_eq(pkikeys_add_key(k, &pem, NULL, 0, &e), XE_KEY);
	ck_assert_ptr_nonnull(strstr(e.text, "none of RSA"));
	pkikeys_free(k);
	EVP_PKEY_free(elliptic);
	secret_free(&pem);
	secret_free(&locked);
	secret_free(&cert);
	secret_free(&nothing);
	secret_free(&phrases[0]);
	secret_free(&phrases[1]);
}
END_TEST

/* The private numbers are where they are locked and not dumped. */
START_TEST(locked_away)
{
	struct secret pem = pem_of(ours, true, false, NULL);
	struct pkikeys *k = pkikeys_new();
	size_t before;

	ck_assert_int_eq(pkikeys_add_key(k, &pem, NULL, 0, &e), 0);
	before = CRYPTO_secure_used();
	pkikeys_free(k);
	ck_assert_uint_ge(before - CRYPTO_secure_used(), 2048 / 8 * 2);
	secret_free(&pem);
}
END_TEST

START_TEST(signed_digests)
{
	struct secret cert = pem_of(ours, false, true, NULL);
	struct pkikeys *k = pkikeys_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[256], value[DIGEST_MAX_BYTES], wanted[DIGEST_MAX_BYTES];
	enum digest_kind kind;
	size_t n = sizeof signature, len;
	struct digest *d = digest_new(DIGEST_SHA256);

	ck_assert_int_eq(pkikeys_add_certificates(k, &cert, &e), 0);
	ck_assert(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, ours) == 1);
	ck_assert_int_eq(EVP_DigestSign(ctx, signature, &n, (const uint8_t *)"content", 7), 1);
	ck_assert(digest_reset(d));
	digest_add(d, "content", 7);
	ck_assert_uint_eq(digest_value(d, wanted), 32);

	struct text t = signature_of(our_id, sizeof our_id, signature, n);
	ck_assert_int_eq(pkikeys_signed(k, span_of(&t), &kind, value, &len), PKIKEYS_SIGNED);
	ck_assert(kind == DIGEST_SHA256 && len == 32 && memcmp(value, wanted, 32) == 0);
	ck_assert_int_eq(pkikeys_signed(k, (struct span){t.bytes, t.len - 1}, &kind, value, &len), PKIKEYS_GARBLED);
	t = signature_of("another", 7, signature, n);
	ck_assert_int_eq(pkikeys_signed(k, span_of(&t), &kind, value, &len), PKIKEYS_UNKNOWN);
	for (size_t i = 0; i < n; i += 17) {
		signature[i] ^= 1;
		t = signature_of(our_id, sizeof our_id, signature, n);
		ck_assert_int_eq(pkikeys_signed(k, span_of(&t), &kind, value, &len), PKIKEYS_FORGED);
		signature[i] ^= 1;
	}
	EVP_MD_CTX_free(ctx);
	digest_free(d);
	pkikeys_free(k);
	secret_free(&cert);
}
END_TEST

START_TEST(whom)
{
	struct text one = recipient("\1\2\3\4\5\6\7\10\11\12\13", 11, "x", 1), set = {.len = 0};
	struct pki_session s;
	const char *why;
	char text[PKIKEYS_WHOM_BYTES];

	for (int i = 0; i < 9; i++) {
		struct text whole = session_of(&set, 16);
		ck_assert(pki_session_read(span_of(&whole), &s, &why));
		pkikeys_whom(&s, text);
		ck_assert_uint_lt(strlen(text), sizeof text);
		ck_assert_msg(i == 0 || strncmp(text, "key 0102030405060708090a...", 27) == 0, "%s", text);
		memcpy(set.bytes + set.len, one.bytes, one.len);
		set.len += one.len;
	}
	ck_assert_ptr_nonnull(strstr(text, " and 4 more"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pki");
	TCase *forms = tcase_create("forms"), *keys = tcase_create("keys");

	tcase_add_checked_fixture(forms, setup, NULL);
	tcase_add_test(forms, lengths);
	tcase_add_test(forms, sessions);
	tcase_add_test(forms, signatures);
	tcase_add_test(forms, known_answer);
	tcase_add_loop_test(forms, ciphers, 0, PKI_CIPHERS);
	tcase_add_test(forms, packets);
	tcase_add_test(forms, packets_that_are_none);
	tcase_add_test(forms, whom);
	tcase_add_checked_fixture(keys, make_keys, free_keys);
	tcase_set_timeout(keys, 60);
	tcase_add_test(keys, opening);
	tcase_add_test(keys, reading);
	tcase_add_test(keys, locked_away);
	tcase_add_test(keys, signed_digests);
	suite_add_tcase(s, forms);
	suite_add_tcase(s, keys);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
