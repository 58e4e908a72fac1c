/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of an index, which its files share. */
#ifndef INDEX_INSIDE_H
#define INDEX_INSIDE_H

#include "index/fileindex.h"
#include "index/sql.h"

/* A row's number: its job's and its FileIndex.  docs/index-format.md */
#define FILE_ID(job, file_index) ((job) << 32 | (int64_t)(file_index))
#define FILE_ID_JOB_MAX ((int64_t)INT32_MAX)

/* Statements that are used again and again. */
enum inside_statement {
	INSIDE_VOLUME_BY_ID,
	INSIDE_VOLUME_BY_NAME,
	INSIDE_JOB_BY_ID,
	INSIDE_JOB_BY_SESSION,
	INSIDE_FOLDER_ID,
	INSIDE_PUT_FOLDER,
	INSIDE_PUT_JOB_FOLDER,
	INSIDE_FOLDER_PARENT,
	INSIDE_PATH_ID,
	INSIDE_PUT_PATH,
	INSIDE_PUT_FILE,
	INSIDE_FILE_BYTES,
	INSIDE_FILE_BY_ID,
	INSIDE_FILE_BY_PATH,
	INSIDE_EXTENTS,
	INSIDE_PLACE_BEHIND,
	INSIDE_COUNT_JOB,
	INSIDE_STATEMENTS
};

/* Text that grows as it has to. */
struct inside_text {
	char *text;
	size_t cap;
};

/* The strings of one row of a file. */
struct inside_strings {
	struct inside_text name, link, extended;
};

/* Rows of a job that were put since the transaction began. */
struct inside_tally {
	int64_t job, files, bytes, damaged;
};

struct fileindex {
	struct sql sql;
	char *path; /* as given; NULL: in memory */
	bool begun;
	bool bulk; /* in this transaction: it was empty, and its indexes are made when all is there */
	sqlite3_stmt *statements[INSIDE_STATEMENTS];
	struct inside_strings strings; /* of look-ups */
	struct inside_text volume_path;
	struct inside_text folder; /* put last, */
	int64_t folder_id;         /* its number; 0: none */
	int64_t folder_job;        /* and that it is noted for */
	struct inside_tally *tallies;
	size_t tally_count, tally_room, tally_last;
};

/* Tables, and the indexes that are made again behind a bulk of rows. */
extern const char fileindex_tables[], fileindex_indexes[], fileindex_no_indexes[];

/* What the text is: the statement, ready.  NULL: as e tells. */
sqlite3_stmt *fileindex_statement(struct fileindex *x, enum inside_statement which, const char *text, struct err *e);

/* Bound values took their place? */
int fileindex_bound(struct fileindex *x, const struct sql_put *p, struct err *e) __attribute__((warn_unused_result));

/* And one step with them, as sql_step. */
int fileindex_step(struct fileindex *x, const struct sql_put *p, struct err *e) __attribute__((warn_unused_result));

/* The bytes of both, and a NUL.  XE_FAILED; XE_DAMAGE if there is a NUL in it. */
int fileindex_keep(struct fileindex *x, struct inside_text *t, struct span a, struct span b, struct err *e)
	__attribute__((warn_unused_result));
void fileindex_strings_free(struct inside_strings *s);

/* The folder's number: 1; 0: there is none of that name. */
int fileindex_folder_id(struct fileindex *x, struct span name, int64_t *id, struct err *e) __attribute__((warn_unused_result));

/* A name's two parts: all to the last slash but one at its end, and the rest. */
void fileindex_split(const char *name, struct span *folder, struct span *last);

/* Columns of a file's row, of file f, path p and folder o, in the order in which fileindex_row reads them. */
#define INSIDE_FILE_COLUMNS                                                                                                                \
	"f.id, f.path, o.name, p.name, f.text_index, f.type, f.mode, f.uid, f.gid, f.links, f.size, f.atime, f.mtime, f.ctime, f.system, " \
	"f.inode, f.device, f.link, f.link_index, f.stat_stream, f.extended, f.bytes, f.stored, f.data_stream, f.digest_kind, f.digest, "  \
	"f.verdict, f.flags, f.first_volume, f.first_at, f.last_volume, f.last_at"
#define INSIDE_FILE_FROM " FROM file f JOIN path p ON p.id = f.path JOIN folder o ON o.id = p.folder "

int fileindex_row(struct fileindex *x, sqlite3_stmt *s, struct inside_strings *strings, struct fileindex_file *f, struct err *e)
	__attribute__((warn_unused_result));

/* Each row of the statement that p has bound to each; it is finalized, whatever happens. */
typedef int inside_each_file(void *arg, const struct fileindex_file *f, struct err *e);
int fileindex_each_row(struct fileindex *x, const struct sql_put *p, inside_each_file *each, void *arg, struct err *e)
	__attribute__((warn_unused_result));

#endif
