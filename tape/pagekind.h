/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which kind of answer are these bytes, that somebody has pasted?  The readers of scsi.h take what a device sent to a question;
 * here the question is not known, and the bytes may be a key: a kind is told only where lengths, reserved bytes and orders
 * are all as they should be.  Ask keyguard.h first. */
#ifndef TAPE_PAGEKIND_H
#define TAPE_PAGEKIND_H

#include "base/bytes.h"

enum pagekind {
	PAGEKIND_NONE,
	PAGEKIND_SENSE,
	PAGEKIND_PAGE_LIST, /* 0000h, 0001h */
	PAGEKIND_CAPABILITIES,
	PAGEKIND_KEY_FORMATS,
	PAGEKIND_MANAGEMENT,
	PAGEKIND_STATUS,
	PAGEKIND_NEXT_BLOCK,
	PAGEKIND_RANDOM,
	PAGEKIND_WRAPPING_KEY,
	PAGEKIND_TAPEALERT,
	PAGEKIND_TAPEALERT_RESPONSE,
	PAGEKIND_LOG_LIST, /* supported log pages */
};

enum pagekind pagekind_of(struct span bytes);

/* Log pages alone: of a LOG SENSE nobody confuses them with others. */
enum pagekind pagekind_of_log(struct span bytes);

/* A TapeAlert page of which only the beginning is there. */
bool pagekind_is_cut_tapealert(struct span bytes);

/* Sense data that are not all there, as their length says. */
bool pagekind_is_cut_sense(struct span bytes);

#endif
