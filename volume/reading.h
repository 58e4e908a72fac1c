/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read, and how: the reader and its parts share it. */
#ifndef VOLUME_READING_H
#define VOLUME_READING_H

#include "volume/item.h"
#include "volume/kin.h"

/* Blocks of an input that begin at addresses from `from` to `to`, both included; UINT64_MAX: to its end.  At `from` begins a block, or from
 * is 0.  A volume that stands behind another in the same input: its label's block is in a range before those of its others. */
struct reader_range {
	size_t input; /* index of its path */
	uint64_t from, to;
};

/* Puts them in the order of inputs and addresses, and makes one of those that overlap: how many remain. */
size_t reading_settle(struct reader_range *ranges, size_t count);

/* XE_USAGE: a volume before or behind a set is not one that can be read more than once. */
int reading_once_only(struct err *e);

struct reader_options {
	const char *const *paths;
	size_t path_count;
	/* Volumes that the set goes on with, in its order, but which are not read: after_count behind the others in paths, and before.  A
	 * record belongs to the volume where it begins.  Of one that ends on a volume behind the set the rest is read there: it comes
	 * whole, without a cut.  Of one that begins before the set nothing comes; that it does begin there is looked up.  XE_USAGE: it
	 * does not, or its rest is not there, and no damage accounts for that. */
	size_t after_count;
	const char *const *before; /* the nearest last; NULL: none */
	size_t before_count;
	bool blocks;         /* hand out ITEM_BLOCK */
	bool indexes;        /* with first_index and last_index */
	bool expect_volumes; /* do not search an input for blocks that does not begin with one */
	bool keep_suspect;   /* take the records of a block whose checksum alone is wrong, after its ITEM_DAMAGE */
	struct tasks *tasks; /* files are read ahead by these, with so many threads to help; NULL: they are not */
	unsigned threads;
	struct digest *digest;          /* every byte read is added to it; may be NULL */
	bool hash_volumes;              /* the XXH64 of each volume is wanted */
	const struct opener_keys *keys; /* for encrypted blocks; NULL: they stay closed */
	struct kin *kin; /* over more inputs, of which paths are those from kin_at on: end behind the first set; NULL: they are one */
	size_t kin_at;
	size_t keep_bytes; /* of a split record; 0: all.  For those who only look at the beginning */
	/* Of each input its label, and then only these, by going straight to them: in the order of inputs and addresses, not overlapping.
	 * NULL: everything.  Rereadable inputs only.  What is cut by them is no damage: of a file that began before a range nothing
	 * comes, of a record that ends behind one what was read, with tail_missing.  A file whose blocks are all in ranges comes whole. */
	const struct reader_range *ranges;
	size_t range_count;
	bool inside_files; /* what of files began before a range is wanted, too: who knows where their records stand goes right into them */
};

#endif
