/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values that a drive may or may not tell: numbers, and places on the tape.  Cartridge memory and log pages share them. */
#ifndef TAPE_TOLD_H
#define TAPE_TOLD_H

#include "base/bytes.h"

struct told_number {
	bool told;
	uint64_t value;
};

/* Big endian, 1 to 8 bytes.  Not told: another length, or all bits set, which no counter reaches. */
struct told_number told_number(struct span bytes);

enum told_kind {
	TOLD_NOTHING,
	TOLD_NONE,      /* there is no such block */
	TOLD_SOMEWHERE, /* there may be one; where, the drive does not know */
	TOLD_AT,
};

struct told_place {
	enum told_kind kind;
	uint64_t object; /* logical object number, TOLD_AT only */
};

/* 6 bytes (log page 17h) or 8 (cartridge memory): all bits set is none, one less is somewhere. */
struct told_place told_place(struct span bytes);

#endif
