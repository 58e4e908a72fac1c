/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that their client encrypted become plain on their way to who looks on, with the client's key or a master key: an observer in front of
 * another one, which gets records as if nothing had been encrypted.  What no key opens passes as it is.  formats/restore-format.md 2.6 */
#ifndef PIPELINE_UNLOCK_H
#define PIPELINE_UNLOCK_H

#include "crypt/pkikeys.h"
#include "volume/observer.h"

struct unlock_options {
	const struct pkikeys *keys;
	const struct observer *to;
	/* Is the file of these attributes worth it?  NULL: each is. */
	bool (*wants)(void *arg, const struct item *attributes);
	/* Once of a job whose files stay as they are, and why. */
	void (*locked)(void *arg, const struct job *job, const char *why);
	void *arg;
};

/* Files that are wanted. */
struct unlock_counts {
	uint64_t opened;     /* became plain */
	uint64_t signatures; /* of a certificate that is given; that they fit the content is proved as digests are */
	uint64_t unchecked;  /* signatures of others */
	uint64_t not_signed; /* have content, encrypted or not, and no signature */
};

struct unlock;

/* What options names must stay until unlock_free (NULL is fine).  NULL without memory. */
struct unlock *unlock_new(const struct unlock_options *options);
void unlock_free(struct unlock *u);

/* Who is to look on while the volumes are inflated; lent by u.  Findings of ours, that a file does not decrypt, come before its next record. */
const struct observer *unlock_observer(struct unlock *u);

const struct unlock_counts *unlock_counts(const struct unlock *u);

#endif
