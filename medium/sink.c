/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "medium/sink.h"

#include "medium/behind.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void sink_open(struct sink *s, const struct io *out, const struct sink_form *form, struct digest *digest, struct digest *volume_digest)
{
	bool folder = form && S_ISDIR(out->type);
	*s = (struct sink){.out = *out, .medium = folder ? form->medium : medium_of(out), .digest = digest, .piece = IO_CLOSED};
	s->unit = folder ? form->unit : 0;
	/* Of a tape nothing could be compared with it: what is read there may be read in other blocks. */
	if (volume_digest && (!s->medium->by_block || folder) && digest_reset(volume_digest))
		s->volume_digest = volume_digest;
	if (s->medium->begin)
		s->medium->begin(s);
}

void sink_close(struct sink *s)
{
	outqueue_free(s->queue);
	if (s->behind == NULL)
		free(s->gathered);
	behind_free(s->behind);
	free(s->padded);
	io_close(&s->piece);
	if (s->medium && s->medium->drop)
		s->medium->drop(s);
	*s = SINK_CLOSED;
}

static int (*writer_of(const struct sink *s))(int fd, const void *data, size_t n, struct err *e)
{
	return s->medium->by_block ? io_write_tape : io_write;
}

int sink_queue(struct sink *s, const struct outqueue_marks *marks, struct err *e)
{
	s->queue = outqueue_new(marks, s->out.fd, writer_of(s));
	return s->queue ? 0 : err_memory(e, 0, "what waits to be written");
}

int sink_write_behind(struct sink *s, struct tasks *tasks, unsigned threads, struct err *e)
{
	if (s->medium != &medium_file)
		return 0;
	/* What has no place, or none but its end, is written at once. */
	off_t at = lseek(s->out.fd, 0, SEEK_CUR);
	int flags = fcntl(s->out.fd, F_GETFL);
	if (at < 0 || flags < 0 || (flags & O_APPEND))
		return 0;
	s->behind = behind_new(tasks, threads, s->out.fd, (uint64_t)at, SINK_GATHER_BYTES);
	return s->behind ? 0 : err_memory(e, 0, "the output");
}

int sink_put(struct sink *s, const void *data, size_t n, struct err *e)
{
	return s->queue ? outqueue_write(s->queue, data, n, e) : writer_of(s)(s->out.fd, data, n, e);
}

int sink_drain(struct sink *s, struct err *e)
{
	return s->queue ? outqueue_drain(s->queue, e) : 0;
}

uint64_t sink_files(const struct sink *s)
{
	return s->medium->files(s->at);
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
	digest_add(s->volume_digest, data, len);
	return done(s, s->medium->write(s, data, len, label, e), e);
}

int sink_write_foreign(struct sink *s, const uint8_t *data, size_t len, struct err *e)
{
	if (s->medium->write_foreign == NULL)
		return 0;
	if (s->failed)
		return refuse_failed(e);
	return done(s, s->medium->write_foreign(s, data, len, e), e);
}

int sink_finish(struct sink *s, struct err *e)
{
	int rc = sink_drain(s, e);
	if (rc == 0 && s->medium->finish)
		rc = s->medium->finish(s, e);
	return done(s, rc, e);
}

int sink_file_mark(struct sink *s, struct err *e)
{
	if (s->medium->file_mark == NULL)
		return 0;
	if (s->failed)
		return refuse_failed(e);
	return done(s, s->medium->file_mark(s, e), e);
}
