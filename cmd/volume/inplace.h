/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filter --in-place, around the runs of its sets: what earlier runs left is gone on with or taken away, and when a set is converted it is
 * proved, then exchanged (cmd/volume/exchange.h). */
#ifndef CMD_VOLUME_INPLACE_H
#define CMD_VOLUME_INPLACE_H

#include "cmd/volume/successor.h"

struct inplace;

/* NULL without memory; for inplace_free (NULL is fine).  paths and run must stay until then. */
struct inplace *inplace_new(const char *const *paths, size_t count, const struct successor_run *run);
void inplace_free(struct inplace *p);

/* Before anything is read: all of the volumes are looked at, and if one of them cannot be replaced, nothing was changed.  Then a set whose
 * exchange an earlier run had begun is proved again and exchanged to the end, what other runs left unfinished is removed, and what the
 * exchange of the rest needs is tried.  *status: the exit status for volumes that were left out, which it told of.  XE_USAGE, XE_FAILED. */
int inplace_begin(struct inplace *p, int *status, struct err *e) __attribute__((warn_unused_result));

/* The volumes that are to be converted, borrowed: the files themselves. */
const char *const *inplace_paths(const struct inplace *p, size_t *count);

/* The next volume of the set at hand, which is locked from now on.  XE_USAGE, XE_FAILED. */
int inplace_begin_volume(struct inplace *p, const char *path, struct err *e) __attribute__((warn_unused_result));

/* All volumes of the set are converted, and came out of this many inputs: may they take the place of the old ones?  Then they look like
 * them. XE_FAILED, XE_DAMAGE: no. */
int inplace_prove(struct inplace *p, size_t inputs, struct err *e) __attribute__((warn_unused_result));

/* And do, when they are on the disk.  If not one of them did, nothing of the run stands there any more.  For who holds signals back.
 * XE_FAILED. */
int inplace_exchange(struct inplace *p, struct err *e) __attribute__((warn_unused_result));

/* As long as not one of them did: what was made for it is removed. */
void inplace_take_back(struct inplace *p);

/* The index-th volume of the set at hand: its file, borrowed; NULL behind the last. */
const char *inplace_volume(const struct inplace *p, size_t index);

/* The set is done with, or given up.  Idempotent. */
void inplace_end_set(struct inplace *p);

#endif
