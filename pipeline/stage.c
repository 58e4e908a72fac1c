/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/stage.h"

#include "format/doubling.h"
#include "pipeline/parts.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE_BYTES 983040u /* plain bytes of a piece where a record must be split: below RECORD_NETWORK_BYTES */
#define ADDRESSES_BYTES ((RECORD_MAX_BYTES / PIECE_BYTES + 1) * STREAM_PREFIX_BYTES) /* of the longest record's pieces */
#define RECORD_HEAD_BYTES (STREAM_PREFIX_BYTES + COMPRESSION_HEADER_BYTES)

/* One record on its way. */
struct stage {
	struct stage_ctx *ctx;
	const struct stage_policy *policy;
	const struct item *item;
	struct parts parts;
	enum stream_form target; /* of what it becomes */
	struct arena *arena;
	struct converted *c;
};

struct stage_ctx *stage_ctx_new(void)
{
	struct stage_ctx *ctx = calloc(1, sizeof *ctx);
	if (ctx == NULL)
		return NULL;
	ctx->codecs = codec_ctx_new();
	if (ctx->codecs == NULL) {
		free(ctx);
		return NULL;
	}
	return ctx;
}

void stage_ctx_free(struct stage_ctx *ctx)
{
	if (ctx == NULL)
		return;
	codec_ctx_free(ctx->codecs);
	free(ctx->plain);
	free(ctx);
}

const char *stage_reason(const struct stage_ctx *ctx)
{
	return ctx->reason;
}

size_t stage_room(const struct stage_ctx *ctx)
{
	return ctx->room;
}

enum stage_status stage_plain(struct stage_ctx *ctx, const struct item *item, struct span *address, struct span *plain)
{
	struct parts p;
	if (item->head_missing || item->tail_missing)
		return parts_damaged(ctx, "the record is not complete");
	enum stage_status status = parts_take(ctx, item, &p);
	if (status != STAGE_DONE)
		return status;
	*address = p.prefix;
	return parts_plain(ctx, &p, plain);
}

uint64_t stage_declared_bytes(const struct item *item)
{
	struct rd r = rd_over(item->data.data, item->data.len);
	rd_bytes(&r, stream_has_prefix(item->stream) ? STREAM_PREFIX_BYTES : 0);
	struct compression_header h;
	bool known = compression_header_read(&r, &h) && codec_by_magic(h.magic) && h.version == COMPRESSION_HEADER_VERSION;
	return known ? (uint64_t)(r.p - item->data.data) + h.size : 0;
}

/* ---- records for the arena ---- */

static enum stage_status add(struct stage *s, uint32_t stream, struct span head, struct span body)
{
	const struct outrecord r = {.stream = stream, .len = (uint32_t)(head.len + body.len), .head = head, .body = body};
	return arena_add(s->arena, &r) ? STAGE_DONE : STAGE_MEMORY;
}

static enum stage_status keep(struct stage *s, uint32_t stream)
{
	const struct item *item = s->item;
	const struct outrecord r = {.stream = stream, .len = item->len, .continues = item->head_missing, .body = item->data};
	return arena_add(s->arena, &r) ? STAGE_DONE : STAGE_MEMORY;
}

/* STAGE_DONE or STAGE_ROOM */
static enum stage_status need(struct stage *s, size_t bytes)
{
	return arena_has(s->arena, bytes) ? STAGE_DONE : parts_room(s->ctx, s->arena->used + bytes);
}

/* Into the arena, which has room for it: the address of a piece that begins at bytes behind the record's own, and the
 * compression header of a payload of len bytes, each where the record has one. */
static struct span put_head(struct stage *s, uint64_t at, int level, size_t len)
{
	uint8_t *head = s->arena->data + s->arena->used;
	struct wr w = wr_over(head, s->arena->cap - s->arena->used);
	if (s->parts.prefix.len > 0) {
		struct rd r = rd_over(s->parts.prefix.data, s->parts.prefix.len);
		wr_be64(&w, rd_be64(&r) + at);
	}
	if (s->target == STREAM_HEADED)
		compression_header_write(&w, &(struct compression_header){
						     .magic = s->policy->codec->magic,
						     .size = (uint32_t)len,
						     .level = codec_header_level(s->policy->codec, level),
						     .version = COMPRESSION_HEADER_VERSION,
					     });
	size_t head_len = (size_t)(w.p - head);
	s->arena->used += head_len;
	return (struct span){head, head_len};
}

/* Plain data as one record, or as several where one would be too long for the network. */
static enum stage_status write_plain(struct stage *s, struct span plain)
{
	uint32_t stream = stream_in_form(s->item->stream, STREAM_PLAIN);
	if (plain.len + s->parts.prefix.len <= RECORD_NETWORK_BYTES)
		return add(s, stream, s->parts.prefix, plain);
	enum stage_status status = need(s, (plain.len + PIECE_BYTES - 1) / PIECE_BYTES * STREAM_PREFIX_BYTES);
	for (size_t at = 0; status == STAGE_DONE && at < plain.len; at += PIECE_BYTES) {
		size_t n = plain.len - at < PIECE_BYTES ? plain.len - at : PIECE_BYTES;
		struct span head = put_head(s, at, 0, 0);
		status = add(s, stream, head, (struct span){plain.data + at, n});
	}
	return status;
}

static enum stage_status deflate_piece(struct stage *s, struct span plain, uint64_t at)
{
	const struct codec *codec = s->policy->codec;
	size_t bound = codec->bound(plain.len), len;
	enum stage_status status = need(s, RECORD_HEAD_BYTES + bound);
	if (status != STAGE_DONE)
		return status;
	size_t payload_at = s->arena->used + RECORD_HEAD_BYTES;
	uint8_t *payload = s->arena->data + payload_at;
	if (codec->deflate(s->ctx->codecs, s->policy->level, plain.data, plain.len, payload, bound, &len) != CODEC_OK)
		return STAGE_MEMORY;
	struct span head = put_head(s, at, s->policy->level, len);
	s->arena->used = payload_at + len;
	return add(s, stream_in_form(s->item->stream, s->target), head, (struct span){payload, len});
}

static enum stage_status deflate(struct stage *s, struct span plain)
{
	enum stage_status status;
	size_t at = 0, most = s->policy->plain_max;
	s->c->deflated = true;
	do {
		size_t n = plain.len - at < most ? plain.len - at : most;
		status = deflate_piece(s, (struct span){plain.data + at, n}, at);
		at += n;
	} while (status == STAGE_DONE && at < plain.len);
	return status;
}

/* ---- addresses that stand twice ---- */

/* volume-format.md 6.6: the plugin compressed the address with the data and put it in front as well.  Address 0 proves
 * nothing: files begin with zeros. */
static bool is_doubled(const struct parts *p, struct span plain)
{
	static const uint8_t zero[STREAM_PREFIX_BYTES] = {0};
	return p->codec && !p->mend && doubling_begins(p->prefix, plain) && memcmp(p->prefix.data, zero, sizeof zero) != 0;
}

static struct span without_second_address(const struct parts *p, struct span plain)
{
	if (!p->mend || !doubling_begins(p->prefix, plain))
		return plain;
	return (struct span){plain.data + STREAM_PREFIX_BYTES, plain.len - STREAM_PREFIX_BYTES};
}

/* ---- one record through both stages ---- */

static enum stage_status inflate_only(struct stage *s)
{
	struct arena *a = s->arena;
	size_t len = 0;
	enum stage_status status = parts_inflate(s->ctx, &s->parts, a->data ? a->data + a->used : NULL, a->cap - a->used, &len);
	if (status == STAGE_ROOM)
		s->ctx->room += ADDRESSES_BYTES;
	if (status != STAGE_DONE)
		return status;
	struct span plain = {a->data + a->used, len};
	a->used += len;
	s->c->doubled = is_doubled(&s->parts, plain);
	s->c->inflated = true;
	s->c->inflate_in = s->item->data.len;
	return write_plain(s, without_second_address(&s->parts, plain));
}

/* A payload that is in the wanted codec already needs at most another header. */
static enum stage_status keep_payload(struct stage *s)
{
	if (s->target == s->parts.form)
		return keep(s, s->item->stream);
	enum stage_status status = need(s, RECORD_HEAD_BYTES);
	if (status != STAGE_DONE)
		return status;
	s->c->changed = true;
	struct span head = put_head(s, 0, s->policy->codec->level_default, s->parts.payload.len);
	return add(s, stream_in_form(s->item->stream, s->target), head, s->parts.payload);
}

static enum stage_status recompress(struct stage *s)
{
	const struct stage_policy *policy = s->policy;
	const struct parts *p = &s->parts;
	struct span plain;
	enum stage_status status = parts_plain(s->ctx, p, &plain);
	if (status != STAGE_DONE)
		return status;
	s->c->doubled = is_doubled(p, plain);
	plain = without_second_address(p, plain);
	bool wounded = s->item->joined || s->item->doubled;
	if (!wounded && p->codec == policy->codec && !policy->recompress && plain.len <= policy->plain_max &&
	    p->codec->is_common(p->payload.data, p->payload.len))
		return keep_payload(s);
	s->c->inflated = p->codec != NULL;
	s->c->inflate_in = s->item->data.len;
	s->c->inflate_out = p->prefix.len + plain.len;
	return deflate(s, plain);
}

/* ---- records that stay in the form that they have ---- */

/* Both products make XXH3-128 digests, under numbers that mean something else to the other. */
static uint32_t renumbered(const struct stage *s)
{
	const struct item *item = s->item;
	bool as_is = s->policy->owner == RELABEL_AS_IT_IS || item->file_index <= 0;
	return as_is ? item->stream : stream_for(s->policy->owner == RELABEL_BAREOS, item->stream, item->len);
}

static enum stage_status keep_if_readable(struct stage *s)
{
	const struct item *item = s->item;
	const struct parts *p = &s->parts;
	uint32_t stream = renumbered(s);
	s->c->changed = stream != item->stream;
	bool unasked = !s->policy->strict || item->head_missing || item->file_index < 0 || stream_form(item->stream) != STREAM_HEADED;
	if (unasked || parts_take(s->ctx, item, &s->parts) != STAGE_DONE || p->codec == NULL)
		return keep(s, stream);
	struct codec_reader reader = codec_reader(p->codec, s->policy->target);
	bool large = reader.payload_max > 0 && p->payload.len > reader.payload_max;
	if (reader.plain_max > 0 && !reader.bare && !large)
		return keep(s, stream);
	snprintf(s->ctx->reason, sizeof s->ctx->reason, "%s cannot read %s records%s", product_name(s->policy->target), p->codec->name,
		 reader.bare ? " with a header"
		 : large     ? " of this size"
			     : "");
	return STAGE_FOREIGN;
}

struct stage_policy stage_policy_for(const struct codec *codec, int level, enum product target, enum product form)
{
	return (struct stage_policy){
		.deflate = codec != NULL,
		.codec = codec,
		.level = level,
		.bare = codec && codec_reader(codec, form).bare,
		.plain_max = codec ? codec_plain_max(codec, target) : 0,
		.target = target,
	};
}

static enum stage_status convert(struct stage *s);

/* A wounded record that is to stay in the form that it has; what is past mending is damage. */
static enum stage_status mend(struct stage *s)
{
	const struct parts *p = &s->parts;
	enum stage_status status = parts_take(s->ctx, s->item, &s->parts);
	if (status != STAGE_DONE)
		return status;
	if (p->codec == NULL) {
		s->c->changed = true;
		s->target = STREAM_PLAIN;
		return write_plain(s, without_second_address(p, p->payload));
	}
	const struct stage_policy again = {
		.inflate = true,
		.deflate = true,
		.codec = p->codec,
		.level = codec_level_of(p->codec, p->header.level),
		.bare = p->form == STREAM_LEGACY,
		.plain_max = codec_plain_max(p->codec, s->policy->target),
		.target = s->policy->target,
	};
	s->policy = &again;
	return convert(s);
}

/* The label of a session, in the other product's words. */
static enum stage_status relabel(struct stage *s)
{
	struct span label = s->item->data;
	enum stage_status status = need(s, label.len);
	if (status != STAGE_DONE)
		return status;
	uint8_t *copy = s->arena->data + s->arena->used;
	memcpy(copy, label.data, label.len);
	s->arena->used += label.len;
	size_t len = relabel_session(copy, label.len, s->policy->owner);
	return add(s, s->item->stream, (struct span){NULL, 0}, (struct span){copy, len});
}

/* ---- what is to be done ---- */

static bool is_session_label(const struct item *item)
{
	return (item->file_index == LABEL_SESSION_START || item->file_index == LABEL_SESSION_END) && !item->head_missing &&
	       !item->tail_missing;
}

static enum stage_status convert(struct stage *s)
{
	const struct stage_policy *policy = s->policy;
	const struct item *item = s->item;
	if (is_session_label(item) && relabel_applies(item->data, policy->owner))
		return relabel(s);
	enum stream_form form = item->file_index < 0 ? STREAM_OPAQUE : stream_form(item->stream);
	bool inflates = policy->inflate && (form == STREAM_LEGACY || form == STREAM_HEADED);
	bool deflates = policy->deflate && (form == STREAM_PLAIN || inflates);
	bool wounded = (item->joined || item->unjoined || item->doubled) && form != STREAM_OPAQUE;
	if (!inflates && !deflates)
		return wounded ? mend(s) : keep_if_readable(s);

	s->target = !deflates ? STREAM_PLAIN : policy->bare ? STREAM_LEGACY : STREAM_HEADED;
	s->c->number_kept = s->target == form;
	if (item->head_missing || item->tail_missing)
		return s->c->number_kept ? keep(s, item->stream) : STAGE_MISSING;
	enum stage_status status = parts_take(s->ctx, item, &s->parts);
	if (status != STAGE_DONE)
		return status;
	s->c->from = s->parts.codec;
	/* Nothing to code, not even an address. */
	if (item->data.len == 0 && (!deflates || stream_has_prefix(item->stream))) {
		s->c->changed = !s->c->number_kept;
		return add(s, stream_in_form(item->stream, s->target), (struct span){0}, (struct span){0});
	}
	if (!deflates)
		return inflate_only(s);
	return inflates ? recompress(s) : deflate(s, without_second_address(&s->parts, s->parts.payload));
}

static void sum_up(struct stage *s)
{
	struct converted *c = s->c;
	uint64_t out = 0;
	c->count = s->arena->record_count - c->first;
	for (size_t i = 0; i < c->count; i++)
		out += s->arena->records[c->first + i].len;
	if (c->inflated && !c->deflated)
		c->inflate_out = out;
	if (c->deflated) {
		c->deflate_in = c->inflated ? c->inflate_out : s->item->data.len;
		c->deflate_out = out;
	}
	c->changed = c->changed || c->inflated || c->deflated;
}

bool stage_make_room(const struct stage_ctx *ctx, struct arena *arena)
{
	size_t room = stage_room(ctx);
	return arena_grow(arena, room > arena->cap ? room : arena->cap * 2);
}

enum stage_status stage_apply(struct stage_ctx *ctx, const struct stage_policy *policy, const struct item *item, struct arena *arena,
			      struct converted *c)
{
	struct stage s = {.ctx = ctx, .policy = policy, .item = item, .arena = arena, .c = c};
	size_t used = arena->used;
	*c = (struct converted){.first = arena->record_count, .number_kept = true};
	enum stage_status status = convert(&s);
	if (status == STAGE_DONE) {
		sum_up(&s);
		return status;
	}
	arena->used = used;
	arena->record_count = c->first;
	*c = (struct converted){
		.status = status,
		.first = c->first,
		.from = c->from,
		.doubled = c->doubled,
		.number_kept = c->number_kept,
	};
	return status;
}
