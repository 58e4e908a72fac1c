/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/backupread.h"

static uint64_t le64(const uint8_t *p)
{
	struct rd r = rd_over(p, 8);
	uint64_t low = rd_le32(&r);
	return low | (uint64_t)rd_le32(&r) << 32;
}

/* Up to want bytes of the header; true once it has them. */
static bool fill(struct backupread *b, size_t want, struct span *data)
{
	size_t n = want - b->have < data->len ? want - b->have : data->len;
	if (n > 0)
		memcpy(b->header + b->have, data->data, n);
	b->have += n;
	*data = (struct span){data->data + n, data->len - n};
	return b->have == want;
}

static bool begin(struct backupread *b)
{
	struct rd r = rd_over(b->header, sizeof b->header);
	b->id = rd_le32(&r);
	b->left = le64(b->header + 8);
	r = rd_over(b->header + 16, 4);
	b->name = rd_le32(&r);
	b->bad = b->id == 0 || b->id >= BACKUPREAD_IDS || b->left > (uint64_t)INT64_MAX || b->name > 0xffff ||
		 (b->id == BACKUPREAD_SPARSE && b->left < 8);
	b->seen |= b->bad ? 0 : 1u << b->id;
	return !b->bad;
}

/* The offset of a sparse block counts as its data. */
static bool begin_sparse(struct backupread *b, struct span *data)
{
	if (b->id != BACKUPREAD_SPARSE || b->have == sizeof b->header)
		return true;
	if (!fill(b, sizeof b->header, data))
		return false;
	b->next = le64(b->header + BACKUPREAD_HEADER_BYTES);
	b->left -= 8;
	b->bad = b->next > (uint64_t)INT64_MAX - b->left;
	return !b->bad;
}

static uint64_t skip(uint64_t left, struct span *data)
{
	size_t n = left < data->len ? (size_t)left : data->len;
	*data = (struct span){data->data + n, data->len - n};
	return left - n;
}

static void end(struct backupread *b)
{
	b->id = 0;
	b->have = 0;
}

/* A stream that is no content, or nothing of its name, is left behind. */
static bool has_content(struct backupread *b, struct span *data)
{
	b->name = skip(b->name, data);
	if (b->name > 0 || !begin_sparse(b, data))
		return false;
	if (b->id == BACKUPREAD_DATA || b->id == BACKUPREAD_SPARSE)
		return true;
	b->left = skip(b->left, data);
	if (b->left == 0)
		end(b);
	return false;
}

bool backupread_next(struct backupread *b, struct span *data, struct backupread_piece *piece)
{
	while (!b->bad && (data->len > 0 || (b->id != 0 && b->name == 0 && b->left == 0))) {
		if (b->id == 0 && (!fill(b, BACKUPREAD_HEADER_BYTES, data) || !begin(b)))
			return false;
		if (!has_content(b, data))
			continue;
		if (data->len == 0 && b->left > 0)
			return false;
		size_t n = b->left < data->len ? (size_t)b->left : data->len;
		*piece = (struct backupread_piece){b->next, {data->data, n}};
		b->next += n;
		b->left = skip(b->left, data);
		if (b->left == 0)
			end(b);
		return true;
	}
	return false;
}

bool backupread_is_whole(const struct backupread *b)
{
	return !b->bad && b->id == 0 && b->have == 0;
}

const char *backupread_name(unsigned id)
{
	static const char *const names[BACKUPREAD_IDS] = {
		[2] = "extended attributes",
		[BACKUPREAD_SECURITY] = "security descriptors",
		[BACKUPREAD_ALTERNATE] = "alternate data streams",
		[5] = "hard link data",
		[6] = "property data",
		[7] = "object ids",
		[8] = "reparse data",
		[10] = "transaction data",
		[11] = "ghosted extents",
	};
	return id < BACKUPREAD_IDS ? names[id] : NULL;
}
