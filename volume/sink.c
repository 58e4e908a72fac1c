/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/sink.h"

#include <stdlib.h>
#include <string.h>

#define TAPE_PADDING_BYTES 1024u /* volume-format.md 1.6 */
#define TAPE_LABEL_BYTES 64512u

void sink_open(struct sink *s, const struct io *out, struct digest *digest)
{
	*s = (struct sink){.out = *out, .digest = digest};
	if (out->kind == IO_TAPE)
		s->tape_fixed = io_tape_fixed_bytes(out->fd);
}

void sink_close(struct sink *s)
{
	free(s->padded);
	*s = (struct sink){.out = IO_CLOSED};
}

uint64_t sink_address(const struct sink *s)
{
	return s->out.kind == IO_TAPE ? (uint64_t)s->tape_file << 32 | s->tape_block : s->offset;
}

uint64_t sink_end_address(const struct sink *s, uint64_t addr, uint64_t len)
{
	return s->out.kind == IO_TAPE || len == 0 ? addr : addr + len - 1;
}

static int write_on_tape(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e)
{
	size_t unit = s->tape_fixed ? s->tape_fixed : label ? TAPE_LABEL_BYTES : TAPE_PADDING_BYTES;
	size_t padded = (len + unit - 1) / unit * unit;
	if (s->tape_fixed && padded != unit)
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
	s->tape_block++;
	return io_write_tape(s->out.fd, s->padded, padded, e);
}

/* Behind a write that failed nothing more is written: it would stand in the middle of a torn block.  The error is the output's. */
static int done(struct sink *s, int rc, struct err *e)
{
	if (rc == 0)
		return 0;
	s->failed = true;
	if (s->out.name)
		err_volume(e, s->out.name);
	return rc;
}

static int refuse_failed(struct err *e)
{
	return err_set(e, XE_FAILED, "a write before this one has failed");
}

int sink_write(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e)
{
	if (s->failed)
		return refuse_failed(e);
	s->offset += len;
	s->blocks++;
	digest_add(s->digest, data, len);
	return done(s, s->out.kind == IO_TAPE ? write_on_tape(s, data, len, label, e) : io_write(s->out.fd, data, len, e), e);
}

int sink_write_foreign(struct sink *s, const uint8_t *data, size_t len, struct err *e)
{
	if (s->out.kind != IO_TAPE)
		return 0;
	if (s->failed)
		return refuse_failed(e);
	s->tape_block++;
	return done(s, io_write_tape(s->out.fd, data, len, e), e);
}

int sink_file_mark(struct sink *s, struct err *e)
{
	if (s->out.kind != IO_TAPE)
		return 0;
	if (s->failed)
		return refuse_failed(e);
	s->tape_file++;
	s->tape_block = 0;
	return done(s, io_write_file_mark(s->out.fd, e), e);
}
