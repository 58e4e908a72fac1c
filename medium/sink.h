/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the blocks of one output volume go: counted, and written as its medium has them. */
#ifndef MEDIUM_SINK_H
#define MEDIUM_SINK_H

#include "base/digest.h"
#include "base/outqueue.h"
#include "base/tasks.h"
#include "medium/medium.h"

#define SINK_GATHER_BYTES 262144u /* what costs least: docs/performance.md */

/* What an output that is a folder is to be. */
struct sink_form {
	const struct medium *medium;
	uint64_t unit; /* bytes of a chunk, a part, a block of payload */
};

struct dedupable_out;
struct behind;

struct sink {
	struct io out; /* borrowed */
	const struct medium *medium;
	struct digest *digest;        /* of what is written, less the padding on tapes; borrowed, or NULL */
	struct digest *volume_digest; /* of the volume alone; NULL: not wanted, or its blocks are written one by one */
	uint64_t offset;              /* bytes written, less that padding */
	uint64_t blocks;
	uint64_t at;            /* address of the next block, as the medium counts */
	bool failed;            /* a write has: there are no more */
	struct outqueue *queue; /* of streams and tapes: what is written goes through it; NULL: it does not */

	/* Of files */
	uint8_t *gathered; /* to be written from an aligned place on, SINK_GATHER_BYTES; a piece of behind; NULL: nothing yet */
	size_t gathered_bytes;
	struct behind *behind; /* writes it; NULL: it is written at once */

	/* Of tapes */
	size_t fixed_bytes; /* block size of a drive in fixed mode */
	uint8_t *padded;    /* scratch */
	size_t padded_cap;

	/* Of folders */
	uint64_t unit; /* as the form has it */
	struct io piece;
	uint64_t piece_number, piece_bytes;
	struct dedupable_out *dedupable; /* NULL: nothing is written yet */
};

/* One that is not open: what sink_close may be given before sink_open. */
#define SINK_CLOSED ((struct sink){.out = IO_CLOSED, .piece = IO_CLOSED})

/* Begins a volume at out's place; all are borrowed until sink_close, which closes nothing of theirs and is idempotent.  form: NULL unless
 * out is a folder, which is empty.  volume_digest begins anew. */
void sink_open(struct sink *s, const struct io *out, const struct sink_form *form, struct digest *digest, struct digest *volume_digest);
void sink_close(struct sink *s);

/* Before the first block, of what goes to a stream or a tape: it is written by these marks.  XE_FAILED without memory. */
int sink_queue(struct sink *s, const struct outqueue_marks *marks, struct err *e) __attribute__((warn_unused_result));

/* Before the first block: a file is written by tasks, with so many threads to help; what is wrong may be told by a later call, by sink_finish
 * at last.  Nothing on other media.  XE_FAILED without memory. */
int sink_write_behind(struct sink *s, struct tasks *tasks, unsigned threads, struct err *e) __attribute__((warn_unused_result));

/* For media that are a stream or a tape: n bytes, on a tape a block.  XE_FAILED. */
int sink_put(struct sink *s, const void *data, size_t n, struct err *e) __attribute__((warn_unused_result));
/* ... and all that was put is written.  XE_FAILED. */
int sink_drain(struct sink *s, struct err *e) __attribute__((warn_unused_result));

/* Behind the last block, and when the volume is closed: what a catalog calls VolFiles. */
uint64_t sink_files(const struct sink *s);

/* Writes one block of len bytes (or several that follow one another, unless medium->by_block).  label: a volume label, which has a
 * size of its own on tapes.  XE_FAILED, and so every time from then on; the error names out. */
int sink_write(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e) __attribute__((warn_unused_result));

/* A block of another system's, written as it is; nothing on anything but a tape.  XE_FAILED. */
int sink_write_foreign(struct sink *s, const uint8_t *data, size_t len, struct err *e) __attribute__((warn_unused_result));

/* Behind the last block, or behind those that went well: all of it is written; files in a folder are whole, and on the disk.  Once.
 * XE_FAILED. */
int sink_finish(struct sink *s, struct err *e) __attribute__((warn_unused_result));

/* Nothing on anything but a tape.  XE_FAILED. */
int sink_file_mark(struct sink *s, struct err *e) __attribute__((warn_unused_result));

#endif
