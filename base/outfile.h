/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear whole or not at all: written beside their place, synced, renamed.  What is there already is replaced only where
 * that is asked for, and then only if it is a regular file.  Signals put away what is not finished. */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include "base/io.h"
#include "base/place.h"

#include <limits.h>

#define OUTFILE_PATH_BYTES PLACE_PATH_BYTES
#define OUTFILE_LEFT_BYTES (OUTFILE_PATH_BYTES + NAME_MAX + 1)

struct outfile_folder;

struct outfile {
	struct io io;                  /* io.name is path, or "standard output" */
	char path[OUTFILE_PATH_BYTES]; /* as given; "" for "-" */
	char left[OUTFILE_LEFT_BYTES]; /* where outfile_abandon has left what was written; "" nowhere */
	char remains[NAME_MAX + 1];    /* in its folder: what is left of the folder that it has replaced; "" nothing */
	bool direct;                   /* a device, a pipe, a descriptor: written in place */
	bool replace;                  /* an existing file */
	bool is_folder;                /* not a file but a folder with files, which the caller makes in io.fd */
	bool keep_partial;             /* outfile_abandon leaves what was written as PATH.partial, or PATH.partial.2... */
	bool done;                     /* committed: it is whole, and has its name */
	bool taken;                    /* it was not opened because a file is there: the caller knows whether there is a --force */

	/* Private */
	int slot; /* among those that are not finished, -1: none */
	struct outfile_folder *folder;
	size_t folder_bytes;                              /* of left, where path's folder stands, with its slash */
	char name[NAME_MAX + 1], temporary[NAME_MAX + 1]; /* in folder; the same where it has its own name from the beginning */
	size_t name_max;                                  /* bytes of a name there */
	dev_t dev, there_dev;                             /* of the temporary; of what is at path already */
	ino_t ino, there_ino;                             /* 0: none */
};

#define OUTFILE_NONE ((struct outfile){.io = {.fd = -1}, .slot = -1})
#define OUTFILE_MAX 4096   /* unfinished at once, */
#define OUTFILE_FOLDERS 16 /* in so many folders */

/* "-" is standard output, refused if it is a terminal; so is /dev/stdout.  Symbolic links are followed, see base/place.h.  An existing
 * regular file is refused unless replace, and o->taken tells it.  Other things that exist (devices, pipes) are opened and written in
 * place.  What another unfinished file will be called, or is written to, is refused.  mode is that of a new file.  XE_FAILED, XE_USAGE,
 * XE_PERMISSION. */
int outfile_open(struct outfile *o, const char *path, mode_t mode, bool replace, bool keep_partial, struct err *e)
	__attribute__((warn_unused_result));

/* A new file that is written under its own name, for what is not there until it gets another one: whoever finds it knows by the name what a
 * killed run has left.  XE_FAILED, also if anything has that name, be it a symbolic link. */
int outfile_open_new(struct outfile *o, const char *path, mode_t mode, struct err *e) __attribute__((warn_unused_result));

/* A new folder at path, where nothing may be, unless replace: then a folder with files alone, which goes when this one has its name: io.fd is it, open to make files in.  It appears with all that is in it, or not at all.  mode
 * is its own.  What is in it the caller writes to the disk before outfile_finish.  XE_FAILED, XE_USAGE. */
int outfile_open_folder(struct outfile *o, const char *path, mode_t mode, bool replace, bool keep_partial, struct err *e)
	__attribute__((warn_unused_result));

/* Writes it to the disk and closes it; its name it gets from outfile_commit. */
int outfile_finish(struct outfile *o, struct err *e) __attribute__((warn_unused_result));

/* Finishes it, gives it its name, syncs the folder: if only that fails, o->done is true.  o stays where it is until then: signal
 * handlers know its address. */
int outfile_commit(struct outfile *o, struct err *e) __attribute__((warn_unused_result));

/* Where its bytes are now, with its name or before it has it: path. */
void outfile_where(const struct outfile *o, char path[static OUTFILE_LEFT_BYTES]);

/* Removes it, or, if it is not empty, leaves it under a name that is free: o->left.  Idempotent. */
void outfile_abandon(struct outfile *o);

#endif
