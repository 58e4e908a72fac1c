/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people see on standard error: lines that begin with "xflate: ", and the one line of progress that they push
 * aside.  Used by cmd/ alone. */
#ifndef BASE_MSG_H
#define BASE_MSG_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Each -q takes one away, each -v adds one; 0 is the beginning.  Errors are always printed. */
void msg_set_verbosity(int verbosity);
int msg_verbosity(void);

/* "xflate: TEXT" */
void msg_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Not with -qq. */
void msg_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Not with -q. */
void msg_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints e as "xflate: VOLUME: text" and returns its exit status. */
int msg_fail(const struct err *e);

/* Wrong usage: the line, and where help is to be found.  Returns exit status 2. */
int msg_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shows text as the progress line of a terminal (overwriting the one before), or takes it away (NULL). */
void msg_progress(const char *text);

/* "1.9 MB": decimal units, as volumes are sold.  Returns text. */
#define MSG_SIZE_BYTES 24
const char *msg_size(uint64_t bytes, char text[static MSG_SIZE_BYTES]);

#endif
