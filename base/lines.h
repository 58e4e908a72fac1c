/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts that people and programs hand us, line by line, where they lie. */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/bytes.h"

/* Cuts the first line off the text; without its newline. */
struct span lines_next(struct span *text);

/* Without the first n bytes, which are there. */
struct span lines_skip(struct span s, size_t n);

/* Without blanks, tabs and carriage returns at both ends. */
struct span lines_trim(struct span s);

bool lines_begins(struct span s, const char *with);

/* Is it this word, in any case? */
bool lines_says(struct span s, const char *word);

#endif
