/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where --plot goes: a file that appears whole or not at all, or, as text, standard output. */
#ifndef CMD_VOLUME_PICTURE_H
#define CMD_VOLUME_PICTURE_H

#include "base/outfile.h"
#include "cmd/options.h"

#include <stdio.h>

struct picture {
	const char *path; /* NULL: none is wanted; "-": as text */
	bool replace;     /* what is there: --force */
	struct outfile file;
};

#define PICTURE_ROWS(type, member) OPTION_TEXT(0, "plot", type, member.path), OPTION_FLAG(0, "force", type, member.replace)

/* Returns 0, or the exit status of wrong usage of this verb.  as_json: standard output is taken. */
int picture_check(const struct picture *p, const char *verb, bool as_json);

bool picture_is_text(const struct picture *p);

/* Before anything is read: what is there already is nobody's to replace without --force, and what is read, or lies in a volume that is a
 * folder, not with it.  Nothing where no file is wanted.  Errors as outfile_open. */
int picture_open(struct picture *p, const char *const *inputs, size_t input_count, struct err *e) __attribute__((warn_unused_result));

/* What fill draws gets its name.  Nothing where no file is wanted.  XE_FAILED. */
int picture_draw(struct picture *p, void (*fill)(FILE *out, void *arg), void *arg, struct err *e) __attribute__((warn_unused_result));

/* What was not drawn leaves nothing.  Idempotent, also where it was not opened. */
void picture_abandon(struct picture *p);

/* How wide a text may be: $COLUMNS, or the terminal on standard output, or 80; 40 to 400. */
unsigned picture_columns(void);

#endif
