/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The argument of --explain: what somebody has pasted, or standard input ("-"), read and looked through for keys. */
#ifndef CMD_DRIVE_PASTED_H
#define CMD_DRIVE_PASTED_H

#include "base/secret.h"
#include "cmd/options.h"
#include "tape/keyguard.h"
#include "tape/paste.h"

struct pasted {
	struct secret text, data, spare; /* each may hold a key */
	struct paste paste;
	enum keyguard guard;
	struct keyguard_find find; /* where it is a page, whole or cut; without its spans */
	struct scsi_kads kads;     /* of a whole page */
	bool command;              /* the CDB that sends a key stands by itself: what else is here is no page */
};

#define PASTED_NONE ((struct pasted){.guard = KEYGUARD_NONE})

/* One way to read a dump. */
enum pasted_way { PASTED_AS_IS, PASTED_UNSIGNED, PASTED_SWAPPED, PASTED_WAYS };

/* text may be overwritten: it stands in argv, where everybody sees it.  XE_USAGE for what has no hex digits and no code;
 * XE_FAILED.  No error holds anything of it. */
int pasted_read(struct pasted *p, char *text, struct err *e) __attribute__((warn_unused_result));

/* Dump i read that way, until the next call; empty where that makes no difference or no sense. */
struct span pasted_bytes(struct pasted *p, unsigned i, enum pasted_way way);

/* Idempotent. */
void pasted_free(struct pasted *p);

/* --explain, a taker of options: a char *, for the word is wiped where everybody can see it. */
int pasted_option(const struct command *verb, void *where, const char *text);

#endif
