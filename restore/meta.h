/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owner, mode, times, access lists and extended attributes of what was made.  formats/restore-format.md 4.4, 4.8 */
#ifndef RESTORE_META_H
#define RESTORE_META_H

#include "restore/extra.h"

#define META_WHY_BYTES EXTRA_WHY_BYTES

struct meta {
	bool born;  /* owner and mode are right already */
	bool owner; /* uid and gid are to be set */
	uint32_t uid, gid;
	uint32_t mode; /* the lower twelve bits */
	int64_t atime, mtime;
	const struct extra *extras; /* lent */
	size_t extra_count;
	bool privileged; /* what lends rights is set, too */
	uint64_t *left;  /* counts what is not for want of that */
};

/* Of an open file or folder, in the order in which nothing undoes what came before: the kernel takes setuid bits off where the owner
 * changes.  All that can be set is; false, and why, if something could not. */
bool meta_set(int fd, const struct meta *m, char why[static META_WHY_BYTES]);

/* The same of a symbolic link, which has no mode, or of a device or fifo (special), by its name in the folder at; nothing is followed. */
bool meta_set_at(int at, const char *name, bool special, const struct meta *m, char why[static META_WHY_BYTES]);

#endif
