/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void spool_free(struct spool *s)
{
	free(s->memory);
	free(s->extents);
	if (s->fd >= 0)
		close(s->fd);
	*s = SPOOL_NONE(s->folder);
}

void spool_empty(struct spool *s)
{
	/* Its blocks are wanted back. */
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->count = 0;
	s->end = 0;
}

static int fault(const struct spool *s, struct err *e)
{
	int errnum = errno;
	err_volume(e, s->folder);
	return err_errno(e, XE_FAILED, errnum, "a file cannot be kept here until its size is known; TMPDIR names another folder");
}

static int open_file(struct spool *s, struct err *e)
{
	s->fd = open(s->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return s->fd >= 0 ? 0 : fault(s, e);
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/.xflate-XXXXXX", s->folder) >= (int)sizeof path)
		errno = ENAMETOOLONG;
	else
		s->fd = mkostemp(path, O_CLOEXEC);
	if (s->fd < 0)
		return fault(s, e);
	unlink(path);
	return 0;
}

static int write_all(struct spool *s, uint64_t at, struct span data, struct err *e)
{
	for (size_t done = 0; done < data.len;) {
		errno = EFBIG;
		ssize_t n = at > (uint64_t)INT64_MAX - data.len ? -1 : pwrite(s->fd, data.data + done, data.len - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EFBIG)
			return SPOOL_UNFIT;
		if (n <= 0)
			return fault(s, e);
		done += (size_t)n;
	}
	return 0;
}

/* What is in memory goes to a file, at its places. */
static int spill(struct spool *s, struct err *e)
{
	int rc = open_file(s, e);
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		rc = write_all(s, s->extents[i].offset, (struct span){s->memory + s->extents[i].offset, (size_t)s->extents[i].bytes}, e);
	return rc;
}

static bool grow(struct spool *s, size_t to)
{
	if (to <= s->cap)
		return true;
	size_t cap = s->cap ? s->cap : 65536;
	while (cap < to)
		cap *= 2;
	uint8_t *grown = realloc(s->memory, cap);
	if (grown == NULL)
		return false;
	s->memory = grown;
	s->cap = cap;
	return true;
}

/* Mostly they come in order; what comes before or into something is put where it belongs. */
static int note(struct spool *s, uint64_t at, uint64_t bytes, struct err *e)
{
	size_t i = s->count;
	if (i >= SPOOL_DISORDERLY_MAX && s->extents[i - 1].offset > at)
		return SPOOL_UNFIT;
	while (i > 0 && s->extents[i - 1].offset > at)
		i--;
	bool joins = i > 0 && s->extents[i - 1].offset + s->extents[i - 1].bytes >= at;
	if (!joins) {
		if (s->count == s->room) {
			size_t room = s->room ? s->room * 2 : 16;
			struct spool_extent *grown = realloc(s->extents, room * sizeof *grown);
			if (grown == NULL)
				return err_memory(e, room * sizeof *grown, "the holes of a file");
			s->extents = grown;
			s->room = room;
		}
		memmove(s->extents + i + 1, s->extents + i, (s->count - i) * sizeof *s->extents);
		s->extents[i++] = (struct spool_extent){at, bytes};
		s->count++;
	}
	struct spool_extent *here = &s->extents[i - 1];
	uint64_t end = at + bytes > here->offset + here->bytes ? at + bytes : here->offset + here->bytes;
	size_t next = i;
	for (; next < s->count && s->extents[next].offset <= end; next++) {
		uint64_t last = s->extents[next].offset + s->extents[next].bytes;
		end = last > end ? last : end;
	}
	here->bytes = end - here->offset;
	memmove(s->extents + i, s->extents + next, (s->count - next) * sizeof *s->extents);
	s->count -= next - i;
	return 0;
}

int spool_write(struct spool *s, uint64_t at, struct span data, struct err *e)
{
	if (data.len == 0)
		return 0;
	bool small = at < SPOOL_MEMORY_BYTES && data.len <= SPOOL_MEMORY_BYTES - at;
	int rc = s->fd < 0 && !(small && grow(s, (size_t)at + data.len)) ? spill(s, e) : 0;
	if (rc == 0 && s->fd >= 0)
		rc = write_all(s, at, data, e);
	else if (rc == 0)
		memcpy(s->memory + at, data.data, data.len);
	if (rc == 0)
		rc = note(s, at, data.len, e);
	s->end = at + data.len > s->end ? at + data.len : s->end;
	return rc;
}

int spool_read(const struct spool *s, uint64_t at, void *data, size_t n, struct err *e)
{
	if (s->fd < 0) {
		memcpy(data, s->memory + at, n);
		return 0;
	}
	for (size_t done = 0; done < n;) {
		errno = EIO;
		ssize_t got = pread(s->fd, (uint8_t *)data + done, n - done, (off_t)(at + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fault(s, e);
		done += (size_t)got;
	}
	return 0;
}
