/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/sampling.h"

#include "base/array.h"
#include "format/block.h"
#include "medium/medium.h"

#include <stdlib.h>
#include <string.h>

/* How far it is looked for a block behind a place, at first, and at last: a row of them has to be seen. */
#define LOOK_BYTES ((size_t)1 << 20)
#define LOOK_MOST_BYTES ((size_t)16 << 20)
/* Headers that are looked at for one place: data may be full of what looks like rows, each of which is as long as all that is left. */
#define LOOK_HEADERS 2000000u

/* splitmix64: every seed, 0 too, gives numbers that look like chance, on every machine the same. */
static uint64_t next_number(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Does a row of blocks, two or more, lead from here to the end of the bytes?  One that lies in a file's data, a volume that was backed up,
 * breaks off where the block ends that holds it. */
static bool is_row(const uint8_t *at, size_t left, bool file_ends, unsigned *headers)
{
	struct block_header first, h;
	unsigned blocks = 0;
	if (!block_header_read(at, left, &first))
		return false;
	while (left >= BLOCK_HEADER_MAX_BYTES && *headers > 0) {
		--*headers;
		if (!block_header_read(at, left, &h) || h.version != first.version)
			return false;
		blocks++;
		if (h.len > left)
			return blocks > 1 && !file_ends;
		at += h.len;
		left -= h.len;
	}
	return *headers > 0 && (blocks > 1 || (blocks > 0 && file_ends && left == 0));
}

/* Offset of the first block among the bytes; false if there is none. */
static bool find_block(const uint8_t *data, size_t len, bool file_ends, unsigned *headers, size_t *at)
{
	for (const uint8_t *p = data; (p = memchr(p, 'B', len - (size_t)(p - data))) != NULL; p++) {
		size_t left = len - (size_t)(p - data);
		/* The id stands behind checksum, length and number. */
		if ((size_t)(p - data) < 12)
			continue;
		const uint8_t *block = p - 12;
		if (left >= BLOCK_HEADER_MAX_BYTES && block_probe(block) && is_row(block, left + 12, file_ends, headers)) {
			*at = (size_t)(block - data);
			return true;
		}
	}
	return false;
}

static int look(const struct medium_input *in, uint64_t place, uint8_t *room, bool *found, size_t *at, struct err *e)
{
	size_t got = 0, have = 0;
	unsigned headers = LOOK_HEADERS;
	*found = false;
	for (size_t bytes = LOOK_BYTES; bytes <= LOOK_MOST_BYTES; bytes *= 4) {
		int rc = in->medium->read_at(in, place + have, room + have, bytes - have, &got, e);
		if (rc != 0)
			return rc;
		have += got;
		*found = find_block(room, have, have < bytes, &headers, at);
		if (*found || have < bytes || headers == 0)
			return 0;
	}
	return 0;
}

static int add_piece(struct sample *s, const struct medium_input *in, uint64_t place, uint8_t *room, struct err *e)
{
	bool found;
	size_t at = 0;
	int rc = look(in, place, room, &found, &at, e);
	if (rc != 0)
		return rc;
	if (!found) {
		s->missed++;
		return 0;
	}
	struct reader_range *all = array_reach(s->pieces, &s->room, s->count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (s->count + 1) * sizeof *all, "the sample");
	s->pieces = all;
	uint64_t from = place + at;
	all[s->count++] = (struct reader_range){0, from, from + SAMPLING_PIECE_BYTES + SAMPLING_TAIL_BYTES - 1};
	s->read += SAMPLING_PIECE_BYTES;
	return 0;
}

static int choose(struct sample *s, const struct medium_input *in, const struct sampling *how, struct err *e)
{
	uint64_t pieces = (uint64_t)(how->share * (double)in->size / (double)SAMPLING_PIECE_BYTES) + 1, state = how->seed;
	pieces = pieces < SAMPLING_PIECES_MIN ? SAMPLING_PIECES_MIN : pieces;
	s->of = in->size;
	s->whole = how->share >= 1 || pieces >= in->size / 2 / (SAMPLING_PIECE_BYTES + SAMPLING_TAIL_BYTES);
	if (s->whole)
		return 0;
	uint8_t *room = malloc(LOOK_MOST_BYTES);
	uint64_t stretch = in->size / pieces;
	int rc = room ? 0 : err_memory(e, LOOK_MOST_BYTES, "the sample");
	for (uint64_t i = 0; rc == 0 && i < pieces; i++)
		rc = add_piece(s, in, i * stretch + next_number(&state) % (stretch - SAMPLING_PIECE_BYTES), room, e);
	free(room);
	if (rc == 0 && s->count == 0)
		return err_set(e, XE_FAILED, "no block stands at any of %zu places that were looked at", s->missed);
	return rc;
}

int sampling_choose(const char *path, const struct sampling *how, struct sample *s, struct err *e)
{
	struct medium_input in;
	if (medium_at(path) != &medium_file || !medium_rereadable(path)) {
		s->whole = how->share >= 1;
		return s->whole ? 0
				: err_set(e, XE_USAGE, "only of a file can parts be read, and this is none: --sample all reads all of it");
	}
	int rc = medium_open(&in, path, e);
	if (rc == 0)
		rc = choose(s, &in, how, e);
	medium_close(&in);
	return rc;
}

void sampling_free(struct sample *s)
{
	free(s->pieces);
	*s = (struct sample){0};
}
