/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One record through the stages: address, compression header and payload of any algorithm.  Bytes 0 to 3 choose what is
 * done, the stream, whose volume it is and the level; the rest is the record. */
#include "fuzz/fuzz.h"

#include "format/stream.h"
#include "pipeline/stage.h"

static struct stage_ctx *ctx;

/* As pipeline/slot.c does it. */
static enum stage_status apply(const struct stage_policy *policy, const struct item *item, struct arena *arena, struct converted *c)
{
	while (stage_apply(ctx, policy, item, arena, c) == STAGE_ROOM) {
		FUZZ_MUST(stage_room(ctx) > arena->cap && stage_room(ctx) < 4 * (size_t)RECORD_MAX_BYTES);
		FUZZ_MUST(arena_grow(arena, stage_room(ctx)));
	}
	FUZZ_MUST(arena->used <= arena->cap && c->first == 0 && c->count == arena->record_count);
	FUZZ_MUST((c->status == STAGE_DONE) == (c->count > 0));
	FUZZ_MUST(c->status != STAGE_DAMAGE || stage_reason(ctx)[0]);
	FUZZ_MUST(c->status != STAGE_MEMORY);
	return c->status;
}

struct content {
	uint64_t bytes, sum, first_address;
	bool has_address;
};

/* FNV-1a */
static void add(struct content *c, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		c->sum = (c->sum ^ s.data[i]) * 0x100000001b3u;
	c->bytes += s.len;
}

/* The plain bytes of records that are all plain, without their addresses; those must follow one another. */
static void plain_content(const struct arena *a, bool changed, struct content *c)
{
	for (size_t i = 0; i < a->record_count; i++) {
		const struct outrecord *p = &a->records[i];
		FUZZ_MUST(stream_form(p->stream) == STREAM_PLAIN || stream_form(p->stream) == STREAM_OPAQUE);
		struct span head = p->head, body = p->body;
		FUZZ_MUST(p->len == head.len + body.len && (a->record_count == 1 || p->len <= RECORD_NETWORK_BYTES));
		/* One that is too short for an address passes where nothing has to be coded. */
		bool addressed = stream_form(p->stream) == STREAM_PLAIN && stream_has_prefix(p->stream);
		FUZZ_MUST(!addressed || p->len == 0 || p->len >= STREAM_PREFIX_BYTES || (a->record_count == 1 && !changed));
		if (addressed && p->len >= STREAM_PREFIX_BYTES) {
			struct rd at = head.len ? rd_over(head.data, head.len) : rd_over(body.data, body.len);
			uint64_t address = rd_be64(&at);
			if (!c->has_address)
				c->first_address = address;
			FUZZ_MUST(!at.bad && (!c->has_address || address == c->first_address + c->bytes));
			c->has_address = true;
			if (head.len == 0)
				body = (struct span){body.data + STREAM_PREFIX_BYTES, body.len - STREAM_PREFIX_BYTES};
			else
				head = (struct span){head.data + STREAM_PREFIX_BYTES, head.len - STREAM_PREFIX_BYTES};
		}
		add(c, head);
		add(c, body);
	}
}

/* What is in a record, by way of inflating it alone. */
static bool content_of(const struct item *item, struct content *c)
{
	const struct stage_policy inflate = {.inflate = true, .target = PRODUCT_BAREOS};
	struct arena arena = {0};
	struct converted made;
	bool done = apply(&inflate, item, &arena, &made) == STAGE_DONE;
	if (done)
		plain_content(&arena, made.changed, c);
	arena_free(&arena);
	return done;
}

/* The records that an item became, all of the arena's, hold what it held. */
static void compare(const struct stage_policy *policy, const struct item *item, const struct arena *a, const struct converted *made)
{
	struct content before = {0}, after = {0};
	if (!content_of(item, &before)) {
		/* What does not inflate can only have been passed as it is. */
		FUZZ_MUST(made->count == 1 && a->records[0].len == item->len && !made->changed);
		return;
	}
	for (size_t i = 0; i < made->count; i++) {
		const struct outrecord *p = &a->records[i];
		uint8_t *data = malloc(p->len ? p->len : 1);
		FUZZ_MUST(data && p->len == p->head.len + p->body.len && p->len <= RECORD_MAX_BYTES);
		struct wr w = wr_over(data, p->len);
		wr_bytes(&w, p->head.data, p->head.len);
		wr_bytes(&w, p->body.data, p->body.len);
		struct item piece = {.kind = ITEM_RECORD, .file_index = 1, .stream = p->stream, .len = p->len, .data = {data, p->len}};
		struct content c = {.sum = after.sum};
		FUZZ_MUST(content_of(&piece, &c));
		FUZZ_MUST(!c.has_address || !after.has_address || c.first_address == after.first_address + after.bytes);
		after.first_address = after.has_address ? after.first_address : c.first_address;
		after.has_address |= c.has_address;
		after.sum = c.sum;
		after.bytes += c.bytes;
		free(data);
	}
	FUZZ_MUST(before.bytes == after.bytes && before.sum == after.sum);
	FUZZ_MUST(!before.has_address || !after.has_address || before.first_address == after.first_address);
	FUZZ_MUST(!made->deflated || !policy->deflate || made->deflate_in >= before.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t streams[] = {29,
					   30,
					   31,
					   4,
					   7,
					   12,
					   2,
					   6,
					   11,
					   29 | STREAM_BIT_OFFSETS,
					   1,
					   2 | STREAM_BIT_OFFSETS,
					   29 | STREAM_BIT_DEDUPLICATED,
					   17,
					   30 | 1u << 20,
					   999};
	ctx = ctx ? ctx : stage_ctx_new();
	if (ctx == NULL || size < 4)
		return 0;
	struct item item = {.kind = ITEM_RECORD, .file_index = 1, .stream = streams[data[1] & 15], .len = (uint32_t)size - 4};
	uint8_t *copy = malloc(item.len ? item.len : 1);
	FUZZ_MUST(copy);
	memcpy(copy, data + 4, item.len);
	item.data = (struct span){copy, item.len};
	item.tail_missing = data[1] >> 4 == 15;
	item.len += item.tail_missing;

	const struct codec *codec = codec_by_id((enum codec_id)(data[0] >> 4) % CODEC_COUNT);
	enum product target = (enum product)(data[2] % 4);
	struct stage_policy policy = {
		.inflate = data[0] & 1,
		.deflate = data[0] & 2,
		.codec = codec,
		.level = codec->level_min + data[3] % (codec->id == CODEC_ZSTD ? 4 : codec->level_max - codec->level_min + 1),
		.recompress = data[0] & 4,
		.bare = codec->id == CODEC_GZIP && (data[0] & 8),
		.plain_max = codec_plain_max(codec, target),
		.target = target,
		.strict = data[2] & 4,
	};
	struct arena arena = {0};
	struct converted made;
	if (apply(&policy, &item, &arena, &made) == STAGE_DONE && !item.tail_missing)
		compare(&policy, &item, &arena, &made);
	arena_free(&arena);
	free(copy);
	return 0;
}
