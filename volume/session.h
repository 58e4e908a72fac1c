/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sessions of a set of volumes, each with the record that is being joined.  Used by the reader alone. */
#ifndef VOLUME_SESSION_H
#define VOLUME_SESSION_H

#include "volume/reader.h"

/* A record whose parts are still coming. */
struct partial {
	bool open;
	struct item item; /* as it will be handed out; item.buf is owned here */
	size_t kept;	  /* bytes of data in item.buf */
	struct buf_pool *pool; /* to which it is charged */
	size_t charged;
	uint32_t have;	  /* bytes of the record seen */
};

struct session {
	struct job job;	     /* without its label, */
	struct job labelled; /* and with it, once it is known */
	struct partial partial;
	bool seen;	      /* a block of it was read */
	uint32_t skip;	      /* bytes of a continuation that was taken from the next volumes ahead of time */
	uint32_t skip_stream;
	bool torn;	      /* the next volumes have damage where the rest of its record may have been */
	bool numbered;	      /* a block of it was read: */
	uint32_t last_number; /* its BlockNumber, */
	unsigned damages;     /* and the damages found on the volumes by then */
	bool restarted;	      /* or the numbers may have begun anew, as those of spooled jobs do */
	bool sealed;	      /* an encrypted block of it was read, */
	uint32_t highest_number; /* and the highest number of those */
	bool last_empty;      /* the last record was empty and ended with its block */
	uint32_t last_stream;
	int32_t last_index;
	struct session *next_in_bucket, *next; /* next: in order of appearance */
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

/* Can a record that begins so be the next one of the session? */
bool session_follows(const struct session *s, const struct record_header *h);

/* XE_FAILED with the limit and the option that raises it, if bytes more are not within the limit of pool. */
int session_memory(const struct buf_pool *pool, uint64_t bytes, struct err *e) __attribute__((warn_unused_result));

/* Opens a partial record: item says what is known of it, item->len is its full length, keep the bytes of data to keep at
 * most.  XE_FAILED without memory. */
int partial_open(struct partial *p, const struct item *item, struct buf_pool *pool, size_t keep, struct err *e)
	__attribute__((warn_unused_result));

/* Adds the next part, which is copied. */
void partial_add(struct partial *p, struct span part);

/* Were all of its bytes seen? */
bool partial_complete(const struct partial *p);

/* Forgets it. */
void partial_drop(struct partial *p);

#endif
