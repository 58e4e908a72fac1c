/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Block and record headers: what is called sane tiles the block, and what is read can be written again. */
#include "fuzz/fuzz.h"

/* Parts follow one another without a gap; only the last one may be cut. */
static void take_apart(const uint8_t *block, const struct block_header *h)
{
	size_t offset = 0;
	const char *broken = block_check_records(block, h, &offset);
	FUZZ_MUST(broken == NULL || (offset >= block_header_bytes(h->version) && offset <= h->len));

	struct rd rest = rd_over(block, h->len);
	rd_bytes(&rest, block_header_bytes(h->version));
	const uint8_t *at = rest.p;
	struct record_header r;
	struct span part;
	while (record_next(&rest, h->version, &r, &part)) {
		FUZZ_MUST(part.len <= r.len && part.data == at + record_header_bytes(h->version));
		FUZZ_MUST(rest.p == part.data + part.len && rest.p <= block + h->len);
		FUZZ_MUST(broken || part.len == r.len || rd_left(&rest) == 0);
		uint8_t again[RECORD_HEADER_MAX_BYTES];
		struct wr w = wr_over(again, sizeof again);
		record_header_write(&w, h->version, &r);
		FUZZ_MUST(!w.bad && memcmp(again, at, (size_t)(w.p - again)) == 0);
		at = rest.p;
	}
	FUZZ_MUST(broken || rd_left(&rest) < record_header_bytes(h->version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct block_header h, again;
	if (size < BLOCK_PROBE_BYTES)
		return 0;
	unsigned version = block_probe(data);
	if (version == 0 || size < block_header_bytes(version) || !block_header_read(data, size, &h))
		return 0;
	FUZZ_MUST(h.version == version && h.len >= block_header_bytes(version) && h.len <= BLOCK_MAX_BYTES);
	if (h.len > size)
		return 0;
	take_apart(data, &h);

	uint8_t *copy = malloc(h.len);
	FUZZ_MUST(copy != NULL);
	memcpy(copy, data, h.len);
	block_seal(copy, &h, block_has_checksum(&h));
	FUZZ_MUST(block_header_read(copy, h.len, &again));
	FUZZ_MUST(again.len == h.len && again.number == h.number && again.session_id == h.session_id &&
		  again.session_time == h.session_time);
	if (block_has_checksum(&again))
		FUZZ_MUST(block_checksum(copy, &again) == again.checksum);
	free(copy);
	return 0;
}
