/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The attributes record of a file: which file it is.  formats/volume-format.md 4.6 */
#ifndef FORMAT_ATTRIBUTES_H
#define FORMAT_ATTRIBUTES_H

#include "base/bytes.h"
#include "base/err.h"

#define ATTRIBUTES_HARD_LINK 1 /* type: a further name of a file that is stored already */

struct attributes {
	bool whole; /* there is a whole name; if not, nothing else is known */
	int32_t file_index;
	unsigned type;
	const char *name; /* lent by the record; "" if there is no whole one */
	uint64_t size;    /* of the file, bytes; 0 if it cannot be told */
	int32_t content;  /* of a hard link: FileIndex of the name that has the content; else, or if it cannot be told, 0 */
};

/* Is this stream (flags or not) that of attributes? */
bool attributes_are(uint32_t stream);

/* "FileIndex type name\0stat\0..."; stat: 16 numbers in Bacula's base64, blanks between.  False if there is no
 * whole name. */
bool attributes_read(struct span data, struct attributes *a);

/* Copies a file's name to *kept, malloc'ed memory of *cap bytes (NULL and 0 at first) that grows as it has to.  XE_FAILED
 * without memory. */
int attributes_keep_name(const char *name, char **kept, size_t *cap, struct err *e) __attribute__((warn_unused_result));

#endif
