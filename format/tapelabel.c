/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/tapelabel.h"

#include "base/printable.h"
#include "format/block.h"
#include "format/foreign.h"

#include <stdio.h>
#include <string.h>

/* "VOL1", a name of six characters padded with blanks. */
static bool ansi_name(struct span block, char name[static LABEL_NAME_BYTES])
{
	if (block.len < FOREIGN_LABEL_BYTES || memcmp(block.data, "VOL1", 4) != 0)
		return false;
	printable_field((struct span){block.data + 4, 6}, name, LABEL_NAME_BYTES);
	return name[0] != '\0';
}

bool tapelabel_name(struct span block, char name[static LABEL_NAME_BYTES])
{
	struct block_header h;
	struct record_header record;
	struct span part;
	struct volume_label label;
	name[0] = '\0';
	if (ansi_name(block, name))
		return true;
	if (block.len < BLOCK_PROBE_BYTES || block_probe(block.data) == 0 || !block_header_read(block.data, block.len, &h) ||
	    h.len > block.len || block_is_encrypted(&h))
		return false;
	if (block_has_checksum(&h) && block_checksum(block.data, &h) != h.checksum)
		return false;
	struct rd rest = block_records(block.data, h.len, h.version);
	if (!record_next(&rest, h.version, &record, &part) || !label_is_volume(record.file_index) || part.len < record.len ||
	    !label_read_volume(part, &label))
		return false;
	snprintf(name, LABEL_NAME_BYTES, "%s", label.volume);
	return name[0] != '\0';
}
