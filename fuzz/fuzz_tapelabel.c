/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first block of a tape: a Volume Name, or none. */
#include "format/tapelabel.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[LABEL_NAME_BYTES];
	bool found = tapelabel_name((struct span){data, size}, name);
	if (found != (name[0] != 0) || memchr(name, 0, sizeof name) == NULL)
		abort();
	return 0;
}
