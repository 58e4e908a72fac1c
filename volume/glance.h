/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one volume is, and which jobs go beyond it, from its label, its first blocks and its last ones: not by reading all of it.
 * What is not seen so: a session that has blocks only far from both ends, and where one ended that began near the first end.
 * formats/volume-format.md 1.9, 2.2, 3.1 */
#ifndef VOLUME_GLANCE_H
#define VOLUME_GLANCE_H

#include "base/err.h"
#include "format/label.h"

#include <stdbool.h>
#include <stddef.h>

#define GLANCE_BYTES ((size_t)4 << 20) /* from each end, */
#define GLANCE_BLOCKS 32u              /* but so many of the largest blocks, */
#define GLANCE_MAX_BYTES ((size_t)64 << 20)
#define GLANCE_SESSIONS_MAX ((size_t)1 << 18) /* of one volume */

/* One that may have blocks on other volumes, too. */
struct glance_session {
	uint32_t id, time;
	bool begins;     /* its start label is here */
	bool begin_seen; /* as is its first block, whatever that holds */
	bool ends;       /* its end label is here */
	bool end_seen;   /* as is its last block */
	bool overtaken;  /* another session begins behind what was seen last of it: had it gone on, there was room for it here */
	bool readable;   /* a record of it could be read; else nothing of what follows is known */
	bool labelled;   /* job_id and job are known */
	uint32_t job_id;
	char job[LABEL_NAME_BYTES];
	int32_t first_index, last_index;    /* FileIndex of the first and last of its data records that were seen; 0: none */
	uint32_t rest_before, rest_behind;  /* bytes of the record that its first block goes on with, that its last block leaves open */
	uint64_t first_trace, last_trace;   /* what tells these blocks */
	uint64_t first_number, last_number; /* of them, among those that were seen */
};

struct glance {
	uint64_t bytes; /* of the input */
	bool whole;     /* all of its blocks were seen */
	bool damaged;   /* something among what was looked at is no block */
	bool encrypted; /* blocks cannot be read without a key: where their jobs begin and end is not known */
	bool another;   /* another volume begins in the same input */
	bool labelled;
	struct volume_label label;
	unsigned block_version; /* of the first block */
	uint32_t largest;       /* bytes of the largest block */
	struct glance_session *sessions;
	size_t session_count;
	uint64_t *inner; /* sessions that begin and end here: time << 32 | id */
	size_t inner_count;
};

/* Memory that many glances use in turn.  Begin with GLANCE_ROOM_NONE. */
struct glance_room {
	uint8_t *data;
	size_t bytes;
};

#define GLANCE_ROOM_NONE ((struct glance_room){NULL, 0})

/* Fills g, which glance_free empties in any case.  whole: every block is looked at.  XE_USAGE: what can be read only once, a tape, a pipe;
 * XE_FAILED: no volume, read errors, no memory, more than GLANCE_SESSIONS_MAX; what medium_open says.  The error names the path. */
int glance_at(struct glance *g, const char *path, bool whole, struct glance_room *room, struct err *e) __attribute__((warn_unused_result));

/* Both idempotent. */
void glance_free(struct glance *g);
void glance_room_free(struct glance_room *room);

#endif
