/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads maps of both versions.  docs/map-format.md */
#ifndef CATALOG_MAPFILE_H
#define CATALOG_MAPFILE_H

#include "catalog/mapped.h"

/* Is the file at path a map?  Nothing but a regular file is taken for one. */
bool mapfile_is(const char *path);

/* Adds the volumes of a map to the list.  path ("-": standard input) is borrowed by them.  A map that is damaged, cut short, or contradicts
 * itself adds none.  XE_FAILED, XE_DAMAGE. */
int mapfile_read(struct mapped_list *l, const char *path, struct err *e) __attribute__((warn_unused_result));

#endif
