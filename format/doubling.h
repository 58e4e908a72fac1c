/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do the records of a sparse file hold their address twice, in front of the data and once more at its beginning?  Data may
 * begin with its own address by itself, so one record does not tell; where they lie does, and how long they are.
 * formats/volume-format.md 4.4 and 6.6, item 2 */
#ifndef FORMAT_DOUBLING_H
#define FORMAT_DOUBLING_H

#include "base/bytes.h"

enum doubling_finding { DOUBLING_OPEN, DOUBLING_YES, DOUBLING_NO };

/* What the records of a file have told so far; all zero at its beginning. */
struct doubling {
	enum doubling_finding told;
	uint64_t records;
	uint64_t next_address; /* behind the last of them, as long as it is */
	uint64_t step;         /* the largest number that divides all addresses; 0: all are 0 */
	size_t longest;        /* data */
};

/* Does the data begin with its own address? */
bool doubling_begins(struct span address, struct span data);

/* The next record of the file, its address apart.  Returns what is told by now. */
enum doubling_finding doubling_add(struct doubling *d, struct span address, struct span data);

/* Where nothing better comes, as a digest of the content.  size: of the file as its attributes say, 0: not known.  Never
 * DOUBLING_OPEN. */
enum doubling_finding doubling_judge(const struct doubling *d, uint64_t size);

#endif
