/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client that encrypts writes.  First byte: 0 a session, 1 a signature, 2 packets, cut into pieces of the second byte, 3 records of one
 * file behind each other, on their way to who looks on: each one byte of what it is, two of how long, then itself; what is cipher text is
 * encrypted here, so that what is inside is reached. */
#include "fuzz/fuzz.h"

#include "base/secret.h"
#include "crypt/pkikeys.h"
#include "format/packets.h"
#include "format/stream.h"
#include "pipeline/unlock.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static bool lies_in(struct span inner, struct span outer)
{
	return inner.len == 0 || (inner.data >= outer.data && inner.len <= outer.len && inner.data + inner.len <= outer.data + outer.len);
}

static void session(struct span record)
{
	struct pki_session s;
	struct pki_recipient r;
	const char *why = NULL;
	char text[PKIKEYS_WHOM_BYTES];
	bool right = pki_session_read(record, &s, &why);
	FUZZ_MUST(right == (why == NULL));
	if (!right)
		return;
	FUZZ_MUST(s.cipher < PKI_CIPHERS && s.iv.len == pki_cipher_block_bytes(s.cipher) && lies_in(s.iv, record));
	size_t sum = 0;
	pkikeys_whom(&s, text);
	FUZZ_MUST(memchr(text, 0, sizeof text));
	while (pki_recipient_next(&s.recipients, &r)) {
		FUZZ_MUST(lies_in(r.key_id, record) && lies_in(r.locked, record));
		sum += r.key_id.len + r.locked.len + 20;
	}
	FUZZ_MUST(!s.recipients.bad && sum <= record.len);
}

static void signature(struct span record)
{
	struct rd signers;
	struct pki_signer s;
	if (!pki_signature_read(record, &signers))
		return;
	while (pki_signer_next(&signers, &s))
		FUZZ_MUST(s.digest < DIGEST_KINDS && lies_in(s.key_id, record) && lies_in(s.signature, record));
	FUZZ_MUST(!signers.bad);
}

struct sum {
	uint64_t packets, bytes, mixed;
	bool whole;
};

static struct sum take(struct span data, size_t cut)
{
	struct packets p = {.have = 0};
	struct sum s = {0};
	for (size_t at = 0; at < data.len; at += cut) {
		size_t n = data.len - at < cut ? data.len - at : cut;
		uint8_t *copy = malloc(n);
		FUZZ_MUST(copy);
		memcpy(copy, data.data + at, n);
		struct span left = {copy, n}, packet;
		while (packets_next(&p, &left, &packet) == PACKETS_WHOLE) {
			s.packets++;
			s.bytes += packet.len;
			for (size_t i = 0; i < packet.len; i++)
				s.mixed += (s.packets + i) * (packet.data[i] + 1u);
		}
		FUZZ_MUST(p.bad || left.len == 0);
		FUZZ_MUST(p.cap <= 131072 || p.cap <= data.len * 2);
		free(copy);
	}
	s.whole = packets_is_whole(&p);
	packets_free(&p);
	return s;
}

static void packets(struct span data, size_t cut)
{
	struct sum all = take(data, data.len), pieces = take(data, cut);
	FUZZ_MUST(all.packets == pieces.packets && all.bytes == pieces.bytes && all.mixed == pieces.mixed && all.whole == pieces.whole);
	FUZZ_MUST(all.bytes + 4 * all.packets <= data.len);
}

/* ---- records ---- */

static struct pkikeys *keys;
static uint8_t good[512]; /* a session record for keys, */
static size_t good_len;
static const uint8_t session_key[16] = "fuzzed session k", iv[16] = "initial vector!";

static void append(uint8_t tag, const void *data, size_t n)
{
	uint8_t *p = good + good_len;
	*p++ = tag;
	if (n > 255)
		*p++ = 0x82, *p++ = (uint8_t)(n >> 8);
	else if (n > 127)
		*p++ = 0x81;
	*p++ = (uint8_t)n;
	if (data)
		memcpy(p, data, n);
	good_len = (size_t)(p - good) + (data ? n : 0);
}

static void make_key(void)
{
	static const uint8_t aes[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02},
			     rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
	struct err e = {0};
	struct secret pem = SECRET_NONE;
	uint8_t locked[128];
	char *text;
	size_t n = sizeof locked;
	EVP_PKEY *key = EVP_RSA_gen(1024);
	BIO *b = BIO_new(BIO_s_mem());
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	keys = pkikeys_new();
	FUZZ_MUST(key && b && keys && PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) == 1);
	long len = BIO_get_mem_data(b, &text);
	FUZZ_MUST(secret_set(&pem, text, (size_t)len, &e) == 0 && pkikeys_add_key(keys, &pem, NULL, 0, &e) == 0);
	FUZZ_MUST(EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1);
	FUZZ_MUST(EVP_PKEY_encrypt(ctx, locked, &n, session_key, sizeof session_key) == 1 && n == 128);
	append(0x30, NULL, 3 + 11 + 18 + 3 + 3 + 3 + 2 + 11 + 3 + 128);
	append(0x02, "", 1);
	append(0x06, aes, sizeof aes);
	append(0x04, iv, sizeof iv);
	append(0x31, NULL, 3 + 3 + 2 + 11 + 3 + 128);
	append(0x30, NULL, 3 + 2 + 11 + 3 + 128);
	append(0x02, "", 1);
	append(0x04, "", 0);
	append(0x06, rsa, sizeof rsa);
	append(0x04, locked, sizeof locked);
	struct pki_session s;
	const char *why;
	FUZZ_MUST(pki_session_read((struct span){good, good_len}, &s, &why));
	secret_free(&pem);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	BIO_free(b);
}

struct seen {
	uint64_t records, findings, locked;
};

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct seen *s = arg;
	(void)e;
	s->records++;
	for (size_t i = 0; i < plain->count; i++) {
		const struct outrecord *r = &plain->records[i];
		uint64_t sum = 0;
		for (size_t k = 0; k < r->head.len; k++)
			sum += r->head.data[k];
		for (size_t k = 0; k < r->body.len; k++)
			sum += r->body.data[k];
		FUZZ_MUST(r->head.len + r->body.len == r->len && sum <= (uint64_t)r->len * 255);
	}
	return 0;
}

static void on_finding(void *arg, const struct finding *f)
{
	((struct seen *)arg)->findings++;
	FUZZ_MUST(f->reason && f->reason[0] && f->job && f->file_index > 0);
}

static void on_locked(void *arg, const struct job *job, const char *why)
{
	((struct seen *)arg)->locked++;
	FUZZ_MUST(job && why[0]);
}

enum { SESSION = 0x40, INSIDE = 0x80 };

/* One record; ctx goes on through those whose number has INSIDE, and ends with one of no length. */
static void give(const struct observer *to, struct item *item, EVP_CIPHER_CTX *ctx, unsigned what, struct span data)
{
	static const uint16_t streams[] = {20, 21, 23, 24, 25, 32, 33, 22, 19, 1, 2, 3, 4, 17, 1998, 29};
	uint8_t *locked = malloc(data.len + 32);
	struct err e = {0};
	int n = 0;
	FUZZ_MUST(locked);
	item->stream = streams[what % 16];
	item->data = data;
	if (what & SESSION) {
		item->stream = STREAM_ENCRYPTED_SESSION;
		item->data = (struct span){good, good_len};
		FUZZ_MUST(EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL) == 1);
	} else if (what & INSIDE) {
		if (data.len > 0)
			FUZZ_MUST(EVP_EncryptUpdate(ctx, locked, &n, data.data, (int)data.len) == 1);
		else
			FUZZ_MUST(EVP_EncryptFinal_ex(ctx, locked, &n) == 1 && EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL) == 1);
		item->data = (struct span){locked, (size_t)n};
	}
	item->len = (uint32_t)item->data.len;
	item->attributes.whole = item->stream == STREAM_ATTRIBUTES;
	item->attributes.name = "/a/name";
	item->tail_missing = (what & 0x30) == 0x30;
	item->head_missing = (what & 0x30) == 0x20;
	item->file_index += (what & 0x30) == 0x10 && item->stream == STREAM_ATTRIBUTES;
	const struct outrecord r = {.stream = item->stream, .len = item->len, .body = item->data};
	const struct plain_item plain = {.item = item, .records = &r, .count = 1, .whole = !item->head_missing && !item->tail_missing};
	FUZZ_MUST(to->record(to->arg, &plain, &e) == 0);
	free(locked);
}

static void records(struct span data)
{
	static const struct job job = {.session_id = 1};
	static const struct volume_info volume;
	struct seen seen = {0};
	const struct observer to = {.arg = &seen, .record = on_record, .finding = on_finding};
	if (keys == NULL)
		make_key();
	struct unlock *u = unlock_new(&(struct unlock_options){.keys = keys, .to = &to, .locked = on_locked, .arg = &seen});
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct err e = {0};
	FUZZ_MUST(u && ctx && EVP_EncryptInit_ex2(ctx, EVP_aes_128_cbc(), session_key, iv, NULL) == 1);
	struct item item = {.kind = ITEM_RECORD, .job = &job, .volume = &volume, .file_index = 1};
	struct rd r = rd_over(data.data, data.len);
	while (rd_left(&r) >= 3) {
		unsigned what = rd_u8(&r);
		size_t n = rd_be16(&r);
		give(unlock_observer(u), &item, ctx, what, rd_span(&r, n < rd_left(&r) ? n : rd_left(&r)));
	}
	FUZZ_MUST(unlock_observer(u)->finish(unlock_observer(u)->arg, &e) == 0);
	FUZZ_MUST(seen.locked <= 1);
	const struct unlock_counts *c = unlock_counts(u);
	FUZZ_MUST(c->opened <= (uint64_t)item.file_index);
	EVP_CIPHER_CTX_free(ctx);
	unlock_free(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	uint8_t *copy = malloc(size - 1);
	FUZZ_MUST(copy);
	memcpy(copy, data + 1, size - 1);
	struct span rest = {copy, size - 1};
	switch (data[0] & 3) {
	case 0: session(rest); break;
	case 1: signature(rest); break;
	case 2: packets((struct span){copy + 1, size - 2}, (size_t)copy[0] + 1); break;
	default: records(rest); break;
	}
	free(copy);
	return 0;
}
