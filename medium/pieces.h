/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of numbered files that together are one volume.  Each has its place among the volume's addresses, so that what is missing moves
 * nothing that stands behind it. */
#ifndef MEDIUM_PIECES_H
#define MEDIUM_PIECES_H

#include "medium/sink.h"

#define PIECES_NAME_BYTES 64u

struct piece {
	uint64_t number;
	uint64_t addr; /* of its first byte, by the medium; until then 0 */
	uint64_t bytes;
};

struct pieces {
	void (*name)(uint64_t number, char text[static PIECES_NAME_BYTES]); /* of the file */
	struct piece *all;                                                  /* by number, each once */
	size_t count, cap;

	size_t at; /* the one that is open */
	struct io file;
};

/* All files of the folder whose names tell a number; others are passed over.  That each can be read is seen to now: not after hours.
 * For pieces_free (NULL is fine).  NULL: e tells, XE_FAILED. */
struct pieces *pieces_new(int folder, bool (*number)(const char *name, uint64_t *number),
			  void (*name)(uint64_t number, char text[static PIECES_NAME_BYTES]), struct err *e);
void pieces_free(struct pieces *p);

/* Index of the first piece whose end is behind the address; count if there is none. */
size_t pieces_behind(const struct pieces *p, uint64_t addr);

/* What struct medium says of read, read_at and close, for a medium whose input has pieces. */
int pieces_read(struct medium_input *in, void *data, size_t least, size_t most, size_t *got, struct err *e);
int pieces_read_at(const struct medium_input *in, uint64_t at, void *data, size_t n, size_t *got, struct err *e);
void pieces_close(struct medium_input *in);

/* Writes on in the piece s->piece_number, which is made with the first byte.  XE_FAILED; the error names it. */
int pieces_write(struct sink *s, void (*name)(uint64_t number, char text[static PIECES_NAME_BYTES]), const uint8_t *data, size_t len,
		 struct err *e);

/* Brings it to the disk; the next one is to be written. */
int pieces_next(struct sink *s, struct err *e);

/* What struct medium says of finish. */
int pieces_finish(struct sink *s, struct err *e);

/* A decimal number of those digits, as it is written without zeros before it, up to most; false if it is none. */
bool pieces_digits(const char *digits, uint64_t most, uint64_t *number);

#endif
