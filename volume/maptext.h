/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a map: lines, the checksum over them, what is taken back.  Used by the map alone. */
#ifndef VOLUME_MAPTEXT_H
#define VOLUME_MAPTEXT_H

#include "base/err.h"

#include <stdbool.h>

struct maptext;

/* Writes to fd, which stays the caller's.  For maptext_free (NULL is fine).  NULL without memory. */
struct maptext *maptext_new(int fd);
void maptext_free(struct maptext *t);

/* A line, or lines, of less than 1024 bytes.  Errors wait for maptext_mark and maptext_finish. */
void maptext_line(struct maptext *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From here on lines wait in memory; then text stands before them.  The latter does nothing unless some may wait. */
void maptext_hold(struct maptext *t);
void maptext_release(struct maptext *t, const char *text);
bool maptext_holds(const struct maptext *t);

/* The text can no longer be what it should; the first of such errors counts. */
void maptext_fail(struct maptext *t, const struct err *e);

/* What was written so far stays: maptext_rewind goes back to here, as if nothing had come since.  Only where fd is a regular file.
 * Tells of any error since maptext_new; what maptext_rewind has for one waits for the next.  XE_FAILED. */
int maptext_mark(struct maptext *t, struct err *e) __attribute__((warn_unused_result));
void maptext_rewind(struct maptext *t);

/* The line with the checksum, and all out; tells of any error since maptext_new.  XE_FAILED. */
int maptext_finish(struct maptext *t, struct err *e) __attribute__((warn_unused_result));

#endif
