/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another program that ends when we end, however we end: also by SIGKILL, which nobody can catch.
 *
 * Between us and the program stands a watcher in the program's process group.  It looks twenty times a second who its parent
 * is; when that is no longer us it ends the whole group, grandchildren too (sh -c 'psql | grep'), which a death signal of
 * the kernel would not reach.  We wait for the watcher, which ends as the program did. */
#ifndef CRYPT_LEASH_H
#define CRYPT_LEASH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LEASH_GRACE_MS 1000 /* between SIGTERM and SIGKILL */

/* become runs in the process that shall become the program, with signals as exec would leave them, and must not return;
 * errnum: not 0 if there can be no such process, and become shall only tell it.  In there only calls are allowed that are safe
 * behind fork() in a process with threads.  group: the program is put into a process group of its own.  -1 with errno. */
pid_t leash_start(bool group, void (*become)(void *arg, int errnum), void *arg);

/* Milliseconds of the clock that never is set. */
int64_t leash_now_ms(void);

/* Until the program has ended.  False: the time is up.  It is not reaped. */
bool leash_wait(pid_t pid, int64_t until_ms);

/* Ends the program, and all that it started and that is still in its group.  It is not reaped. */
void leash_put_down(pid_t pid);

/* Waits for its end.  The exit status, as a shell tells it: 128 + N for a signal; *by_signal: N, or 0. */
int leash_reap(pid_t pid, int *by_signal);

#endif
