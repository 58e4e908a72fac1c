/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form of blocks: BB02 or BB03, clear or encrypted, whose label.  Where nothing else changes, a block keeps its place
 * and its length. */
#ifndef PIPELINE_RESHAPE_H
#define PIPELINE_RESHAPE_H

#include "format/relabel.h"
#include "pipeline/cipher.h"

/* A Volume Name, and what the volume is to be called instead. */
struct reshape_name {
	const char *from, *to;
};

struct reshape {
	bool decrypt, encrypt;            /* both: to another key */
	bool strong;                      /* the host name in the label is hidden */
	enum relabel_owner owner;         /* labels of the other product become this one's; for Bareos BB03 becomes BB02 */
	enum relabel_kind kind;           /* what Bacula's labels are to make of their volumes */
	unsigned version;                 /* 2, 3; 0: as it was */
	const struct reshape_name *names; /* the caller's */
	size_t name_count;
	uint32_t encrypted_max; /* largest encrypted block to write where blocks keep their place */
};

/* Is there anything to do? */
bool reshape_wanted(const struct reshape *r);

/* What a volume of this name is to be called: NULL: it keeps it. */
const char *reshape_new_name(const struct reshape_name *names, size_t count, const char *name);

/* The form in which the records of a block of this form are written. */
struct block_form reshape_form(const struct reshape *r, const struct block_form *old);

/* Scratch for one block. */
struct reshape_buffer {
	uint8_t *data;
	size_t cap;
};

/* A whole label block, from an ITEM_VOLUME_LABEL or an ITEM_BLOCK that begins with the label.  in_place: as long as it was.
 * cv: NULL unless r->encrypt.  *block lies in buffer.  XE_USAGE, XE_FAILED. */
int reshape_label(const struct reshape *r, const struct cipher_volume *cv, const struct item *item, bool in_place,
		  struct reshape_buffer *buffer, struct span *block, struct err *e) __attribute__((warn_unused_result));

/* A block that keeps its place: new header, new checksum, encrypted.  number: its new BlockNumber. */
int reshape_block(const struct reshape *r, const struct cipher_volume *cv, const struct item *item, uint32_t number,
		  struct reshape_buffer *buffer, struct span *block, struct err *e) __attribute__((warn_unused_result));

#endif
