/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_GUESS_BYTES 262144u /* what clients read at once */

enum stage_status parts_damaged(struct stage_ctx *ctx, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(ctx->reason, sizeof ctx->reason, format, ap);
	va_end(ap);
	return STAGE_DAMAGE;
}

enum stage_status parts_room(struct stage_ctx *ctx, size_t bytes)
{
	ctx->room = bytes;
	return STAGE_ROOM;
}

static enum stage_status take_header(struct stage_ctx *ctx, const struct item *item, struct parts *p)
{
	struct rd r = rd_over(p->payload.data, p->payload.len);
	struct compression_header *h = &p->header;
	if (!compression_header_read(&r, h))
		return parts_damaged(ctx, "%zu bytes are too few for a compression header", p->payload.len);
	p->payload = (struct span){r.p, rd_left(&r)};
	p->codec = codec_by_magic(h->magic);
	if (p->codec == NULL)
		return parts_damaged(ctx, "compression header names an unknown algorithm (magic %08x)", h->magic);
	if (h->version != COMPRESSION_HEADER_VERSION)
		return parts_damaged(ctx, "compression header has version %u, not %u", h->version, COMPRESSION_HEADER_VERSION);
	if (h->size > p->payload.len && item->len == RECORD_NETWORK_BYTES)
		return parts_damaged(ctx, "%s data of %u bytes was cut at %u by the network layer, and its rest does not follow",
				     p->codec->name, h->size, RECORD_NETWORK_BYTES);
	if (h->size != p->payload.len)
		return parts_damaged(ctx, "compression header says %u bytes, the record has %zu", h->size, p->payload.len);
	return STAGE_DONE;
}

enum stage_status parts_take(struct stage_ctx *ctx, const struct item *item, struct parts *p)
{
	*p = (struct parts){.form = stream_form(item->stream), .payload = item->data, .mend = item->doubled};
	/* An empty record is one without data in every form. */
	if (item->data.len == 0)
		return STAGE_DONE;
	if (stream_has_prefix(item->stream)) {
		struct rd r = rd_over(item->data.data, item->data.len);
		p->prefix = rd_span(&r, STREAM_PREFIX_BYTES);
		if (r.bad)
			return parts_damaged(ctx, "%zu bytes are too few for a file address", item->data.len);
		p->payload = (struct span){r.p, rd_left(&r)};
	}
	if (p->form == STREAM_LEGACY)
		p->codec = &codec_gzip;
	return p->form == STREAM_HEADED ? take_header(ctx, item, p) : STAGE_DONE;
}

/* There was no room: more of it helps, unless it was as much as a record may have, or as the payload says. */
static enum stage_status no_room(struct stage_ctx *ctx, const struct parts *p, bool declares, size_t room)
{
	if (room >= RECORD_MAX_BYTES)
		return parts_damaged(ctx, "%s data inflates to more than %u bytes", p->codec->name, RECORD_MAX_BYTES);
	if (declares)
		return parts_damaged(ctx, "%s data is longer than it says", p->codec->name);
	return parts_room(ctx, room * 2 < RECORD_MAX_BYTES ? room * 2 : RECORD_MAX_BYTES);
}

enum stage_status parts_inflate(struct stage_ctx *ctx, const struct parts *p, uint8_t *out, size_t cap, size_t *len)
{
	uint64_t declared = 0;
	bool declares = p->codec->declared(p->payload.data, p->payload.len, &declared);
	if (declares && declared > RECORD_MAX_BYTES)
		return parts_damaged(ctx, "%s data claims to hold %llu bytes; a record has at most %u", p->codec->name,
				     (unsigned long long)declared, RECORD_MAX_BYTES);
	size_t want = declares ? (size_t)declared : FIRST_GUESS_BYTES;
	if (out == NULL || cap < want)
		return parts_room(ctx, want);
	size_t room = declares ? want : cap < RECORD_MAX_BYTES ? cap : RECORD_MAX_BYTES;
	switch (p->codec->inflate(ctx->codecs, p->payload.data, p->payload.len, out, room, len)) {
	case CODEC_OK: return STAGE_DONE;
	case CODEC_SPACE: return no_room(ctx, p, declares, room);
	case CODEC_DATA: return parts_damaged(ctx, "%s data does not decode: %s", p->codec->name, codec_reason(ctx->codecs));
	case CODEC_MEMORY: break;
	}
	return STAGE_MEMORY;
}

/* Makes ctx->plain as large as the last STAGE_ROOM asked for. */
static bool grow(struct stage_ctx *ctx)
{
	free(ctx->plain);
	ctx->plain = malloc(ctx->room > 0 ? ctx->room : 1);
	ctx->plain_cap = ctx->plain ? ctx->room : 0;
	return ctx->plain != NULL;
}

enum stage_status parts_plain(struct stage_ctx *ctx, const struct parts *p, struct span *plain)
{
	*plain = p->payload;
	if (p->codec == NULL)
		return STAGE_DONE;
	size_t len = 0;
	enum stage_status status;
	while ((status = parts_inflate(ctx, p, ctx->plain, ctx->plain_cap, &len)) == STAGE_ROOM) {
		if (!grow(ctx))
			return STAGE_MEMORY;
	}
	*plain = (struct span){ctx->plain, len};
	return status;
}
