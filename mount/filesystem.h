/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A view as a file system of the kernel, by way of libfuse: nothing else includes its headers.  Read-only.
 *
 * The kernel keeps what it was told: nothing of it changes.  Built without libfuse, filesystem_check says so (XE_USAGE). */
#ifndef MOUNT_FILESYSTEM_H
#define MOUNT_FILESYSTEM_H

#include "mount/openfiles.h"

struct filesystem_options {
	const char *folder; /* where to; an empty folder */
	struct view *view;
	struct openfiles *files;
	bool allow_other; /* others than who mounts it see it, too, as far as modes and access lists let them */
	unsigned threads; /* at most; 1: one */
	void *arg;
	void (*tell)(void *arg, const char *text); /* what libfuse has to say, and what is wrong with names of users; any thread */
};

struct filesystem;

/* Could anything be mounted at all?  Asked before volumes are read for hours.  XE_FAILED, XE_USAGE. */
int filesystem_check(struct err *e) __attribute__((warn_unused_result));

/* What options names must stay until filesystem_unmount.  NULL: XE_FAILED, XE_USAGE, as e tells. */
struct filesystem *filesystem_mount(const struct filesystem_options *options, struct err *e);

/* Serves until it is unmounted by others, or filesystem_stop was called.  XE_FAILED. */
int filesystem_serve(struct filesystem *fs, struct err *e) __attribute__((warn_unused_result));

/* In a handler of signals that the thread of filesystem_serve gets. */
void filesystem_stop(struct filesystem *fs);

/* NULL is fine. */
void filesystem_unmount(struct filesystem *fs);

#endif
