/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file that verify keeps its state in: read once, written anew after each unit, one verify at a time. */
#ifndef CMD_VOLUME_PROOFFILE_H
#define CMD_VOLUME_PROOFFILE_H

#include "cmd/volume/proofstate.h"

/* Begin with PROOFFILE_NONE. */
struct prooffile {
	const char *path; /* borrowed */
	struct proofstate state;
	bool new;  /* the file was not there */
	bool lost; /* and a lock is: it was there once */
	int lock;
};

#define PROOFFILE_NONE ((struct prooffile){.lock = -1})

#define PROOFFILE_LOCK ".lock" /* behind the path: an empty file that stays */

/* Locks it, and reads what is there; where nothing is, the state is empty.  What cannot be read, or is no state, is refused and stays as it
 * is.  XE_FAILED, also if another verify is at work with it; XE_USAGE: it is no file.  f is to be closed either way. */
int prooffile_open(struct prooffile *f, const char *path, struct err *e) __attribute__((warn_unused_result));

/* The file is replaced as a whole, and on the disk.  XE_FAILED: what was there still is. */
int prooffile_save(struct prooffile *f, struct err *e) __attribute__((warn_unused_result));

/* In a child process, which must not hold the lock longer than its parent. */
void prooffile_leave(struct prooffile *f);

/* Idempotent. */
void prooffile_close(struct prooffile *f);

#endif
