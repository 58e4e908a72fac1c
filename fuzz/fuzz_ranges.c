/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges of a small volume: a byte of flags, a byte that says how many ranges, four bytes for each, then the volume.  Half of them begin with
 * blocks that are there.  Whatever they are: each item is one, and nothing is read twice. */
#include "fuzz/fuzz.h"

#include "volume/reader.h"

enum { RESEAL = 1, RELENGTH = 2, KEEP = 4, BLOCKS = 8, MOST = 5 };

/* The index-th header in the volume, or the end. */
static uint64_t block_at(const uint8_t *data, size_t size, unsigned index)
{
	size_t at = 0;
	for (; at + BLOCK_PROBE_BYTES <= size; at++) {
		if (block_probe(data + at) && index-- == 0)
			break;
	}
	return at;
}

static size_t make_ranges(const uint8_t *data, size_t count, const uint8_t *volume, size_t size, unsigned flags,
			  struct reader_range *ranges)
{
	size_t n = 0;
	uint64_t at = 0;
	for (size_t i = 0; i < count; i++, data += 4) {
		struct reader_range *r = &ranges[n];
		unsigned a = (unsigned)data[0] << 8 | data[1], b = (unsigned)data[2] << 8 | data[3];
		r->input = 0;
		r->from = flags & BLOCKS ? block_at(volume, size, a % 16) : at + a;
		r->to = b == 0xffff ? UINT64_MAX : r->from + b % 4096;
		if (n > 0 && r->from <= ranges[n - 1].to)
			continue;
		n++;
		if (r->to > UINT32_MAX)
			break;
		at = r->to + 1;
	}
	return n;
}

static void read_ranges(const char *path, unsigned flags, const struct reader_range *ranges, size_t count)
{
	struct buf_pool *pool = buf_pool_new(1 << 20);
	const struct reader_options o = {
		.paths = &path, .path_count = 1, .blocks = true, .keep_suspect = flags & KEEP, .ranges = ranges, .range_count = count};
	struct reader *r = pool ? reader_new(&o, pool) : NULL;
	FUZZ_MUST(r);
	struct item item = {.kind = ITEM_VOLUME_START};
	struct err e = {0};
	uint64_t last_block = 0;
	int rc = 0;
	while (rc == 0 && item.kind != ITEM_END) {
		rc = reader_next(r, &item, &e);
		if (rc == 0 && item.kind == ITEM_BLOCK && item.volume->inside == 0) {
			FUZZ_MUST(item.addr == 0 || item.addr > last_block);
			last_block = item.addr;
		}
		FUZZ_MUST(rc != 0 || item.kind != ITEM_RECORD || (item.job && item.data.len <= item.len));
		FUZZ_MUST(rc != 0 || item.kind != ITEM_DAMAGE || item.verdict.reason[0]);
	}
	FUZZ_MUST(rc == e.code && (rc == 0 || e.text[0]));
	reader_free(r);
	buf_pool_free(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader_range ranges[MOST + 1];
	size_t count = size > 1 ? data[1] % (MOST + 1) : 0, head = 2 + count * 4;
	if (size < head)
		return 0;
	char path[FUZZ_PATH_BYTES];
	int in = fuzz_volume(data, size, head, data[0] & RESEAL, data[0] & RELENGTH, path);
	count = make_ranges(data + 2, count, data + head, size - head, data[0], ranges);
	read_ranges(path, data[0], ranges, count);
	close(in);
	return 0;
}
