/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report of filter, read again: what a run says that it did.  Foreign bytes. */
#ifndef CMD_VOLUME_REPORTREAD_H
#define CMD_VOLUME_REPORTREAD_H

#include "cmd/volume/standing.h"

#include <stddef.h>

#define REPORTREAD_MAX_BYTES ((size_t)256 << 20)

struct reportread_input {
	char *path;
	bool known; /* what follows is there */
	uint64_t stored_bytes;
	char mtime[STANDING_TEXT_BYTES];
};

/* A volume that was written; of an earlier run's, path, bytes, digest and what was stored alone. */
struct reportread_output {
	char *path, *volume, *input;
	uint64_t bytes, bytes_in;         /* of the volume, and of the old one */
	uint64_t damaged;                 /* places that were passed over */
	bool complete;                    /* it has its name */
	char digest[STANDING_TEXT_BYTES]; /* XXH64; "": it has none */
	char digest_in[STANDING_TEXT_BYTES];
	uint64_t stored_bytes;           /* of the file or files, once it was written, */
	uint64_t stored_names;           /* in the folder, if it is one, */
	char mtime[STANDING_TEXT_BYTES]; /* and its time then; "": that is not said */
};

struct reportread_texts {
	char **all;
	size_t count, room;
};

struct reportread {
	bool complete;
	int exit_status;
	uint64_t damaged;
	char *unit, *host, *began, *error, *exit_class, *request; /* NULL: not said */
	struct reportread_input *inputs;
	size_t input_count, input_room;
	struct reportread_output *outputs, *earlier, map; /* map.path NULL: none */
	size_t output_count, output_room, earlier_count, earlier_room;
	struct reportread_texts before, after; /* volumes that were looked into, but not converted */
	char **failed;                         /* inputs that it says have failed */
	size_t failed_count, failed_room;
};

/* XE_FAILED: it cannot be read, or is no report; e->errnum ENOENT: it is not there.  r is to be freed either way. */
int reportread(struct reportread *r, const char *path, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void reportread_free(struct reportread *r);

#endif
