/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two operations of an Encryption Command over a key directory: LABEL makes a volume's key, READ finds it.
 * formats/bacula-encryption.md 3.4, 4.4 */
#ifndef CRYPT_GETKEY_H
#define CRYPT_GETKEY_H

#include "base/bytes.h"
#include "crypt/keyconf.h"
#include "crypt/keydir.h"

struct getkey {
	struct keydir *dir;
	const struct keyconf *conf; /* NULL: none */
	enum xts_cipher cipher;     /* where no section of conf names one, */
	bool force_cipher;          /* or in any case */
	unsigned seconds;           /* for all of it: Bacula kills its command after 60 */
};

/* How the key was come by, for the audit line. */
enum getkey_way {
	GETKEY_NEW,        /* made now */
	GETKEY_AGAIN,      /* made by an earlier LABEL whose label was never read: given out again */
	GETKEY_FILE,       /* from the key directory */
	GETKEY_GENERATION, /* one before the one in force: the label's copy says so */
	GETKEY_MASTER,     /* decrypted with the master key */
};

/* "new", "again", "file", "generation", "master": static. */
const char *getkey_way_text(enum getkey_way way);

/* A key for the volume, durable and readable before it is given out; what a master key made of it has been decrypted again
 * and compared.  What was in force stays as a generation.  XE_KEY, XE_FAILED, XE_NOT_READY. */
int getkey_label(const struct getkey *g, const char *volume, struct answer *a, enum getkey_way *way, struct err *e)
	__attribute__((warn_unused_result));

/* The key of a volume whose label holds these bytes (or none).  XE_KEY: there is none, or it cannot be decrypted. */
int getkey_read(const struct getkey *g, const char *volume, struct span enc_key, struct span master_id, struct answer *a,
		enum getkey_way *way, struct err *e) __attribute__((warn_unused_result));

/* The clear key of what stands in a key file or label: decrypted with the section that master_id names.  a->key is set.
 * XE_KEY: no such section, or it does not open; XE_FAILED, XE_NOT_READY. */
int getkey_decrypt(const struct getkey *g, struct answer *a, struct err *e) __attribute__((warn_unused_result));

/* a->enc_key and a->master_id become a->key under that section's master key, tried out unless it says not to.  Errors as
 * above. */
int getkey_encrypt(const struct getkey *g, const struct keyconf_section *section, struct answer *a, struct err *e)
	__attribute__((warn_unused_result));

#endif
