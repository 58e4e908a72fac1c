/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where secrets come from: a file, "-", fd:N, cred:NAME, tty.  Never an argument, never an environment variable. */
#ifndef CMD_SECRETSOURCE_H
#define CMD_SECRETSOURCE_H

#include "base/secret.h"

#include <stdbool.h>

/* Reads the secret that source names, at most max bytes, as it is (secret_trim is the caller's).  what ("KEK", "key of
 * VOL1") stands in the prompt and in errors; confirm asks a terminal twice.  Warns of files that others can read.
 * XE_KEY: empty, too long, or two answers that differ; XE_FAILED, XE_PERMISSION, XE_USAGE. */
int secretsource_read(const char *source, const char *what, bool confirm, size_t max, struct secret *s, struct err *e)
	__attribute__((warn_unused_result));

/* The same without the warning: *others tells whether others can read the file. */
int secretsource_read_quietly(const char *source, const char *what, bool confirm, size_t max, struct secret *s, bool *others, struct err *e)
	__attribute__((warn_unused_result));

/* A Key Encryption Key, fit for use; warns of one that looks odd (trust_kek); what it is called ("KEK") stands in errors.  Errors as secretsource_read. */
int secretsource_read_kek(const char *source, const char *what, bool confirm, struct secret *kek, struct err *e)
	__attribute__((warn_unused_result));

/* One line from the terminal at fd, of at most max bytes, with its echo off.  XE_KEY, XE_FAILED. */
int secretsource_read_line(int fd, const char *what, size_t max, struct secret *s, struct err *e) __attribute__((warn_unused_result));

/* Can the source be read once only, as standard input, a terminal, a pipe?  NULL: there is none. */
bool secretsource_once(const char *source);

#define SOURCE_KEK_MAX_BYTES 1024u
#define SOURCE_KEY_MAX_BYTES 1024u

#endif
