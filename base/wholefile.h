/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that is read as a whole, because what it says fits into memory. */
#ifndef BASE_WHOLEFILE_H
#define BASE_WHOLEFILE_H

#include "base/err.h"

#include <stddef.h>

/* *data: *len bytes, malloc'ed, the caller's.  A file or a pipe; "-" is standard input.  XE_FAILED: it cannot be read, or has more than most
 * bytes; the error names no volume. */
int wholefile_read(const char *path, size_t most, char **data, size_t *len, struct err *e) __attribute__((warn_unused_result));

#endif
