/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records into blocks: one session a block, records split as Bareos and Bacula split them, labels whole, BlockNumbers
 * counted per session, addresses in end-of-session labels brought up to date.  formats/volume-format.md 2.2, 2.4, 3.4 */
#ifndef VOLUME_PACKER_H
#define VOLUME_PACKER_H

#include "medium/sink.h"
#include "volume/outrecord.h"
#include "volume/packing.h"

#define PACKER_BLOCK_MIN_BYTES 4096u /* the largest end-of-session label must fit */

struct packer;

/* For packer_free (NULL is fine).  NULL without memory. */
struct packer *packer_new(const struct packer_options *options);
void packer_free(struct packer *p);

/* Everything up to the matching packer_end_volume goes to sink, which is borrowed.  Sessions and their BlockNumbers go on
 * over volumes. */
void packer_begin_volume(struct packer *p, struct sink *sink);

/* Largest block to write from here on, where max_block is not given; 0, and until then: as the input's. */
void packer_limit(struct packer *p, uint32_t bytes);

/* Largest encrypted block to write from here on, where max_block is not given.  Until then BLOCK_DEFAULT_BYTES. */
void packer_limit_encrypted(struct packer *p, uint32_t bytes);

/* Writes what waits in unfilled blocks.  What can fail here and below: XE_FAILED, of the sink, of encrypt or without memory. */
int packer_end_volume(struct packer *p, struct err *e) __attribute__((warn_unused_result));

/* item is an ITEM_VOLUME_LABEL; it becomes a block of its own.  Where it is a whole block, that may be another one than what
 * was read: item->form and item->len are those of the old. */
int packer_label(struct packer *p, const struct item *item, struct err *e) __attribute__((warn_unused_result));

/* The count records that the record item became (0: it is dropped).  Where a volume ended inside item, they are split
 * at the same share of their bytes and go on behind the label of the next volume. */
int packer_put(struct packer *p, const struct item *item, const struct outrecord *records, size_t count, struct err *e)
	__attribute__((warn_unused_result));

/* Writes what waits, then a file mark (tapes). */
int packer_file_mark(struct packer *p, struct err *e) __attribute__((warn_unused_result));

#endif
