/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sessions of a set of volumes, each with the record that is being joined.  Used by the reader alone. */
#ifndef VOLUME_SESSION_H
#define VOLUME_SESSION_H

#include "volume/item.h"
#include "volume/recall.h"

/* A record whose parts are still coming. */
struct partial {
	bool open;
	struct item item;      /* as it will be handed out; item.buf is owned here */
	size_t kept;           /* bytes of data in item.buf */
	struct buf_pool *pool; /* to which it is charged */
	size_t charged;
	uint32_t have;         /* bytes of the record seen */
	struct recall *recall; /* where they lie; NULL: they are in item.buf */
	size_t room;           /* bytes to keep at most */
};

struct session {
	struct job job;      /* without its label, */
	struct job labelled; /* and with it, once it is known */
	struct partial partial;
	bool seen;     /* a block of it was read */
	uint32_t skip; /* bytes of a continuation that was taken from the next volumes ahead of time */
	uint32_t skip_stream;
	bool ahead;              /* the rest of its record is being looked for on the next volumes, */
	uint32_t here;           /* behind so many bytes of it, */
	uint32_t ahead_number;   /* and behind this block; */
	bool torn;               /* they have damage where it may have been, */
	bool misfit;             /* or go on with something else, or with a part of it only */
	bool numbered;           /* a block of it was read: */
	uint32_t last_number;    /* its BlockNumber, */
	unsigned damages;        /* and the damages found on the volumes by then */
	bool restarted;          /* or the numbers may have begun anew, as those of spooled jobs do */
	bool sealed;             /* an encrypted block of it was read, */
	uint32_t highest_number; /* and the highest number of those */
	unsigned passed_over;    /* how often blocks had been when it came last; */
	bool left;               /* its own were among them: its record that waits has no rest, */
	int32_t inside;          /* and nothing is taken of this file, which began there, */
	bool is_inside;          /* up to its end */
	bool last_empty;         /* the last record was empty and ended with its block */
	uint32_t last_stream;
	int32_t last_index;
	struct session *next_in_bucket, *next; /* next: in order of appearance */
};

/* What tells a block that a drive wrote again from the next one of its job, with or without a checksum. */
struct block_trace {
	bool known;
	struct block_header block;
	struct record_header first; /* record of it; zero where it cannot be read */
};

#define SESSION_BYTES 10240u /* what a session costs, with all that is known of its job elsewhere */

struct session_table {
	struct session **buckets;
	size_t bucket_count;
	struct session *first, *last, *recent;
	unsigned count;
};

/* What is known of its job: what items that are read now are to point to. */
const struct job *session_job(const struct session *s);

/* Is this the start of another run of the job under its session?  The same label is not, it stands there twice. */
bool session_runs_again(const struct session *s, int32_t file_index, struct span data);

/* Takes in the job's label, once; a second start of session changes nothing. */
void session_learn_job(struct session *s, int32_t file_index, struct span data);

/* NULL if there is none. */
struct session *session_find(const struct session_table *t, uint32_t id, uint32_t time);

/* Finds or makes the session; the table's.  NULL without memory. */
struct session *session_get(struct session_table *t, uint32_t id, uint32_t time);

/* All sessions, and what of their records waits.  Idempotent. */
void session_table_free(struct session_table *t);

/* Is this the rest of the record that the session has open? */
bool session_goes_on(const struct session *s, const struct record_header *h);

/* Blocks were passed over before the one with header b, whose first record of the session has header h: were such of the session among
 * them?  hurt: there was damage since, in which its file may have begun. */
void session_come_back(struct session *s, const struct block_header *b, const struct record_header *h, bool hurt);

/* Is this a record of the file that began among them? */
bool session_is_inside(struct session *s, const struct record_header *h);

/* Takes down what tells this block; its first record is in data, unless that is NULL. */
void block_trace(struct block_trace *t, const struct block_header *h, const uint8_t *data);

/* Do both tell of the same block? */
bool block_trace_same(const struct block_trace *a, const struct block_trace *b);

/* Can a record that begins so be the next one of the session? */
bool session_follows(const struct session *s, const struct record_header *h);

/* XE_FAILED with the limit and the option that raises it, if bytes more are not within the limit of pool. */
int session_memory(const struct buf_pool *pool, uint64_t bytes, struct err *e) __attribute__((warn_unused_result));

/* Opens a partial record: item says what is known of it, item->len is its full length, keep the bytes of data to keep at
 * most.  recall: its parts are read again when they are wanted.  XE_FAILED without memory. */
int partial_open(struct partial *p, const struct item *item, struct buf_pool *pool, size_t keep, bool recall, struct err *e)
	__attribute__((warn_unused_result));

/* Adds the next part, which lies at place: it is copied, or its place is taken down.  files: of the parts before.  XE_FAILED
 * without memory, and as recall_read. */
int partial_add(struct partial *p, struct span part, const struct recall_place *place, struct recall_files *files, struct buf_pool *pool,
		struct err *e) __attribute__((warn_unused_result));

/* Is this its next part? */
bool partial_goes_on(const struct partial *p, const struct record_header *h);

/* Forgets what was added behind the first have bytes. */
void partial_cut(struct partial *p, uint32_t have);

/* Brings the data of p->item together.  Errors as above. */
int partial_gather(struct partial *p, struct recall_files *files, struct buf_pool *pool, struct err *e) __attribute__((warn_unused_result));

/* Were all of its bytes seen? */
bool partial_complete(const struct partial *p);

/* Forgets it. */
void partial_drop(struct partial *p);

#endif
