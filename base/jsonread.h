/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON read as it comes: each value is handed out with the path that leads to it.  RFC 8259; foreign bytes. */
#ifndef BASE_JSONREAD_H
#define BASE_JSONREAD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define JSONREAD_DEPTH 32        /* objects and arrays in one another */
#define JSONREAD_PATH_BYTES 256u /* of a path, NUL included */

enum jsonread_kind { JSONREAD_OBJECT, JSONREAD_ARRAY, JSONREAD_TEXT, JSONREAD_NUMBER, JSONREAD_BOOL, JSONREAD_NULL };

/* Borrowed for the call.  Objects and arrays are handed out when they begin. */
struct jsonread_value {
	enum jsonread_kind kind;
	const char *path; /* "volumes[].output"; "" for the outermost */
	const char *text; /* UTF-8 without NUL; a number as it is spelt; "true" or "false"; else "" */
	size_t row;       /* of the innermost array that it lies in: index of the element */
};

/* Reads the one value that stands in len bytes at data; take returns 0 to go on.  XE_FAILED: it is no JSON, is deeper than
 * JSONREAD_DEPTH, has a longer path, or there is no memory; what take returns. */
int jsonread(const void *data, size_t len, int (*take)(void *arg, const struct jsonread_value *v, struct err *e), void *arg, struct err *e)
	__attribute__((warn_unused_result));

/* A number that is whole and not negative.  False: it is none. */
bool jsonread_whole(const struct jsonread_value *v, uint64_t *number);

#endif
