/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POSIX access lists: the text in which Linux's clients store them, and what its kernel takes.  formats/restore-format.md 3.1 */
#ifndef FORMAT_ACL_H
#define FORMAT_ACL_H

#include "base/bytes.h"

#define ACL_PACKED_BYTES ((size_t)65536) /* the largest extended attribute */
#define ACL_NAME_BYTES 256
#define ACL_WHY_BYTES 320

/* The id of a user, or of a group; false if there is none of this name. */
typedef bool acl_resolve(void *arg, bool group, const char *name, uint32_t *id);

/* Packs the text of a whole list, as system.posix_acl_access and _default have it; packed: ACL_PACKED_BYTES.  Names are resolved; decimal
 * numbers are ids.  Returns its length; 0, and why, for what is no list, or has a name that nobody has here. */
size_t acl_pack(struct span text, acl_resolve *resolve, void *arg, uint8_t *packed, char why[static ACL_WHY_BYTES]);

#endif
