/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fastlzlib framing: blocks of a 16-byte header and data, closed by an empty block.  volume-format.md 5.6
 * Bareos's own reader takes a wrong magic, a cut block or an end without a marker for an empty record (5.7); here all
 * of them are faults.  It also reads the first block only, so exactly one is written, though any number is read. */
#include "codec/fzframe.h"

#include "base/bytes.h"

#define HEADER_BYTES 16
#define MAGIC_BYTES 7
#define TYPE_RAW 0x10
#define TYPE_COMPRESSED 0xC0
#define BLOCK_SIZE_EXPONENT 8   /* low nibble: blocks of 2^(10+8) bytes; also the largest that is read */
#define RAW_MAX_BYTES 64        /* never compressed */
#define READER_MAX_BYTES 288390 /* 262144 + 26214 + 32, of either length */

static const uint8_t magic[MAGIC_BYTES] = "FastLZ";

struct block {
	struct span data;
	size_t plain_len;
	bool raw;
	bool end;
};

/* Reads the next block.  NULL, or what is wrong with it. */
static const char *block_read(struct rd *r, struct block *b)
{
	const uint8_t *id = rd_bytes(r, MAGIC_BYTES);
	const uint8_t *kind = rd_bytes(r, 1);
	uint32_t data_len = rd_le32(r), plain_len = rd_le32(r);
	if (r->bad)
		return "fastlzlib framing ends early";
	if (memcmp(id, magic, MAGIC_BYTES) != 0)
		return "fastlzlib block magic is wrong";
	b->raw = (*kind & 0xF0) == TYPE_RAW;
	if (!b->raw && (*kind & 0xF0) != TYPE_COMPRESSED)
		return "fastlzlib block type is unknown";
	if ((*kind & 0x0F) > BLOCK_SIZE_EXPONENT || data_len > READER_MAX_BYTES || plain_len > READER_MAX_BYTES)
		return "fastlzlib block is larger than a reader accepts";
	if (b->raw && data_len != plain_len)
		return "lengths of a raw fastlzlib block differ";
	b->end = !b->raw && data_len == 0 && plain_len == 0;
	if (!b->end && (data_len == 0 || plain_len == 0))
		return "fastlzlib block is empty";
	b->plain_len = plain_len;
	b->data = rd_span(r, data_len);
	return r->bad ? "fastlzlib framing ends early" : NULL;
}

bool fzframe_declared(const uint8_t *in, size_t in_len, uint64_t *plain_len)
{
	struct rd r = rd_over(in, in_len);
	struct block b = {.end = false};
	uint64_t sum = 0;
	while (!b.end) {
		if (block_read(&r, &b))
			return false;
		sum += b.plain_len;
	}
	*plain_len = sum;
	return true;
}

enum codec_result fzframe_inflate(struct codec_ctx *ctx, fzframe_inflate_block *block, const uint8_t *in, size_t in_len, uint8_t *out,
				  size_t out_cap, size_t *out_len)
{
	struct rd r = rd_over(in, in_len);
	struct block b = {.end = false};
	size_t done = 0;
	for (;;) {
		const char *why = block_read(&r, &b);
		if (why)
			return codec_refuse(ctx, why);
		if (b.end)
			break;
		if (b.plain_len > out_cap - done)
			return CODEC_SPACE;
		if (b.raw)
			memcpy(out + done, b.data.data, b.plain_len);
		else
			why = block(b.data.data, b.data.len, out + done, b.plain_len);
		if (why)
			return codec_refuse(ctx, why);
		done += b.plain_len;
	}
	if (rd_left(&r))
		return codec_refuse(ctx, "bytes follow the end of the fastlzlib framing");
	*out_len = done;
	return CODEC_OK;
}

static void header_write(uint8_t *out, uint8_t type, size_t data_len, size_t plain_len)
{
	const uint8_t kind = type | BLOCK_SIZE_EXPONENT;
	struct wr w = wr_over(out, HEADER_BYTES);
	wr_bytes(&w, magic, MAGIC_BYTES);
	wr_bytes(&w, &kind, 1);
	wr_le32(&w, (uint32_t)data_len);
	wr_le32(&w, (uint32_t)plain_len);
}

size_t fzframe_bound(size_t n)
{
	return n + 2 * HEADER_BYTES;
}

/* The coder gets one byte less than the plain data: it gives up as soon as nothing is won, and the block stays raw. */
enum codec_result fzframe_deflate(fzframe_deflate_block *block, void *state, int level, const uint8_t *in, size_t in_len, uint8_t *out,
				  size_t out_cap, size_t *out_len)
{
	size_t headers = in_len ? 2 * HEADER_BYTES : HEADER_BYTES;
	if (in_len > FZFRAME_PLAIN_MAX_BYTES || out_cap < headers)
		return CODEC_SPACE;
	size_t room = out_cap - headers, data_len = 0;
	if (in_len > RAW_MAX_BYTES && room > 0)
		data_len = block(state, level, in, in_len, out + HEADER_BYTES, room < in_len ? room : in_len - 1);
	if (data_len) {
		header_write(out, TYPE_COMPRESSED, data_len, in_len);
	} else if (in_len) {
		if (room < in_len)
			return CODEC_SPACE;
		data_len = in_len;
		memcpy(out + HEADER_BYTES, in, in_len);
		header_write(out, TYPE_RAW, in_len, in_len);
	}
	*out_len = headers + data_len;
	header_write(out + *out_len - HEADER_BYTES, TYPE_COMPRESSED, 0, 0);
	return CODEC_OK;
}

bool fzframe_is_one_block(const uint8_t *in, size_t in_len)
{
	struct rd r = rd_over(in, in_len);
	struct block b;
	if (block_read(&r, &b))
		return false;
	if (b.end)
		return true;
	return b.plain_len <= FZFRAME_PLAIN_MAX_BYTES && rd_left(&r) == HEADER_BYTES;
}
