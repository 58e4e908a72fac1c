/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/pkirecord.h"

#include "crypt/der.h"

#define OID_MAX_BYTES 16

struct oid {
	uint8_t len, bytes[OID_MAX_BYTES];
};

/* The Object Identifiers of formats/restore-format.md 2.6, as DER has them. */
static const struct {
	struct oid oid;
	const char *name;
	uint8_t key_bytes, block_bytes;
} ciphers[PKI_CIPHERS] = {
	[PKI_AES_128] = {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02}}, "AES-128-CBC", 16, 16},
	[PKI_AES_192] = {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16}}, "AES-192-CBC", 24, 16},
	[PKI_AES_256] = {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a}}, "AES-256-CBC", 32, 16},
	[PKI_3DES] = {{8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07}}, "DES-EDE3-CBC", 24, 8},
	[PKI_BLOWFISH] = {{9, {0x2b, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x02}}, "BF-CBC", 16, 8},
	[PKI_CAMELLIA_128] = {{11, {0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 0x01, 0x01, 0x01, 0x02}}, "CAMELLIA-128-CBC", 16, 16},
	[PKI_CAMELLIA_192] = {{11, {0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 0x01, 0x01, 0x01, 0x03}}, "CAMELLIA-192-CBC", 24, 16},
	[PKI_CAMELLIA_256] = {{11, {0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 0x01, 0x01, 0x01, 0x04}}, "CAMELLIA-256-CBC", 32, 16},
};

static const struct {
	struct oid oid;
	enum digest_kind kind;
} digests[] = {
	{{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}}, DIGEST_SHA256},
	{{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}}, DIGEST_SHA512},
	{{5, {0x2b, 0x0e, 0x03, 0x02, 0x1a}}, DIGEST_SHA1},
	{{8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05}}, DIGEST_MD5},
};

static const struct oid rsa = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01}};

const char *pki_cipher_name(enum pki_cipher cipher)
{
	return ciphers[cipher].name;
}

size_t pki_cipher_key_bytes(enum pki_cipher cipher)
{
	return ciphers[cipher].key_bytes;
}

size_t pki_cipher_block_bytes(enum pki_cipher cipher)
{
	return ciphers[cipher].block_bytes;
}

static bool is(const struct oid *oid, struct span found)
{
	return found.len == oid->len && memcmp(found.data, oid->bytes, found.len) == 0;
}

static bool cipher_of(struct span oid, enum pki_cipher *cipher)
{
	for (int i = 0; i < PKI_CIPHERS; i++) {
		if (is(&ciphers[i].oid, oid)) {
			*cipher = (enum pki_cipher)i;
			return true;
		}
	}
	return false;
}

static bool digest_of(struct span oid, enum digest_kind *kind)
{
	for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
		if (is(&digests[i].oid, oid)) {
			*kind = digests[i].kind;
			return true;
		}
	}
	return false;
}

/* ---- sessions ---- */

/* One recipient, whatever its key is of. */
static struct pki_recipient take_recipient(struct rd *recipients, bool *ours)
{
	struct rd r = der_open(recipients, DER_SEQUENCE);
	der_expect(&r, 0);
	struct pki_recipient found = {.key_id = der_bytes(&r, DER_OCTETS)};
	*ours = is(&rsa, der_bytes(&r, DER_OID));
	found.locked = der_bytes(&r, DER_OCTETS);
	recipients->bad = recipients->bad || r.bad || rd_left(&r) > 0;
	return found;
}

bool pki_recipient_next(struct rd *recipients, struct pki_recipient *r)
{
	bool ours = false;
	while (!ours && !recipients->bad && rd_left(recipients) > 0)
		*r = take_recipient(recipients, &ours);
	return ours && !recipients->bad;
}

bool pki_session_read(struct span record, struct pki_session *s, const char **why)
{
	struct rd whole = rd_over(record.data, record.len);
	struct rd r = der_open(&whole, DER_SEQUENCE);
	der_expect(&r, 0);
	struct span oid = der_bytes(&r, DER_OID);
	s->iv = der_bytes(&r, DER_OCTETS);
	s->recipients = der_open(&r, DER_SET);
	bool bad = whole.bad || rd_left(&whole) > 0 || r.bad || rd_left(&r) > 0;
	struct rd each = s->recipients;
	struct pki_recipient ignored;
	while (pki_recipient_next(&each, &ignored))
		;
	*why = NULL;
	if (bad || each.bad)
		*why = "the key of its session does not stand as a client writes it";
	else if (!cipher_of(oid, &s->cipher))
		*why = "it is encrypted with a cipher that nobody knows";
	else if (s->iv.len != pki_cipher_block_bytes(s->cipher))
		*why = "the initial vector of its session is not of its cipher's length";
	return *why == NULL;
}

/* ---- signatures ---- */

static bool take_signer(struct rd *signers, struct pki_signer *s)
{
	struct rd r = der_open(signers, DER_SEQUENCE);
	der_expect(&r, 0);
	s->key_id = der_bytes(&r, DER_OCTETS);
	bool known = digest_of(der_bytes(&r, DER_OID), &s->digest);
	der_bytes(&r, DER_OID); /* of the signature: Bacula and Bareos have different ones, for the same */
	s->signature = der_bytes(&r, DER_OCTETS);
	signers->bad = signers->bad || r.bad || rd_left(&r) > 0;
	return known;
}

bool pki_signer_next(struct rd *signers, struct pki_signer *s)
{
	bool known = false;
	while (!known && !signers->bad && rd_left(signers) > 0)
		known = take_signer(signers, s);
	return known && !signers->bad;
}

bool pki_signature_read(struct span record, struct rd *signers)
{
	struct rd whole = rd_over(record.data, record.len);
	struct rd r = der_open(&whole, DER_SEQUENCE);
	der_expect(&r, 0);
	*signers = der_open(&r, DER_SET);
	bool bad = whole.bad || rd_left(&whole) > 0 || r.bad || rd_left(&r) > 0;
	struct rd each = *signers;
	struct pki_signer ignored;
	while (pki_signer_next(&each, &ignored))
		;
	return !bad && !each.bad;
}
