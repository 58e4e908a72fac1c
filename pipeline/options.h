/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run of the filter is asked for, and what it tells while it goes on. */
#ifndef PIPELINE_OPTIONS_H
#define PIPELINE_OPTIONS_H

#include "pipeline/cipher.h"
#include "pipeline/stage.h"
#include "volume/packer.h"

enum on_damage { ON_DAMAGE_STOP, ON_DAMAGE_SKIP, ON_DAMAGE_KEEP };

struct filter_counts {
	uint64_t records, recompressed, damaged, dropped;
	uint64_t joined;              /* records made of pieces that the network layer had cut */
	uint64_t undoubled;           /* records that had their address twice */
	uint64_t bytes_in, bytes_out; /* record data */
	uint64_t inflate_in, inflate_out, deflate_in, deflate_out;
	uint64_t from[CODEC_COUNT]; /* records inflated (or found wanted) by codec */
};

/* Something that is not in the output, or not whole there, or taken in spite of a wrong checksum. */
struct filter_loss {
	const struct volume_info *volume;
	const struct job *job; /* NULL: not known */
	uint64_t addr, len;    /* addr as in struct item */
	uint32_t offset;
	int32_t file_index; /* 0: not known */
	int32_t last_index; /* the last one where there are more, else 0 */
	uint32_t stream;
	const char *file; /* its name, if the attributes were read; else "" */
	bool files;       /* whole files that are not here, known at the end: there is no addr, len, stream */
	bool block;       /* a whole block, or a gap between blocks: file_index is that of the data before or in it */
	bool kept;
	const char *reason;
};

struct filter_volume {
	const struct volume_info *info;
	const struct stage_policy *policy;
	struct filter_counts counts;
	uint64_t blocks_in, blocks_out, volume_out; /* volume_out: bytes written */
	uint64_t reversed;                          /* of blocks_in: a checksum as block_checksum_reversed */
	unsigned jobs;                              /* sessions with records on it */
	bool decrypt;                               /* encrypted blocks become clear, or go to another key */
	char encrypted_with[OPENER_CIPHER_BYTES];   /* cipher and key id; "" if it is not */
};

/* Called in the order of the data by one thread at a time, and never while another is. */
struct filter_callbacks {
	void *arg;
	/* Names where the volume goes: a descriptor that stays open until close_output. */
	int (*open_output)(void *arg, const struct filter_volume *v, struct io *out, struct err *e);
	int (*close_output)(void *arg, const struct filter_volume *v, struct err *e);
	void (*loss)(void *arg, const struct filter_loss *loss);
	void (*note)(void *arg, const struct filter_volume *v, const char *text);
	void (*remark)(void *arg, const struct filter_volume *v, const char *text); /* of what is normal; NULL: not wanted */
	/* NULL: records go to the output.  Else they go here instead, in order, and there is no output. */
	int (*plain)(void *arg, const struct plain_item *plain, struct err *e);
	void (*end_volume)(void *arg, const struct volume_info *v); /* all is known of it; NULL: not wanted */
	void (*old_block)(void *arg, const struct item *block);     /* NULL: not wanted */
	void (*new_block)(void *arg, const struct packed_block *b);
};

struct filter_options {
	const char *const *paths;
	size_t path_count;
	bool inflate, deflate, force;
	bool repair; /* mend records that the network layer cut, addresses that Bareos's autoxflate doubled, reversed checksums */
	const struct codec *codec;
	int level;
	bool target_given;
	enum product target;
	enum on_damage on_damage;
	bool repack;                  /* into new blocks, though no record is changed: addresses differ between tapes and files */
	bool incomplete_ok;           /* records whose parts lie on other volumes are handed out as they are, and no damage */
	uint32_t max_block;           /* 0: as the input's largest */
	uint64_t max_memory;          /* for what waits, see base/buf.h; 0: BUF_LIMIT_BYTES */
	struct cipher_options cipher; /* its sources must stay until filter_free */
	bool strong;                  /* hide the host name in the label of what is encrypted */
	unsigned block_format;        /* 2, 3 for BB02, BB03; 0: as they are */
	bool keep_layout;             /* every block keeps its place, or the run fails; max_block is then a limit for encrypted blocks */
	struct kin *kin;              /* as in struct reader_options: the run is that of the first set */
	size_t kin_at;
	unsigned threads;
	struct digest *digest_in, *digest_out; /* NULL: not wanted */
	struct filter_callbacks callbacks;
};

#endif
