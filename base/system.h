/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the GNU C library has and others, musl before all, have not, or have otherwise. */
#ifndef BASE_SYSTEM_H
#define BASE_SYSTEM_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* renameat(2) that replaces nothing, or exchanges both names.  -1 with errno: EINVAL, ENOSYS where system or file system cannot. */
int system_rename_to_free(int from_folder, const char *from, int to_folder, const char *to);
int system_rename_exchange(int from_folder, const char *from, int to_folder, const char *to);

/* As scandir(3), in the order of names, of an open folder. */
int system_scan(int folder, struct dirent ***list, int (*wanted)(const struct dirent *entry));

/* Closes every descriptor from there on.  In a child, before it becomes another program. */
void system_close_from(int fd);

/* Seconds since 1970 as the libraries want them.  false: time_t has 32 bits and no room; it is then the end that is nearer, 2038 or 1901. */
bool system_time(int64_t seconds, time_t *t);

/* What errnum means; text: room for it, perhaps.  Any thread. */
const char *system_reason(int errnum, char *text, size_t text_bytes);

#endif
