/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/padding.h"

#include "volume/block.h"

#define PADDING_UNIT 512u  /* fixed block sizes are multiples of it */
#define PADDING_SHORT 1024u /* what a drive in variable mode pads to */

void padding_block(struct padding *p, uint64_t addr, uint32_t len, bool good)
{
	p->last_addr = addr;
	p->last_len = len;
	if (!good)
		return;
	p->blocks++;
	if (len > p->largest)
		p->largest = len;
}

static uint64_t round_up(uint64_t bytes)
{
	return (bytes + PADDING_SHORT - 1) / PADDING_SHORT * PADDING_SHORT;
}

size_t padding_behind(const struct padding *p, size_t len)
{
	return p->seen ? (size_t)round_up(len) : len;
}

/* The sizes that a block of a tape can have with its padding: rounded up to 1024, or that of all blocks of a drive with
 * fixed blocks, which the label block (padded most) or the largest block so far show. */
static bool is_padded_size(const struct padding *p, uint64_t bytes)
{
	/* The first block behind the label may show the size, too. */
	if (bytes == round_up(p->last_len) || p->blocks == 1 || (p->blocks == 2 && p->seen))
		return true;
	return p->seen && (bytes == p->label_bytes || bytes == p->data_bytes || bytes == round_up(p->largest));
}

int padding_skip(struct padding *p, struct window *w, bool *skipped, struct err *e)
{
	*skipped = false;
	if (p->blocks == 0)
		return 0;
	size_t most = p->seen || p->blocks == 1 ? BLOCK_MAX_BYTES : PADDING_SHORT;
	size_t zeros = 0;
	for (;;) {
		int rc = window_have(w, zeros * 2 + PADDING_SHORT, e);
		if (rc != 0)
			return rc;
		size_t n = window_left(w);
		while (zeros < n && zeros <= most && window_here(w)[zeros] == 0)
			zeros++;
		if (zeros < n || w->end)
			break;
	}
	if (zeros > most)
		return 0;
	/* A header may itself begin with zeros, but not with more than 12. */
	uint64_t first = w->offset + zeros - p->last_addr;
	uint64_t target = first / PADDING_UNIT * PADDING_UNIT;
	bool at_end = w->end && zeros == window_left(w);
	if (at_end ? target != first : first - target > 12 || target + p->last_addr < w->offset)
		return 0;
	if (!is_padded_size(p, target))
		return 0;
	size_t to = (size_t)(target + p->last_addr - w->offset);
	if (!at_end) {
		int rc = window_have(w, to + BLOCK_HEADER_MAX_BYTES, e);
		struct block_header h;
		if (rc != 0 || !block_header_read(window_here(w) + to, window_left(w) - to, &h))
			return rc;
	}
	if (p->blocks == 1)
		p->label_bytes = target;
	else if (p->blocks == 2)
		p->data_bytes = target;
	p->seen = true;
	p->bytes += to;
	window_advance(w, to);
	*skipped = true;
	return 0;
}

