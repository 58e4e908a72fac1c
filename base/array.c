/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SPARE 16u /* elements, so that the first few indexes cost one growth */

void *array_grow(void *array, size_t *count, size_t index, size_t bytes)
{
	if (index > (SIZE_MAX / bytes - SPARE) / 2)
		return NULL;
	size_t grown_count = index * 2 + SPARE;
	char *grown = realloc(array, grown_count * bytes);
	if (grown == NULL)
		return NULL;
	memset(grown + *count * bytes, 0, (grown_count - *count) * bytes);
	*count = grown_count;
	return grown;
}

void *array_row(void ***rows, size_t *count, size_t index, size_t bytes)
{
	void **reached = array_reach(*rows, count, index, sizeof(void *));
	if (reached == NULL)
		return NULL;
	*rows = reached;
	if (reached[index] == NULL)
		reached[index] = calloc(1, bytes);
	return reached[index];
}
