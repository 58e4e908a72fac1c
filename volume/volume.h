/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of one volume: by its input, its label, its blocks. */
#ifndef VOLUME_VOLUME_H
#define VOLUME_VOLUME_H

#include "volume/label.h"
#include "volume/source.h"

/* The label's fields are written before ITEM_VOLUME_START is handed out (behind tape labels of
 * other systems: before ITEM_VOLUME_LABEL), padding and bytes before ITEM_VOLUME_END.  Lives as long as its reader. */
struct volume_info {
	char path[4096];	/* as given; "-" for standard input */
	const char *name;	/* how messages call it: the path, or the Volume Name for standard input */
	unsigned input;		/* index among the inputs */
	enum io_kind kind;
	uint64_t size;		/* bytes, 0 if unknown */
	bool has_label;
	struct volume_label label;
	bool product_known;	/* by the label, or by the first block behind what stands in its place */
	enum product product;
	uint64_t padding; /* bytes passed over, in a dump of a tape */
	uint64_t bytes;	  /* read, known at ITEM_VOLUME_END, */
	uint64_t inside;  /* where it begins, behind another volume in the same file; else 0 */
	uint64_t again;	  /* blocks that ended the volume before, too, */
	uint64_t foreign; /* tape labels of other systems, */
	unsigned more_inputs; /* and how many it goes on in, as a tape that was read file by file; */
	uint64_t opened;  /* as are the blocks that a key opened, */
	uint64_t reused;  /* those among them whose number their session has had before: Bacula's spooling repeats tweaks so, */
	char cipher[OPENER_CIPHER_BYTES]; /* and what they were opened with */
	struct volume_info *next;
};

/* The volume that path, the input-th of a run, begins with; in: that input, opened; NULL: another volume behind the first
 * in the same.  For free().  NULL without memory. */
struct volume_info *volume_new(const char *path, unsigned input, const struct io *in);

/* Takes in what a label record's data says, if nothing did before. */
void volume_learn_label(struct volume_info *v, unsigned block_version, struct span data);

/* What the first block tells, before anything is said of the volume. */
void volume_learn_first(struct volume_info *v, const struct source_item *block);

/* Where the label is missing or bad, blocks and start-of-session labels tell who wrote them. */
void volume_learn_product(struct volume_info *v, const struct source_item *block);

#define VOLUME_ODDITY_BYTES 320u

/* What is in order on the volume, and worth a note, index by index: text of the next one; false behind the last.  Known at
 * ITEM_VOLUME_END. */
bool volume_oddity(const struct volume_info *v, unsigned index, char text[static VOLUME_ODDITY_BYTES]);

/* Why it has no label, which is known at ITEM_VOLUME_END. */
const char *volume_label_missing(const struct volume_info *v);

/* "byte 8573" or "tape file 1 block 17": addr is that of a block of v, offset one in that block.  text: text_bytes, NUL
 * included. */
void volume_place(const struct volume_info *v, uint64_t addr, uint32_t offset, char *text, size_t text_bytes);

#endif
