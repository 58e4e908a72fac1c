/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense data of either form: read, and put in words. */
#include "tape/sense.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sense s;
	char text[SENSE_TEXT_BYTES];
	bool read = sense_read((struct span){data, size}, &s);
	if (read != s.valid || s.key > 15 || (s.has_field && s.key != SENSE_KEY_ILLEGAL_REQUEST))
		abort();
	sense_describe(&s, size & 1, text);
	if (strlen(text) == 0 || strlen(sense_kind(&s)) == 0)
		abort();
	return 0;
}
