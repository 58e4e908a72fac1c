/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bootstraps: which blocks of which volumes a storage daemon has to read for some files.  formats/catalog-facts.md 4.1 */
#ifndef CATALOG_BSR_H
#define CATALOG_BSR_H

#include "catalog/indexes.h"
#include "catalog/mapped.h"

#include <stdio.h>

/* More sections of a job on a volume than these are joined, those with the least between them first: a daemon asks all of them for each
 * record. */
#define BSR_SECTIONS_MAX 1000u

struct bsr_options {
	const char *storage, *device; /* NULL: not written */
	const char *media_type;       /* NULL: as the label says */
	const uint32_t *slots;        /* of the volumes, in their order; 0: none */
	size_t slot_count;
};

/* Blocks of a session that follow each other and hold wanted files. */
struct bsr_stretch {
	uint64_t start, end;
	size_t first_run, last_run;
	int32_t first, last; /* FileIndex */
};

/* The stretches with any of files (NULL: with data) on the new side, ascending: *count of them, for free().  XE_FAILED without memory. */
int bsr_stretches(const struct mapped_session *s, const struct indexes *files, struct bsr_stretch **stretches, size_t *count, struct err *e)
	__attribute__((warn_unused_result));

/* From the first block to the last that hold any of files (NULL: with data).  False: there is none. */
bool bsr_hull(const struct mapped_session *s, const struct indexes *files, struct bsr_stretch *hull);

/* May this name stand in quotes? */
bool bsr_name_fits(const char *name);

/* Writes the sections for files (NULL: all) of one session, volume after volume.  XE_USAGE where a file is on none of them, they are not in
 * order, or have names that no bootstrap can hold: nothing is written then. */
int bsr_write(FILE *out, struct mapped_volume *const *volumes, size_t count, uint32_t session_id, uint32_t session_time,
	      const struct indexes *files, const struct bsr_options *o, struct err *e) __attribute__((warn_unused_result));

/* FileIndex lines for those of first to last that are in files (NULL: all). */
void bsr_write_indexes(FILE *out, const struct indexes *files, int32_t first, int32_t last);

#endif
