/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense data of either form: read, and put in words. */
#include "scsi_sense.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scsi_sense s;
	char text[SCSI_SENSE_TEXT_BYTES];
	bool read = scsi_sense_read((struct span){data, size}, &s);
	if (read != s.valid || s.key > 15 || (s.has_field && s.key != SCSI_SENSE_ILLEGAL_REQUEST))
		abort();
	scsi_sense_describe(&s, size & 1, text);
	if (strlen(text) == 0 || strlen(scsi_sense_kind(&s)) == 0)
		abort();
	return 0;
}
