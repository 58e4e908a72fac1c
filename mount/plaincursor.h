/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of one file as filecursor has them, and as if its client had encrypted nothing: cipher text becomes packets on the way, each the
 * record that it would have been, whose place is the block of cipher text where it begins; CBC goes on from there with the block before, which
 * the place has, too.  Without keys, or with none that opens it, cipher text passes as it is.  formats/restore-format.md 2.6 */
#ifndef MOUNT_PLAINCURSOR_H
#define MOUNT_PLAINCURSOR_H

#include "mount/filecursor.h"

struct plaincursor;

/* As filecursor_new.  session: of at a place, the record that plaincursor_session had; else empty.  It is copied. */
struct plaincursor *plaincursor_new(const struct filebytes_options *options, const struct bytemap_place *at, struct span session);
void plaincursor_free(struct plaincursor *c);

/* As filecursor_next.  Of cipher text that cannot be followed any more one record is told, broken; what comes of it then is left out. */
int plaincursor_next(struct plaincursor *c, bool enough, struct filecursor_record *record, struct err *e)
	__attribute__((warn_unused_result));

/* As filecursor has them. */
bool plaincursor_lost(const struct plaincursor *c);
enum stage_status plaincursor_plain(struct plaincursor *c, const struct item *item, struct span *address, struct span *plain);

/* The record of the session that was opened, lent until plaincursor_free; empty: none was. */
struct span plaincursor_session(const struct plaincursor *c);

/* Why no key of ours is for its session; NULL: one is, or none was asked for. */
const char *plaincursor_locked(const struct plaincursor *c);

#endif
