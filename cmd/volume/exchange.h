/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The new volume takes the place of the old one, in steps.  The old file gets NAME.orig as a second name (a hard link, which replaces
 * nothing); the sides get their names; NAME.xflate-new is renamed to NAME, which replaces it in one step.  Each step is on the disk when
 * it returns, so that what a power failure leaves is one of the states of cmd/volume/beside.h, too.  Where a set has several volumes,
 * each step is taken for all of them before the next.
 *
 * RENAME_EXCHANGE would do it in one step, but in two with NAME.orig, and what it leaves between them does not tell the old volume from
 * the new. */
#ifndef CMD_VOLUME_EXCHANGE_H
#define CMD_VOLUME_EXCHANGE_H

#include "base/attributes.h"
#include "cmd/volume/beside.h"

/* Tries with an empty NAME.xflate-new what the exchange will need: rights, the owner, hard links.  Of BESIDE_ALONE, which it is again.
 * XE_FAILED. */
int exchange_try(struct beside *b, struct err *e) __attribute__((warn_unused_result));

/* What the system has in memory of NAME.xflate-new, which is on the disk, is forgotten, where it can be: who reads it reads the disk.
 * XE_FAILED. */
int exchange_uncache(struct beside *b, struct err *e) __attribute__((warn_unused_result));

/* NAME.xflate-new becomes like NAME in whose it is and when it was written, on the disk; as it is then, it should stay.  lost: as
 * attributes_copy.  XE_FAILED. */
int exchange_dress(struct beside *b, char lost[static ATTRIBUTES_LOST_BYTES], struct err *e) __attribute__((warn_unused_result));

/* The steps.  b->state tells what came of them.  XE_FAILED. */
int exchange_link(struct beside *b, struct err *e) __attribute__((warn_unused_result));
int exchange_place_sides(struct beside *b, struct err *e) __attribute__((warn_unused_result));
int exchange_replace(struct beside *b, struct err *e) __attribute__((warn_unused_result));

/* Back to BESIDE_ALONE, from whatever came before exchange_replace.  NAME stays as it is.  XE_FAILED. */
int exchange_undo(struct beside *b, struct err *e) __attribute__((warn_unused_result));

/* Removes NAME.orig, of BESIDE_EXCHANGED; and, of a set behind the last of them, brings that to the disk.  XE_FAILED. */
int exchange_discard(struct beside *b, struct err *e) __attribute__((warn_unused_result));
int exchange_sync(const struct beside *b, struct err *e) __attribute__((warn_unused_result));

#endif
