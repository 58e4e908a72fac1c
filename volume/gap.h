/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a block can be used whose records break the rules: those before the bad one, and those behind it that fill the block
 * to its end.  formats/volume-format.md 2.3 */
#ifndef VOLUME_GAP_H
#define VOLUME_GAP_H

#include "format/block.h"

struct gap {
	size_t from, to;    /* bytes of the block that are no records */
	int32_t file_index; /* whose they were, as far as the headers around tell; 0: not known */
};

/* The first gap at or behind start, where a record begins (the first one of the block, if that is behind its header).  last:
 * FileIndex of the record before it, 0 if there is none.  False: the records keep the rules to the block's end, and gap->from is
 * there.  Where nothing fits behind it, gap->to is the end. */
bool gap_next(const uint8_t *block, const struct block_header *h, size_t start, int32_t last, struct gap *gap);

#endif
