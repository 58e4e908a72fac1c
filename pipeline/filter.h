/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of volumes through the stages into new volumes, on all processors, in order. */
#ifndef PIPELINE_FILTER_H
#define PIPELINE_FILTER_H

#include "pipeline/reshape.h"
#include "pipeline/stage.h"
#include "prove/missing.h"

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

struct filter;

/* What options names must stay until filter_free (NULL is fine).  NULL without memory. */
struct filter *filter_new(const struct filter_options *options);
void filter_free(struct filter *f);

/* Would this request move blocks?  Those that do cannot keep the layout. */
bool filter_moves_blocks(const struct filter_options *options);

/* The whole run, once.  0 also when damage was passed on: filter_damaged() tells.  XE_FAILED, XE_USAGE: this input cannot be
 * converted so; XE_DAMAGE with ON_DAMAGE_STOP; XE_KEY; and what inputs and callbacks have for an error. */
int filter_run(struct filter *f, struct err *e) __attribute__((warn_unused_result));

/* Ends the reading of a run, which then fails; under skip and keep everything that was read until then is written before it does.  May be
 * called in a signal handler and by any thread, while filter_run is at work. */
void filter_stop(struct filter *f);

/* After a run: how many of the inputs were its set; after one that failed, the index of the one where it did. */
size_t filter_input(const struct filter *f);

/* Records and places that were damaged, dropped or kept in spite of it. */
uint64_t filter_damaged(const struct filter *f);

/* What one job had: ask for every index below filter_job_slots; false where there is none. */
size_t filter_job_slots(const struct filter *f);
bool filter_job(const struct filter *f, size_t index, const struct job **job, struct filter_counts *counts);

/* The files of a job that did not come; once filter_run has returned. */
const struct missing *filter_missing(const struct filter *f, const struct job *job);

/* Bytes read and written so far; any thread. */
void filter_progress(const struct filter *f, uint64_t *bytes_in, uint64_t *bytes_out);

#endif
