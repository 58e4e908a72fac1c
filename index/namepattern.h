/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people look for: a pattern with a slash is about whole names and what lies below them (restore/choice.h), one without is about the last
 * part of a name. */
#ifndef INDEX_NAMEPATTERN_H
#define INDEX_NAMEPATTERN_H

#include "base/bytes.h"
#include "base/err.h"

struct namepattern {
	char *text;     /* without slashes at its beginning and end */
	bool last;      /* about the last part alone */
	bool wild;      /* it has * ? or [ */
	size_t literal; /* bytes before the first of these; all, if there is none */
	char *must;     /* its longest part without any of them, which each name that fits has */
	char *folder;   /* the text before its last slash */
};

/* Copies.  XE_FAILED without memory. */
int namepattern_read(struct namepattern *p, const char *text, struct err *e) __attribute__((warn_unused_result));
void namepattern_free(struct namepattern *p);

/* The last part of a name (with a slash at its end, or without): does it fit one of `last`? */
bool namepattern_fits_last(const struct namepattern *p, const char *last);

/* Of a pattern with a slash: may a name in this folder (with a slash at its end, or "") fit, slash on slash where the folder ends?  One that fits
 * otherwise lies below something that fits. */
bool namepattern_fits_folder(const struct namepattern *p, const char *folder);

/* A whole name: does it fit?  Of either kind. */
bool namepattern_fits(const struct namepattern *p, const char *name);

#endif
