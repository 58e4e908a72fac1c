/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where below a folder a file of a volume belongs.  Names on volumes are foreign: absolute, with drives, with "..".
 * formats/restore-format.md 1.4, 4.7, 4.8 */
#ifndef RESTORE_PATH_H
#define RESTORE_PATH_H

#include "base/err.h"

#include <stddef.h>

/* No system's paths have more: the longest of Linux holds 2,048, that of Windows 16,384. */
#define PATH_LEVELS_MAX 16384u

enum path_verdict {
	PATH_RIGHT,
	PATH_NOTHING, /* no component is left: the folder itself, or one that was stripped */
	PATH_CLIMBS,  /* it has a ".." */
	PATH_DEEP,    /* more levels than PATH_LEVELS_MAX */
};

/* The name as a path of components with one slash between them, none at either end: without "." and empty ones, without the colon
 * of a drive, without the first strip components.  *path: malloc'ed memory of *cap bytes (NULL and 0 at first) that grows as it
 * has to.  A verdict, or XE_FAILED (< 0) without memory. */
int path_below(const char *name, unsigned strip, char **path, size_t *cap, struct err *e) __attribute__((warn_unused_result));

/* The last component of such a path. */
const char *path_last(const char *path);

#endif
