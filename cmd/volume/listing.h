/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is counted of a volume for xflate list: its blocks, its jobs, and how their records are stored. */
#ifndef CMD_VOLUME_LISTING_H
#define CMD_VOLUME_LISTING_H

#include "codec/codec.h"
#include "format/compression.h"
#include "format/label.h"
#include "volume/item.h"

/* How the data records of a job are stored; others than these are among records and bytes alone. */
struct listing_stored {
	uint64_t records, bytes;
	uint64_t by_codec[CODEC_COUNT], plain, encrypted, unknown, incomplete;
};

struct listing_job {
	const struct job *job;
	struct session_label end;
	bool has_end;
	uint64_t blocks;
	uint64_t first_addr, last_end;
	struct listing_stored stored;
};

/* Begin with all zero. */
struct listing {
	const struct volume_info *volume; /* lent */
	struct listing_job *jobs;         /* by their indexes; those without records are not here */
	size_t job_count;
	uint64_t block_count, damaged;
	uint32_t block_max, block_min;
	unsigned versions; /* bit per BB version */
	bool checksums, no_checksums;
	uint64_t reversed; /* blocks with a checksum as block_checksum_reversed */
	bool encrypted;
};

/* Counts it.  XE_FAILED without memory. */
int listing_block(struct listing *l, const struct item *block, struct err *e) __attribute__((warn_unused_result));
int listing_record(struct listing *l, const struct item *record, struct err *e) __attribute__((warn_unused_result));

/* The codec of a record, and its header, all zero where there is none; NULL if it has none or an unknown one. */
const struct codec *listing_codec(const struct item *item, struct compression_header *header);

/* Sessions go on from volume to volume, what is counted of them does not: all zero again.  Idempotent. */
void listing_free(struct listing *l);

#endif
