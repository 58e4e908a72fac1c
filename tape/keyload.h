/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading a key into a drive: what speaks against it is found before, what the drive has made of it is looked at behind. */
#ifndef TAPE_KEYLOAD_H
#define TAPE_KEYLOAD_H

#include "tape/drive.h"

enum keyload_mode {
	KEYLOAD_MIXED,   /* writes encrypted; reads encrypted and clear blocks: what Bareos does */
	KEYLOAD_DECRYPT, /* reads encrypted blocks only, writes in clear */
	KEYLOAD_RAW,     /* reads blocks as they are stored, without a key */
};

struct keyload_options {
	struct span key; /* SCSI_KEY_BYTES; none for KEYLOAD_RAW */
	enum keyload_mode mode;
	int algorithm;   /* index; -1: find it */
	struct span kad; /* U-KAD; data NULL: none */
	bool clear_on_demount;
	bool raw_readable; /* KEYLOAD_MIXED: blocks are marked so that they may be read raw (RDMC 2) */
	bool dry_run;      /* everything but the command that loads */
};

struct keyload_result {
	struct scsi_algorithm algorithm;
	bool known;    /* algorithm is from the drive's list */
	bool fallback; /* the drive has no list: index 1, as Bareos */
	bool had_key;  /* a key was in the drive before */
	bool has_medium;
	struct drive_medium medium;
	struct scsi_status before, after;
};

/* XE_REFUSED: the drive cannot, will not, or did not do what was asked for; if it did something else, the key has been
 * cleared again.  XE_KEY: a key of another size than the algorithm's.  XE_USAGE: the KAD.  XE_NOT_READY: clear on
 * demount without a medium. */
int keyload_run(struct drive *d, enum drive_ready ready, const struct keyload_options *o, struct keyload_result *result, struct err *e)
	__attribute__((warn_unused_result));

/* The algorithm index to clear a key with, or to read the status by.  Errors of tape/drive.h. */
int keyload_index(struct drive *d, uint8_t *index, struct err *e) __attribute__((warn_unused_result));

/* "application", "library", "drive", "appliance", "not reported" */
const char *keyload_method(uint8_t control);

#endif
