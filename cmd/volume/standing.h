/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands at a path, a file or a folder that is a volume: how large, since when, and the digest of what is in it. */
#ifndef CMD_VOLUME_STANDING_H
#define CMD_VOLUME_STANDING_H

#include "base/err.h"

#include <stdbool.h>
#include <time.h>

struct standing {
	bool folder;
	uint64_t names;        /* in the folder, of whatever; of a file 0 */
	uint64_t bytes;        /* of the file, or of all files in the folder */
	struct timespec mtime; /* the latest of them, and of the folder */
};

/* False: there is neither, or it cannot be looked at. */
bool standing_look(const char *path, struct standing *s);

#define STANDING_TEXT_BYTES 32u

/* Seconds since 1970, a point, nine digits. */
void standing_time(const struct timespec *t, char text[static STANDING_TEXT_BYTES]);

/* XXH64, seed 0, of a file; of a volume that is a folder, of its blocks, whatever files they lie in: what filter counts of a volume that it
 * writes there.  text: 16 hex digits; *bytes: how many.  XE_FAILED, also where something of a folder is missing. */
int standing_digest(const char *path, char text[static STANDING_TEXT_BYTES], uint64_t *bytes, struct err *e)
	__attribute__((warn_unused_result));

#endif
