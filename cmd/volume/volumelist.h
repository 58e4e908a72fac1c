/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which volumes a command is to look at, one or ten thousand: operands, a list of names, folders with all that is below them. */
#ifndef CMD_VOLUME_VOLUMELIST_H
#define CMD_VOLUME_VOLUMELIST_H

#include "base/err.h"
#include "cmd/options.h"

struct volumelist_options {
	bool recursive;         /* folders that are no volumes stand for those in them, and below */
	const char *files_from; /* a file of names, "-": standard input; NULL: none */
	bool null;              /* they end in NUL there, not in a newline */
};

/* Rows of a verb's table.  member is a struct volumelist_options of its request. */
#define VOLUMELIST_ROWS(request, member)                                                                                    \
	OPTION_FLAG(0, "recursive", request, member.recursive), OPTION_SOURCE(0, "files-from", request, member.files_from), \
		OPTION_FLAG(0, "null", request, member.null)

/* Begin with VOLUMELIST_NONE. */
struct volumelist {
	char **paths; /* the list's; each inode is there once, "-" stands for standard input */
	size_t count, room;
	size_t left_out; /* of what was found in folders, and of what is there twice */
};

#define VOLUMELIST_NONE ((struct volumelist){.paths = NULL})

/* Is any of them given? */
bool volumelist_given(const struct volumelist_options *o);

/* Does what was asked for make sense?  Returns 0, or the exit status of wrong usage, of which it has told. */
int volumelist_check(const struct volumelist_options *o, const char *verb, const struct operands *operands);

/* Operands first, then the list's names, in the order given; those of a folder in the order of their names' bytes.  What is named is taken as
 * it is, there or not, a volume or not: who opens it tells.  In folders are left out, by name, what is hidden and what filter leaves beside
 * volumes (.partial, .orig, .xflate-new), and by what they hold, files without a block of a volume in their first and last MiB; links to
 * folders, and what is no file; each with a line with -v.  What cannot be looked at is taken: its error comes in its turn, and costs no
 * other.  XE_FAILED: the list cannot be read, there is no memory, nothing was found; XE_USAGE: a folder that is no volume, without
 * recursive.  l is to be freed either way. */
int volumelist_read(struct volumelist *l, const struct volumelist_options *o, const struct operands *operands, struct err *e)
	__attribute__((warn_unused_result));

/* One more, as it is named.  XE_FAILED without memory. */
int volumelist_add(struct volumelist *l, const char *path, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void volumelist_free(struct volumelist *l);

#endif
