/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tapes: a block is one read or one write, padded as a drive wants it; addresses are file << 32 | block.  volume-format.md 1.5, 1.6 */
#include "medium/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PADDING_BYTES 1024u
#define LABEL_BYTES 64512u

static uint64_t end(uint64_t addr, uint64_t len)
{
	(void)len;
	return addr;
}

/* Whoever closes a tape behind a block writes a file mark. */
static uint64_t files(uint64_t addr)
{
	return (addr >> 32) + ((uint32_t)addr > 0);
}

static void place(uint64_t addr, uint32_t offset, char *text, size_t text_bytes)
{
	(void)offset;
	snprintf(text, text_bytes, "tape file %u block %u", (unsigned)(addr >> 32), (unsigned)addr);
}

static void address(uint64_t addr, char *text, size_t text_bytes)
{
	snprintf(text, text_bytes, "%u:%u", (unsigned)(addr >> 32), (unsigned)addr);
}

static uint64_t next_file(uint64_t addr)
{
	return ((addr >> 32) + 1) << 32;
}

static int next(struct medium_input *in, void *data, size_t n, size_t *got, uint64_t *addr, enum medium_found *found, struct err *e)
{
	bool too_small;
	*addr = in->at;
	int rc = io_read_tape(in->io.fd, data, n, got, &too_small, e);
	*found = too_small ? MEDIUM_LARGER : *got > 0 ? MEDIUM_BLOCK : in->at_mark ? MEDIUM_END : MEDIUM_MARK;
	if (rc != 0 || too_small)
		return rc;
	in->at_mark = *got == 0;
	in->at = in->at_mark ? next_file(in->at) : in->at + 1;
	return 0;
}

static void begin(struct sink *s)
{
	s->fixed_bytes = io_tape_fixed_bytes(s->out.fd);
}

static int write_padded(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e)
{
	size_t unit = s->fixed_bytes ? s->fixed_bytes : label ? LABEL_BYTES : PADDING_BYTES;
	size_t padded = (len + unit - 1) / unit * unit;
	if (s->fixed_bytes && padded != unit)
		return err_set(e, XE_FAILED,
			       "the drive writes fixed blocks of %zu bytes, this volume needs %zu; set it to variable "
			       "blocks (mt setblk 0)",
			       unit, len);
	if (padded > s->padded_cap) {
		uint8_t *grown = realloc(s->padded, padded);
		if (grown == NULL)
			return err_memory(e, padded, "a tape block");
		s->padded = grown;
		s->padded_cap = padded;
	}
	memcpy(s->padded, data, len);
	memset(s->padded + len, 0, padded - len);
	s->at++;
	return sink_put(s, s->padded, padded, e);
}

static int write_foreign(struct sink *s, const uint8_t *data, size_t len, struct err *e)
{
	s->at++;
	return sink_put(s, data, len, e);
}

static int file_mark(struct sink *s, struct err *e)
{
	s->at = next_file(s->at);
	int rc = sink_drain(s, e);
	return rc == 0 ? io_write_file_mark(s->out.fd, e) : rc;
}

const struct medium medium_tape = {
	.name = "tape",
	.anew = true,
	.by_block = true,
	.end = end,
	.files = files,
	.place = place,
	.address = address,
	.next = next,
	.begin = begin,
	.write = write_padded,
	.write_foreign = write_foreign,
	.file_mark = file_mark,
};
