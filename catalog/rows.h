/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a director's catalog: the query that asks for them, and what a database's client made of the answer.
 * formats/catalog-facts.md 2 */
#ifndef CATALOG_ROWS_H
#define CATALOG_ROWS_H

#include "base/err.h"
#include "format/label.h"

#include <stdint.h>
#include <stdio.h>

/* Addresses are whole: StartFile << 32 | StartBlock, and so on. */
struct rows_place {
	int32_t first, last; /* FileIndex */
	uint64_t start, end;
};

struct rows_jobmedia {
	uint64_t id, job_id, media_id, vol_index;
	struct rows_place at;
};

struct rows_media {
	uint64_t id, label_type, bytes, files, blocks, end, longest; /* end: EndFile << 32 | EndBlock; longest: MaxBlockSize */
	uint64_t storage_id, slot, in_changer;
	char name[LABEL_NAME_BYTES], media_type[LABEL_NAME_BYTES], status[32];
};

struct rows_job {
	uint64_t id, files;
	uint32_t session_id, session_time;
	char job[LABEL_NAME_BYTES], name[LABEL_NAME_BYTES];
	char type, status;
};

struct rows {
	uint64_t version; /* VersionId; 0: not told */
	struct rows_media *media;
	struct rows_job *jobs;
	struct rows_jobmedia *jobmedia; /* with FirstIndex > 0, by MediaId, JobId, VolIndex, JobMediaId */
	size_t media_count, job_count, jobmedia_count;
	size_t media_room, job_room, jobmedia_room;
};

/* Writes the query for volumes of these names, and for all rows of the jobs on them, whichever volume they are on: one statement that
 * PostgreSQL, SQLite and MySQL take.  bareos: with the columns that are Bareos's alone. */
void rows_query(FILE *out, const char *const *names, size_t count, bool bareos);

/* Reads the answer as psql, sqlite3 and mysql print it: fields between tabs, bars or commas; lines of other things are passed over.  "-" is
 * standard input.  XE_FAILED; XE_DAMAGE where it is not whole. */
int rows_read(struct rows *r, const char *path, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void rows_free(struct rows *r);

/* NULL: there is none, or (media_named) more than one. */
const struct rows_media *rows_media_named(const struct rows *r, const char *name);
const struct rows_job *rows_job(const struct rows *r, uint64_t id);

#endif
