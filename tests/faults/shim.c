/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For LD_PRELOAD: makes one call of the program under test fail, or all from there on.  Part of the tests alone.
 *
 *   FAULT=KIND:K:MODE:VALUE   the K-th call of KIND (see kinds[]); modes:
 *       once:ERRNO   fails with ERRNO       from:ERRNO   it and all that follow
 *       short:N      transfers N bytes at most (read, write); once
 *       dribble:N    every one from the K-th on transfers N bytes at most
 *       signal:N     signal N comes just before it
 *   The kind "call" is every one but alloc, counted together.
 *   FAULT_BAD=INODE:AT        a bad place: what is read of this file ends before byte AT, and fails there with EIO
 *   FAULT_SYNC=no             fsync takes no time: nothing here outlives a power failure anyway
 *   FAULT_TRACE=FILE          what changes files and names, a line each: "create NAME INODE", "write INODE", "sync INODE",
 *                             "link FROM TO", "rename FROM TO", "unlink NAME"
 *   FAULT_COUNTS=FILE         at the end: "KIND CALLS" lines, "live N" allocations that were not freed, "struck N"
 *
 * Allocations are those of the program and its libraries.  What the C library does inside stdio is no call of write(): the
 * kind stdio stands for it. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum kind {
	ALLOC,
	OPEN,
	READ,
	WRITE,
	FSYNC,
	RENAME,
	LINK,
	UNLINK,
	STAT,
	CLOSE,
	MMAP,
	THREAD,
	POLL,
	IOCTL,
	FCNTL,
	DUP,
	MKDIR,
	EVENTFD,
	STDIO,
	SEEK,
	ATTR,
	LOCK,
	CALL,
	KINDS
};

static const char *const kinds[KINDS] = {"alloc", "open",    "read",  "write",  "fsync", "rename", "link",  "unlink",
					 "stat",  "close",   "mmap",  "thread", "poll",  "ioctl",  "fcntl", "dup",
					 "mkdir", "eventfd", "stdio", "seek",   "attr",  "lock",   "call"};

enum mode { NONE, ONCE, FROM, SHORT, DRIBBLE, SIGNAL };
static const char *const modes[] = {"none", "once", "from", "short", "dribble", "signal"};

static struct {
	bool armed;
	int kind;
	unsigned long at;
	enum mode mode;
	int value;
} fault = {.kind = -1};

static _Atomic unsigned long calls[KINDS];
static _Atomic long live;
static _Atomic unsigned long struck;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);
void __libc_free(void *p);

/* Counts a call.  True: it fails, errno is set. */
static bool fails(enum kind kind)
{
	if (!fault.armed)
		return false;
	unsigned long n = ++calls[kind], all = kind == ALLOC ? 0 : ++calls[CALL];
	if (fault.kind == CALL && kind != ALLOC)
		n = all;
	else if ((int)kind != fault.kind)
		return false;
	if (n < fault.at)
		return false;
	bool exactly = n == fault.at;
	if (fault.mode == SIGNAL && exactly) {
		struck++;
		kill(getpid(), fault.value);
		return false;
	}
	if (!((fault.mode == ONCE && exactly) || fault.mode == FROM))
		return false;
	struck++;
	errno = fault.value;
	return true;
}

/* How many bytes a transfer may have: after fails(). */
static size_t at_most(enum kind kind, size_t n)
{
	bool now = calls[kind] == fault.at;
	if ((int)kind != fault.kind || calls[kind] < fault.at || n <= (size_t)fault.value)
		return n;
	if ((fault.mode == SHORT && now) || fault.mode == DRIBBLE) {
		struck++;
		return (size_t)fault.value;
	}
	return n;
}

static int index_of(const char *const *list, size_t count, const char *text, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i]) == len && strncmp(list[i], text, len) == 0)
			return (int)i;
	}
	static const char wrong[] = "shim: FAULT is not understood\n";
	(void)!syscall(SYS_write, 2, wrong, sizeof wrong - 1);
	_exit(98);
}

/* Where it is told: open from the beginning, for later the program may have given up the right to open it; out of the way of its descriptors. */
static long counts_fd = -1, trace_fd = -1;

static long keep(const char *variable, int flags)
{
	const char *path = getenv(variable);
	long fd = path && path[0] ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644) : -1, high = -1;
	if (fd < 0)
		return -1;
	high = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
	syscall(SYS_close, fd);
	return high;
}

__attribute__((constructor)) static void arm(void)
{
	counts_fd = keep("FAULT_COUNTS", O_TRUNC);
	trace_fd = keep("FAULT_TRACE", O_APPEND);
	const char *text = getenv("FAULT");
	if (text) {
		const char *k = strchr(text, ':'), *mode = k ? strchr(k + 1, ':') : NULL, *value = mode ? strchr(mode + 1, ':') : NULL;
		if (value == NULL)
			value = mode = k = text;
		fault.kind = index_of(kinds, KINDS, text, (size_t)(k - text));
		fault.at = strtoul(k + 1, NULL, 10);
		fault.mode = (enum mode)index_of(modes, sizeof modes / sizeof modes[0], mode + 1, (size_t)(value - mode - 1));
		fault.value = atoi(value + 1);
	}
	fault.armed = true;
}

__attribute__((destructor)) static void tell(void)
{
	fault.armed = false;
	if (counts_fd < 0)
		return;
	char text[1024];
	int n = 0;
	for (int i = 0; i < KINDS; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, "%s %lu\n", kinds[i], calls[i]);
	n += snprintf(text + n, sizeof text - (size_t)n, "live %ld\nstruck %lu\n", live, struck);
	(void)!syscall(SYS_ftruncate, counts_fd, 0L);
	(void)!syscall(SYS_pwrite64, counts_fd, text, n, 0L);
}

/* ---- memory ---- */

void *malloc(size_t n)
{
	void *p = fails(ALLOC) ? NULL : __libc_malloc(n);
	live += p != NULL;
	return p;
}

void *calloc(size_t count, size_t n)
{
	void *p = fails(ALLOC) ? NULL : __libc_calloc(count, n);
	live += p != NULL;
	return p;
}

void *realloc(void *old, size_t n)
{
	void *p = fails(ALLOC) ? NULL : __libc_realloc(old, n);
	live += p != NULL && old == NULL;
	return p;
}

void *aligned_alloc(size_t align, size_t n)
{
	void *p = fails(ALLOC) ? NULL : __libc_memalign(align, n);
	live += p != NULL;
	return p;
}

void *memalign(size_t align, size_t n)
{
	return aligned_alloc(align, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
	*p = aligned_alloc(align, n);
	return *p ? 0 : ENOMEM;
}

void free(void *p)
{
	live -= p != NULL;
	__libc_free(p);
}

/* ---- the trace ---- */

static void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void trace(const char *format, ...)
{
	if (trace_fd < 0)
		return;
	char line[512];
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	(void)!syscall(SYS_write, trace_fd, line, n);
}

static unsigned long long inode(int fd)
{
	struct stat st = {0};
	(void)!syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH);
	return st.st_ino;
}

/* ---- calls ---- */

/* The C library's own. */
static void *real(const char *name)
{
	bool armed = fault.armed;
	fault.armed = false;
	void *p = dlsym(RTLD_NEXT, name);
	fault.armed = armed;
	return p;
}

#define WRAP(kind, result, name, parameters, arguments)              \
	result name parameters                                       \
	{                                                            \
		static __typeof__(&name) next;                       \
		next = next ? next : (__typeof__(&name))real(#name); \
		return fails(kind) ? (result)-1 : next arguments;    \
	}

static mode_t mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	return fails(OPEN) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	return fails(OPEN) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
	if (fails(OPEN))
		return -1;
	int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	if (fd >= 0 && flags & O_CREAT)
		trace("create %s %llu\n", path, inode(fd));
	return fd;
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	return open_at(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	return open_at(dir, path, flags, mode);
}

/* Of n bytes at `at` those that can be read: up to the bad place; 0: they begin there. */
static size_t before_bad(int fd, off_t at, size_t n)
{
	static const char *bad;
	bad = bad ? bad : getenv("FAULT_BAD") ? getenv("FAULT_BAD") : "";
	char *rest;
	unsigned long long file = strtoull(bad, &rest, 10), place = *rest == ':' ? strtoull(rest + 1, NULL, 10) : 0;
	struct stat st;
	if (bad[0] == '\0' || n == 0 || syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) != 0 || st.st_ino != file)
		return n;
	at = at < 0 ? (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR) : at;
	unsigned long long left = place > (unsigned long long)at ? place - (unsigned long long)at : 0;
	if (left == 0)
		errno = EIO;
	return n < left ? n : (size_t)left;
}

ssize_t read(int fd, void *data, size_t n)
{
	size_t can = before_bad(fd, -1, n);
	if ((n > 0 && can == 0) || fails(READ))
		return -1;
	return syscall(SYS_read, fd, data, at_most(READ, can));
}

ssize_t pread(int fd, void *data, size_t n, off_t at)
{
	size_t can = before_bad(fd, at, n);
	if ((n > 0 && can == 0) || fails(READ))
		return -1;
	return syscall(SYS_pread64, fd, data, at_most(READ, can), at);
}

ssize_t pread64(int fd, void *data, size_t n, off64_t at)
{
	size_t can = before_bad(fd, at, n);
	if ((n > 0 && can == 0) || fails(READ))
		return -1;
	return syscall(SYS_pread64, fd, data, at_most(READ, can), at);
}

/* What is said to a person on descriptor 2 is no output. */
ssize_t write(int fd, const void *data, size_t n)
{
	if (fd == 2)
		return syscall(SYS_write, fd, data, n);
	if (fails(WRITE))
		return -1;
	trace("write %llu\n", inode(fd));
	return syscall(SYS_write, fd, data, at_most(WRITE, n));
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
	if (fails(WRITE))
		return -1;
	return syscall(SYS_pwrite64, fd, data, at_most(WRITE, n), at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	if (fails(WRITE))
		return -1;
	return syscall(SYS_pwrite64, fd, data, at_most(WRITE, n), at);
}

int fsync(int fd)
{
	static const char *wanted;
	wanted = wanted ? wanted : getenv("FAULT_SYNC") ? getenv("FAULT_SYNC") : "yes";
	if (fails(FSYNC))
		return -1;
	trace("sync %llu\n", inode(fd));
	return strcmp(wanted, "no") == 0 ? 0 : (int)syscall(SYS_fsync, fd);
}

/* Closed all the same, as Linux does it. */
int close(int fd)
{
	bool failed = fails(CLOSE);
	int error = errno;
	int rc = (int)syscall(SYS_close, fd);
	if (!failed)
		return rc;
	errno = error;
	return -1;
}

WRAP(FSYNC, int, fdatasync, (int fd), (fd))
WRAP(RENAME, int, rename, (const char *from, const char *to), (from, to))
/* And into the trace if it has done so. */
static int traced(long rc, const char *what, const char *from, const char *to)
{
	if (rc == 0)
		trace("%s %s%s%s\n", what, from, to[0] ? " " : "", to);
	return (int)rc;
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	return fails(RENAME) ? -1 : traced(syscall(SYS_renameat2, a, from, b, to, flags), "rename", from, to);
}

int renameat(int a, const char *from, int b, const char *to)
{
	return fails(RENAME) ? -1 : traced(syscall(SYS_renameat2, a, from, b, to, 0), "rename", from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
	return fails(LINK) ? -1 : traced(syscall(SYS_linkat, a, from, b, to, flags), "link", from, to);
}

int unlinkat(int dir, const char *path, int flags)
{
	return fails(UNLINK) ? -1 : traced(syscall(SYS_unlinkat, dir, path, flags), "unlink", path, "");
}

WRAP(STAT, int, fstatat, (int dir, const char *path, struct stat *st, int flags), (dir, path, st, flags))
WRAP(STAT, int, fstatat64, (int dir, const char *path, struct stat64 *st, int flags), (dir, path, st, flags))
WRAP(STAT, int, statfs, (const char *path, struct statfs *st), (path, st))
WRAP(STAT, int, fstatfs, (int fd, struct statfs *st), (fd, st))
WRAP(STAT, int, fstatfs64, (int fd, struct statfs64 *st), (fd, st))
WRAP(LINK, int, link, (const char *from, const char *to), (from, to))
WRAP(UNLINK, int, unlink, (const char *path), (path))
WRAP(STAT, int, stat, (const char *path, struct stat *st), (path, st))
WRAP(STAT, int, stat64, (const char *path, struct stat64 *st), (path, st))
WRAP(STAT, int, lstat, (const char *path, struct stat *st), (path, st))
WRAP(STAT, int, lstat64, (const char *path, struct stat64 *st), (path, st))
WRAP(STAT, int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(STAT, int, fstat64, (int fd, struct stat64 *st), (fd, st))
WRAP(MMAP, void *, mmap, (void *at, size_t n, int p, int f, int fd, off_t o), (at, n, p, f, fd, o))
WRAP(MMAP, void *, mmap64, (void *at, size_t n, int p, int f, int fd, off64_t o), (at, n, p, f, fd, o))
WRAP(POLL, int, poll, (struct pollfd * p, nfds_t n, int timeout), (p, n, timeout))
WRAP(DUP, int, dup, (int fd), (fd))
WRAP(DUP, int, dup2, (int fd, int to), (fd, to))
WRAP(ATTR, int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
WRAP(ATTR, int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(ATTR, int, futimens, (int fd, const struct timespec times[2]), (fd, times))
WRAP(ATTR, ssize_t, flistxattr, (int fd, char *names, size_t n), (fd, names, n))
WRAP(ATTR, ssize_t, fgetxattr, (int fd, const char *name, void *value, size_t n), (fd, name, value, n))
WRAP(ATTR, int, fsetxattr, (int fd, const char *name, const void *value, size_t n, int flags), (fd, name, value, n, flags))
WRAP(ATTR, int, lsetxattr, (const char *path, const char *name, const void *value, size_t n, int flags), (path, name, value, n, flags))
WRAP(ATTR, int, fremovexattr, (int fd, const char *name), (fd, name))
WRAP(ATTR, int, statx, (int dir, const char *path, int flags, unsigned mask, struct statx *sx), (dir, path, flags, mask, sx))
WRAP(LOCK, int, flock, (int fd, int operation), (fd, operation))
WRAP(MKDIR, int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(MKDIR, int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(FSYNC, int, syncfs, (int fd), (fd))
WRAP(LINK, int, symlinkat, (const char *to, int dir, const char *path), (to, dir, path))
WRAP(LINK, int, mknodat, (int dir, const char *path, mode_t mode, dev_t device), (dir, path, mode, device))
WRAP(ATTR, int, fchownat, (int dir, const char *path, uid_t uid, gid_t gid, int flags), (dir, path, uid, gid, flags))
WRAP(ATTR, int, fchmodat, (int dir, const char *path, mode_t mode, int flags), (dir, path, mode, flags))
WRAP(ATTR, int, utimensat, (int dir, const char *path, const struct timespec times[2], int flags), (dir, path, times, flags))
WRAP(SEEK, int, ftruncate, (int fd, off_t n), (fd, n))
WRAP(SEEK, int, ftruncate64, (int fd, off64_t n), (fd, n))
WRAP(EVENTFD, int, eventfd, (unsigned n, int flags), (n, flags))
WRAP(SEEK, off_t, lseek, (int fd, off_t at, int from), (fd, at, from))
WRAP(SEEK, off64_t, lseek64, (int fd, off64_t at, int from), (fd, at, from))

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	va_start(ap, request);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return fails(IOCTL) ? -1 : (int)syscall(SYS_ioctl, fd, request, arg);
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return fails(FCNTL) ? -1 : (int)syscall(SYS_fcntl, fd, command, arg);
}

int fcntl64(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return fails(FCNTL) ? -1 : (int)syscall(SYS_fcntl, fd, command, arg);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *arg)
{
	static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	if (next == NULL)
		*(void **)&next = real("pthread_create");
	return fails(THREAD) ? fault.value : next(thread, attributes, start, arg);
}

/* The data gets where it should, but nobody says so. */
int fflush(FILE *f)
{
	static __typeof__(&fflush) next;
	next = next ? next : (__typeof__(&fflush))real("fflush");
	bool failed = fails(STDIO);
	int error = errno, rc = next(f);
	if (!failed)
		return rc;
	errno = error;
	return EOF;
}

int fclose(FILE *f)
{
	static __typeof__(&fclose) next;
	next = next ? next : (__typeof__(&fclose))real("fclose");
	bool failed = fails(STDIO);
	int error = errno, rc = next(f);
	if (!failed)
		return rc;
	errno = error;
	return EOF;
}
