/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Algorithms, levels and who will read the result, as options name them. */
#ifndef CMD_VOLUME_ALGORITHM_H
#define CMD_VOLUME_ALGORITHM_H

#include "codec/codec.h"

/* ALG[:LEVEL], the value of -d.  Returns 0, or the exit status of wrong usage, of which it has told. */
int algorithm_parse(const char *verb, const char *text, const struct codec **codec, int *level);

/* Names of enum product for --target, and NULL. */
extern const char *const algorithm_targets[];

#endif
