/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind a file's content and belongs to it: access lists, extended attributes.  formats/restore-format.md 3 */
#ifndef RESTORE_EXTRA_H
#define RESTORE_EXTRA_H

#include "base/bytes.h"

/* A record as it is stored; lent. */
struct extra {
	uint32_t stream; /* STREAM_ACL_LINUX_DEFAULT, _ACCESS, STREAM_XATTR_LINUX */
	struct span data;
};

#define EXTRA_MAX 8u /* of one file; no client writes more than three */

/* Are records of this stream kept for the file's end? */
bool extra_is_restored(uint32_t stream);

/* count of them, > 0, and what they lend, in one piece for free().  NULL without memory. */
struct extra *extra_dup(const struct extra *extras, size_t count);

#define EXTRA_WHY_BYTES 400

/* Sets those of an open file or folder; or of a symbolic link or device, by its name in the folder at (name not NULL), which takes security. and
 * trusted. attributes alone.  privileged: those that lend rights, too: security., trusted.; without it they are left out and counted
 * in *left.  All that can be set is; false, and why, if something could not. */
bool extra_set(int fd, const char *name, const struct extra *extras, size_t count, bool privileged, uint64_t *left,
	       char why[static EXTRA_WHY_BYTES]);

#endif
