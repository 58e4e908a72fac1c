/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- times ---- */

bool system_time(int64_t seconds, time_t *t)
{
	*t = (time_t)seconds;
	if (*t == seconds)
		return true;
	/* Two's complement, as POSIX wants it. */
	*t = (time_t)(seconds < 0 ? INT32_MIN : INT32_MAX);
	return false;
}

/* ---- names ---- */

#if !defined(__GLIBC__)
#define RENAME_NOREPLACE 1u
#define RENAME_EXCHANGE 2u

static int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
#if defined(SYS_renameat2)
	return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
#else
	errno = ENOSYS;
	return -1;
#endif
}
#endif

int system_rename_to_free(int from_folder, const char *from, int to_folder, const char *to)
{
	return renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE);
}

int system_rename_exchange(int from_folder, const char *from, int to_folder, const char *to)
{
	return renameat2(from_folder, from, to_folder, to, RENAME_EXCHANGE);
}

int system_scan(int folder, struct dirent ***list, int (*wanted)(const struct dirent *entry))
{
#if defined(__GLIBC__)
	return scandirat(folder, ".", list, wanted, alphasort);
#else
	char path[64];
	snprintf(path, sizeof path, "/dev/fd/%d", folder);
	return scandir(path, list, wanted, alphasort);
#endif
}

/* ---- descriptors ---- */

void system_close_from(int fd)
{
#if defined(__GLIBC__)
	closefrom(fd);
#elif defined(SYS_close_range)
	if (syscall(SYS_close_range, fd, ~0u, 0) == 0)
		return;
	for (long most = sysconf(_SC_OPEN_MAX); fd < most; fd++)
		close(fd);
#else
	closefrom(fd);
#endif
}

/* ---- words ---- */

const char *system_reason(int errnum, char *text, size_t text_bytes)
{
	text[0] = '\0';
	/* That of POSIX returns a number. */
	__auto_type said = strerror_r(errnum, text, text_bytes);
	return _Generic(said, char * : said, default : text);
}
