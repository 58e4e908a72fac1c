/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder and what is below it, reached so that nothing leads out: from descriptor to descriptor, one component at a time, and no
 * symbolic link is followed, whoever put it there.  formats/restore-format.md 4.8 */
#ifndef RESTORE_FOLDER_H
#define RESTORE_FOLDER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOLDER_WHY_BYTES 512

struct folder;

/* path is made (0777 less umask) if it is not there; links to it are followed.  on_made is told of each folder that is made below it
 * later (path: n bytes, no NUL), and returns 0 or an error; NULL: nobody wants to know.  XE_FAILED, XE_PERMISSION. */
struct folder *folder_open(const char *path, int (*on_made)(void *arg, const char *path, size_t n, struct err *e), void *arg,
			   struct err *e);
void folder_close(struct folder *f);

/* A descriptor of the folder path (n bytes, as path_below makes it; n 0: the folder itself), which stays the folder's, valid until the
 * next call.  make: what is missing is made, 0700.  Else a negative errno, and why. */
int folder_at(struct folder *f, const char *path, size_t n, bool make, char why[static FOLDER_WHY_BYTES]);

/* Where the last of these calls led. */
struct folder_place {
	uint64_t number; /* of the opened folder, never twice; 0: the folder itself */
	bool made;       /* since it was opened: nobody else has put anything into it, unless meanwhile */
};
struct folder_place folder_place(const struct folder *f);

/* The same of the folder that the last component of path is in. */
int folder_above(struct folder *f, const char *path, bool make, char why[static FOLDER_WHY_BYTES]);

#endif
