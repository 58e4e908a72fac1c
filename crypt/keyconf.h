/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key-manager.conf: which volumes get which cipher and master key.  formats/bacula-encryption.md 4.5 */
#ifndef CRYPT_KEYCONF_H
#define CRYPT_KEYCONF_H

#include "crypt/xts.h"

#define KEYCONF_MAX_BYTES 65536u

struct keyconf;

/* Strings live as long as the keyconf, in its secret. */
struct keyconf_section {
	const char *name;        /* of the section: GnuPG's recipient, and the MASTER_KEYID */
	const char *home;        /* of GnuPG; NULL: its default */
	const char *passphrase;  /* NULL: gpg-agent knows it or asks */
	struct pattern *volumes; /* NULL: no volume gets it */
	bool has_cipher;
	enum xts_cipher cipher;
	bool master;  /* false (masterkey = off): it chooses a cipher only */
	bool stealth; /* the key itself is kept encrypted only */
	bool check;   /* xflate_check = off: there is no secret key on this machine to try what was encrypted */
};

/* Reads a whole file's text.  Errors name the line and never quote a value.  *c is the caller's, for keyconf_free (NULL is
 * fine).  XE_USAGE, XE_FAILED. */
int keyconf_read(struct keyconf **c, const struct secret *text, struct err *e) __attribute__((warn_unused_result));
void keyconf_free(struct keyconf *c);

/* The same of a file, which errors name.  With optional, one that is not there is *c == NULL and no error. */
int keyconf_load(struct keyconf **c, const char *path, bool optional, struct err *e) __attribute__((warn_unused_result));

/* The first section whose expression matches; *section is NULL if there is none, or c is NULL.  As pattern_matches. */
int keyconf_for_volume(const struct keyconf *c, const char *volume, const struct keyconf_section **section, struct err *e)
	__attribute__((warn_unused_result));

/* The section with that name, for READ.  NULL as above. */
const struct keyconf_section *keyconf_by_name(const struct keyconf *c, const char *name);

/* For those who go through all: NULL behind the last. */
const struct keyconf_section *keyconf_at(const struct keyconf *c, size_t index);

#endif
