/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Warnings of what others could have changed, and of what an editor has changed.  Nothing is refused: an operator in a
 * disaster knows better; but whoever can write a cache or a key directory chooses the keys that tapes are written with. */
#ifndef CMD_TRUST_H
#define CMD_TRUST_H

#include "base/secret.h"
#include "cryptocache.h"

/* A file that others than its owner can write, or put another one in the place of.  What is no path (-, fd:N) and what
 * is not there is passed over, here and below. */
void trust_file(const char *path);

/* The same of a folder and of each file in it; says how many of them. */
void trust_folder(const char *path);

/* A cache with two entries of one name whose keys differ as texts: the first is taken, by daemons and here. */
void trust_cache(const char *path, const struct cryptocache *c);

/* A KEK that looks like one as an editor or a configuration has it: with a byte order mark, in quotes, in UTF-16, behind
 * a blank.  All of that counts among the bytes that wrap.  source stands in the warning, never a byte of the KEK. */
void trust_kek(const char *source, const struct secret *kek);

#endif
