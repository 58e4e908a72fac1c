/* SPDX-License-Identifier: GPL-3.0-or-later */
/* volume_regex of key-manager.conf: Python's regular expressions, as far as Volume Names need them, over the C library's.
 * Matched at the beginning of a name only, as re.match does.  formats/bacula-encryption.md 4.5 */
#ifndef CRYPT_PATTERN_H
#define CRYPT_PATTERN_H

#include "base/err.h"

#include <stdbool.h>

struct pattern;

/* Taken: characters, . [] | () (?:) * + ? {m,n}, lazy forms, ^ $ \A \Z, \d \D \w \W \s \S, escaped punctuation.  XE_USAGE
 * for what is not, or is wrong, in words; XE_FAILED without memory. */
int pattern_new(struct pattern **p, const char *text, struct err *e) __attribute__((warn_unused_result));
void pattern_free(struct pattern *p);

bool pattern_matches(const struct pattern *p, const char *name);

#endif
