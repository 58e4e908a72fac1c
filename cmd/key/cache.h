/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What "cache" and bscrypto share. */
#ifndef CMD_KEY_CACHE_H
#define CMD_KEY_CACHE_H

#include "base/json.h"
#include "cmd/key/keyargs.h"
#include "cryptocache.h"

#include <stdio.h>

#define CACHE_TIME_BYTES 32

/* Local time, "2026-11-22 12:06:48". */
void cache_time_text(int64_t seconds, char text[static CACHE_TIME_BYTES]);

/* The table of bscrypto -D, to a stream of keyout.h; no_keys: forms instead of keys. */
void cache_print(FILE *out, const struct cryptocache *c, bool no_keys);

/* "cache check" */
extern const struct command command_cache_check;

/* The help of the verb "cache", and of those below it. */
extern const char cache_help[];

#endif
