/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Did you mean ...?": the nearest of several names to a word that is none of them. */
#ifndef CMD_SUGGEST_H
#define CMD_SUGGEST_H

#include <stddef.h>

/* name(of, 0), name(of, 1)... until NULL are the names.  Returns the one that is fewest changed, lost, added or swapped letters away
 * from the len bytes of word, if those are few; else NULL. */
const char *suggest(const char *word, size_t len, const char *(*name)(const void *of, size_t index), const void *of);

#endif
