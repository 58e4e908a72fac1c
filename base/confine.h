/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rights that a process gives up for good before it looks at foreign bytes: calls it never needs (seccomp), files that nobody named (Landlock).
 * Linux alone has them, and not everywhere: where the kernel or the processor has none, nothing is done, and no run fails for it.  Nothing is
 * allocated, and no descriptor stays open. */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/* ---- files ---- */

enum confine_layer {
	CONFINE_WRITES, /* making, changing, removing, running files */
	CONFINE_READS,  /* opening files and folders to read them */
};

/* One layer while its rules are made.  Several layers bind one after the other: what one forbids no later one gives back. */
struct confine {
	enum confine_layer layer;
	int rules;        /* a descriptor, -1: none */
	uint64_t handled; /* rights that the kernel knows */
};

/* 0: the kernel has none, or none that would do: below version 2 of its interface no file can be linked or moved from folder to folder. */
unsigned confine_version(void);

void confine_begin(struct confine *c, enum confine_layer layer);

/* What is there may be read: a file, a device, a folder and all below it.  Links are followed.  What is not there, or cannot be reached, needs
 * no right.  Where a rule cannot be made, c is given up: better no wall than one that shuts out what was named. */
void confine_allow_read(struct confine *c, const char *path);

/* A file or device may be read and written as it is, but not replaced. */
void confine_allow_write(struct confine *c, const char *path);

/* In this folder and below it files and folders may be read, made, changed, renamed and removed; with nodes symbolic links, pipes and devices
 * be made, too. */
void confine_allow_below(struct confine *c, const char *path, bool nodes);

/* Empty folders in it may be removed, and no more. */
void confine_allow_rmdir(struct confine *c, const char *path);

void confine_give_up(struct confine *c);

/* Binds this thread and those it starts from now on, and all their children.  False: it could not be. */
bool confine_enforce(struct confine *c);

/* ---- calls ---- */

/* Is there a table of calls for this processor? */
bool confine_knows_calls(void);

/* All threads lose for good: starting programs, sockets (with local_sockets those of this machine are left), looking into other processes, mounts, modules, keys of
 * the kernel, typing into a terminal.  Such a call fails with EPERM.  False: it could not be. */
bool confine_calls(bool local_sockets);

#endif
