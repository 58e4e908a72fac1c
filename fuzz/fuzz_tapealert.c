/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TapeAlert pages: no flag is active that was not reported. */
#include "tape/tapealert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tapealert t;
	bool read = tapealert_read((struct span){data, size}, &t);
	if (read != (t.reported != 0) || (t.active & ~t.reported) != 0)
		abort();
	return 0;
}
