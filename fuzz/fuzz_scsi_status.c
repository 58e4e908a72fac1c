/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page 0020h: what is read lies inside of what was transferred. */
#include "scsi.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scsi_status s;
	if (!scsi_read_status((struct span){data, size}, &s))
		return 0;
	size_t kept = 24;
	for (unsigned i = 0; i < s.kads.count; i++)
		kept += 4u + s.kads.kads[i].len;
	if (size < 24 || s.kads.count > SCSI_KADS_MAX || kept > size)
		abort();
	return 0;
}
