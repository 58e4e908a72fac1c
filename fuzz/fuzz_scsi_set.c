/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Set Data Encryption page: what is read and written again says the same. */
#include "scsi.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scsi_set s, again;
	uint8_t page[SCSI_SET_MAX_BYTES];
	if (!scsi_read_set((struct span){data, size}, &s))
		return 0;
	size_t len = scsi_write_set(&s, page, sizeof page);
	if (len == 0)
		return 0;
	if (!scsi_read_set((struct span){page, len}, &again))
		abort();
	if (again.key.len != s.key.len || again.scope != s.scope || again.encryption != s.encryption || again.ukad.len != s.ukad.len ||
	    (s.key.len && memcmp(again.key.data, s.key.data, s.key.len) != 0))
		abort();
	return 0;
}
