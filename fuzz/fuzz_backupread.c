/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What BackupRead makes of a file: first byte how long the pieces are that it comes in.  However it is cut, the same content comes out at
 * the same places. */
#include "fuzz/fuzz.h"

#include "format/backupread.h"

struct sum {
	uint64_t bytes, mixed, end;
	bool whole, bad;
	unsigned seen;
};

static struct sum take(const uint8_t *data, size_t size, size_t cut)
{
	struct backupread b = {0};
	struct sum s = {0};
	for (size_t at = 0; at < size; at += cut) {
		size_t n = size - at < cut ? size - at : cut;
		uint8_t *copy = malloc(n);
		FUZZ_MUST(copy);
		memcpy(copy, data + at, n);
		struct span left = {copy, n};
		struct backupread_piece piece;
		while (backupread_next(&b, &left, &piece)) {
			FUZZ_MUST(piece.at <= (uint64_t)INT64_MAX && piece.data.len <= n);
			for (size_t i = 0; i < piece.data.len; i++)
				s.mixed += (piece.at + i + 1) * (piece.data.data[i] + 1u);
			s.bytes += piece.data.len;
			s.end = piece.at + piece.data.len > s.end ? piece.at + piece.data.len : s.end;
		}
		FUZZ_MUST(b.bad || left.len == 0);
		free(copy);
	}
	s.whole = backupread_is_whole(&b);
	s.bad = b.bad;
	s.seen = b.seen;
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct sum all = take(data + 1, size - 1, size - 1), cut = take(data + 1, size - 1, (size_t)data[0] + 1);
	FUZZ_MUST(all.bytes == cut.bytes && all.mixed == cut.mixed && all.end == cut.end);
	FUZZ_MUST(all.whole == cut.whole && all.bad == cut.bad && all.seen == cut.seen);
	FUZZ_MUST(all.bytes < size);
	return 0;
}
