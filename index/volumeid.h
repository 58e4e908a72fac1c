/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume is known again by its label and its last block: one that was appended to still has that block at its place, one that was
 * labelled anew has another label, one that was written anew another block.  formats/restore-format.md 8.2 */
#ifndef INDEX_VOLUMEID_H
#define INDEX_VOLUMEID_H

#include "index/fileindex.h"
#include "volume/opener.h"

/* By what the index knows it: name and time of its label; of one without a label (NULL) the end of its path, and 0. */
void volumeid_name(const struct volume_label *label, const char *path, char name[static LABEL_NAME_BYTES], int64_t *time);

/* XXH64 of n bytes from byte at of what is at path.  False if they are not there, or it cannot be read from any place. */
bool volumeid_hash(const char *path, uint64_t at, uint64_t n, uint64_t *hash);

enum volumeid_state {
	VOLUMEID_SAME,
	VOLUMEID_GROWN, /* something stands behind what is in the index */
	VOLUMEID_OTHER, /* of the same label, and not the same */
	VOLUMEID_NEW,   /* of no label that the index knows; or only reading it through can tell */
	VOLUMEID_GONE,  /* there is nothing at path, or nothing that can be opened */
};

/* What is at path, against the index; known: its row, where there is one.  keys: NULL, or they open it.  XE_FAILED, XE_DAMAGE. */
int volumeid_look(struct fileindex *x, const char *path, const struct opener_keys *keys, enum volumeid_state *state,
		  struct fileindex_volume *known, struct err *e) __attribute__((warn_unused_result));

#endif
