/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client encrypts of a file: packets, each a length of four bytes and what would have been one record.  formats/restore-format.md 2.6 */
#ifndef FORMAT_PACKETS_H
#define FORMAT_PACKETS_H

#include "base/bytes.h"

/* Where it stands; all zero at a file's beginning. */
struct packets {
	uint8_t length[4]; /* of the one at hand, as far as it came */
	size_t have;       /* bytes of length */
	uint32_t announced;
	uint8_t *data; /* of it, where it came in several pieces; malloc'ed, grows only as bytes come */
	size_t len, cap;
	bool bad; /* a length that no client writes: wrong key, or damage */
};

enum packets_got {
	PACKETS_MORE,   /* all is used up, and more is to come */
	PACKETS_WHOLE,  /* *packet: lent until the next call */
	PACKETS_BAD,    /* and stays so */
	PACKETS_MEMORY, /* none for it */
};

/* Takes the next packet off data. */
enum packets_got packets_next(struct packets *p, struct span *data, struct span *packet);

/* Is it between two packets? */
bool packets_is_whole(const struct packets *p);

/* Ready for the next file; its memory stays.  And: frees that. */
void packets_reset(struct packets *p);
void packets_free(struct packets *p);

#endif
