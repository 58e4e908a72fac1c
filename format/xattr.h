/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes of a file, one record for all of them.  formats/restore-format.md 3.2 */
#ifndef FORMAT_XATTR_H
#define FORMAT_XATTR_H

#include "base/bytes.h"

#define XATTR_NAME_BYTES 256 /* as long as Linux takes, NUL included */

struct xattr {
	char name[XATTR_NAME_BYTES];
	struct span value; /* lent by the record */
};

/* The next one; false behind the last, and where the rest is none: then r->bad. */
bool xattr_next(struct rd *r, struct xattr *x);

#endif
