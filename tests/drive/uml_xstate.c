/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into user-mode-linux, whose kernel 6.1 knows the state of processors up to AVX-512: where there is more (AMX), the
 * kernel of the host takes a process's registers only whole, and no process in the guest would ever start.  What the guest's
 * kernel does not know stays as it is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#define STATE_BYTES 65536 /* more than any processor has */

long ptrace(enum __ptrace_request request, ...)
{
	static long (*next)(enum __ptrace_request, pid_t, void *, void *);
	va_list ap;
	va_start(ap, request);
	pid_t pid = va_arg(ap, pid_t);
	void *addr = va_arg(ap, void *), *data = va_arg(ap, void *);
	va_end(ap);
	if (next == NULL)
		next = (long (*)(enum __ptrace_request, pid_t, void *, void *))dlsym(RTLD_NEXT, "ptrace");
	if (request != PTRACE_SETREGSET || addr != (void *)NT_X86_XSTATE)
		return next(request, pid, addr, data);
	static _Alignas(64) unsigned char state[STATE_BYTES];
	const struct iovec *given = data;
	struct iovec whole = {state, sizeof state};
	if (next(PTRACE_GETREGSET, pid, addr, &whole) != 0 || given->iov_len >= whole.iov_len)
		return next(request, pid, addr, data);
	memcpy(state, given->iov_base, given->iov_len);
	return next(request, pid, addr, &whole);
}
