/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/window.h"

#include "format/block.h"

#define BLOCK_ROOM_BYTES ((size_t)1 << 20)

void window_open(struct window *w, struct buf_pool *pool, struct medium_input *in, struct digest *digest)
{
	*w = (struct window){.in = *in, .pool = pool, .digest = digest, .block_room = BLOCK_ROOM_BYTES};
	*in = MEDIUM_CLOSED;
}

void window_close(struct window *w)
{
	buf_unref(w->buf);
	w->buf = NULL;
	volumehash_free(w->hash);
	w->hash = NULL;
	medium_close(&w->in);
}

void window_place(struct window *w)
{
	w->placed = true;
}

void window_go(struct window *w, uint64_t offset, uint64_t limit)
{
	w->limit = limit;
	if (offset - w->offset <= window_left(w)) {
		window_advance(w, (size_t)(offset - w->offset));
		return;
	}
	buf_unref(w->buf);
	w->buf = NULL;
	w->pos = w->fill = 0;
	w->offset = offset;
	w->end = false;
}

/* What was passed over, up to there, while it is still in the buffer. */
static void hash_to(struct window *w, size_t pos)
{
	if (w->hash && w->buf)
		volumehash_add(w->hash, w->buf->data + w->hashed, pos - w->hashed);
	w->hashed = pos;
}

void window_mark(struct window *w, uint64_t offset)
{
	hash_to(w, w->pos - (size_t)(w->offset - offset));
	volumehash_mark(w->hash);
}

uint64_t window_end_volume(struct window *w, bool at_mark)
{
	/* Behind the label at the mark its next block may have been read, and that may be one more label, which will be a mark. */
	if (!at_mark)
		hash_to(w, w->pos);
	return volumehash_end(w->hash, at_mark);
}

/* Room for n bytes from pos on: in place if the buffer has it, else in a new one. */
static int make_room(struct window *w, size_t n, struct err *e)
{
	/* A search asks for much from one place after the other: each move shall serve many. */
	size_t cap = n > WINDOW_BYTES && n > w->least ? n + n / 2 : WINDOW_BYTES;
	if (cap < w->least)
		cap = w->least;
	if (w->buf && w->pos + n <= w->buf->cap)
		return 0;
	struct buf *fresh = buf_new(w->pool, cap);
	if (fresh == NULL)
		return err_memory(e, cap, "reading");
	hash_to(w, w->pos);
	size_t rest = window_left(w);
	if (rest > 0)
		memcpy(fresh->data, window_here(w), rest);
	buf_unref(w->buf);
	w->buf = fresh;
	w->pos = w->hashed = 0;
	w->fill = rest;
	return 0;
}

/* At least `least` bytes behind those that are there, unless the input ends. */
static int read_placed(struct window *w, size_t least, size_t *got, struct err *e)
{
	uint64_t at = w->offset + window_left(w), up_to_limit = w->limit > at ? w->limit - at : 0;
	size_t room = w->buf->cap - w->fill;
	size_t most = up_to_limit < room ? (size_t)up_to_limit : room;
	return w->in.medium->read_at(&w->in, at, w->buf->data + w->fill, most > least ? most : least, got, e);
}

int window_read(struct window *w, size_t n, struct err *e)
{
	int rc = make_room(w, n, e);
	if (rc != 0)
		return rc;
	size_t got, least = n - window_left(w);
	rc = w->placed ? read_placed(w, least, &got, e)
		       : w->in.medium->read(&w->in, w->buf->data + w->fill, least, w->buf->cap - w->fill, &got, e);
	if (rc != 0)
		return rc;
	digest_add(w->digest, w->buf->data + w->fill, got);
	w->fill += got;
	w->bytes += got;
	w->end = window_left(w) < n;
	return 0;
}

int window_next(struct window *w, size_t *got, uint64_t *addr, enum medium_found *found, struct err *e)
{
	for (;;) {
		w->fill = w->pos = 0;
		int rc = make_room(w, w->block_room, e);
		if (rc != 0)
			return rc;
		if (w->buf->refs > 1) {
			buf_unref(w->buf);
			w->buf = NULL;
			continue;
		}
		rc = w->in.medium->next(&w->in, w->buf->data, w->block_room, got, addr, found, e);
		if (rc != 0)
			return rc;
		if (*found != MEDIUM_LARGER)
			break;
		if (w->block_room >= BLOCK_MAX_BYTES)
			return err_set(e, XE_FAILED, "a tape block is larger than %u bytes", BLOCK_MAX_BYTES);
		w->block_room *= 2;
	}
	w->bytes += *got;
	digest_add(w->digest, w->buf->data, *got);
	return 0;
}
