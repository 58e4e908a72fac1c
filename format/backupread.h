/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Windows' BackupRead makes of a file: a row of streams, each with a header, cut into records anywhere.
 * formats/restore-format.md 2.4 */
#ifndef FORMAT_BACKUPREAD_H
#define FORMAT_BACKUPREAD_H

#include "base/bytes.h"

enum backupread_id {
	BACKUPREAD_DATA = 1,
	BACKUPREAD_SECURITY = 3,
	BACKUPREAD_ALTERNATE = 4, /* a named stream of the file */
	BACKUPREAD_SPARSE = 9,
	BACKUPREAD_IDS = 12,
};

#define BACKUPREAD_HEADER_BYTES 20u

/* Where it stands; all zero at a file's beginning. */
struct backupread {
	uint8_t header[BACKUPREAD_HEADER_BYTES + 8]; /* of the stream at hand, and the offset of a sparse block, as far as they came */
	size_t have;
	uint32_t id;   /* 0: between two streams */
	uint64_t name; /* bytes of it that are still to come, */
	uint64_t left; /* and of data */
	uint64_t next; /* where data goes on in the file */
	unsigned seen; /* ids, a bit each */
	bool bad;      /* this is none of it: a file that Windows encrypted, or damage */
};

/* A piece of the file's content, at this byte. */
struct backupread_piece {
	uint64_t at;
	struct span data;
};

/* Takes the next piece of content off data; false if there is none in it: it is used up, or b->bad.  An empty piece tells where the file may
 * end. */
bool backupread_next(struct backupread *b, struct span *data, struct backupread_piece *piece);

/* Has it come to the end of a stream? */
bool backupread_is_whole(const struct backupread *b);

/* "security descriptors"; NULL for content, and what nobody defined. */
const char *backupread_name(unsigned id);

#endif
