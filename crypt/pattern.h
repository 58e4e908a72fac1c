/* SPDX-License-Identifier: GPL-3.0-or-later */
/* volume_regex of key-manager.conf: Python's regular expressions, by PCRE2, which takes all that a Volume Name needs of
 * them.  Matched at the beginning of a name only, as re.match does.  formats/bacula-encryption.md 4.5 */
#ifndef CRYPT_PATTERN_H
#define CRYPT_PATTERN_H

#include "base/err.h"

#include <stdbool.h>

struct pattern;

/* *p is the caller's, for pattern_free (NULL is fine).  XE_USAGE, in words, for an expression that is wrong; XE_FAILED without
 * memory. */
int pattern_new(struct pattern **p, const char *text, struct err *e) __attribute__((warn_unused_result));
void pattern_free(struct pattern *p);

/* XE_USAGE: the expression takes too long on this name; XE_FAILED without memory. */
int pattern_matches(const struct pattern *p, const char *name, bool *matches, struct err *e) __attribute__((warn_unused_result));

#endif
