/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mtio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_WIDE_BYTES (1 << 20)
#define READ_MAX_BYTES ((size_t)1 << 30)

void io_guard_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

static bool answers_as_tape(int fd)
{
	struct mtget status;
	return ioctl(fd, MTIOCGET, &status) == 0;
}

static void describe(struct io *io, const struct stat *st)
{
	io->size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	io->dev = st->st_dev;
	io->ino = st->st_ino;
	io->type = st->st_mode & S_IFMT;
	io->device = st->st_rdev;
}

bool io_describe(struct io *io, int fd)
{
	*io = (struct io){.fd = fd};
	struct stat st;
	if (fstat(fd, &st) != 0)
		return false;
	describe(io, &st);
	io->tape = answers_as_tape(fd);
	return true;
}

bool io_describe_path(struct io *io, const char *path)
{
	*io = IO_CLOSED;
	struct stat st;
	if (stat(path, &st) != 0)
		return false;
	describe(io, &st);
	return true;
}

static int refuse_unreadable(int fd, struct err *e)
{
	struct stat st;
	if (isatty(fd))
		return err_set(e, XE_USAGE, "will not read a volume from a terminal; name a file, or redirect one here");
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(e, XE_FAILED, "is a folder, not a volume; name the files in it");
	return 0;
}

int io_open_input(struct io *in, const char *path, struct err *e)
{
	*in = IO_CLOSED;
	bool standard = strcmp(path, "-") == 0;
	/* A named pipe nobody writes to yet is waited for in io_read, which can be cancelled, and not in open. */
	struct stat named;
	int wait = stat(path, &named) == 0 && S_ISFIFO(named.st_mode) ? O_NONBLOCK : 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | wait);
	if (fd < 0) {
		enum xerr code = errno == EACCES || errno == EPERM      ? XE_PERMISSION
				 : errno == ENOMEDIUM || errno == EBUSY ? XE_NOT_READY
									: XE_FAILED;
		/* A file that may not be read is an ordinary failure; exit 7 is for devices and capabilities. */
		struct stat st;
		if (code == XE_PERMISSION && (stat(path, &st) != 0 || !S_ISCHR(st.st_mode)))
			code = XE_FAILED;
		return err_errno(e, code, errno, "cannot open for reading");
	}
	int rc = refuse_unreadable(fd, e);
	if (rc == 0 && !io_describe(in, fd))
		rc = err_errno(e, XE_FAILED, errno, "cannot tell what it is");
	if (rc != 0) {
		*in = IO_CLOSED;
		if (!standard)
			close(fd);
		return rc;
	}
	in->standard = standard;
	if (io_is_file(in))
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	else
		io_widen_pipe(fd);
	return 0;
}

int io_open_in(struct io *in, int folder, const char *name, struct err *e)
{
	*in = IO_CLOSED;
	/* What is no file must not be waited for. */
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_errno(e, XE_FAILED, errno, "%s: cannot open", name);
	if (!io_describe(in, fd) || !S_ISREG(in->type)) {
		close(fd);
		*in = IO_CLOSED;
		return err_set(e, XE_FAILED, "%s: is no file", name);
	}
	return 0;
}

int io_make_in(struct io *out, int folder, const char *name, struct err *e)
{
	*out = IO_CLOSED;
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(e, XE_FAILED, errno, "%s: cannot create", name);
	io_describe(out, fd);
	return 0;
}

void io_close(struct io *io)
{
	if (io->fd >= 0 && !io->standard)
		close(io->fd);
	*io = IO_CLOSED;
}

bool io_same(const struct io *a, const struct io *b)
{
	if (a->type == 0 || b->type == 0)
		return false;
	if ((S_ISCHR(a->type) || S_ISBLK(a->type)) && a->type == b->type)
		return a->device == b->device;
	return a->dev == b->dev && a->ino == b->ino;
}

/* An eventfd that becomes readable when reads are cancelled; -1 until the first read. */
static pthread_once_t cancel_once = PTHREAD_ONCE_INIT;
static int cancel_fd = -1;

static void open_cancel(void)
{
	cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void io_cancel_reads(void)
{
	const uint64_t one = 1;
	pthread_once(&cancel_once, open_cancel);
	(void)!write(cancel_fd, &one, sizeof one);
}

void io_allow_reads(void)
{
	uint64_t count;
	pthread_once(&cancel_once, open_cancel);
	(void)!read(cancel_fd, &count, sizeof count);
}

/* Waits until fd has something, or nothing more, to give.  False: cancelled. */
static bool wait_readable(int fd)
{
	pthread_once(&cancel_once, open_cancel);
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = cancel_fd, .events = POLLIN}};
	/* A signal may be why there is nothing more to read. */
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		continue;
	return p[1].revents == 0;
}

bool io_pause(double seconds)
{
	pthread_once(&cancel_once, open_cancel);
	struct pollfd p = {.fd = cancel_fd, .events = POLLIN};
	const struct timespec most = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
	return ppoll(&p, 1, &most, NULL) <= 0;
}

int io_read(const struct io *in, void *data, size_t least, size_t most, size_t *got, struct err *e)
{
	uint8_t *at = data;
	*got = 0;
	while (*got < least) {
		size_t want = most - *got < READ_MAX_BYTES ? most - *got : READ_MAX_BYTES;
		if (!io_is_file(in) && !wait_readable(in->fd))
			return err_set(e, XE_FAILED, "reading was given up");
		ssize_t r = read(in->fd, at + *got, want);
		if (r == 0)
			break;
		if (r > 0)
			*got += (size_t)r;
		else if (errno != EAGAIN && errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "read error");
	}
	return 0;
}

int io_read_at(const struct io *in, uint64_t at, void *data, size_t n, size_t *got, struct err *e)
{
	uint8_t *to = data;
	*got = 0;
	while (*got < n) {
		ssize_t r = pread(in->fd, to + *got, n - *got, (off_t)(at + *got));
		if (r == 0)
			break;
		if (r > 0)
			*got += (size_t)r;
		else if (errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "read error");
	}
	return 0;
}

static int tape_operation(int fd, short operation, const char *what, struct err *e)
{
	struct mtop op = {.mt_op = operation, .mt_count = 1};
	if (ioctl(fd, MTIOCTOP, &op) != 0)
		return err_errno(e, XE_FAILED, errno, "%s", what);
	return 0;
}

int io_read_tape(int fd, void *data, size_t n, size_t *got, bool *too_small, struct err *e)
{
	ssize_t r;
	do
		r = read(fd, data, n);
	while (r < 0 && errno == EINTR);
	*too_small = r < 0 && (errno == ENOMEM || errno == EOVERFLOW);
	*got = r > 0 ? (size_t)r : 0;
	if (r >= 0)
		return 0;
	/* Linux's st driver is past a block that it found too large. */
	if (*too_small)
		return tape_operation(fd, MTBSR, "cannot go back over a large block", e);
	return err_errno(e, errno == ENOMEDIUM ? XE_NOT_READY : XE_FAILED, errno, "tape read error");
}

/* Somebody left the descriptor non-blocking: wait as if it were not. */
static void wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	(void)poll(&p, 1, -1);
}

int io_write(int fd, const void *data, size_t n, struct err *e)
{
	const uint8_t *at = data;
	while (n > 0) {
		ssize_t w = write(fd, at, n);
		if (w >= 0) {
			at += w;
			n -= (size_t)w;
		} else if (errno == EAGAIN) {
			wait_writable(fd);
		} else if (errno != EINTR) {
			return err_errno(e, XE_FAILED, errno, "write error");
		}
	}
	return 0;
}

int io_write_at(int fd, uint64_t *at, const void *data, size_t n, struct err *e)
{
	const uint8_t *from = data;
	while (n > 0) {
		ssize_t w = pwrite(fd, from, n, (off_t)*at);
		if (w < 0 && errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "write error");
		from += w > 0 ? w : 0;
		*at += w > 0 ? (uint64_t)w : 0;
		n -= w > 0 ? (size_t)w : 0;
	}
	return 0;
}

int io_write_tape(int fd, const void *data, size_t n, struct err *e)
{
	ssize_t w;
	do
		w = write(fd, data, n);
	while (w < 0 && errno == EINTR);
	if (w == (ssize_t)n)
		return 0;
	if (w < 0 && errno != ENOSPC)
		return err_errno(e, XE_FAILED, errno, "tape write error");
	return err_set(e, XE_FAILED, "the tape is full; write to a file or to a larger medium");
}

int io_write_file_mark(int fd, struct err *e)
{
	return tape_operation(fd, MTWEOF, "cannot write a file mark", e);
}

size_t io_tape_fixed_bytes(int fd)
{
	struct mtget status;
	if (ioctl(fd, MTIOCGET, &status) != 0)
		return 0;
	return (size_t)((status.mt_dsreg & MT_ST_BLKSIZE_MASK) >> MT_ST_BLKSIZE_SHIFT);
}

void io_widen_pipe(int fd)
{
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_WIDE_BYTES);
}

int io_fill(int fd, void (*fill)(FILE *out, void *arg), void *arg)
{
	int copy = dup(fd);
	FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
	if (out == NULL) {
		int errnum = errno;
		if (copy >= 0)
			close(copy);
		errno = errnum;
		return -1;
	}
	fill(out, arg);
	/* Only what fflush has to say tells why. */
	bool failed = fflush(out) != 0 || ferror(out) != 0;
	int errnum = errno;
	if (fclose(out) != 0 && !failed)
		return -1;
	errno = errnum;
	return failed ? -1 : 0;
}
