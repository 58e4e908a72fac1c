/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where reading goes on behind damage.  File data may hold whole volumes, so not every block that can be found there is
 * one of this volume. */
#ifndef VOLUME_RESYNC_H
#define VOLUME_RESYNC_H

#include "volume/judge.h"
#include "volume/window.h"

/* Passes over bytes, at least one, until w stands on the next block to believe, or at the end.  XE_FAILED on read errors and
 * without memory. */
int resync_pass(struct window *w, struct judge *j, struct err *e) __attribute__((warn_unused_result));

/* *yes: a block header, or the end of the volume, stands len bytes behind w, or where padding would put it: padded bytes
 * behind w (len if there is none).  Errors as above. */
int resync_continues(struct window *w, struct judge *j, size_t len, size_t padded, bool *yes, struct err *e)
	__attribute__((warn_unused_result));

#endif
