/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What files out of volumes are written to: a folder, a tar stream, nothing at all.  One thing at a time, each made in the order of the
 * volume. */
#ifndef RESTORE_TARGET_H
#define RESTORE_TARGET_H

#include "base/err.h"
#include "format/filestat.h"
#include "restore/extra.h"

enum object_kind {
	OBJECT_FILE,
	OBJECT_FOLDER,
	OBJECT_SYMLINK,
	OBJECT_LINK,    /* a further name of a file */
	OBJECT_SPECIAL, /* a device or a fifo */
};

/* One thing as it is to become.  All is lent for the call. */
struct object {
	enum object_kind kind;
	const char *path;            /* as path_below makes it, not empty */
	const struct filestat *stat; /* its mode tells what kind of device it is */
	uint32_t mode;               /* permissions, with those bits of setuid, setgid and sticky that are to be set */
	const char *link;            /* OBJECT_SYMLINK: as it is stored; OBJECT_LINK: the path under which its first name was made */
	const struct extra *extras;  /* what else belongs to it */
	size_t extra_count;
	bool damaged; /* OBJECT_LINK: and so is what is there */
};

enum made_how {
	MADE,
	MADE_BARE,  /* but its owner, mode or times could not be set, or the like */
	MADE_THERE, /* something of this name was there, and stays as it was */
	MADE_NOT,
};

#define MADE_WHY_BYTES 512

struct made {
	enum made_how how;
	const char *path;         /* under which it was made; lent until the next call */
	bool again;               /* in the place of one that this run had made */
	bool like;                /* MADE_THERE: a file of the same size and time */
	char why[MADE_WHY_BYTES]; /* MADE_BARE, MADE_NOT, perhaps MADE_THERE */
};

/* What becomes of a file whose content has come. */
enum ending {
	ENDING_WHOLE,
	ENDING_DAMAGED, /* it is called PATH.damaged */
	ENDING_NONE,    /* it is to leave no trace */
};

/* What can be told at the end alone. */
struct finished {
	uint64_t bare_folders;    /* whose owner, mode, times or the like could not be set */
	uint64_t left_attributes; /* extended attributes that lend rights, and were not to be set */
	char why[MADE_WHY_BYTES]; /* of the last such folder */
};

/* Each returns 0, and what became of the one thing in *m; or, where the whole run cannot go on (no space, no memory), an error. */
struct target {
	void *arg;
	/* A file's content follows, if m says MADE. */
	int (*begin)(void *arg, const struct object *o, struct made *m, struct err *e);
	/* Data at this byte of it.  MADE_NOT: it is given up, and nothing more is to come of it. */
	int (*write)(void *arg, uint64_t at, struct span data, struct made *m, struct err *e);
	/* It has come; size: bytes. */
	int (*end)(void *arg, const struct object *o, enum ending how, uint64_t size, struct made *m, struct err *e);
	/* Everything but files. */
	int (*make)(void *arg, const struct object *o, struct made *m, struct err *e);
	/* Behind the last; whole: the run has not failed. */
	int (*finish)(void *arg, bool whole, struct finished *f, struct err *e);
};

#endif
