/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a file is, who may do what with it, and when it was written: for one that takes the place of another. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define ATTRIBUTES_LOST_BYTES 256

/* The file `to` gets owner, group, mode, ACL, extended attributes and times of the file `from`; both are open, for reading at least.  Not
 * those that are about the bytes in it (security.ima, security.evm), nor flags like those of chattr.
 * lost: the extended attributes that could not be kept, by name; "" none.  XE_FAILED where owner, group, mode, ACL or times could not: who
 * worked with the one could not work with the other. */
int attributes_copy(int from, int to, char lost[static ATTRIBUTES_LOST_BYTES], struct err *e) __attribute__((warn_unused_result));

/* The first of it, which needs rights: XE_FAILED where this process cannot give files away to the owner and the group of `from`. */
int attributes_copy_owner(int from, int to, struct err *e) __attribute__((warn_unused_result));

/* Can a file get attributes of what is at this path?  Only of another file. */
bool attributes_are_there(const char *path);

/* The open file `to`, which nobody but its owner can read yet, gets what all of `from`, count files that it was made of, allow: their mode but for
 * setuid and the like, the ACL of a single one, owner and group where they have one in common and this process may give files away; and the times
 * of the one that was written last.  Whoever could not read one of them cannot read `to`, at no moment.  for_owner: but for the times it
 * stays its owner's alone.  XE_FAILED: something of it could not be done, and it is open to fewer than it might be; as root also where it could
 * not be given away. */
int attributes_follow(const char *const *from, size_t count, int to, bool for_owner, struct err *e) __attribute__((warn_unused_result));

/* May this file not be replaced, because of a flag as chattr sets it?  The flag's name, or NULL. */
const char *attributes_locked(int fd);

#endif
