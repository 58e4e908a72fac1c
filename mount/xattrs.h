/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes of a file as the system calls want them, out of the records in which they are stored: access lists among them.
 * formats/restore-format.md 3 */
#ifndef MOUNT_XATTRS_H
#define MOUNT_XATTRS_H

#include "base/err.h"
#include "restore/extra.h"

/* A malloc'ed value. */
struct xattrs_value {
	uint8_t *data;
	size_t len;
};

/* The names, a NUL behind each.  XE_FAILED without memory. */
int xattrs_names(const struct extra *extras, size_t count, struct xattrs_value *names, struct err *e) __attribute__((warn_unused_result));

/* 1: value; 0: there is none of this name.  left: gets the name of a user or group in an access list whom nobody knows here: its
 * entry is left out; else "".  XE_DAMAGE: what is stored is no access list; XE_FAILED without memory. */
int xattrs_get(const struct extra *extras, size_t count, const char *name, struct xattrs_value *value, char left[static 256], struct err *e)
	__attribute__((warn_unused_result));

#endif
