/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A record taken apart, and what is in it made plain: the reading half of the stages, for pipeline/stage.c alone. */
#ifndef PIPELINE_PARTS_H
#define PIPELINE_PARTS_H

#include "format/compression.h"
#include "format/stream.h"
#include "pipeline/stage.h"

struct stage_ctx {
	struct codec_ctx *codecs;
	uint8_t *plain; /* between inflate and deflate */
	size_t plain_cap;
	size_t room;                     /* for stage_room, */
	char reason[JUDGE_REASON_BYTES]; /* and for stage_reason */
};

struct parts {
	enum stream_form form;
	struct span prefix, payload; /* payload: compressed bytes, or plain data */
	struct compression_header header;
	const struct codec *codec; /* NULL: plain */
	bool mend;                 /* the plain data begins with a second address, to be taken off */
};

/* Each returns STAGE_DONE, STAGE_DAMAGE, and as far as it is said STAGE_ROOM or STAGE_MEMORY. */

enum stage_status parts_take(struct stage_ctx *ctx, const struct item *item, struct parts *p);

/* The payload, which is compressed, into out[cap]; or STAGE_ROOM.  out may be NULL.  *len: of the plain data. */
enum stage_status parts_inflate(struct stage_ctx *ctx, const struct parts *p, uint8_t *out, size_t cap, size_t *len);

/* The plain data of any payload; valid until ctx is used again.  Or STAGE_MEMORY. */
enum stage_status parts_plain(struct stage_ctx *ctx, const struct parts *p, struct span *plain);

/* Notes why, and returns STAGE_DAMAGE; how much room is needed, and returns STAGE_ROOM. */
enum stage_status parts_damaged(struct stage_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum stage_status parts_room(struct stage_ctx *ctx, size_t bytes);

#endif
