/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/gap.h"

#include "format/label.h"

#define GAP_STEPS ((size_t)1 << 22) /* headers that one search reads: garbage can look like a row of them at each byte */
#define GAP_FILES 1000              /* that may be lost, or left out, between two records */

/* A row of records from somewhere in the block to its end. */
struct row {
	size_t at;
	size_t records;
	bool whole; /* the last one ends with the block, and is not cut */
	bool jumps; /* files are missing in it */
};

/* FileIndexes go up, and end with the label of the session's end. */
static bool follows(int32_t last, int32_t file_index)
{
	if (file_index == LABEL_SESSION_END)
		return true;
	return file_index > 0 && (last <= 0 || (file_index >= last && file_index - last <= GAP_FILES));
}

/* Do records that keep the rules, and follow that FileIndex, fill the block from at on? */
static bool row_from(const uint8_t *block, const struct block_header *h, size_t at, int32_t last, size_t *steps, struct row *row)
{
	struct rd r = rd_over(block, h->len);
	rd_bytes(&r, at);
	struct record_header rec;
	struct span part;
	*row = (struct row){.at = at};
	size_t least = last > 0 ? 1 : 2; /* with no FileIndex to follow one header says little */
	while (*steps > 0 && record_next(&r, h->version, &rec, &part)) {
		--*steps;
		if (record_header_fault(&rec, 2, false) || !follows(last, rec.file_index))
			return false;
		row->jumps = row->jumps || (last > 0 && rec.file_index > 0 && rec.file_index - last > 1);
		last = rec.file_index > 0 ? rec.file_index : last;
		row->records++;
		row->whole = part.len == rec.len;
	}
	return *steps > 0 && rd_left(&r) == 0 && row->records >= least;
}

/* The longest.  One header alone, with files missing before it, says least: read from a byte too far on, a FileIndex of 3 is one
 * of 768. */
static bool is_better(const struct row *a, const struct row *b)
{
	bool a_doubtful = a->jumps && a->records == 1, b_doubtful = b->jumps && b->records == 1;
	if (b->records > 0 && a_doubtful != b_doubtful)
		return b_doubtful;
	if (a->records != b->records)
		return a->records > b->records;
	return a->jumps != b->jumps ? b->jumps : a->whole && !b->whole;
}

/* The best row that begins at or behind from; records is 0 if there is none. */
static struct row find_row(const uint8_t *block, const struct block_header *h, size_t from, int32_t last)
{
	struct row best = {.at = h->len}, row;
	size_t steps = GAP_STEPS, head = record_header_bytes(h->version);
	for (size_t at = from; at + head <= h->len && steps > 0; at++) {
		steps--;
		if (row_from(block, h, at, last, &steps, &row) && is_better(&row, &best))
			best = row;
	}
	return best;
}

/* The last record before end, from start on: its offset and header; start itself if there is none. */
static size_t last_before(const uint8_t *block, const struct block_header *h, size_t start, size_t end, struct record_header *rec,
			  int32_t *last)
{
	struct rd r = rd_over(block, end);
	rd_bytes(&r, start);
	struct span part;
	size_t at = end, next = start;
	struct record_header found;
	while (record_next(&r, h->version, &found, &part)) {
		if (at < end)
			*last = rec->file_index > 0 ? rec->file_index : *last;
		*rec = found;
		at = next;
		next = (size_t)(r.p - block);
	}
	return at;
}

/* Is the header that breaks the rules itself the damage, and not a wrong length in the one before?  Then it still says whose
 * data these are. */
static bool is_of_file(const uint8_t *block, const struct block_header *h, size_t at, int32_t last, int32_t *file_index)
{
	struct rd r = rd_over(block, h->len);
	rd_bytes(&r, at);
	struct record_header rec;
	struct span part;
	if (!record_next(&r, h->version, &rec, &part) || !follows(last, rec.file_index))
		return false;
	*file_index = rec.file_index > 0 ? rec.file_index : last;
	return true;
}

bool gap_next(const uint8_t *block, const struct block_header *h, size_t start, int32_t last, struct gap *gap)
{
	size_t at = start;
	bool first = start == block_header_bytes(h->version);
	const char *fault = first ? block_check_records(block, h, &at) : block_check_records_from(block, h, &at);
	*gap = (struct gap){at, h->len, last};
	if (fault == NULL)
		return false;
	struct record_header before = {0};
	size_t head = record_header_bytes(h->version);
	int32_t older = last;
	size_t before_at = last_before(block, h, start, at, &before, &older);
	int32_t newer = before_at < at && before.file_index > 0 ? before.file_index : older;
	gap->file_index = newer;
	/* Less than a header at the end: the records before it are what every reader takes. */
	if (h->len - at < head) {
		gap->file_index = before_at < at && before.file_index < 0 ? 0 : newer;
		return true;
	}
	bool named = is_of_file(block, h, at, newer, &gap->file_index);
	if (before_at == at) {
		gap->to = find_row(block, h, at + 1, gap->file_index).at;
		return true;
	}
	/* A length that is too large, or too small, makes the record before the bad one. */
	struct row row = find_row(block, h, before_at + head, newer);
	if (named && row.at > at)
		row = find_row(block, h, at + head, gap->file_index);
	bool before_lies = row.records > 0 && (row.at < at || row.at - at < head || !named);
	gap->to = row.at;
	if (before_lies) {
		gap->from = before_at;
		gap->file_index = newer;
	}
	return true;
}
