/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What xflate list tells people, on standard output. */
#ifndef CMD_VOLUME_LISTTEXT_H
#define CMD_VOLUME_LISTTEXT_H

#include "cmd/volume/listing.h"

/* A block, and a record, of the volume at hand: a line. */
void listtext_block(const struct listing *l, const struct item *block);
void listtext_record(const struct listing *l, const struct item *record);

/* A volume that was read to its end, and its jobs. */
void listtext_volume(const struct listing *l);

#endif
