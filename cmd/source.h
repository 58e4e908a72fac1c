/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where secrets come from: a file, "-", fd:N, cred:NAME, tty.  Never an argument, never an environment variable. */
#ifndef CMD_SOURCE_H
#define CMD_SOURCE_H

#include "base/secret.h"

#include <stdbool.h>

/* Reads the secret that source names, at most max bytes, as it is (secret_trim is the caller's).  what ("KEK", "key of
 * VOL1") stands in the prompt and in errors; confirm asks a terminal twice.  Warns of files that others can read.
 * XE_KEY: empty, too long, or two answers that differ; XE_FAILED, XE_PERMISSION, XE_USAGE. */
int source_read(const char *source, const char *what, bool confirm, size_t max, struct secret *s, struct err *e)
	__attribute__((warn_unused_result));

#endif
