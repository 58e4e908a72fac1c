/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/stage.h"

#include "format/compression.h"
#include "format/doubling.h"
#include "format/stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE_BYTES 983040u       /* plain bytes of a piece where a record must be split: below RECORD_NETWORK_BYTES */
#define FIRST_GUESS_BYTES 262144u /* what clients read at once */
#define RECORD_HEAD_BYTES (STREAM_PREFIX_BYTES + COMPRESSION_HEADER_BYTES)

struct stage_ctx {
	struct codec_ctx *codecs;
	uint8_t *plain; /* between inflate and deflate */
	size_t plain_cap;
	bool short_of_memory;
};

/* A record taken apart. */
struct parts {
	enum stream_form form;
	struct span prefix, payload; /* payload: compressed bytes, or plain data */
	bool headed;
	struct compression_header header;
	const struct codec *codec; /* NULL: plain */
	bool mend;                 /* the plain data begins with a second address, to be taken off */
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

static enum stage_status damaged(struct stage_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

static enum stage_status damaged(struct stage_result *result, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(result->reason, sizeof result->reason, format, ap);
	va_end(ap);
	return STAGE_DAMAGE;
}

static enum stage_status no_room(struct stage_result *result, size_t bytes)
{
	result->room = bytes;
	return STAGE_ROOM;
}

static bool reserve(const struct arena *a, size_t bytes)
{
	return a->data && a->cap - a->used >= bytes;
}

/* ---- reading a record ---- */

static enum stage_status read_header(const struct item *item, struct parts *p, struct stage_result *result)
{
	if (p->payload.len < COMPRESSION_HEADER_BYTES)
		return damaged(result, "%zu bytes are too few for a compression header", p->payload.len);
	struct rd r = rd_over(p->payload.data, p->payload.len);
	compression_header_read(&r, &p->header);
	p->payload.data += COMPRESSION_HEADER_BYTES;
	p->payload.len -= COMPRESSION_HEADER_BYTES;
	p->codec = codec_by_magic(p->header.magic);
	if (p->codec == NULL)
		return damaged(result, "compression header names an unknown algorithm (magic %08x)", p->header.magic);
	if (p->header.version != COMPRESSION_HEADER_VERSION)
		return damaged(result, "compression header has version %u, not %u", p->header.version, COMPRESSION_HEADER_VERSION);
	if (p->header.size > p->payload.len && item->len == RECORD_NETWORK_BYTES)
		return damaged(result, "%s data of %u bytes was cut at %u by the network layer, and its rest does not follow",
			       p->codec->name, p->header.size, RECORD_NETWORK_BYTES);
	if (p->header.size != p->payload.len)
		return damaged(result, "compression header says %u bytes, the record has %zu", p->header.size, p->payload.len);
	return STAGE_DONE;
}

static enum stage_status take_apart(const struct item *item, struct parts *p, struct stage_result *result)
{
	*p = (struct parts){.form = stream_form(item->stream), .payload = item->data, .mend = item->doubled};
	/* An empty record is one without data in every form. */
	if (item->data.len == 0)
		return STAGE_DONE;
	if (stream_has_prefix(item->stream)) {
		if (p->payload.len < STREAM_PREFIX_BYTES)
			return damaged(result, "%zu bytes are too few for a file address", p->payload.len);
		p->prefix = (struct span){p->payload.data, STREAM_PREFIX_BYTES};
		p->payload.data += STREAM_PREFIX_BYTES;
		p->payload.len -= STREAM_PREFIX_BYTES;
	}
	if (p->form == STREAM_LEGACY)
		p->codec = &codec_gzip;
	if (p->form == STREAM_HEADED)
		return read_header(item, p, result);
	return STAGE_DONE;
}

/* How many bytes to offer for the plain data. */
static enum stage_status plain_bytes(const struct parts *p, size_t *bytes, bool *exact, struct stage_result *result)
{
	uint64_t declared;
	*exact = p->codec->declared(p->payload.data, p->payload.len, &declared);
	*bytes = FIRST_GUESS_BYTES;
	if (*exact && declared > RECORD_MAX_BYTES)
		return damaged(result, "%s data claims to hold %llu bytes; a record has at most %u", p->codec->name,
			       (unsigned long long)declared, RECORD_MAX_BYTES);
	if (*exact)
		*bytes = (size_t)declared;
	return STAGE_DONE;
}

static enum stage_status decode(struct stage_ctx *ctx, const struct parts *p, uint8_t *out, size_t cap, size_t *len,
				struct stage_result *result)
{
	switch (p->codec->inflate(ctx->codecs, p->payload.data, p->payload.len, out, cap, len)) {
	case CODEC_OK: return STAGE_DONE;
	case CODEC_SPACE:
		if (cap >= RECORD_MAX_BYTES)
			return damaged(result, "%s data inflates to more than %u bytes", p->codec->name, RECORD_MAX_BYTES);
		return no_room(result, cap * 2 < RECORD_MAX_BYTES ? cap * 2 : RECORD_MAX_BYTES);
	case CODEC_DATA: return damaged(result, "%s data does not decode: %s", p->codec->name, codec_reason(ctx->codecs));
	case CODEC_MEMORY: break;
	}
	return STAGE_MEMORY;
}

/* Decodes into ctx->plain, which grows as needed. */
static enum stage_status decode_to_scratch(struct stage_ctx *ctx, const struct parts *p, struct span *plain, struct stage_result *result)
{
	size_t want, len = 0;
	bool exact;
	enum stage_status status = plain_bytes(p, &want, &exact, result);
	while (status == STAGE_DONE || status == STAGE_ROOM) {
		if (want > ctx->plain_cap || ctx->plain == NULL) {
			uint8_t *grown = malloc(want ? want : 1);
			if (grown == NULL)
				return STAGE_MEMORY;
			free(ctx->plain);
			ctx->plain = grown;
			ctx->plain_cap = want;
		}
		status = decode(ctx, p, ctx->plain, exact ? want : ctx->plain_cap, &len, result);
		if (status == STAGE_ROOM && exact)
			return damaged(result, "%s data is longer than it says", p->codec->name);
		if (status != STAGE_ROOM)
			break;
		want = result->room;
	}
	*plain = (struct span){ctx->plain, len};
	return status;
}

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

bool stage_plain(struct stage_ctx *ctx, const struct item *item, struct span *address, struct span *plain)
{
	struct parts p;
	struct stage_result ignored;
	if (item->head_missing || item->tail_missing || take_apart(item, &p, &ignored) != STAGE_DONE)
		return false;
	*address = p.prefix;
	*plain = p.payload;
	enum stage_status status = p.codec ? decode_to_scratch(ctx, &p, plain, &ignored) : STAGE_DONE;
	ctx->short_of_memory = ctx->short_of_memory || status == STAGE_MEMORY;
	return status == STAGE_DONE;
}

bool stage_short_of_memory(const struct stage_ctx *ctx)
{
	return ctx->short_of_memory;
}

/* ---- writing records ---- */

/* Address prefix of a piece that begins at bytes behind the record's own address. */
static void write_prefix(struct wr *w, const struct parts *p, uint64_t at)
{
	if (p->prefix.len == 0)
		return;
	struct rd r = rd_over(p->prefix.data, p->prefix.len);
	wr_be64(w, rd_be64(&r) + at);
}

static void add_record(struct stage_result *result, uint32_t stream, struct span head, struct span body)
{
	result->records[result->count++] = (struct outrecord){
		.stream = stream,
		.len = (uint32_t)(head.len + body.len),
		.head = head,
		.body = body,
	};
}

/* Plain data as one record, or as several where one would be too long for the network. */
static enum stage_status write_plain(const struct parts *p, const struct item *item, struct span plain, struct arena *arena,
				     struct stage_result *result)
{
	uint32_t stream = stream_in_form(item->stream, STREAM_PLAIN);
	if (plain.len + p->prefix.len <= RECORD_NETWORK_BYTES) {
		add_record(result, stream, p->prefix, plain);
		return STAGE_DONE;
	}
	size_t pieces = (plain.len + PIECE_BYTES - 1) / PIECE_BYTES;
	if (!reserve(arena, pieces * STREAM_PREFIX_BYTES))
		return no_room(result, arena->used + pieces * STREAM_PREFIX_BYTES);
	for (size_t at = 0; at < plain.len; at += PIECE_BYTES) {
		struct span head = {arena->data + arena->used, p->prefix.len};
		struct wr w = wr_over(arena->data + arena->used, p->prefix.len);
		write_prefix(&w, p, at);
		arena->used += p->prefix.len;
		size_t n = plain.len - at < PIECE_BYTES ? plain.len - at : PIECE_BYTES;
		add_record(result, stream, head, (struct span){plain.data + at, n});
	}
	return STAGE_DONE;
}

static enum stage_status inflate_only(struct stage_ctx *ctx, const struct parts *p, const struct item *item, struct arena *arena,
				      struct stage_result *result)
{
	size_t want, len = 0;
	bool exact;
	enum stage_status status = plain_bytes(p, &want, &exact, result);
	if (status != STAGE_DONE)
		return status;
	if (!reserve(arena, want))
		return no_room(result, want + STREAM_PREFIX_BYTES * STAGE_RECORDS);
	size_t room = arena->cap - arena->used;
	room = exact ? want : room < RECORD_MAX_BYTES ? room : RECORD_MAX_BYTES;
	status = decode(ctx, p, arena->data + arena->used, room, &len, result);
	if (status == STAGE_ROOM && exact)
		return damaged(result, "%s data is longer than it says", p->codec->name);
	if (status != STAGE_DONE)
		return status;
	struct span plain = {arena->data + arena->used, len};
	result->doubled = is_doubled(p, plain);
	arena->used += len;
	return write_plain(p, item, without_second_address(p, plain), arena, result);
}

static enum stage_status deflate_piece(struct stage_ctx *ctx, const struct stage_policy *policy, const struct parts *p, uint32_t stream,
				       struct span plain, uint64_t at, struct arena *arena, struct stage_result *result)
{
	size_t bound = policy->codec->bound(plain.len);
	if (!reserve(arena, RECORD_HEAD_BYTES + bound))
		return no_room(result, arena->used + RECORD_HEAD_BYTES + bound);
	uint8_t *head = arena->data + arena->used;
	uint8_t *payload = head + RECORD_HEAD_BYTES;
	size_t len;
	if (policy->codec->deflate(ctx->codecs, policy->level, plain.data, plain.len, payload, bound, &len) != CODEC_OK)
		return STAGE_MEMORY;

	struct wr w = wr_over(head, RECORD_HEAD_BYTES);
	write_prefix(&w, p, at);
	if (!policy->bare) {
		compression_header_write(&w, &(struct compression_header){
						     .magic = policy->codec->magic,
						     .size = (uint32_t)len,
						     .level = codec_header_level(policy->codec, policy->level),
						     .version = COMPRESSION_HEADER_VERSION,
					     });
	}
	arena->used += RECORD_HEAD_BYTES + len;
	add_record(result, stream, (struct span){head, (size_t)(w.p - head)}, (struct span){payload, len});
	return STAGE_DONE;
}

static enum stage_status deflate(struct stage_ctx *ctx, const struct stage_policy *policy, const struct parts *p, const struct item *item,
				 struct span plain, struct arena *arena, struct stage_result *result)
{
	enum stream_form form = policy->bare ? STREAM_LEGACY : STREAM_HEADED;
	uint32_t stream = stream_in_form(item->stream, form);
	size_t at = 0;
	do {
		size_t n = plain.len - at < policy->plain_max ? plain.len - at : policy->plain_max;
		if (result->count == STAGE_RECORDS || n > RECORD_MAX_BYTES)
			return damaged(result, "a record of %zu plain bytes cannot be split any further", plain.len);
		struct span piece = {plain.data + at, n};
		enum stage_status status = deflate_piece(ctx, policy, p, stream, piece, at, arena, result);
		if (status != STAGE_DONE)
			return status;
		at += n;
	} while (at < plain.len);
	return STAGE_DONE;
}

/* ---- one record through both stages ---- */

static void keep(const struct item *item, struct stage_result *result)
{
	result->records[0] = (struct outrecord){
		.stream = item->stream,
		.len = item->len,
		.continues = item->head_missing,
		.body = item->data,
	};
	result->count = 1;
}

/* A payload that is in the wanted codec already needs at most another header. */
static enum stage_status keep_payload(const struct stage_policy *policy, const struct parts *p, const struct item *item,
				      struct arena *arena, struct stage_result *result)
{
	enum stream_form form = policy->bare ? STREAM_LEGACY : STREAM_HEADED;
	if (form == p->form) {
		keep(item, result);
		return STAGE_DONE;
	}
	if (!reserve(arena, RECORD_HEAD_BYTES))
		return no_room(result, arena->used + RECORD_HEAD_BYTES);
	struct wr w = wr_over(arena->data + arena->used, RECORD_HEAD_BYTES);
	wr_bytes(&w, p->prefix.data, p->prefix.len);
	if (form == STREAM_HEADED) {
		compression_header_write(&w, &(struct compression_header){
						     .magic = p->codec->magic,
						     .size = (uint32_t)p->payload.len,
						     .level = codec_header_level(p->codec, p->codec->level_default),
						     .version = COMPRESSION_HEADER_VERSION,
					     });
	}
	struct span head = {arena->data + arena->used, (size_t)(w.p - (arena->data + arena->used))};
	arena->used += RECORD_HEAD_BYTES;
	add_record(result, stream_in_form(item->stream, form), head, p->payload);
	result->changed = true;
	return STAGE_DONE;
}

static enum stage_status recompress(struct stage_ctx *ctx, const struct stage_policy *policy, const struct parts *p,
				    const struct item *item, struct arena *arena, struct stage_result *result)
{
	struct span plain = p->payload; /* empty where there is no codec */
	enum stage_status status = p->codec ? decode_to_scratch(ctx, p, &plain, result) : STAGE_DONE;
	if (status != STAGE_DONE)
		return status;
	result->doubled = is_doubled(p, plain);
	plain = without_second_address(p, plain);
	bool wounded = item->joined || item->doubled;
	bool as_wanted = !wounded && p->codec == policy->codec && !policy->force && plain.len <= policy->plain_max &&
			 p->codec->is_common(p->payload.data, p->payload.len);
	if (as_wanted)
		return keep_payload(policy, p, item, arena, result);
	result->inflated = p->codec != NULL;
	result->inflate_in = item->data.len;
	result->inflate_out = p->prefix.len + plain.len;
	result->deflated = true;
	return deflate(ctx, policy, p, item, plain, arena, result);
}

/* Both products make XXH3-128 digests, under numbers that mean something else to the other. */
static void renumber(const struct stage_policy *policy, const struct item *item, struct stage_result *result)
{
	if (policy->owner == RELABEL_AS_IT_IS || item->file_index <= 0)
		return;
	uint32_t stream = stream_for(policy->owner == RELABEL_BAREOS, item->stream, item->len);
	result->changed = stream != item->stream;
	result->records[0].stream = stream;
}

static enum stage_status keep_if_readable(const struct stage_policy *policy, const struct item *item, struct stage_result *result)
{
	struct parts p;
	keep(item, result);
	renumber(policy, item, result);
	if (!policy->strict || item->head_missing || item->file_index < 0 || stream_form(item->stream) != STREAM_HEADED)
		return STAGE_DONE;
	struct stage_result ignored;
	if (take_apart(item, &p, &ignored) != STAGE_DONE || p.codec == NULL)
		return STAGE_DONE;
	struct codec_reader reader = codec_reader(p.codec, policy->target);
	bool large = reader.payload_max > 0 && p.payload.len > reader.payload_max;
	if (reader.plain_max > 0 && !reader.bare && !large)
		return STAGE_DONE;
	snprintf(result->reason, sizeof result->reason, "%s cannot read %s records%s", product_name(policy->target), p.codec->name,
		 reader.bare ? " with a header"
		 : large     ? " of this size"
			     : "");
	return STAGE_FOREIGN;
}

static void sum_up(const struct item *item, struct stage_result *result)
{
	for (size_t i = 0; result->deflated && i < result->count; i++)
		result->deflate_out += result->records[i].len;
	if (result->deflated)
		result->deflate_in = result->inflated ? result->inflate_out : item->data.len;
	result->changed = result->changed || result->inflated || result->deflated;
}

/* A wounded record that is to stay in the form that it has; what is past mending is damage. */
static enum stage_status mend(struct stage_ctx *ctx, const struct stage_policy *policy, const struct item *item, struct arena *arena,
			      struct stage_result *result)
{
	struct parts p;
	enum stage_status status = take_apart(item, &p, result);
	if (status != STAGE_DONE)
		return status;
	if (p.codec == NULL) {
		result->changed = true;
		return write_plain(&p, item, without_second_address(&p, p.payload), arena, result);
	}
	struct stage_policy again = {
		.inflate = true,
		.deflate = true,
		.codec = p.codec,
		.level = codec_level_of(p.codec, p.header.level),
		.bare = p.form == STREAM_LEGACY,
		.plain_max = codec_plain_max(p.codec, policy->target),
		.target = policy->target,
	};
	return stage_apply(ctx, &again, item, arena, result);
}

/* The label of a session, in the other product's words and of the same length. */
static enum stage_status relabel(const struct item *item, enum relabel_owner to, struct arena *arena, struct stage_result *result)
{
	if (!reserve(arena, item->data.len))
		return no_room(result, arena->used + item->data.len);
	uint8_t *copy = arena->data + arena->used;
	memcpy(copy, item->data.data, item->data.len);
	arena->used += item->data.len;
	relabel_session(copy, item->data.len, to);
	add_record(result, item->stream, (struct span){NULL, 0}, (struct span){copy, item->data.len});
	return STAGE_DONE;
}

static bool is_session_label(const struct item *item)
{
	return (item->file_index == LABEL_SESSION_START || item->file_index == LABEL_SESSION_END) && !item->head_missing &&
	       !item->tail_missing;
}

enum stage_status stage_apply(struct stage_ctx *ctx, const struct stage_policy *policy, const struct item *item, struct arena *arena,
			      struct stage_result *result)
{
	result->count = 0;
	result->changed = result->inflated = result->deflated = result->doubled = false;
	result->from = NULL;
	result->inflate_in = result->inflate_out = result->deflate_in = result->deflate_out = 0;
	result->number_kept = true;
	if (is_session_label(item) && relabel_applies(item->data, policy->owner))
		return relabel(item, policy->owner, arena, result);
	enum stream_form form = item->file_index < 0 ? STREAM_OPAQUE : stream_form(item->stream);
	bool compressed = form == STREAM_LEGACY || form == STREAM_HEADED;
	bool inflate = policy->inflate && compressed;
	bool deflates = policy->deflate && (form == STREAM_PLAIN || inflate);
	bool wounded = (item->joined || item->unjoined || item->doubled) && form != STREAM_OPAQUE;
	if (wounded && !inflate && !deflates)
		return mend(ctx, policy, item, arena, result);
	if (!inflate && !deflates)
		return keep_if_readable(policy, item, result);

	enum stream_form target = !deflates ? STREAM_PLAIN : policy->bare ? STREAM_LEGACY : STREAM_HEADED;
	result->number_kept = target == form;
	if (item->head_missing || item->tail_missing) {
		keep(item, result);
		return result->number_kept ? STAGE_DONE : STAGE_MISSING;
	}
	struct parts p;
	enum stage_status status = take_apart(item, &p, result);
	if (status != STAGE_DONE)
		return status;
	result->from = p.codec;
	size_t mark = arena->used;
	bool empty = item->data.len == 0;
	if (empty && (!deflates || stream_has_prefix(item->stream))) {
		/* Nothing to code, not even an address. */
		add_record(result, stream_in_form(item->stream, target), (struct span){0}, (struct span){0});
		result->changed = !result->number_kept;
	} else if (deflates && inflate) {
		status = recompress(ctx, policy, &p, item, arena, result);
	} else if (deflates) {
		status = deflate(ctx, policy, &p, item, without_second_address(&p, p.payload), arena, result);
		result->deflated = true;
	} else {
		status = inflate_only(ctx, &p, item, arena, result);
		result->inflated = true;
		result->inflate_in = item->data.len;
		for (size_t i = 0; i < result->count; i++)
			result->inflate_out += result->records[i].len;
	}
	if (status != STAGE_DONE) {
		arena->used = mark;
		result->count = 0;
		return status;
	}
	sum_up(item, result);
	return STAGE_DONE;
}
