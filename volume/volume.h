/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of one volume: by its input, its label, its blocks. */
#ifndef VOLUME_VOLUME_H
#define VOLUME_VOLUME_H

#include "format/label.h"
#include "volume/source.h"

/* What was known of a volume when an item of it was read.  Constant from then on, for others read it while the reader goes
 * on: when more is known, later items point to another one.  index tells whether two are of one volume.  Lives as long as
 * the reader. */
struct volume_info {
	const char *path; /* as given; "-" for standard input */
	const char *name; /* how messages call it: the path, or the Volume Name for standard input */
	unsigned index;   /* among the volumes of a run, */
	unsigned input;   /* and of its input among the inputs */
	const struct medium *medium;
	bool rereadable; /* as struct medium_input has it */
	uint64_t size;   /* bytes, 0 if unknown */
	uint64_t inside; /* where it begins, behind another volume in the same file; else 0 */
	bool has_label;
	struct volume_label label;
	bool of_tape; /* it has no label, and is a dump of a tape, or begins as one goes on */
	struct {
		uint8_t *data; /* NULL: none; the reader's */
		size_t len;
		struct block_header block;
		bool checksum;
		struct record_header record;
	} late;             /* its label, where data stands before it: see volume/searchlabel.h */
	bool product_known; /* by the label, or by the first block behind what stands in its place */
	enum product product;
	/* Known at ITEM_VOLUME_END: */
	uint64_t padding;     /* bytes passed over, in a dump of a tape */
	uint64_t bytes;       /* read, */
	uint64_t again;       /* blocks that ended the volume before, too, */
	uint64_t foreign;     /* tape labels of other systems, */
	unsigned more_inputs; /* inputs that it goes on in, as a tape that was read file by file, */
	uint64_t opened;      /* blocks that a key opened, */
	uint64_t reused;      /* those among them whose number their session has had before: Bacula's spooling repeats tweaks so, */
	char cipher[OPENER_CIPHER_BYTES]; /* and what they were opened with; */
	bool hashed;                      /* there is an XXH64 of all of its bytes, padding and all: it was wanted, and it lies in one */
	uint64_t xxh64;                   /* input that is not read block by block */
};

/* Each can be learnt once: a guess at the product, the product, the label, the end. */
#define VOLUME_STATES 5u

/* A volume that is being read: the reader's alone. */
struct volume {
	struct volume_info now; /* as far as it is known */
	bool news;              /* more than the last of these says: */
	struct volume_info known[VOLUME_STATES];
	unsigned states;
	struct volume *next;
	char path[];
};

/* The index-th volume of a run, which its input-th path begins with; in: that input, opened; before: the volume that
 * it stands behind in the same; one of the two is NULL.  For volume_free.  NULL without memory. */
struct volume *volume_new(const char *path, unsigned index, unsigned input, const struct medium_input *in, const struct volume *before);

/* What items that are read now are to point to: all of now that others may be told. */
const struct volume_info *volume_known(struct volume *v);

/* NULL is fine. */
void volume_free(struct volume *v);

/* Takes in what a label record's data says, if nothing did before. */
void volume_learn_label(struct volume *v, unsigned block_version, struct span data);

/* What the first block tells, before anything is said of the volume. */
void volume_learn_first(struct volume *v, const struct source_item *block);

/* Where the label is missing or bad, blocks and start-of-session labels tell who wrote them. */
void volume_learn_product(struct volume *v, const struct source_item *block);

/* That it was read to its end. */
void volume_learn_end(struct volume *v, uint64_t bytes, uint64_t padding);

#define VOLUME_ODDITY_BYTES 320u

/* What is in order on the volume, and worth a note, index by index: text of the next one; false behind the last.  Known at
 * ITEM_VOLUME_END. */
bool volume_oddity(const struct volume_info *v, unsigned index, char text[static VOLUME_ODDITY_BYTES]);

/* Why it has no label, as far as that is known. */
const char *volume_label_missing(const struct volume_info *v);

#endif
