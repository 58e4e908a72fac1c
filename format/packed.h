/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that hold a volume, perhaps, but are none: packed, or in an archive. */
#ifndef FORMAT_PACKED_H
#define FORMAT_PACKED_H

#include "base/bytes.h"

#define PACKED_BYTES 265u /* of the beginning of a file that are looked at: as far as the magic of tar */

/* What the file that begins so is, and what to do with it; NULL: not known. */
const char *packed_hint(struct span begins);

#endif
