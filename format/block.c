/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/block.h"

#include "base/crc32.h"
#include "base/xxh3.h"

size_t block_header_bytes(unsigned version)
{
	return 8 + 8 * (size_t)version;
}

size_t record_header_bytes(unsigned version)
{
	return version == 1 ? 20 : 12;
}

unsigned block_probe(const uint8_t at[static BLOCK_PROBE_BYTES])
{
	bool id = at[12] == 'B' && at[13] == 'B' && at[14] == '0' && at[15] >= '1' && at[15] <= '3';
	return id ? (unsigned)(at[15] - '0') : 0;
}

bool block_header_read(const uint8_t *at, size_t left, struct block_header *h)
{
	*h = (struct block_header){0};
	struct rd r = rd_over(at, left);
	uint32_t first = rd_be32(&r);
	h->len = rd_be32(&r);
	h->number = rd_be32(&r);
	rd_bytes(&r, 4);
	if (r.bad)
		return false;
	h->version = block_probe(at);
	if (h->version >= 2) {
		h->session_id = rd_be32(&r);
		h->session_time = rd_be32(&r);
	}
	h->checksum = first;
	if (h->version == 3) {
		h->options = first;
		h->checksum = rd_be64(&r);
	}
	return !r.bad && h->version != 0 && h->len >= block_header_bytes(h->version) && h->len <= BLOCK_MAX_BYTES;
}

bool block_has_checksum(const struct block_header *h)
{
	return h->version == 3 ? (h->options & BLOCK_OPTION_CHECKSUM) != 0 : h->checksum != 0;
}

/* XXH3 runs over the whole block with its own field as zeros. */
static uint64_t checksum_bb03(const uint8_t *block, size_t len, uint32_t options)
{
	uint8_t head[32] = {0};
	struct wr w = wr_over(head, sizeof head);
	wr_be32(&w, options);
	wr_bytes(&w, block + 4, 20);
	XXH3_state_t state;
	XXH3_64bits_reset(&state);
	xxh3_add(&state, head, sizeof head);
	xxh3_add(&state, block + sizeof head, len - sizeof head);
	return XXH3_64bits_digest(&state);
}

uint64_t block_checksum(const uint8_t *block, const struct block_header *h)
{
	if (h->version == 3)
		return checksum_bb03(block, h->len, h->options);
	return crc32_add(0, block + 4, h->len - 4);
}

#define REVERSED_UNIT 64u    /* bytes of a turn: four times sixteen */
#define REVERSED_PIECE 4096u /* a multiple of it */

uint64_t block_checksum_reversed(const uint8_t *block, const struct block_header *h)
{
	struct rd rest = rd_over(block, h->len);
	rd_bytes(&rest, 4);
	uint32_t crc = 0;
	size_t n;
	for (size_t whole = rd_left(&rest) / REVERSED_UNIT * REVERSED_UNIT; whole > 0; whole -= n) {
		uint8_t turned[REVERSED_PIECE];
		n = whole < sizeof turned ? whole : sizeof turned;
		const uint8_t *from = rd_bytes(&rest, n);
		for (size_t i = 0; i < n; i++)
			turned[i] = from[i ^ 3];
		crc = crc32_add(crc, turned, n);
	}
	return crc32_add(crc, rest.p, rd_left(&rest));
}

bool block_is_encrypted(const struct block_header *h)
{
	return h->version == 3 && (h->options & ~BLOCK_OPTION_CHECKSUM) == (BLOCK_OPTION_VOLUME_ENCRYPTED | BLOCK_OPTION_BLOCK_ENCRYPTED);
}

bool block_options_lie(const struct block_header *h)
{
	return h->version == 3 && block_has_checksum(h) != (h->checksum != 0);
}

bool block_options_known(const struct block_header *h)
{
	uint32_t options = h->version == 3 ? h->options & ~BLOCK_OPTION_CHECKSUM : 0;
	return options == 0 || options == BLOCK_OPTION_VOLUME_ENCRYPTED || block_is_encrypted(h);
}

void block_seal(uint8_t *block, const struct block_header *h, bool checksum)
{
	const uint8_t id[4] = {'B', 'B', '0', (uint8_t)('0' + h->version)};
	struct wr w = wr_over(block, block_header_bytes(h->version));
	wr_be32(&w, h->version == 3 ? h->options : 0);
	wr_be32(&w, h->len);
	wr_be32(&w, h->number);
	wr_bytes(&w, id, sizeof id);
	if (h->version >= 2) {
		wr_be32(&w, h->session_id);
		wr_be32(&w, h->session_time);
	}
	if (h->version == 3)
		wr_be64(&w, 0);
	if (!checksum)
		return;
	uint64_t sum = block_checksum(block, h);
	if (h->version == 3) {
		struct wr at = wr_over(block + 24, 8);
		wr_be64(&at, sum);
	} else {
		struct wr at = wr_over(block, 4);
		wr_be32(&at, (uint32_t)sum);
	}
}

void record_header_read(struct rd *r, unsigned version, struct record_header *h)
{
	*h = (struct record_header){0};
	if (version == 1) {
		h->session_id = rd_be32(r);
		h->session_time = rd_be32(r);
	}
	h->file_index = rd_be32s(r);
	h->stream = rd_be32s(r);
	h->len = rd_be32(r);
}

void record_header_write(struct wr *w, unsigned version, const struct record_header *h)
{
	if (version == 1) {
		wr_be32(w, h->session_id);
		wr_be32(w, h->session_time);
	}
	wr_be32(w, (uint32_t)h->file_index);
	wr_be32(w, (uint32_t)h->stream);
	wr_be32(w, h->len);
}

struct rd block_records(const uint8_t *block, size_t len, unsigned version)
{
	struct rd rest = rd_over(block, len);
	rd_bytes(&rest, block_header_bytes(version));
	return rest;
}

bool record_next(struct rd *block_rest, unsigned version, struct record_header *h, struct span *part)
{
	if (block_rest->bad || rd_left(block_rest) < record_header_bytes(version))
		return false;
	record_header_read(block_rest, version, h);
	part->len = h->len < rd_left(block_rest) ? h->len : rd_left(block_rest);
	part->data = rd_bytes(block_rest, part->len);
	return true;
}

const char *record_header_fault(const struct record_header *h, unsigned version, bool first)
{
	if (h->len > RECORD_MAX_BYTES)
		return "a record is longer than any reader takes";
	/* In BB01 a continuation may stand behind records of another session. */
	if (h->stream < 0 && !first && version != 1)
		return "a continuation stands in the middle of the block";
	/* Data of stream 0 could not go on in another block: its continuation would look like a beginning. */
	if (h->stream == INT32_MIN || (h->stream == 0 && h->file_index >= 0))
		return "a record header makes no sense";
	return NULL;
}

static const char *check_records(const uint8_t *block, const struct block_header *h, bool first, size_t *offset)
{
	struct rd r = rd_over(block, h->len);
	rd_bytes(&r, *offset);
	struct record_header rec;
	struct span part;
	for (;; first = false) {
		*offset = (size_t)(r.p - block);
		if (!record_next(&r, h->version, &rec, &part))
			return rd_left(&r) > 0 ? "behind its last record are bytes that are none" : NULL;
		const char *fault = record_header_fault(&rec, h->version, first);
		if (fault)
			return fault;
	}
}

const char *block_check_records(const uint8_t *block, const struct block_header *h, size_t *offset)
{
	*offset = block_header_bytes(h->version);
	return check_records(block, h, true, offset);
}

const char *block_check_records_from(const uint8_t *block, const struct block_header *h, size_t *offset)
{
	return check_records(block, h, false, offset);
}
