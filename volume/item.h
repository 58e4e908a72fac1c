/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is found on volumes, one thing at a time: labels, records, blocks, damage.  The word that all who read volumes share. */
#ifndef VOLUME_ITEM_H
#define VOLUME_ITEM_H

#include "format/attributes.h"
#include "volume/job.h"
#include "volume/volume.h"

/* How a block is written: kept on the way through. */
struct block_form {
	unsigned version;
	uint32_t options; /* BB03 */
	bool checksum;
};

static inline bool block_form_is_encrypted(const struct block_form *f)
{
	return f->version == 3 && (f->options & BLOCK_OPTION_BLOCK_ENCRYPTED);
}

enum item_kind {
	ITEM_END,
	ITEM_VOLUME_START,
	ITEM_VOLUME_LABEL, /* data: the whole label block if it holds nothing else, else the label record's data */
	ITEM_BLOCK,        /* if asked for: a block, before its records; data: all of it */
	ITEM_RECORD,
	ITEM_DAMAGE,
	ITEM_FILE_MARK,
	ITEM_FOREIGN, /* data: an ANSI or IBM tape label */
	ITEM_VOLUME_END,
};
#define ITEM_KINDS (ITEM_VOLUME_END + 1)

#define ITEM_CUTS 32

/* Everything pointed to is the reader's and constant; data stays valid while a reference to buf is held. */
struct item {
	enum item_kind kind;
	const struct volume_info *volume;
	const struct job *job; /* NULL where none applies */
	uint64_t addr;         /* of the block where it begins, */
	uint32_t offset;       /* and of its record header in that block, 0 if it is none */
	struct block_form form;
	uint32_t largest; /* block of the volumes so far */
	uint32_t number;  /* BlockNumber of the block where it begins */

	int32_t file_index;
	uint32_t stream; /* positive, with flags */
	uint32_t len;    /* the record's full length; data may be shorter where parts are missing or not kept */
	struct span data;
	struct buf *buf;
	struct attributes attributes;    /* of a record of such, whose data lends the name */
	bool head_missing, tail_missing; /* parts lie on volumes that are not given */
	bool whole_block;                /* ITEM_VOLUME_LABEL */
	bool begins_volume;              /* ITEM_BLOCK: its first record is the volume label */
	bool last_volume;                /* ITEM_VOLUME_END: no other volume follows */
	bool goes_on;                    /* ITEM_BLOCK: its first record is the rest of the one that its session has open */
	bool again;                      /* ITEM_BLOCK: ended the volume before, too: no records of it follow */
	bool joined;                     /* of several records, see pipeline/join.h, */
	bool unjoined;                   /* or the first of such that do not fit together */
	bool doubled;                    /* holds its address twice, see pipeline/repair.h */
	unsigned cuts;                   /* volume changes inside the record */
	uint32_t cut[ITEM_CUTS];         /* data bytes before each */

	int32_t first_index, last_index; /* ITEM_BLOCK: data FileIndexes in it, 0 if none */

	uint64_t damage_len; /* ITEM_DAMAGE: bytes */
	bool bad_block;      /* ITEM_DAMAGE: of a whole block or a gap between blocks, not of one record; data: of the block, as
				far as its records can be told apart */
	bool suspect;        /* ITEM_DAMAGE: its records follow all the same (keep_suspect); else: begins in such a block */
	bool salvaged;       /* ITEM_DAMAGE: the sound ones of its records follow */

	/* ITEM_BLOCK, and ITEM_DAMAGE of one: what was said of it; any other ITEM_DAMAGE: the reason alone.  A block that is
	 * encrypted is damage where its key is not given. */
	struct judge_verdict verdict;
};

#endif
