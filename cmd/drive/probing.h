/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of a cache's keys opens the block under the head: keys are loaded one by one, for decryption only, and the drive is
 * asked whether it could decrypt the block.  HP's LTO-4 locks itself after ten wrong keys, so few are tried: first those that
 * the block's own descriptor points to. */
#ifndef CMD_DRIVE_PROBING_H
#define CMD_DRIVE_PROBING_H

#include "base/secret.h"
#include "cryptocache.h"
#include "tape/drive.h"

#define PROBING_TRIES 3

struct probing {
	const char *first; /* this volume's key before all others, or NULL */
	uint64_t tries;    /* wrong keys */
	int algorithm;     /* index; -1: find it */
};

struct probing_outcome {
	const struct cryptocache_entry *match; /* NULL: none */
	char key_id[SECRET_ID_BYTES];
	uint64_t wrong, left; /* left: not tried */
};

/* b is what the drive says of the block.  Nothing is read, the tape does not move; a key is in the drive afterwards, on every
 * path, which the caller clears.  That no key fits is no error.  Errors of keyload_run and drive_next_block; XE_FAILED: a signal. */
int probing_run(struct drive *d, enum drive_ready ready, const struct probing *q, const struct secret *kek, const struct cryptocache *cache,
		const struct scsi_next_block *b, struct probing_outcome *o, struct err *e) __attribute__((warn_unused_result));

#endif
