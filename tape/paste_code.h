/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense codes as programs and manuals spell them: 5/74/21, 7/EF10, "sense = 05ee0f", "ASC=0x74 ASCQ=0x21" behind the name of
 * a sense key, and the vendor where the text names it. */
#ifndef TAPE_PASTE_CODE_H
#define TAPE_PASTE_CODE_H

#include "tape/paste.h"

/* What lines before have said of a code that is not whole yet; begins as PASTE_NOTHING_TOLD. */
struct paste_told {
	int key, asc; /* below 0: not told */
	bool deferred;
};

#define PASTE_NOTHING_TOLD ((struct paste_told){-1, -1, false})

/* Adds to codes, vendor and sets_key of p what stands in len bytes of a line. */
void paste_codes(const char *line, size_t len, struct paste_told *told, struct paste *p);

#endif
