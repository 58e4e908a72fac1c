/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SECURITY PROTOCOL IN and OUT, and the encryption of blocks. */
#include "model.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <stdlib.h>
#include <string.h>

static const struct algorithm *find(const struct drive *d, uint8_t index)
{
	for (size_t i = 0; i < d->p->algorithms; i++) {
		if (d->p->algorithm[i].index == index)
			return &d->p->algorithm[i];
	}
	return NULL;
}

/* Are blocks that it writes marked as readable raw?  RDMC, and without it what the algorithm does by itself. */
static bool marks_raw(const struct drive *d)
{
	const struct algorithm *a = find(d, d->index);
	return d->rdmc == 2 || (d->rdmc == 0 && a && (a->raw == 5 || a->raw == 7));
}

static bool can_encrypt(enum medium m)
{
	return m != MEDIUM_NONE && m != MEDIUM_LTO3;
}

void model_forget_key(struct drive *d)
{
	d->encryption = d->decryption = 0;
	d->has_key = d->ckod = false;
	d->ukad_len = d->akad_len = 0;
	d->kad_format = 0;
	d->ceem = d->rdmc = 0;
	memset(d->key, 0, sizeof d->key);
}

/* ---- blocks ---- */

void model_seal(struct drive *d, struct block *b, const uint8_t *plain, size_t len)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;
	b->encrypted = true;
	b->raw_readable = marks_raw(d);
	b->index = d->index;
	b->ukad_len = d->ukad_len;
	b->akad_len = d->akad_len;
	memcpy(b->ukad, d->ukad, sizeof b->ukad);
	memcpy(b->akad, d->akad, sizeof b->akad);
	RAND_bytes(b->iv, sizeof b->iv);
	if (EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, d->key, b->iv) != 1 ||
	    EVP_EncryptUpdate(c, NULL, &n, b->akad, (int)b->akad_len) != 1 || EVP_EncryptUpdate(c, b->data, &n, plain, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(c, b->data + n, &n) != 1 || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, b->tag) != 1)
		abort();
	EVP_CIPHER_CTX_free(c);
}

bool model_open(const struct drive *d, const struct block *b, uint8_t *plain)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t *out = plain ? plain : malloc(b->len + 16), tag[16];
	int n, m;
	memcpy(tag, b->tag, sizeof tag);
	bool ok = d->has_key && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, d->key, b->iv) == 1 &&
		  EVP_DecryptUpdate(c, NULL, &n, b->akad, (int)b->akad_len) == 1 &&
		  EVP_DecryptUpdate(c, out, &n, b->data, (int)b->len) == 1 && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, 16, tag) == 1 &&
		  EVP_DecryptFinal_ex(c, out + n, &m) == 1;
	EVP_CIPHER_CTX_free(c);
	if (plain == NULL)
		free(out);
	return ok;
}

/* ---- in ---- */

static size_t put_kad(uint8_t *r, uint8_t type, uint8_t authenticated, const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	r[0] = type;
	r[1] = authenticated;
	put16(r + 2, (unsigned)len);
	memcpy(r + 4, data, len);
	return 4 + len;
}

static size_t page_list(uint8_t *r, const struct drive *d, bool in)
{
	static const unsigned pages[] = {0x0000, 0x0001, 0x0010, 0x0011, 0x0012, 0x0020, 0x0021, 0x0030};
	size_t n = 4;
	if (!in) {
		put16(r + n, 0x0010);
		return n + 2;
	}
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		if (pages[i] == 0x10 && !d->p->has_list)
			continue;
		put16(r + n, pages[i]);
		n += 2;
	}
	return n;
}

static size_t capabilities(uint8_t *r, const struct drive *d)
{
	size_t n = 20;
	r[4] = d->p->control >= 2 ? 2 : 1; /* CFG_P */
	for (size_t i = 0; i < d->p->algorithms; i++, n += 24) {
		const struct algorithm *a = &d->p->algorithm[i];
		uint8_t *p = r + n;
		p[0] = a->index;
		put16(p + 2, 20);
		p[4] = (uint8_t)((can_encrypt(d->medium) ? 0x80 : 0) | 0x3a); /* MAC_C, DELB_C, hardware both ways */
		p[5] = (uint8_t)((can_encrypt(d->medium) ? 0x80 : 0) | 0x10 | a->kad_format << 3 | a->vcelb << 2 | a->ukad_fixed << 1);
		put16(p + 6, a->ukad_max);
		put16(p + 8, a->akad_max);
		put16(p + 10, a->key_bytes);
		p[12] = (uint8_t)(a->kads << 6 | 1 << 4 | a->raw << 1);
		put32(p + 20, a->code);
	}
	return n;
}

static size_t status(uint8_t *r, const struct drive *d)
{
	const struct algorithm *a = find(d, d->index);
	bool vcelb = false;
	for (size_t i = 0; i < d->end && d->medium != MEDIUM_NONE; i++)
		vcelb = vcelb || d->tape[i].encrypted;
	r[4] = (uint8_t)(d->scope << 5 | (d->has_key ? 2 : 0));
	r[5] = d->encryption;
	r[6] = d->decryption;
	r[7] = d->index;
	put32(r + 8, d->counter);
	r[12] = (uint8_t)(d->p->control << 4 | ((a && a->vcelb && vcelb) ? 8 : 0) | (d->ceem == 1 ? 1 : 0) << 1 |
			  (d->encryption == 2 && !marks_raw(d)));
	r[13] = d->kad_format;
	size_t n = 24;
	n += put_kad(r + n, 0, 1, d->ukad, d->ukad_len);
	n += put_kad(r + n, 1, 3, d->akad, d->akad_len);
	return n;
}

static size_t next_block(uint8_t *r, const struct drive *d)
{
	const struct block *b = d->pos < d->end ? &d->tape[d->pos] : NULL;
	size_t n = 16;
	put32(r + 8, (unsigned long)d->pos);
	r[12] = b == NULL || b->mark ? 0x22 : !b->encrypted ? 0x43 : d->decryption >= 2 && model_open(d, b, NULL) ? 0x45 : 0x46;
	if (b && b->encrypted) {
		r[13] = b->index;
		r[14] = !b->raw_readable; /* RDMDS */
		n += put_kad(r + n, 0, 1, b->ukad, b->ukad_len);
		n += put_kad(r + n, 1, 2, b->akad, b->akad_len);
	}
	return n;
}

uint8_t model_security_in(struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a)
{
	unsigned page = get16(cdb + 2);
	if (!d->p->encrypts)
		return model_sense(a, 5, 0x20, 0);
	if (d->loading && d->no_keys_yet)
		return model_sense(a, 2, d->loading_asc, d->loading_ascq);
	if (cdb[4] & 0x80)
		return model_invalid_cdb(a, 4);
	for (unsigned i = 4; i < 12; i++) {
		bool reserved = i < 6 || i > 9;
		if (reserved && cdb[i] != 0)
			return model_invalid_cdb(a, i);
	}
	if (d->allocation_max && get32(cdb + 6) > d->allocation_max)
		return model_sense(a, 5, 0x24, 0); /* and not a word of which field */
	if (cdb[1] == 0 && page == 0) {
		put16(r + 6, 2);
		r[9] = 0x20;
		*n = 10;
		return GOOD;
	}
	if (cdb[1] != 0x20)
		return model_invalid_cdb(a, 1);
	switch (page) {
	case 0x00: *n = page_list(r, d, true); break;
	case 0x01: *n = page_list(r, d, false); break;
	case 0x10:
		if (!d->p->has_list)
			return model_invalid_cdb(a, 2);
		*n = capabilities(r, d);
		break;
	case 0x11: *n = 5; break; /* format 0, plain */
	case 0x12:
		r[5] = d->p->has_ckod ? 4 : 0;
		r[7] = 7;
		*n = 16;
		break;
	case 0x20: *n = status(r, d); break;
	case 0x21:
		if (d->medium == MEDIUM_NONE)
			return model_sense(a, 2, 0x3a, 0);
		if (d->end == 0)
			return model_sense(a, 8, 0x14, 3); /* as HP answers for a blank */
		*n = next_block(r, d);
		break;
	case 0x30:
		RAND_bytes(r + 4, 16);
		*n = 20;
		break;
	default: return model_invalid_cdb(a, 2);
	}
	put16(r, page);
	put16(r + 2, (unsigned)(*n - 4));
	return GOOD;
}

/* ---- out ---- */

struct kads {
	const uint8_t *ukad, *akad;
	size_t ukad_len, akad_len;
};

/* Ascending, known, within their limits, no reserved bit. */
static uint8_t take_kads(const struct algorithm *al, const uint8_t *out, size_t at, size_t len, uint8_t encryption, struct kads *k,
			 struct answer *a)
{
	int last = -1;
	while (at < len) {
		if (len - at < 4)
			return model_invalid_list(a, (unsigned)at);
		uint8_t type = out[at];
		size_t n = get16(out + at + 2);
		if (type > 1 || type <= last || out[at + 1] != 0 || encryption != 2 || n == 0 || n > len - at - 4)
			return model_invalid_list(a, (unsigned)at);
		if (n > (type == 0 ? al->ukad_max : al->akad_max) || (type == 0 && al->ukad_fixed && n != al->ukad_max) || al->kads == 2)
			return model_invalid_list(a, (unsigned)at + 2);
		if (type == 0) {
			k->ukad = out + at + 4;
			k->ukad_len = n;
		} else {
			k->akad = out + at + 4;
			k->akad_len = n;
		}
		last = type;
		at += 4 + n;
	}
	if (al->kads == 1 && encryption == 2 && k->ukad == NULL)
		return model_sense(a, 5, 0x26, 0x11);
	return GOOD;
}

static uint8_t check_fields(const struct drive *d, const struct algorithm *al, const uint8_t *p, struct answer *a)
{
	uint8_t scope = p[4] >> 5, ceem = p[5] >> 6, rdmc = p[5] >> 4 & 3;
	if (scope > 2 || (p[4] & 0x1f) != 0) /* LOCK is not supported */
		return model_invalid_list(a, 4);
	if ((p[5] & 0x0b) != 0 || rdmc == 1) /* SDK, CKORP, CKORL */
		return model_invalid_list(a, 5);
	if (ceem >= 2 && p[7] == 0)
		return model_invalid_list(a, 5);
	if ((p[5] & 4) && (!d->p->has_ckod || d->medium == MEDIUM_NONE))
		return model_invalid_list(a, 5);
	if (p[6] != 0 && p[6] != 2)
		return model_invalid_list(a, 6);
	if (p[7] > 3 || (p[7] == 1 && al && al->raw == 1))
		return model_invalid_list(a, 7);
	if (al == NULL)
		return model_invalid_list(a, 8);
	if ((p[6] == 2 || p[7] >= 2) && d->medium != MEDIUM_NONE && !can_encrypt(d->medium))
		return model_invalid_list(a, 8);
	if (rdmc >= 2 && (p[6] != 2 || al->raw == 1 || al->raw >= 6))
		return model_invalid_list(a, 5);
	if (p[9] != 0)
		return model_invalid_list(a, 9);
	if (p[10] > 2 || (p[10] != 0 && !al->kad_format))
		return model_invalid_list(a, 10);
	for (unsigned i = 11; i < 18; i++) {
		if (p[i] != 0)
			return model_invalid_list(a, i);
	}
	return GOOD;
}

static void accept(struct drive *d, const uint8_t *p, size_t key_len, const struct kads *k)
{
	if (!d->stuck_counter)
		d->counter++;
	if (d->ignore_set)
		return;
	model_forget_key(d);
	d->scope = p[4] >> 5;
	d->ceem = p[5] >> 6;
	d->rdmc = p[5] >> 4 & 3;
	d->ckod = p[5] & 4;
	d->encryption = p[6];
	d->decryption = p[7];
	d->index = p[8];
	d->kad_format = p[10];
	d->has_key = (p[6] != 0 || p[7] >= 2) && key_len == KEY_BYTES;
	if (d->has_key)
		memcpy(d->key, p + 20, KEY_BYTES);
	if (d->ignore_kad)
		return;
	d->ukad_len = k->ukad_len;
	d->akad_len = k->akad_len;
	memcpy(d->ukad, k->ukad ? k->ukad : d->ukad, k->ukad_len);
	memcpy(d->akad, k->akad ? k->akad : d->akad, k->akad_len);
}

uint8_t model_security_out(struct drive *d, const uint8_t *cdb, const uint8_t *out, size_t out_len, struct answer *a)
{
	if (!d->p->encrypts)
		return model_sense(a, 5, 0x20, 0);
	if (d->loading && d->no_keys_yet)
		return model_sense(a, 2, d->loading_asc, d->loading_ascq);
	for (unsigned i = 4; i < 12; i++) {
		bool reserved = i < 6 || i > 9;
		if (reserved && cdb[i] != 0)
			return model_invalid_cdb(a, i);
	}
	if (cdb[1] != 0x20)
		return model_invalid_cdb(a, 1);
	if (get16(cdb + 2) != 0x10)
		return model_invalid_cdb(a, 2);
	if (d->p->control >= 2)
		return model_sense(a, 5, 0x2c, 0x0b); /* the parameters are not this nexus's to set */
	if (get32(cdb + 6) != out_len || out_len < 20 || get16(out + 2) + 4u != out_len)
		return model_sense(a, 5, 0x1a, 0);
	if (get16(out) != 0x10)
		return model_invalid_list(a, 0);
	const struct algorithm *al = find(d, out[8]);
	uint8_t rc = check_fields(d, al, out, a);
	if (rc != GOOD)
		return rc;
	bool off = out[6] == 0 && out[7] <= 1;
	size_t key_len = get16(out + 18);
	if ((off ? key_len != 0 && key_len != al->key_bytes : key_len != al->key_bytes) || 20 + key_len > out_len)
		return model_invalid_list(a, 18);
	if (off && out[7] == 0 && key_len == 0 && d->p->picky_clear)
		return model_invalid_list(a, 18);
	struct kads k = {0};
	rc = take_kads(al, out, 20 + key_len, out_len, out[6], &k, a);
	if (rc != GOOD)
		return rc;
	if (!off && d->locked)
		return model_sense(a, 7, 0x26, 0x10);
	if (!off && d->failed_read)
		d->failed_read = false;
	accept(d, out, key_len, &k);
	return GOOD;
}
