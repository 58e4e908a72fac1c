/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child that ends when we end, however we end: also by SIGKILL, which nobody can catch.
 *
 * Between us and the program stands a watcher in the program's process group.  It asks ten times a second who its parent
 * is; when that is no longer us it ends the whole group, grandchildren too (sh -c 'psql | grep'), which a death signal of
 * the kernel would not reach. */
#ifndef CRYPT_LEASH_H
#define CRYPT_LEASH_H

#include <sys/types.h>

/* In a child just forked by parent, leader of a process group of its own: forks once more.  Returns in the process that
 * shall become the program; the other one watches and ends as that one did, 128 + N for a signal.  keep: descriptors from
 * this number on are closed in the watcher.  127 if there can be no second process. */
void leash(pid_t parent, int keep);

#endif
