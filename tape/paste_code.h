/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense codes as programs and manuals spell them: 5/74/21, 7/EF10, "sense = 05ee0f", "ASC=0x74 ASCQ=0x21" behind the name of
 * a sense key, and the vendor where the text names it. */
#ifndef TAPE_PASTE_CODE_H
#define TAPE_PASTE_CODE_H

#include "tape/paste.h"

/* Fills codes, vendor and sets_key of p. */
void paste_codes(struct span text, struct paste *p);

#endif
