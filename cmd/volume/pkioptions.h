/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that name keys of clients who encrypt, or their master keys; those who read files share them. */
#ifndef CMD_VOLUME_PKIOPTIONS_H
#define CMD_VOLUME_PKIOPTIONS_H

#include "cmd/options.h"
#include "pipeline/unlock.h"

#include <stdio.h>

#define PKIOPTIONS_MAX 32u /* of each kind */

/* Rows of a table of options: member is a struct pkioptions. */
#define PKIOPTIONS_ROWS(request, member)                                              \
	OPTION_TAKE_AT(0, "pki-key", pkioptions_take_key, request, member),           \
		OPTION_TAKE_AT(0, "pki-cert", pkioptions_take_cert, request, member), \
		OPTION_TAKE_AT(0, "pki-passphrase", pkioptions_take_passphrase, request, member)

struct pkisources {
	const char *names[PKIOPTIONS_MAX];
	size_t count;
};

/* As given. */
struct pkioptions {
	struct pkisources keys, certs, passphrases;
	struct pkikeys *opened;
	struct unlock *unlock; /* NULL: nothing was given */
};

/* Takers (options.h). */
int pkioptions_take_key(const struct command *verb, void *place, const char *value);
int pkioptions_take_cert(const struct command *verb, void *place, const char *value);
int pkioptions_take_passphrase(const struct command *verb, void *place, const char *value);

/* Is standard input asked for once at most, one of the count inputs at paths, the list of files and the key of volumes (NULL: none)
 * included, and for nothing in vain?  0 or the exit status of wrong usage. */
int pkioptions_check(const struct pkioptions *p, const char *verb, const char *const *paths, size_t count, const char *list,
		     const char *key);

/* Reads keys and certificates.  XE_KEY, and as secretsource_read. */
int pkioptions_open(struct pkioptions *p, struct err *e) __attribute__((warn_unused_result));

/* Who is to look on, for to to see files plain that these keys open; to itself where none is given.  wants, arg: as unlock_options has them;
 * of jobs that stay locked is told.  Until it is asked for once more.  NULL without memory. */
const struct observer *pkioptions_observer(struct pkioptions *p, const struct observer *to, bool (*wants)(void *arg, const struct item *a),
					   void *arg);

/* What became of encrypted and signed files, as lines of a report; nothing if no key is given.  And as an object of JSON. */
void pkioptions_print(const struct pkioptions *p, FILE *out);
struct json;
void pkioptions_json(const struct pkioptions *p, struct json *j);

/* Wipes and frees them.  Idempotent. */
void pkioptions_close(struct pkioptions *p);

#endif
