/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a file is, who may do what with it, and when it was written: for one that takes the place of another. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#include "base/err.h"

#include <stdbool.h>

#define ATTRIBUTES_LOST_BYTES 256

/* The file `to` gets owner, group, mode, ACL, extended attributes and times of the file `from`; both are open, for reading at least.  Not
 * those that are about the bytes in it (security.ima, security.evm), nor flags like those of chattr.
 * lost: the extended attributes that could not be kept, by name; "" none.  XE_FAILED where owner, group, mode, ACL or times could not: who
 * worked with the one could not work with the other. */
int attributes_copy(int from, int to, char lost[static ATTRIBUTES_LOST_BYTES], struct err *e) __attribute__((warn_unused_result));

/* The first of it, which needs rights: XE_FAILED where this process cannot give files away to the owner and the group of `from`. */
int attributes_copy_owner(int from, int to, struct err *e) __attribute__((warn_unused_result));

/* May this file not be replaced, because of a flag as chattr sets it?  The flag's name, or NULL. */
const char *attributes_locked(int fd);

#endif
