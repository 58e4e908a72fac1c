/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that the attributes record of a file says, for who makes the file again.  (format/attributes.h reads what those want who only
 * look on.)  formats/restore-format.md 1.1 to 1.5 */
#ifndef FORMAT_FILESTAT_H
#define FORMAT_FILESTAT_H

#include "base/bytes.h"

/* formats/restore-format.md 1.3 */
enum {
	FILESTAT_HARD_LINK = 1,
	FILESTAT_EMPTY = 2,
	FILESTAT_FILE = 3,
	FILESTAT_SYMLINK = 4,
	FILESTAT_FOLDER = 5,
	FILESTAT_SPECIAL = 6,
	FILESTAT_RAW = 16,
	FILESTAT_FIFO = 17, /* what came out of it */
	FILESTAT_UNREAD_FOLDER = 20,
	FILESTAT_REPARSE = 21,
	FILESTAT_DELETED = 23,
	FILESTAT_BASE = 24,
	FILESTAT_JUNCTION = 26,
};

/* Strings are lent by the record; "" where it has none. */
struct filestat {
	int32_t file_index; /* in the job that first wrote the file */
	unsigned type;
	const char *name, *link, *extended;
	int64_t system;              /* st_dev: which file system it was on */
	uint64_t inode;              /* st_ino */
	int64_t device;              /* st_rdev, as the client's system has it */
	uint32_t mode;               /* st_mode with Linux's S_IF bits */
	uint32_t uid, gid;           /* modulo 2^32 */
	uint64_t links;              /* st_nlink */
	uint64_t size;               /* bytes; 0 if it is negative */
	int64_t atime, mtime, ctime; /* whole seconds since 1970 */
	int32_t link_index;          /* of a hard link: file_index of the name that has the content */
	uint32_t data_stream;        /* 0: not said */
	bool delta;                  /* its content is a difference to that of another job */
};

/* False if there is no whole name, or no stat packet of 13 numbers at least: nothing is known then. */
bool filestat_read(struct span data, struct filestat *s);

/* Written by a client on Windows: its mode says nothing.  formats/restore-format.md 1.6 */
bool filestat_of_windows(const struct filestat *s);

#endif
