/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of the volumes is wanted: which job, and which of its files.  formats/restore-format.md 4.6 */
#ifndef RESTORE_CHOICE_H
#define RESTORE_CHOICE_H

#include "base/bytes.h"
#include "base/err.h"
#include "volume/job.h"

struct choice;

/* NULL without memory. */
struct choice *choice_new(void);
void choice_free(struct choice *c);

/* As naming_is_job has it; lent until choice_free. */
void choice_job(struct choice *c, const char *job);

/* Files whose names fit.  Without wildcards (*?[) a name means itself and what is below it; with them, fnmatch(3), whose * matches a
 * slash, of the name or of its beginning up to one.  A leading slash may be left out.  XE_FAILED without memory. */
int choice_glob(struct choice *c, const char *pattern, struct err *e) __attribute__((warn_unused_result));

/* The names in text, a line each, or, where a NUL is in it, a NUL behind each: themselves and what is below them, without wildcards.
 * Copied.  XE_FAILED without memory. */
int choice_names(struct choice *c, struct span text, struct err *e) __attribute__((warn_unused_result));

/* FileIndexes: "5", "5-9", "1,5-9".  XE_USAGE, XE_FAILED. */
int choice_indexes(struct choice *c, const char *text, struct err *e) __attribute__((warn_unused_result));

/* Those from first to last, first > 0, each of which has to come.  XE_FAILED without memory. */
int choice_range(struct choice *c, int32_t first, int32_t last, struct err *e) __attribute__((warn_unused_result));

/* Something of this FileIndex of the wanted job came; they come ascending. */
void choice_saw(struct choice *c, int32_t file_index);

/* Behind the last of all: they are sorted. */
void choice_ready(struct choice *c);

/* Is it the wanted job, as far as can be told?  Any, where none was named. */
bool choice_takes_job(const struct choice *c, const struct job *job);

/* Is this file wanted?  All are where none was named.  choice_is_part: only some files are wanted. */
bool choice_takes_file(struct choice *c, const char *name, int32_t file_index);
bool choice_is_part(const struct choice *c);

/* Nothing that was named has been met: what was asked so far was to plan. */
void choice_begin_again(struct choice *c);

/* The index-th thing that was named, and that no file fits, as it was given; NULL behind the last. */
const char *choice_unmet(const struct choice *c, size_t index);

#endif
