/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of sessions that a client's key has opened lately: each file of a job brings the same one, and opening it takes a millisecond.  Any
 * thread. */
#ifndef CRYPT_PKISESSIONS_H
#define CRYPT_PKISESSIONS_H

#include "crypt/cbc.h"
#include "crypt/pkikeys.h"

#define PKISESSIONS_KEPT 16u

struct pkisessions;

/* keys must stay until pkisessions_free (NULL is fine), which wipes those of the sessions.  NULL without memory. */
struct pkisessions *pkisessions_new(const struct pkikeys *keys);
void pkisessions_free(struct pkisessions *p);

/* What has the key of the session in this record (stream 22), for cbc_free; *s: the session, lent by the record.  XE_KEY: it is for none of our
 * keys; XE_DAMAGE: it does not stand as a client writes it; XE_FAILED. */
int pkisessions_open(struct pkisessions *p, struct span record, struct pki_session *s, struct cbc **c, struct err *e)
	__attribute__((warn_unused_result));

/* As pkikeys_signed. */
enum pkikeys_verdict pkisessions_signed(struct pkisessions *p, struct span record, enum digest_kind *kind,
					uint8_t value[static DIGEST_MAX_BYTES], size_t *len);

#endif
