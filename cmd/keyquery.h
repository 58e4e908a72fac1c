/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys by a query of the catalog, where there is no crypto cache or it is not up to date. */
#ifndef CMD_KEYQUERY_H
#define CMD_KEYQUERY_H

#include "cryptocache.h"

#define CATALOG_SECONDS 60u

/* Runs command (sh -c), which prints what keylist_read reads, and makes a cache of that.  The command ends with us.  Nothing
 * of what it prints is ever shown, not even where it is wrong; its standard error is with -v.  may_be_empty: a catalog
 * without one key is no error; who would then write in clear must not say so.  XE_FAILED: it failed, or printed no key at
 * all; XE_DAMAGE: it printed something else; XE_NOT_READY: it took too long. */
int keyquery_read(const char *command, bool may_be_empty, struct cryptocache *cache, struct err *e) __attribute__((warn_unused_result));

#endif
