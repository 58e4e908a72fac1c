/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays that grow as their indexes come, as those of jobs do. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

/* What array_reach does when index is not in the array yet. */
void *array_grow(void *array, size_t *count, size_t index, size_t bytes);

/* A malloc'ed array (NULL at first) of *count elements of bytes each, with index in it: grown to about twice that, the new
 * elements zeroed, if it has to be.  The caller's as before; NULL without memory, array then is as it was. */
static inline void *array_reach(void *array, size_t *count, size_t index, size_t bytes)
{
	return index < *count ? array : array_grow(array, count, index, bytes);
}

/* The same of things that stay where they are: *rows (NULL at first) holds a pointer for each of *count, NULL where there is none.  The
 * one of index, made of bytes zeros if it has to be.  Each is malloc'ed, the caller's, as *rows is.  NULL without memory. */
void *array_row(void ***rows, size_t *count, size_t index, size_t bytes);

#endif
