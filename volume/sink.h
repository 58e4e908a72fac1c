/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the blocks of one output volume go: a file, a pipe or a tape (one block, one write, padded as a drive wants it). */
#ifndef VOLUME_SINK_H
#define VOLUME_SINK_H

#include "base/digest.h"
#include "base/io.h"

struct sink {
	struct io out;         /* borrowed */
	struct digest *digest; /* of what is written, less the padding on tapes; borrowed, or NULL */
	uint64_t offset;       /* bytes written */
	uint64_t blocks;
	uint32_t tape_file, tape_block;
	bool failed;       /* a write has: there are no more */
	size_t tape_fixed; /* block size of a drive in fixed mode */
	uint8_t *padded;   /* scratch */
	size_t padded_cap;
};

/* Begins a volume at out's place; both are borrowed until sink_close, which closes neither and is idempotent. */
void sink_open(struct sink *s, const struct io *out, struct digest *digest);
void sink_close(struct sink *s);

/* Address of the next block: byte offset, or file << 32 | block. */
uint64_t sink_address(const struct sink *s);

/* Address of the end of a block of len bytes at addr: its last byte, or the block itself on a tape.
 * volume-format.md 1.5, 3.4 */
uint64_t sink_end_address(const struct sink *s, uint64_t addr, uint64_t len);

/* Writes one block of len bytes (or, except on tapes, several that follow one another).  label: a volume label, which has a
 * size of its own on tapes.  XE_FAILED, and so every time from then on; the error names out. */
int sink_write(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e) __attribute__((warn_unused_result));

/* A block of another system's, written as it is; nothing on anything but a tape.  XE_FAILED. */
int sink_write_foreign(struct sink *s, const uint8_t *data, size_t len, struct err *e) __attribute__((warn_unused_result));

/* Nothing on anything but a tape.  XE_FAILED. */
int sink_file_mark(struct sink *s, struct err *e) __attribute__((warn_unused_result));

#endif
