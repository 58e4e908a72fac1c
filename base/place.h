/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a path leads that somebody wants to write to: through symbolic links, and to descriptors by their names in /dev/fd.  Nothing
 * is opened for writing or made here. */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

#define PLACE_PATH_BYTES 4096

enum place_kind {
	PLACE_FREE,       /* nothing is there, the folder perhaps not either */
	PLACE_FILE,       /* a regular file */
	PLACE_OTHER,      /* a device, a pipe, a socket: written to as it is */
	PLACE_DESCRIPTOR, /* one of ours: /dev/stdout, /dev/fd/N, /proc/self/fd/N */
};

struct place {
	enum place_kind kind;
	int descriptor;              /* PLACE_DESCRIPTOR */
	struct stat st;              /* PLACE_FILE, PLACE_OTHER */
	char path[PLACE_PATH_BYTES]; /* behind all links; its folder may be a link still */
};

/* Links are followed as open(2) does it, but not those that a stranger put into a folder where everybody may write, nor is
 * such a named pipe taken.
 * XE_FAILED, XE_USAGE: folders, links that lead round, a file that only another process's descriptor names. */
int place_find(struct place *p, const char *path, struct err *e) __attribute__((warn_unused_result));

/* Do both paths name one file, there or not?  False where that cannot be told. */
bool place_same(const char *a, const char *b);

/* The last part of a path, "" if it ends with a slash. */
const char *place_name(const char *path);

/* The last part of a path, without slashes behind it. */
void place_base(const char *path, char name[static PLACE_PATH_BYTES]);

/* The folder that path lies in, "." where it names none, as it stands there. */
void place_folder(const char *path, char folder[static PLACE_PATH_BYTES]);

#endif
