/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/sampling.h"

#include "base/array.h"
#include "format/block.h"
#include "medium/medium.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_BYTES ((size_t)4 << 20) /* behind a place, for a block */

/* splitmix64: every seed, 0 too, gives numbers that look like chance, on every machine the same. */
static uint64_t next_number(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A good block, or one that another of its session follows: encrypted ones have no checksum that could be looked at. */
static bool is_block(const uint8_t *at, size_t left)
{
	struct block_header h, next;
	if (!block_header_read(at, left, &h) || h.len > left)
		return false;
	if (block_has_checksum(&h) && block_checksum(at, &h) == h.checksum)
		return true;
	bool follows = left - h.len >= BLOCK_HEADER_MAX_BYTES && block_header_read(at + h.len, left - h.len, &next);
	return follows && next.version == h.version && h.version > 1 && next.session_time == h.session_time;
}

/* Offset of the first block among the bytes; false if there is none. */
static bool find_block(const uint8_t *data, size_t len, size_t *at)
{
	for (size_t i = 0; i + BLOCK_HEADER_MAX_BYTES <= len; i++) {
		if (block_probe(data + i) && is_block(data + i, len - i)) {
			*at = i;
			return true;
		}
	}
	return false;
}

static int add(struct sample *s, size_t input, uint64_t from, uint64_t to, struct err *e)
{
	struct reader_range *all = array_reach(s->ranges, &s->room, s->count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (s->count + 1) * sizeof *all, "the sample");
	s->ranges = all;
	all[s->count++] = (struct reader_range){input, from, to};
	return 0;
}

/* One of them, at `place` or behind it. */
static int add_piece(struct sample *s, const struct medium_input *in, size_t input, uint64_t place, uint8_t *room, struct err *e)
{
	size_t got, at;
	int rc = in->medium->read_at(in, place, room, LOOK_BYTES, &got, e);
	if (rc != 0)
		return rc;
	if (!find_block(room, got, &at)) {
		s->missed++;
		return 0;
	}
	s->bytes += SAMPLING_PIECE_BYTES;
	return add(s, input, place + at, place + at + SAMPLING_PIECE_BYTES - 1, e);
}

static int choose(struct sample *s, const struct medium_input *in, size_t input, double share, uint64_t *state, uint8_t *room,
		  struct err *e)
{
	uint64_t pieces = (uint64_t)(share * (double)in->size / (double)SAMPLING_PIECE_BYTES) + 1;
	pieces = pieces < SAMPLING_PIECES_MIN ? SAMPLING_PIECES_MIN : pieces;
	s->of += in->size;
	if (share >= 1 || pieces * SAMPLING_PIECE_BYTES >= in->size / 2) {
		s->bytes += in->size;
		return add(s, input, 0, UINT64_MAX, e);
	}
	uint64_t stretch = in->size / pieces;
	int rc = 0;
	for (uint64_t i = 0; rc == 0 && i < pieces; i++)
		rc = add_piece(s, in, input, i * stretch + next_number(state) % (stretch - SAMPLING_PIECE_BYTES), room, e);
	return rc;
}

static int look_into(struct sample *s, const char *path, size_t input, const struct sampling *how, uint64_t *state, uint8_t *room,
		     struct err *e)
{
	struct medium_input in;
	int rc = medium_open(&in, path, e);
	if (rc == 0 && (!in.rereadable || in.medium->no_catalog || in.medium != &medium_file))
		rc = err_set(e, XE_USAGE, "only of a file can parts be read, and this is none: --sample all reads all of it");
	if (rc == 0)
		rc = choose(s, &in, input, how->share, state, room, e);
	medium_close(&in);
	if (rc != 0)
		err_volume(e, path);
	return rc;
}

int sampling_choose(const char *const *paths, size_t count, const struct sampling *how, struct sample *s, struct err *e)
{
	uint8_t *room = malloc(LOOK_BYTES);
	uint64_t state = how->seed;
	int rc = room ? 0 : err_memory(e, LOOK_BYTES, "the sample");
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = look_into(s, paths[i], i, how, &state, room, e);
	free(room);
	s->count = rc == 0 ? reading_settle(s->ranges, s->count) : s->count;
	return rc;
}

void sampling_free(struct sample *s)
{
	free(s->ranges);
	*s = (struct sample){0};
}
