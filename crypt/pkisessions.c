/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/pkisessions.h"

#include <pthread.h>
#include <stdlib.h>

struct kept_session {
	uint8_t *record; /* NULL: none */
	size_t len;
	struct secret key;
};

struct pkisessions {
	const struct pkikeys *keys;
	pthread_mutex_t lock;
	struct kept_session kept[PKISESSIONS_KEPT];
	size_t next; /* whose place the next one takes */
};

struct pkisessions *pkisessions_new(const struct pkikeys *keys)
{
	struct pkisessions *p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	p->keys = keys;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

static void forget(struct kept_session *k)
{
	free(k->record);
	secret_free(&k->key);
	*k = (struct kept_session){.key = SECRET_NONE};
}

void pkisessions_free(struct pkisessions *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < PKISESSIONS_KEPT; i++)
		forget(&p->kept[i]);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static const struct kept_session *find(const struct pkisessions *p, struct span record)
{
	for (size_t i = 0; i < PKISESSIONS_KEPT; i++) {
		const struct kept_session *k = &p->kept[i];
		if (k->record && k->len == record.len && memcmp(k->record, record.data, record.len) == 0)
			return k;
	}
	return NULL;
}

/* Takes the place of the oldest. */
static int keep(struct pkisessions *p, struct span record, const struct pki_session *s, const struct kept_session **kept, struct err *e)
{
	struct kept_session *k = &p->kept[p->next];
	forget(k);
	int rc = pkikeys_open(p->keys, s, &k->key, e);
	k->record = rc == 0 ? malloc(record.len) : NULL;
	if (rc == 0 && k->record == NULL)
		rc = err_memory(e, record.len, "a session");
	if (rc != 0) {
		forget(k);
		return rc;
	}
	memcpy(k->record, record.data, record.len);
	k->len = record.len;
	p->next = (p->next + 1) % PKISESSIONS_KEPT;
	*kept = k;
	return 0;
}

int pkisessions_open(struct pkisessions *p, struct span record, struct pki_session *s, struct cbc **c, struct err *e)
{
	const char *wrong = "the key of its session is longer than any";
	*c = NULL;
	if (record.len > PKI_RECORD_MAX_BYTES || !pki_session_read(record, s, &wrong))
		return err_set(e, XE_DAMAGE, "%s", wrong);
	pthread_mutex_lock(&p->lock);
	const struct kept_session *k = find(p, record);
	int rc = k ? 0 : keep(p, record, s, &k, e);
	if (rc == 0)
		rc = cbc_new(c, s->cipher, &k->key, s->iv, e);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

enum pkikeys_verdict pkisessions_signed(struct pkisessions *p, struct span record, enum digest_kind *kind,
					uint8_t value[static DIGEST_MAX_BYTES], size_t *len)
{
	pthread_mutex_lock(&p->lock);
	enum pkikeys_verdict verdict = pkikeys_signed(p->keys, record, kind, value, len);
	pthread_mutex_unlock(&p->lock);
	return verdict;
}
