/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where reading goes on behind damage.  File data may hold whole volumes, so not every block that can be found there is
 * one of this volume. */
#ifndef VOLUME_RESYNC_H
#define VOLUME_RESYNC_H

#include "volume/judge.h"
#include "volume/window.h"

/* A search begins with w and j of the volume, which must stay, and the rest zero.  What it has cost, and what it knows already,
 * is kept, so that it takes no more than its share however many bytes look like headers. */
struct resync {
	struct window *w;
	struct judge *j;
	uint64_t searched, searched_again; /* bytes */
	unsigned sessions;                 /* that were known when this was found: */
	uint64_t foreign_end;              /* a row of blocks up to here is part of a file's data; */
	uint64_t looked_from, looked_to;   /* no block of a known session begins between these; nor, if known_at is 0, */
	uint64_t known_at;                 /* before this one */
};

/* Passes over bytes, at least one, until w stands on the next block to believe, or at the end.  XE_FAILED on read errors and
 * without memory. */
int resync_pass(struct resync *r, struct err *e) __attribute__((warn_unused_result));

/* Of a block of len bytes at w that has no checksum to speak for it, with no other where it ends.  *yes: a block of a session that
 * this volume has begins inside of it and ends behind it, so bytes of it are missing.  Errors as above. */
int resync_reaches_over(struct resync *r, size_t len, bool *yes, struct err *e) __attribute__((warn_unused_result));

/* Of a bad block of len bytes at w, behind which another stands: its length, too, may be wrong.  *at is where inside of it a row of
 * good blocks begins, of sessions that this volume has, that ends where it does; 0 if there is none.  Errors as above. */
int resync_hidden(struct resync *r, size_t len, size_t *at, struct err *e) __attribute__((warn_unused_result));

/* *yes: a block header of a session that this volume has, a block whose records at least keep the rules, or the end of the volume
 * stands len bytes behind w, or where padding would put it: padded bytes behind w (len if there is none).  Errors as above. */
int resync_continues(struct resync *r, size_t len, size_t padded, bool *yes, struct err *e) __attribute__((warn_unused_result));

#endif
