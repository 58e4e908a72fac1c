/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors: opening volumes, whole reads and writes, tapes.  EINTR and short counts are handled here and nowhere else. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

struct io {
	int fd;        /* -1: closed */
	bool tape;     /* what this means for volumes, medium/ knows */
	uint64_t size; /* bytes; files only */
	dev_t dev;
	ino_t ino;
	mode_t type;      /* S_IFREG, S_IFCHR... */
	dev_t device;     /* which one, where it is a device */
	bool standard;    /* stdin or stdout: not ours to close */
	bool given;       /* an output that came as a descriptor: others may write there, too, and at its end */
	const char *name; /* of an output, for errors; borrowed, or NULL */
};

#define IO_CLOSED ((struct io){.fd = -1})

/* The test drive is a regular file to the kernel, and none to us. */
static inline bool io_is_file(const struct io *io)
{
	return S_ISREG(io->type) && !io->tape;
}

/* Puts something that cannot be used in the place of standard descriptors that are closed, lest a file opened later become
 * one of them.  First thing in main. */
void io_guard_standard(void);

/* "-" is standard input.  Refuses terminals and folders.  A tape is a character device that answers MTIOCGET (or, for
 * the test drive, any node that does).  XE_FAILED, XE_PERMISSION, XE_NOT_READY. */
int io_open_input(struct io *in, const char *path, struct err *e) __attribute__((warn_unused_result));

/* A file in the open folder, for io_read_at: links are followed, all that is no file is refused.  XE_FAILED; the error names no volume. */
int io_open_in(struct io *in, int folder, const char *name, struct err *e) __attribute__((warn_unused_result));

/* A new file there, to write.  Its mode is 0640, as storage daemons make their volumes.  XE_FAILED, as above. */
int io_make_in(struct io *out, int folder, const char *name, struct err *e) __attribute__((warn_unused_result));

/* Describes a descriptor opened elsewhere; never fails for a valid one.  False if it could not be examined (errno): it is then no
 * file. */
bool io_describe(struct io *io, int fd);

/* Closes what is ours to close.  Idempotent. */
void io_close(struct io *io);

/* Describes what has this path, without opening it: a tape cannot be told from other devices.  False if there is nothing (errno). */
bool io_describe_path(struct io *io, const char *path);

/* Both the same regular file, device or pipe?  Nodes of one device are the same wherever they lie. */
bool io_same(const struct io *a, const struct io *b);

/* Ends every io_read that waits for a pipe, in all threads, until io_allow_reads: they fail.  For a run that has failed
 * already and must not wait for a slow writer. */
void io_cancel_reads(void);
void io_allow_reads(void);

/* Waits so long, or shorter if a signal comes.  False: reads are cancelled. */
bool io_pause(double seconds);

/* Reads up to most bytes, and at least least of them unless the end comes first; *got tells how many.  XE_FAILED. */
int io_read(const struct io *in, void *data, size_t least, size_t most, size_t *got, struct err *e) __attribute__((warn_unused_result));

/* n bytes of a file from byte at on; *got is less only at its end.  XE_FAILED. */
int io_read_at(const struct io *in, uint64_t at, void *data, size_t n, size_t *got, struct err *e) __attribute__((warn_unused_result));

/* One read(2), for tapes: one block of *got bytes.  *got 0 is a file mark.  *too_small, and no failure: the block is larger
 * than n bytes; the tape stands before it again.  XE_FAILED, XE_NOT_READY without a medium. */
int io_read_tape(int fd, void *data, size_t n, size_t *got, bool *too_small, struct err *e) __attribute__((warn_unused_result));

/* Writes all n bytes.  One write(2) unless the system takes less.  XE_FAILED. */
int io_write(int fd, const void *data, size_t n, struct err *e) __attribute__((warn_unused_result));

/* What fill puts into a stream goes to fd, which stays open.  -1 with errno. */
int io_fill(int fd, void (*fill)(FILE *out, void *arg), void *arg) __attribute__((warn_unused_result));

/* As io_write, from byte *at of a file on; its own place stays.  *at becomes the end of what is written, also of a write that fails. */
int io_write_at(int fd, uint64_t *at, const void *data, size_t n, struct err *e) __attribute__((warn_unused_result));

/* One write(2) of n bytes or failure, for tapes.  XE_FAILED, also at the end of the medium. */
int io_write_tape(int fd, const void *data, size_t n, struct err *e) __attribute__((warn_unused_result));

/* Behind the block written last.  XE_FAILED. */
int io_write_file_mark(int fd, struct err *e) __attribute__((warn_unused_result));

/* Block size in bytes of a tape drive in fixed block mode, 0 in variable mode. */
size_t io_tape_fixed_bytes(int fd);

/* Asks the kernel for larger pipe buffers; no harm if it declines. */
void io_widen_pipe(int fd);

#endif
