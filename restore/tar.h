/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A target: a pax archive, written in one go.  A header has to say the size, and its true name whether it is damaged, so each file is
 * spooled first (spool.h).  formats/restore-format.md 3.3 */
#ifndef RESTORE_TAR_H
#define RESTORE_TAR_H

#include "restore/target.h"

struct tar;

/* Writes to fd, which stays the caller's.  spool: a folder for files whose content is large; lent until tar_free (NULL is fine).
 * XE_FAILED; XE_USAGE where xflate was built without libarchive. */
struct tar *tar_new(int fd, const char *spool, struct err *e);
void tar_free(struct tar *t);

/* Lent by t. */
const struct target *tar_target(struct tar *t);

#endif
