/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restore objects (stream 28): the configuration of plugins, deflated where it is longer than 1000 bytes.
 * formats/restore-format.md 2.9 */
#ifndef PROVE_OBJECT_H
#define PROVE_OBJECT_H

#include "base/bytes.h"
#include "codec/codec.h"

#define OBJECT_MAX_BYTES ((size_t)256 << 20) /* inflated, to be proved */
#define OBJECT_FAULT_BYTES 160u

enum object_verdict {
	OBJECT_RIGHT,
	OBJECT_WRONG,
	OBJECT_UNKNOWN, /* its header is not as ours: nobody can say, or it is too large */
	OBJECT_MEMORY,
};

/* A record taken apart; lent by its data. */
struct object_record {
	uint64_t full; /* bytes, inflated */
	const char *name;
	struct span stored;
	bool deflated;
};

/* Takes a whole record's data apart; the object in *content, malloc'ed and the caller's, of o->full bytes (NULL unless OBJECT_RIGHT).  text:
 * as below. */
enum object_verdict object_read(struct codec_ctx *ctx, struct span data, struct object_record *o, uint8_t **content,
				char text[static OBJECT_FAULT_BYTES]);

/* Judges a whole record's data.  text: why, unless OBJECT_RIGHT. */
enum object_verdict object_judge(struct codec_ctx *ctx, struct span data, char text[static OBJECT_FAULT_BYTES]);

#endif
