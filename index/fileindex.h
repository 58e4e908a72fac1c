/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which volume holds which file: an index of volumes in an SQLite database.  A row for each volume, job and file, and names once, however
 * many versions there are.  docs/index-format.md describes the tables for others who read them.
 *
 * What comes out of a database is as foreign as what comes from a volume: every number is checked, and names are bytes.  One thread at a
 * time.  Built without libsqlite3, fileindex_open says so (XE_USAGE) and nothing else is reached. */
#ifndef INDEX_FILEINDEX_H
#define INDEX_FILEINDEX_H

#include "base/digest.h"
#include "format/filestat.h"
#include "format/label.h"

struct fileindex;

enum fileindex_access {
	FILEINDEX_READ,  /* it has to be there */
	FILEINDEX_WRITE, /* it is made, if it is not there */
};

/* Was xflate built with it? */
bool fileindex_is_there(void);

/* path NULL: a private one in memory (FILEINDEX_WRITE), gone with fileindex_free.  cache_bytes: for its pages, 0: a sane number.  A
 * database that is none of ours, or newer than this program, is refused and stays as it is.  NULL: XE_USAGE, XE_FAILED, XE_DAMAGE, as e
 * tells; so do all others below. */
struct fileindex *fileindex_open(const char *path, enum fileindex_access access, uint64_t cache_bytes, struct err *e);

/* What was begun and not committed is undone.  NULL is fine. */
void fileindex_free(struct fileindex *x);

/* ---- what stands in it ---- */

struct fileindex_volume {
	int64_t id; /* 1, 2, 3...; 0: not in the index yet */
	char name[LABEL_NAME_BYTES], pool[LABEL_NAME_BYTES], media_type[LABEL_NAME_BYTES];
	int64_t label_time; /* microseconds since 1970; name and label_time say which volume it is */
	enum product product;
	const char *path; /* where it was seen last; lent, see below */
	uint64_t size;    /* bytes of it when it was read */
	/* Its last block: a volume that has grown still has it, at the same place. */
	uint64_t last_at, last_bytes, last_hash; /* address; length; XXH64 of all of it */
	uint64_t damages;                        /* places of damage found on it */
	bool gone;                               /* it was looked for at path, and not found */
};

/* formats/restore-format.md 7.1 */
struct fileindex_job {
	int64_t id;
	uint32_t session_id, session_time;
	bool begun, ended;          /* the label of its start, and of its end, were read */
	struct session_label start; /* all zero, if it was not read */
	struct session_label end;   /* the same */
	uint64_t missing;           /* FileIndexes that did not come */
	/* Of its rows in the index, which counts them itself: how many, bytes of plain content, those that are damaged. */
	uint64_t files, bytes, damaged;
};

enum fileindex_verdict {
	FILEINDEX_NOTHING,   /* a folder, a link, a mark: it has no content */
	FILEINDEX_PROVEN,    /* its digest is right */
	FILEINDEX_PLAUSIBLE, /* no digest, or it was not counted; all blocks are sound */
	FILEINDEX_CLOSED,    /* only its client can read it: encrypted, deduplicated, of a plugin */
	FILEINDEX_CUT,       /* parts of it lie on volumes that were not given */
	FILEINDEX_DAMAGED,
	FILEINDEX_VERDICTS
};

enum {
	FILEINDEX_ACL = 1u << 0,
	FILEINDEX_XATTR = 1u << 1,
	FILEINDEX_ENCRYPTED = 1u << 2, /* by its client */
	FILEINDEX_SPARSE = 1u << 3,    /* its data come with addresses */
	FILEINDEX_WINDOWS = 1u << 4,   /* its data are what BackupRead made */
	FILEINDEX_PLUGIN = 1u << 5,
	FILEINDEX_UPDATE = 1u << 6, /* attributes alone, of stream 37: the content is that of an older job */
	FILEINDEX_DELTA = 1u << 7,  /* its content is a difference to that of an older job */
	FILEINDEX_COMPRESSED = 1u << 8,
	FILEINDEX_NAMELESS = 1u << 9, /* its attributes are lost: stat is empty */
};

/* A block. */
struct fileindex_place {
	int64_t volume; /* id */
	uint64_t addr;  /* where it begins */
};

struct fileindex_file {
	int64_t job;        /* id */
	int32_t file_index; /* in the record headers: 1, 2, 3... of its job, in the order of the volumes */
	/* The same number for the same name in all jobs: 1 to fileindex_paths(), dense enough for a bitmap; 0 in one that is to be put. */
	int64_t path;
	/* As format/filestat.h reads it: type, name, link, stat numbers, FileIndex in the text.  Strings are lent, see below. */
	struct filestat stat;
	uint64_t bytes;       /* of plain content, without addresses */
	uint64_t stored;      /* bytes of its records */
	uint32_t data_stream; /* number of its data records, without flags; 0: it has none */
	bool has_digest;
	enum digest_kind digest;
	uint8_t value[DIGEST_MAX_BYTES]; /* as it stands on the volume */
	size_t value_bytes;
	enum fileindex_verdict verdict;
	unsigned flags;
	/* The block where its first record begins, and the one where its last record ends: all of it lies in the blocks from one to the other,
	 * both counted; on the volumes between, fileindex_job_volumes, in all of them. */
	struct fileindex_place first, last;
};

/* ---- filling ---- */

/* All between begin and commit is seen by others at once, or never.  Another process that writes is waited for, some seconds. */
int fileindex_begin(struct fileindex *x, struct err *e) __attribute__((warn_unused_result));
int fileindex_commit(struct fileindex *x, struct err *e) __attribute__((warn_unused_result));
void fileindex_rollback(struct fileindex *x);

/* A row, new (id 0, which gets its number) or in the place of the one with this id. */
int fileindex_put_volume(struct fileindex *x, struct fileindex_volume *v, struct err *e) __attribute__((warn_unused_result));
int fileindex_put_job(struct fileindex *x, struct fileindex_job *j, struct err *e) __attribute__((warn_unused_result));

/* The job goes on on this volume; the same one twice is once. */
int fileindex_put_job_volume(struct fileindex *x, int64_t job, int64_t volume, struct err *e) __attribute__((warn_unused_result));

/* Of one FileIndex of a job the last counts. */
int fileindex_put_file(struct fileindex *x, const struct fileindex_file *f, struct err *e) __attribute__((warn_unused_result));

/* Forgets the files that have a part on the volume, and jobs that have no volume left; its own row stays. */
int fileindex_drop_files(struct fileindex *x, int64_t volume, struct err *e) __attribute__((warn_unused_result));

/* ---- asking ----
 *
 * What is found is lent to each (row by row, in the order that is named); other functions of the index may be called from it, but for those
 * that fill.  What each returns, < 0, ends the query and is its result.  Functions that look up one row return 1: found, what is lent in it
 * stays until the next such call; 0: there is none. */

int fileindex_volume(struct fileindex *x, int64_t id, struct fileindex_volume *v, struct err *e) __attribute__((warn_unused_result));
/* By what its label says. */
int fileindex_volume_named(struct fileindex *x, const char *name, int64_t label_time, struct fileindex_volume *v, struct err *e)
	__attribute__((warn_unused_result));
/* All, by id. */
int fileindex_volumes(struct fileindex *x, int (*each)(void *arg, const struct fileindex_volume *v, struct err *e), void *arg,
		      struct err *e) __attribute__((warn_unused_result));

int fileindex_job(struct fileindex *x, int64_t id, struct fileindex_job *j, struct err *e) __attribute__((warn_unused_result));
/* The newest of this session; job: its unique name, "" for any, and of those whose name is not known. */
int fileindex_job_of_session(struct fileindex *x, uint32_t session_id, uint32_t session_time, const char *job, struct fileindex_job *j,
			     struct err *e) __attribute__((warn_unused_result));
/* All, by the time of their start labels. */
int fileindex_jobs(struct fileindex *x, int (*each)(void *arg, const struct fileindex_job *j, struct err *e), void *arg, struct err *e)
	__attribute__((warn_unused_result));
/* Volumes that the job has data on, in their order; and jobs that have data on the volume, by id. */
int fileindex_job_volumes(struct fileindex *x, int64_t job, int (*each)(void *arg, const struct fileindex_volume *v, struct err *e),
			  void *arg, struct err *e) __attribute__((warn_unused_result));

int fileindex_volume_jobs(struct fileindex *x, int64_t volume, int (*each)(void *arg, const struct fileindex_job *j, struct err *e),
			  void *arg, struct err *e) __attribute__((warn_unused_result));

/* The highest number of a path; 0: there are none. */
int64_t fileindex_paths(struct fileindex *x);

/* All files of a job, by FileIndex: the order of the volumes. */
int fileindex_files(struct fileindex *x, int64_t job, int (*each)(void *arg, const struct fileindex_file *f, struct err *e), void *arg,
		    struct err *e) __attribute__((warn_unused_result));

/* Where a file lies, and no more of its row. */
struct fileindex_extent {
	int32_t file_index;
	struct fileindex_place first, last; /* as in struct fileindex_file */
};

/* Of a job's files from one FileIndex to another, both included, ascending.  Not from within each. */
int fileindex_extents(struct fileindex *x, int64_t job, int32_t first, int32_t last,
		      int (*each)(void *arg, const struct fileindex_extent *f, struct err *e), void *arg, struct err *e)
	__attribute__((warn_unused_result));

/* Where the first file of a job behind a FileIndex begins that does not begin in at's block, nor before it on at's volume: 1, and *place; 0:
 * there is none. */
int fileindex_place_behind(struct fileindex *x, int64_t job, int32_t file_index, const struct fileindex_place *at,
			   struct fileindex_place *place, struct err *e) __attribute__((warn_unused_result));

/* What all files of a job tell together. */
struct fileindex_span {
	bool renumbered; /* FileIndexes in the text are others than in the headers: it was consolidated */
	int64_t oldest;  /* the last change (mtime, ctime) of the file with content where that is the longest ago, */
	int64_t latest;  /* and of the thing that was changed last (ctime): seconds since 1970; 0: there is none */
};
int fileindex_span(struct fileindex *x, int64_t job, struct fileindex_span *span, struct err *e) __attribute__((warn_unused_result));

/* One by its FileIndex. */
int fileindex_file(struct fileindex *x, int64_t job, int32_t file_index, struct fileindex_file *f, struct err *e)
	__attribute__((warn_unused_result));

/* One by its name as on the volume, or with or without a slash at the end; of several the last. */
int fileindex_look_up(struct fileindex *x, int64_t job, const char *name, struct fileindex_file *f, struct err *e)
	__attribute__((warn_unused_result));

/* What lies in a folder of a job: folder is "" (the top: "/", "C:/", relative names) or ends with a slash.  Two names that differ in slashes
 * at the end alone are two rows. */
int fileindex_list(struct fileindex *x, int64_t job, const char *folder,
		   int (*each)(void *arg, const struct fileindex_file *f, struct err *e), void *arg, struct err *e)
	__attribute__((warn_unused_result));

/* The folders in a folder that the job has something in, however deep, whether the folder has a row of its own or not: whole names, with
 * a slash at the end. */
int fileindex_folders(struct fileindex *x, int64_t job, const char *folder, int (*each)(void *arg, const char *name, struct err *e),
		      void *arg, struct err *e) __attribute__((warn_unused_result));

/* Names that fit one of the patterns, index/namepattern.h. */
struct fileindex_query {
	const char *const *patterns;
	size_t pattern_count; /* 0: all files, by job and FileIndex */
	const int64_t *jobs;  /* only of these; NULL: of all */
	size_t job_count;
};

/* The versions of one name together, by job and FileIndex; names as they came into the index. */
int fileindex_find(struct fileindex *x, const struct fileindex_query *q,
		   int (*each)(void *arg, const struct fileindex_file *f, struct err *e), void *arg, struct err *e)
	__attribute__((warn_unused_result));

#endif
