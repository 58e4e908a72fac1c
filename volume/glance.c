/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first bytes are looked at, then the last ones; where they meet, or all is wanted, everything is, stretch by stretch. */
#include "volume/glance.h"

#include "medium/medium.h"
#include "volume/glanceblocks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct look {
	struct medium_input in;
	struct glance *g;
	struct glance_room *room;
	struct glanceblocks blocks;
	size_t fill;  /* bytes in the room that are not yet taken */
	uint64_t at;  /* address of what is read next */
	bool end;     /* nothing is there */
	bool damaged; /* something is missing among what was read */
};

void glance_free(struct glance *g)
{
	free(g->sessions);
	free(g->inner);
	*g = (struct glance){0};
}

void glance_room_free(struct glance_room *room)
{
	free(room->data);
	*room = GLANCE_ROOM_NONE;
}

/* ---- bytes ---- */

static int reserve(struct glance_room *room, size_t bytes, struct err *e)
{
	if (bytes <= room->bytes)
		return 0;
	uint8_t *data = realloc(room->data, bytes);
	if (data == NULL)
		return err_memory(e, bytes, "looking at a volume");
	*room = (struct glance_room){data, bytes};
	return 0;
}

/* Where this stretch of the volume ends, on to the next one, or to the end. */
static void pass_gap(struct look *k)
{
	struct medium_gap gap;
	k->end = k->in.medium->gap == NULL || !k->in.medium->gap(&k->in, k->at, &gap);
	if (k->end)
		return;
	k->damaged = k->damaged || gap.why[0];
	k->at = gap.at;
}

static int read_bytes(struct look *k, size_t to, struct err *e)
{
	size_t got;
	int rc = k->in.medium->read_at(&k->in, k->at, k->room->data + k->fill, to - k->fill, &got, e);
	if (rc != 0)
		return rc;
	k->fill += got;
	k->at += got;
	if (got == 0)
		pass_gap(k);
	return 0;
}

static int read_block(struct look *k, struct err *e)
{
	size_t got;
	uint64_t addr;
	enum medium_found found;
	k->in.at = k->at;
	int rc = k->in.medium->next(&k->in, k->room->data + k->fill, k->room->bytes - k->fill, &got, &addr, &found, e);
	if (rc == 0 && found == MEDIUM_LARGER)
		rc = err_set(e, XE_FAILED, "a block is larger than %u bytes", BLOCK_MAX_BYTES);
	if (rc != 0)
		return rc;
	k->at = k->in.at;
	k->end = found == MEDIUM_END;
	k->damaged = k->damaged || found == MEDIUM_LOST;
	k->fill += found == MEDIUM_BLOCK ? got : 0;
	return 0;
}

/* Up to `to` bytes in the room, and the rest of the last block where blocks are kept apart. */
static int fill(struct look *k, size_t to, struct err *e)
{
	bool apart = k->in.medium->by_block;
	int rc = reserve(k->room, to + (apart ? BLOCK_MAX_BYTES : 0), e);
	while (rc == 0 && !k->end && k->fill < to)
		rc = apart ? read_block(k, e) : read_bytes(k, to, e);
	return rc;
}

/* The blocks among what is in the room; what is left moves to its beginning. */
static int take(struct look *k, size_t skip, bool end, struct err *e)
{
	size_t used = 0;
	int rc = glanceblocks_take(&k->blocks, k->room->data, k->fill, skip, end, &used, e);
	k->fill -= used;
	memmove(k->room->data, k->room->data + used, k->fill);
	return rc;
}

/* ---- the two ends ---- */

static size_t window_bytes(const struct glance *g)
{
	uint64_t wanted = (uint64_t)g->largest * GLANCE_BLOCKS;
	return wanted < GLANCE_BYTES ? GLANCE_BYTES : wanted < GLANCE_MAX_BYTES ? (size_t)wanted : GLANCE_MAX_BYTES;
}

/* On from what was read, up to n bytes of the volume in all. */
static int look_on(struct look *k, uint64_t n, struct err *e)
{
	int rc = 0;
	for (uint64_t left = n; rc == 0 && !k->end && left > 0;) {
		size_t before = k->fill;
		size_t want = GLANCE_BYTES - before % GLANCE_BYTES, most = left < want ? (size_t)left : want;
		rc = fill(k, before + most, e);
		left -= k->fill - before < left ? k->fill - before : left;
		if (rc == 0)
			rc = take(k, 0, k->end, e);
	}
	return rc;
}

/* How much of it is known when the blocks are. */
static int look_at_head(struct look *k, struct err *e)
{
	int rc = look_on(k, GLANCE_BYTES, e);
	size_t want = window_bytes(k->g);
	return rc == 0 && want > GLANCE_BYTES ? look_on(k, want - GLANCE_BYTES, e) : rc;
}

/* What is cut at its beginning is as large as the largest block at most. */
static int look_at_tail(struct look *k, uint64_t from, size_t bytes, struct err *e)
{
	bool apart = k->in.medium->by_block;
	k->fill = 0;
	k->at = from;
	k->blocks.follows = apart;
	int rc = fill(k, bytes, e);
	return rc == 0 ? take(k, apart ? 0 : k->g->largest, true, e) : rc;
}

/* *whole: all was wanted; or is had.  before: of glanceblocks_settle. */
static int look(struct look *k, bool *whole, uint64_t *before, struct err *e)
{
	k->blocks.follows = true;
	int rc = look_at_head(k, e);
	size_t bytes = window_bytes(k->g) + k->g->largest;
	uint64_t tail = rc == 0 && !k->end ? k->in.medium->near_end(&k->in, bytes) : 0;
	*whole = *whole || tail <= k->at;
	*before = k->blocks.seen;
	if (rc != 0)
		return rc;
	return *whole ? look_on(k, UINT64_MAX, e) : look_at_tail(k, tail, bytes, e);
}

/* ---- one volume ---- */

static int no_volume(const struct look *k, bool whole, struct err *e)
{
	if (k->g->bytes == 0)
		return err_set(e, XE_FAILED, "is empty: not even a volume label");
	return err_set(e, XE_FAILED, "is no volume: there is no block (BB01, BB02, BB03) %s", whole ? "in it" : "at its beginning and end");
}

static int look_at_input(struct look *k, bool whole, struct err *e)
{
	uint64_t before;
	k->g->bytes = k->in.size;
	k->at = k->in.at;
	int rc = look(k, &whole, &before, e);
	if (rc == 0 && k->blocks.seen == 0)
		rc = no_volume(k, whole, e);
	if (rc == 0)
		rc = glanceblocks_settle(&k->blocks, whole, before, e);
	k->g->damaged = k->g->damaged || k->damaged;
	glanceblocks_free(&k->blocks);
	return rc;
}

static int once_only(struct err *e)
{
	return err_set(e, XE_USAGE, "can be read only once, from its beginning to its end: a tape or a pipe cannot be glanced at");
}

int glance_at(struct glance *g, const char *path, bool whole, struct glance_room *room, struct err *e)
{
	struct look k = {.in = MEDIUM_CLOSED, .g = g, .room = room, .blocks = {.g = g}};
	*g = (struct glance){0};
	struct stat st;
	bool there = strcmp(path, "-") == 0 || stat(path, &st) == 0;
	int rc = there && !medium_rereadable(path) ? once_only(e) : medium_open(&k.in, path, e);
	if (rc == 0)
		rc = k.in.rereadable ? look_at_input(&k, whole, e) : once_only(e);
	medium_close(&k.in);
	if (rc != 0)
		err_volume(e, strcmp(path, "-") == 0 ? "stdin" : path);
	return rc;
}
