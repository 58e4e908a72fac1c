/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of volumes and their keys as they come: it is found out in which form. */
#ifndef KEYS_KEYLIST_READ_H
#define KEYS_KEYLIST_READ_H

#include "keys/keylist.h"

/* Reads a list in any of these forms, which it tells apart itself:
 *   Volume<TAB>key            lines; empty ones and those that begin with # are passed over
 *   tables                    of psql (aligned, -A, --csv), mysql (framed, -B), bconsole (framed); columns volumename and
 *                             encryptionkey by their headings, others are passed over, rows without a key are counted;
 *                             without headings two columns, psql -At
 *   records                   of psql -x, mysql \G, sqlite3 -line, bconsole's llist: one column a line
 *   JSON                      objects with "volume" or "volumename" and "key" or "encryptionkey", wherever they stand
 * Keys are not judged here.  list->faults tells of bad lines, all of them.  XE_DAMAGE: there are some, or no key at all;
 * XE_FAILED. */
int keylist_read(struct keylist *list, struct span text, struct err *e) __attribute__((warn_unused_result));

#endif
