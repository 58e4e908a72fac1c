/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page 0021h: what is read lies inside of what was transferred. */
#include "scsi.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scsi_next_block b;
	if (!scsi_read_next_block((struct span){data, size}, &b))
		return 0;
	size_t kept = 16;
	for (unsigned i = 0; i < b.kads.count; i++)
		kept += 4u + b.kads.kads[i].len;
	if (size < 16 || b.encryption > 15 || b.kads.count > SCSI_KADS_MAX || kept > size)
		abort();
	return 0;
}
