/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of a dedupable volume hold (Bareos 23.1 and later): its config, and the entries of the two that say of which bytes its
 * blocks are made.  formats/volume-kinds.md 2 */
#ifndef FORMAT_DEDUPABLE_H
#define FORMAT_DEDUPABLE_H

#include "base/bytes.h"

#define DEDUPABLE_NAME_BYTES 64u
#define DEDUPABLE_FILES 16u                      /* of data; all that was ever seen has two */
#define DEDUPABLE_CONFIG_BYTES ((size_t)1 << 14) /* more than one with so many names has */
#define DEDUPABLE_BLOCK_BYTES 40u                /* of an entry */
#define DEDUPABLE_PART_BYTES 16u
#define DEDUPABLE_HEADER_BYTES 24u /* of a block, the first bytes of its entry */

/* A file of entries: how many of them count, whatever else is in it. */
struct dedupable_table {
	char name[DEDUPABLE_NAME_BYTES];
	uint64_t count;
};

struct dedupable_data {
	char name[DEDUPABLE_NAME_BYTES];
	uint64_t used;       /* bytes that count */
	uint64_t block_size; /* payload stands here in multiples of it */
	uint32_t index;      /* by which parts name it */
};

struct dedupable_config {
	struct dedupable_table blocks, parts;
	unsigned files;
	struct dedupable_data data[DEDUPABLE_FILES];
};

/* Why this is no config; static.  NULL if it is one: then every name is that of a file in the same folder, no two are the same, and no
 * two data files have one index. */
const char *dedupable_read_config(struct span config, struct dedupable_config *c);

/* A block is its header, and the bytes of count parts from begin on. */
struct dedupable_block {
	uint8_t header[DEDUPABLE_HEADER_BYTES];
	uint32_t len; /* of all, as its header says */
	uint32_t count;
	uint64_t begin;
};

struct dedupable_part {
	uint32_t file; /* dedupable_data.index */
	uint32_t len;
	uint64_t begin; /* byte in it */
};

void dedupable_read_block(const uint8_t entry[static DEDUPABLE_BLOCK_BYTES], struct dedupable_block *b);
void dedupable_read_part(const uint8_t entry[static DEDUPABLE_PART_BYTES], struct dedupable_part *p);

/* The other way.  Writes the config to out, DEDUPABLE_CONFIG_BYTES of room; its length. */
size_t dedupable_write_config(const struct dedupable_config *c, uint8_t *out);
void dedupable_write_block(const struct dedupable_block *b, uint8_t entry[static DEDUPABLE_BLOCK_BYTES]);
void dedupable_write_part(const struct dedupable_part *p, uint8_t entry[static DEDUPABLE_PART_BYTES]);

#endif
