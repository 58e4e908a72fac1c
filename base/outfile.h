/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear whole or not at all: written beside their place, synced, renamed.  Signals remove what is not
 * finished and then kill the process as they would have. */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include "base/io.h"

#define OUTFILE_PATH_BYTES 4096

struct outfile {
	struct io io;
	char path[OUTFILE_PATH_BYTES], temporary[OUTFILE_PATH_BYTES], partial[OUTFILE_PATH_BYTES];
	bool direct;	   /* a device, a pipe, standard output: written in place */
	bool replace;	   /* an existing file */
	bool keep_partial; /* outfile_abandon leaves it as PATH.partial */
	int slot;	   /* among those that a signal cleans up, -1: none */
};

#define OUTFILE_NONE ((struct outfile){.io = {.fd = -1}, .slot = -1})
#define OUTFILE_MAX 4096 /* unfinished at once */

/* Installs the handlers of SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU; those that were ignored stay ignored.  SIGXFSZ is
 * ignored: the write fails instead. */
void outfile_catch_signals(void);

/* Leaves the program at once, with exit status 1, as a signal would: no unfinished output stays.  why: the whole line for
 * standard error. */
void outfile_give_up(const char *why) __attribute__((noreturn));

/* "-" is standard output, refused if it is a terminal.  An existing regular file is refused unless replace.  Other
 * things that exist (devices, pipes) are opened and written in place.  What another unfinished file will be called is
 * refused.  mode is that of a new file.  XE_FAILED, XE_USAGE,
 * XE_PERMISSION. */
int outfile_open(struct outfile *o, const char *path, mode_t mode, bool replace, bool keep_partial, struct err *e)
	__attribute__((warn_unused_result));

/* Writes it to the disk and closes it; its name it gets from outfile_commit. */
int outfile_finish(struct outfile *o, struct err *e) __attribute__((warn_unused_result));

/* Finishes it, gives it its name, syncs the folder.  o stays where it is until then: signal handlers know its address. */
int outfile_commit(struct outfile *o, struct err *e) __attribute__((warn_unused_result));

/* Removes it (or, if it is not empty, leaves it as PATH.partial: then *partial is true).  Idempotent. */
void outfile_abandon(struct outfile *o, bool *partial);

#endif
