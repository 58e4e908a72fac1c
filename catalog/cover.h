/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files the rows of one job give out of a block of one volume.  formats/catalog-facts.md 4.2 */
#ifndef CATALOG_COVER_H
#define CATALOG_COVER_H

#include "catalog/indexes.h"
#include "catalog/rows.h"

/* A part of the addresses, and the files of the rows that have it. */
struct cover_part {
	uint64_t start, end;
	struct indexes files;
};

/* Begins with all zero. */
struct cover {
	struct cover_part *parts; /* ascending; what no row has lies between them */
	size_t count, room;
	size_t at; /* parts before it lie before the block that was asked for last */
};

/* Of count rows, at least one, in any order.  XE_FAILED without memory. */
int cover_make(struct cover *c, const struct rows_jobmedia *rows, size_t count, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void cover_free(struct cover *c);

/* The files that come out of a block whose last byte (tape: which) is at end; NULL: none.  Blocks are asked for in their order. */
const struct indexes *cover_of(struct cover *c, uint64_t end);

#endif
