/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people paste: hex dumps of xxd, hexdump -C, od, sg_raw, sg_logs -H, stenc and kernels, and sense codes as programs and
 * manuals spell them.  Text in, bytes and codes out; formats/sense-and-alerts.md 8.  No byte of a paste is ever put in an
 * error: it may be a key. */
#ifndef TAPE_PASTE_H
#define TAPE_PASTE_H

#include "base/bytes.h"

#define PASTE_SECTIONS 32
#define PASTE_CODES 16
#define PASTE_REPEAT_MAX_BYTES 65536u /* that lines of "*" may stand for, in all */

/* One dump.  Bytes that were read are in it even where they are broken: they may be a key. */
struct paste_section {
	size_t at, len;  /* of the bytes */
	bool command;    /* a CDB, by the words before it */
	bool words;      /* 16-bit words of od or hexdump, maybe with their bytes swapped */
	const char *why; /* it is not all of it, or damaged: the reason; NULL */
};

/* "5/74/21" and its other spellings. */
struct paste_code {
	bool has_key, deferred;
	uint8_t key, asc, ascq;
};

struct paste {
	uint8_t *data; /* the caller's */
	size_t cap, len;
	unsigned sections, codes;
	struct paste_section section[PASTE_SECTIONS];
	struct paste_code code[PASTE_CODES];
	unsigned vendor; /* enum sense_vendor, where its name stands in the text */
	bool sets_key;   /* the text says that a SECURITY PROTOCOL OUT is in it */
	bool lost;       /* more than there is room for here */
};

/* Bytes that paste_read may need for text of len bytes. */
size_t paste_room(size_t len);

/* data has paste_room(text.len) bytes.  False: without memory. */
bool paste_read(struct span text, uint8_t *data, struct paste *p) __attribute__((warn_unused_result));

struct span paste_bytes(const struct paste *p, const struct paste_section *s);

/* Is it no text at all, but the bytes themselves? */
bool paste_is_binary(struct span text);

/* ffffff8f, as old stenc prints the byte 8f: in place, returns the new length. */
size_t paste_unsign(uint8_t *data, size_t len);

/* Each two bytes, in place; an odd last one stays. */
void paste_swap(uint8_t *data, size_t len);

#endif
