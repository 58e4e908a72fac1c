/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A target before another one: folders come to that behind all else.  Who unpacks an archive sets the times of a folder when something
 * follows that does not lie in it; of several jobs files of one folder stand far apart. */
#ifndef RESTORE_FOLDERSLAST_H
#define RESTORE_FOLDERSLAST_H

#include "restore/target.h"

struct folderslast;

/* behind must stay until folderslast_free (NULL is fine).  NULL without memory. */
struct folderslast *folderslast_new(const struct target *behind);
void folderslast_free(struct folderslast *f);

/* Lent by f. */
const struct target *folderslast_target(struct folderslast *f);

#endif
