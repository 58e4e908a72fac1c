/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where keys go to: standard output, or a file that only its owner can read.  What waits to be written waits in pages of
 * secrets; keys are put with fputs and fwrite, never with printf, which keeps copies. */
#ifndef CMD_KEYOUT_H
#define CMD_KEYOUT_H

#include "base/outfile.h"
#include "base/secret.h"

#include <stdio.h>

struct keyout {
	FILE *stream;
	struct secret buffer;
	struct outfile file; /* at rest while it is open: handlers of signals know its address */
};

/* path NULL or "-": standard output.  A file must not exist unless force, and gets mode 0600.  clear: there will be keys
 * that are not wrapped; warns if standard output is a file that others can read.  XE_FAILED, XE_USAGE, XE_PERMISSION. */
int keyout_open(struct keyout *k, const char *path, bool force, bool clear, struct err *e) __attribute__((warn_unused_result));

/* A file where there is no --force. */
int keyout_open_new(struct keyout *k, const char *path, bool clear, struct err *e) __attribute__((warn_unused_result));

/* Writes it all; a file gets its name.  XE_FAILED. */
int keyout_commit(struct keyout *k, struct err *e) __attribute__((warn_unused_result));

/* Closes it; a file that was not committed goes away.  Idempotent. */
void keyout_close(struct keyout *k);

/* A stream whose text goes into a secret, which must be there until it is closed; unbuffered, so that no copy lies about.  NULL
 * without memory. */
FILE *keyout_into(struct secret *text);

/* Open, one line, commit.  Errors as there. */
int keyout_line(const char *path, bool force, bool clear, const struct secret *text, struct err *e) __attribute__((warn_unused_result));

#endif
