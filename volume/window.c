/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/window.h"

#include "format/block.h"

#define BLOCK_ROOM_BYTES ((size_t)1 << 20)

void window_open(struct window *w, struct buf_pool *pool, struct medium_input *in, struct digest *digest)
{
	*w = (struct window){.in = *in, .pool = pool, .digest = digest, .block_room = BLOCK_ROOM_BYTES};
	w->offset = w->first = w->jumped = in->at;
	*in = MEDIUM_CLOSED;
}

void window_close(struct window *w)
{
	readahead_free(w->ahead);
	w->ahead = NULL;
	buf_unref(w->buf);
	w->buf = NULL;
	volumehash_free(w->hash);
	w->hash = NULL;
	medium_close(&w->in);
}

/* Bytes one behind the other, that can be read from any place. */
static bool is_plain_file(const struct window *w)
{
	const struct medium *m = w->in.medium;
	return !m->by_block && m->gap == NULL && m->read_at != NULL && w->in.rereadable;
}

int window_read_ahead(struct window *w, struct tasks *tasks, unsigned threads, struct err *e)
{
	if (!is_plain_file(w))
		return 0;
	w->ahead = readahead_new(tasks, threads, w->pool, &w->in);
	return w->ahead ? 0 : err_memory(e, 0, "reading");
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

/* So many more bytes were read. */
static void take_more(struct window *w, size_t got)
{
	digest_add(w->digest, w->buf->data + w->fill, got);
	w->fill += got;
	w->bytes += got;
}

/* The buffer becomes one that was read ahead, which has n bytes.  False: there is none. */
static bool take_ahead(struct window *w, size_t n)
{
	struct buf *fresh;
	size_t pos, fill, left = window_left(w);
	if (w->ahead == NULL || (n > WINDOW_BYTES && n > w->least))
		return false;
	hash_to(w, w->pos);
	if (!readahead_next(w->ahead, w->offset + left, w->buf ? window_here(w) : NULL, left, w->least, &fresh, &pos, &fill))
		return false;
	buf_unref(w->buf);
	w->buf = fresh;
	w->pos = w->hashed = pos;
	w->fill = pos + left;
	take_more(w, fill - w->fill);
	return window_left(w) >= n;
}

/* The place of the descriptor is not where the reader is.  What can be read before a bad place is. */
static int read_ahead(struct window *w, uint8_t *to, size_t least, size_t most, size_t *got, struct err *e)
{
	uint64_t at = w->offset + window_left(w);
	struct err more = {0};
	if (w->in.medium->read_at(&w->in, at, to, most, got, &more) == 0)
		return 0;
	return w->in.medium->read_at(&w->in, at, to, least, got, e);
}

static int read_on(struct window *w, size_t least, size_t *got, struct err *e)
{
	uint8_t *to = w->buf->data + w->fill;
	size_t room = w->buf->cap - w->fill;
	if (w->placed)
		return read_placed(w, least, got, e);
	if (w->ahead)
		return read_ahead(w, to, least, room, got, e);
	return w->in.medium->read(&w->in, to, least, room, got, e);
}

/* A file that somebody has cut meanwhile: what is gone must not pass for its end. */
static int refuse_shorter(const struct window *w, struct err *e)
{
	uint64_t end = w->offset + window_left(w);
	if (!is_plain_file(w) || w->placed || end >= w->in.size)
		return 0;
	return err_set(e, XE_FAILED, "the file ends after %llu bytes; it had %llu when it was opened, and was changed since",
		       (unsigned long long)end, (unsigned long long)w->in.size);
}

int window_read(struct window *w, size_t n, struct err *e)
{
	if (take_ahead(w, n))
		return 0;
	int rc = make_room(w, n, e);
	size_t got = 0;
	if (rc == 0)
		rc = read_on(w, n - window_left(w), &got, e);
	if (rc != 0)
		return rc;
	take_more(w, got);
	w->end = window_left(w) < n;
	return w->end ? refuse_shorter(w, e) : 0;
}

bool window_gap(const struct window *w, struct medium_gap *gap)
{
	return w->end && w->in.medium->gap && w->in.medium->gap(&w->in, w->offset + window_left(w), gap);
}

void window_pass_gap(struct window *w, const struct medium_gap *gap)
{
	w->jumped += gap->at - w->offset - gap->bytes;
	w->offset = w->in.at = gap->at;
	w->end = false;
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
			return err_set(e, XE_FAILED, "a block is larger than %u bytes", BLOCK_MAX_BYTES);
		w->block_room *= 2;
	}
	w->bytes += *got;
	digest_add(w->digest, w->buf->data, *got);
	return 0;
}
