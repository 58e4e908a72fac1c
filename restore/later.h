/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What folders are to have in the end.  While files are put into them they have mode 0700, whatever their record says: a folder that
 * nobody may write to would block its own files, and each file changes its time.  formats/restore-format.md 4.4 */
#ifndef RESTORE_LATER_H
#define RESTORE_LATER_H

#include "restore/folder.h"
#include "restore/meta.h"

struct later;

/* NULL without memory. */
struct later *later_new(void);
void later_free(struct later *l);

/* A folder that was made on the way to something (path: n bytes), and may never be heard of again: 0755 less the umask.  XE_FAILED. */
int later_made(struct later *l, const char *path, size_t n, struct err *e) __attribute__((warn_unused_result));

/* A folder that has a record; of several the last counts.  XE_FAILED without memory. */
int later_add(struct later *l, const char *path, const struct meta *m, struct err *e) __attribute__((warn_unused_result));

/* Sets them all, once: first those without a record, then the others, the deepest first; returns how many could not be, and why the last
 * could not. */
uint64_t later_set(struct later *l, struct folder *f, char why[static FOLDER_WHY_BYTES]);

#endif
