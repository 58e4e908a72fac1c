/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One input volume as a row of blocks: bytes, with the padding of tape dumps, or what the medium itself keeps apart.  Finds the next true
 * block after damage.  formats/volume-format.md 1 */
#ifndef VOLUME_SOURCE_H
#define VOLUME_SOURCE_H

#include "base/buf.h"
#include "base/digest.h"
#include "medium/medium.h"
#include "volume/judge.h"

struct source;

enum source_event {
	SOURCE_END,
	SOURCE_BLOCK,     /* whole, its checksum right, its records sane (unless encrypted) */
	SOURCE_DAMAGE,    /* len bytes at addr are no good block; verdict.reason says why */
	SOURCE_FILE_MARK, /* tapes only */
	SOURCE_FOREIGN,   /* tapes and their dumps: an ANSI or IBM label of 80 bytes */
};

struct source_item {
	enum source_event event;
	uint64_t addr;       /* as the medium counts */
	uint64_t position;   /* where its bytes can be read again, an offset in it added: struct medium's read_at */
	uint64_t len;        /* bytes */
	const uint8_t *data; /* block, foreign label; damaged block if its header was plausible, else NULL */
	struct buf *buf;     /* holds data; the source's reference: take one to keep data beyond the next call */
	struct block_header header;
	struct judge_verdict verdict; /* on the block; reason: of damage */
};

/* Takes in over, also if it fails; every byte read is added to digest (NULL: to none).  keys open encrypted blocks (NULL: they
 * stay closed).  pool, digest and keys must stay until source_free (NULL is fine).  NULL without memory. */
struct source *source_new(struct buf_pool *pool, struct medium_input *in, struct digest *digest, const struct opener_keys *keys);
void source_free(struct source *s);

/* An input that does not begin as a volume is given up there and then: what follows is not searched for blocks. */
void source_expect_volume(struct source *s);

/* A file is read ahead, see window_read_ahead; before anything else of it is.  XE_FAILED without memory. */
int source_read_ahead(struct source *s, struct tasks *tasks, unsigned threads, struct err *e) __attribute__((warn_unused_result));

/* From here on the XXH64 of each volume is wanted.  Nothing where blocks are read one by one: what lies between them is not seen.
 * XE_FAILED without memory. */
int source_hash_volumes(struct source *s, struct err *e) __attribute__((warn_unused_result));

/* XXH64 of the volume that ends here, or (at_label) before the label that was the last item; false if it is not wanted. */
bool source_end_volume(struct source *s, bool at_label, uint64_t *xxh64);

/* The next item; what it points to is lent until the next call.  XE_FAILED on read errors and without memory; XE_KEY if there
 * are keys and none fits, before the label is handed out where the block behind it tells. */
int source_next(struct source *s, struct source_item *item, struct err *e) __attribute__((warn_unused_result));

/* From here on only what source_go says is read.  The input is rereadable, and source_hash_volumes was not called. */
void source_place(struct source *s);

/* Where the next item begins, or the padding before it. */
uint64_t source_at(const struct source *s);

/* The next item is what stands at from, >= source_at.  Blocks that begin behind `to` are not wanted.  source_place was called. */
void source_go(struct source *s, uint64_t from, uint64_t to);

/* Nothing more is read.  XE_KEY as at the end of the input. */
int source_stop(struct source *s, struct err *e) __attribute__((warn_unused_result));

/* Bytes of the input, 0 if unknown. */
uint64_t source_size(const struct source *s);

/* Does a block begin with a volume's label, whole?  *data is then the label's data. */
bool source_begins_volume(const struct source_item *block, struct span *data);

/* Bytes read so far, for progress. */
uint64_t source_bytes(const struct source *s);

/* What encrypted blocks were opened with; "" if there were none. */
void source_cipher(const struct source *s, char text[static OPENER_CIPHER_BYTES]);

/* Padding bytes passed over so far (a dump of a tape). */
uint64_t source_padding(const struct source *s);

#endif
