/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Would a restore take this record where it stands?  A file is: attributes, data, access lists and the like, digest.
 * formats/restore-format.md 4.1, volume-format.md 4.2 and 4.7 */
#ifndef PROVE_ORDER_H
#define PROVE_ORDER_H

#include "volume/item.h"

#define ORDER_FAULT_BYTES 160u

/* One job's records so far; {0} at its beginning. */
struct order {
	int32_t file_index;      /* of the record before; 0: none */
	uint32_t previous;       /* its stream, without flags; 0: none */
	int32_t attributes_of;   /* the last file that had any; 0: none yet */
	bool attributes, digest; /* of the file at hand: seen */
	bool ndmp;               /* a foreign dump, which has an order of its own */
};

enum order_fault {
	ORDER_RIGHT,
	ORDER_SKIPPED, /* a restore passes over it, or fails at it */
	ORDER_PASSED,  /* data of a stream that does not follow the record before: skipped, unless what stood between was lost */
	ORDER_ORPHAN,  /* its file has no attributes here */
};

/* Takes the next data record of the job (FileIndex > 0) and judges it; known: attributes that stand before what is here would
 * have been seen.  text: why, unless ORDER_RIGHT. */
enum order_fault order_add(struct order *o, const struct item *item, bool known, char text[static ORDER_FAULT_BYTES]);

#endif
