/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file goes through a ring of pieces: each is read; then what the piece before it ends with, the beginning of a block, is put in front
 * of it (it is linked), which tells where its blocks begin; then they are looked at.  Reading and looking are tasks, any number at a time;
 * linking is done in order, by who has read the piece that was missing for it, or by the reader, who knows where he stands. */
#include "volume/readahead.h"

#include <pthread.h>
#include <stdlib.h>

#define PIECE_BYTES ((size_t)128 << 10)
#define FRONT_BYTES ((size_t)64 << 10)             /* room for the beginning of a block; of larger ones pieces hold whole ones */
#define AHEAD_BYTES_PER_THREAD ((size_t)512 << 10) /* of all pieces, at most */
#define PIECES_MAX 64u
#define PAUSE_MAX 63u
#define BLOCKS_MAX 64u /* of a piece: those behind them are looked at when they are wanted */

enum stage { EMPTY, READ, LINKED };

struct piece {
	struct task reading, looking;
	struct readahead *all;
	enum stage stage;
	uint64_t at;
	struct buf *buf;
	size_t want, got; /* bytes [FRONT_BYTES, FRONT_BYTES + got) of buf; got < want: the end, or nothing for an error */
	size_t begin;     /* linked: where its first block begins, <= FRONT_BYTES */
	size_t tail;      /* linked: where the block begins that the next piece goes on with; SIZE_MAX: that cannot be told */
	struct readahead_key key;
	struct foreseen blocks[BLOCKS_MAX];
	size_t block_count;
};

struct readahead {
	struct tasks *tasks;
	struct buf_pool *pool;
	const struct medium_input *in;
	pthread_mutex_t lock; /* of stages, links and the key */
	struct piece *pieces;
	size_t count, depth; /* of the ring; of those that are filled ahead */
	size_t current;      /* the piece that the reader has, */
	size_t ahead;        /* and how many behind it are posted */
	uint64_t next;       /* what the next piece to be posted begins with */
	size_t want;         /* bytes of a piece */
	unsigned pause;      /* so often the reader is to read by himself, because of guesses that went wrong */
	unsigned next_pause;
	struct readahead_key key;
	unsigned threads;
};

static struct piece *piece_at(struct readahead *r, size_t ahead)
{
	return &r->pieces[(r->current + ahead) % r->count];
}

/* ---- what is found out ---- */

static void forget(struct piece *p)
{
	for (size_t i = 0; i < p->block_count; i++)
		buf_unref(p->blocks[i].plain);
	p->block_count = 0;
}

static void open_block(struct piece *p, struct foreseen *f)
{
	f->plain = buf_new(p->all->pool, f->header.len);
	if (f->plain == NULL)
		return;
	if (p->key.decrypt((void *)p->key.ring, p->key.index, p->buf->data + f->at, f->header.len, f->plain->data)) {
		f->ring = p->key.ring;
		f->index = p->key.index;
		f->plain_sum = block_checksum(f->plain->data, &f->header);
		return;
	}
	buf_unref(f->plain);
	f->plain = NULL;
}

static void look(struct task *t)
{
	struct piece *p = (struct piece *)((char *)t - offsetof(struct piece, looking));
	for (size_t i = 0; i < p->block_count; i++) {
		struct foreseen *f = &p->blocks[i];
		f->sum = block_has_checksum(&f->header) ? block_checksum(p->buf->data + f->at, &f->header) : 0;
		if (p->key.ring && block_is_encrypted(&f->header) && f->sum != f->header.checksum)
			open_block(p, f);
	}
}

/* Where its blocks begin, as far as their headers tell. */
static void walk(struct piece *p)
{
	size_t at = p->begin, fill = FRONT_BYTES + p->got;
	p->block_count = 0;
	p->tail = SIZE_MAX;
	while (p->block_count < BLOCKS_MAX) {
		struct foreseen *f = &p->blocks[p->block_count];
		*f = (struct foreseen){.at = at};
		const uint8_t *block = p->buf->data + at;
		unsigned version = fill - at < BLOCK_PROBE_BYTES ? 0 : block_probe(block);
		if (version == 0 || fill - at < block_header_bytes(version)) {
			/* The rest of a header, or none. */
			p->tail = version != 0 || fill - at < BLOCK_PROBE_BYTES ? at : SIZE_MAX;
			return;
		}
		if (!block_header_read(block, fill - at, &f->header))
			return;
		if (f->header.len > fill - at) {
			p->tail = at;
			return;
		}
		at += f->header.len;
		p->block_count++;
	}
}

/* With the lock: blocks of p begin at begin. */
static void link_at(struct readahead *r, struct piece *p, size_t begin)
{
	p->begin = begin;
	p->stage = LINKED;
	p->key = r->key;
	walk(p);
}

/* With the lock: all that can be linked is. */
static void link_on(struct readahead *r)
{
	for (size_t i = 1; i <= r->ahead; i++) {
		struct piece *before = piece_at(r, i - 1), *p = piece_at(r, i);
		if (p->stage == LINKED)
			continue;
		bool known = before->stage == LINKED && before->buf && before->tail != SIZE_MAX;
		/* Behind a piece that the reader has gone on from by himself another one begins. */
		bool follows = known && before->at + before->got == p->at;
		if (p->stage != READ || p->buf == NULL || p->got == 0 || !follows)
			return;
		size_t rest = FRONT_BYTES + before->got - before->tail;
		if (rest > FRONT_BYTES)
			return;
		memcpy(p->buf->data + FRONT_BYTES - rest, before->buf->data + before->tail, rest);
		link_at(r, p, FRONT_BYTES - rest);
		tasks_post(r->tasks, &p->looking);
	}
}

static void read_piece(struct task *t)
{
	struct piece *p = (struct piece *)((char *)t - offsetof(struct piece, reading));
	struct readahead *r = p->all;
	struct err ignored = {0};
	p->buf = buf_new(r->pool, FRONT_BYTES + p->want);
	p->got = 0;
	/* What went wrong goes wrong again for the reader, who tells. */
	if (p->buf && r->in->medium->read_at(r->in, p->at, p->buf->data + FRONT_BYTES, p->want, &p->got, &ignored) != 0)
		p->got = 0;
	pthread_mutex_lock(&r->lock);
	p->stage = READ;
	link_on(r);
	pthread_mutex_unlock(&r->lock);
}

/* ---- the ring ---- */

static void drop(struct readahead *r, struct piece *p)
{
	tasks_withdraw(r->tasks, &p->reading);
	tasks_withdraw(r->tasks, &p->looking);
	forget(p);
	buf_unref(p->buf);
	p->buf = NULL;
	p->stage = EMPTY;
}

static void drop_ahead(struct readahead *r)
{
	pthread_mutex_lock(&r->lock);
	size_t ahead = r->ahead;
	r->ahead = 0; /* nothing is linked any more */
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 1; i <= ahead; i++)
		drop(r, piece_at(r, i));
}

/* As many pieces as may be ahead are. */
static void post_more(struct readahead *r)
{
	while (r->ahead < r->depth && r->next < r->in->size) {
		struct piece *p = piece_at(r, r->ahead + 1);
		p->at = r->next;
		p->want = r->want;
		p->stage = EMPTY;
		r->next += p->want;
		pthread_mutex_lock(&r->lock);
		r->ahead++;
		pthread_mutex_unlock(&r->lock);
		tasks_post(r->tasks, &p->reading);
	}
}

/* Of a piece, where the largest block has least bytes. */
static size_t want_for(size_t least)
{
	return least <= FRONT_BYTES ? PIECE_BYTES : least < PIECE_BYTES ? PIECE_BYTES / least * least : least;
}

static void choose_depth(struct readahead *r, size_t least)
{
	r->want = want_for(least);
	size_t depth = r->threads * AHEAD_BYTES_PER_THREAD / (FRONT_BYTES + r->want), most = r->count - 1;
	r->depth = depth > most ? most : depth > 0 ? depth : 1;
}

struct readahead *readahead_new(struct tasks *tasks, unsigned threads, struct buf_pool *pool, const struct medium_input *in)
{
	struct readahead *r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	*r = (struct readahead){.tasks = tasks, .pool = pool, .in = in, .threads = threads};
	r->count = (threads + 3 < PIECES_MAX ? threads + 3 : PIECES_MAX);
	r->pieces = calloc(r->count, sizeof *r->pieces);
	if (r->pieces == NULL) {
		free(r);
		return NULL;
	}
	for (size_t i = 0; i < r->count; i++) {
		r->pieces[i].all = r;
		r->pieces[i].reading.run = read_piece;
		r->pieces[i].looking.run = look;
	}
	pthread_mutex_init(&r->lock, NULL);
	choose_depth(r, 0);
	return r;
}

void readahead_free(struct readahead *r)
{
	if (r == NULL)
		return;
	drop_ahead(r);
	drop(r, piece_at(r, 0));
	pthread_mutex_destroy(&r->lock);
	free(r->pieces);
	free(r);
}

/* ---- the reader ---- */

/* The piece that begins at `at` is the one ahead, read. */
static struct piece *come_to(struct readahead *r, uint64_t at)
{
	if (r->ahead == 0 || piece_at(r, 1)->at != at) {
		drop_ahead(r);
		r->next = at;
		post_more(r);
	}
	if (r->ahead == 0)
		return NULL;
	struct piece *p = piece_at(r, 1);
	tasks_finish(r->tasks, &p->reading);
	return p->buf && p->got > 0 ? p : NULL;
}

/* rest stands in front of p, and its blocks are known or being looked at. */
static void put_in_front(struct readahead *r, struct piece *p, const uint8_t *rest, size_t rest_bytes)
{
	pthread_mutex_lock(&r->lock);
	bool linked = p->stage == LINKED;
	size_t begin = FRONT_BYTES - rest_bytes;
	/* What is there already is the same bytes, and may be looked at by now. */
	size_t there = linked && p->begin > begin ? FRONT_BYTES - p->begin : linked ? rest_bytes : 0;
	if (rest_bytes > there)
		memcpy(p->buf->data + begin, rest, rest_bytes - there);
	if (!linked)
		link_at(r, p, begin);
	pthread_mutex_unlock(&r->lock);
	if (!linked)
		tasks_post(r->tasks, &p->looking);
}

/* The ring begins anew behind that, where it has not gone wrong too often. */
static void read_by_himself(struct readahead *r)
{
	if (r->pause > 0) {
		r->pause--;
		return;
	}
	drop_ahead(r);
	r->pause = r->next_pause;
	r->next_pause = r->next_pause < PAUSE_MAX ? r->next_pause * 2 + 1 : PAUSE_MAX;
}

bool readahead_next(struct readahead *r, uint64_t at, const uint8_t *rest, size_t rest_bytes, size_t least, struct buf **buf, size_t *pos,
		    size_t *fill)
{
	if (want_for(least) != r->want) {
		drop_ahead(r);
		choose_depth(r, least);
	}
	struct piece *p = rest_bytes <= FRONT_BYTES && r->pause == 0 ? come_to(r, at) : NULL;
	if (p == NULL) {
		read_by_himself(r);
		return false;
	}
	r->next_pause /= 2;
	put_in_front(r, p, rest, rest_bytes);
	pthread_mutex_lock(&r->lock);
	link_on(r);
	struct piece *before = piece_at(r, 0);
	r->current = (r->current + 1) % r->count;
	r->ahead--;
	pthread_mutex_unlock(&r->lock);
	drop(r, before);
	post_more(r);
	buf_ref(p->buf);
	*buf = p->buf;
	*pos = FRONT_BYTES - rest_bytes;
	*fill = FRONT_BYTES + p->got;
	return true;
}

struct foreseen *readahead_foreseen(struct readahead *r, const uint8_t *block, const struct block_header *h)
{
	struct piece *p = piece_at(r, 0);
	if (p->buf == NULL || block < p->buf->data || block >= p->buf->data + FRONT_BYTES + p->got)
		return NULL;
	size_t at = (size_t)(block - p->buf->data);
	for (size_t i = 0; i < p->block_count; i++) {
		struct foreseen *f = &p->blocks[i];
		if (f->at != at)
			continue;
		bool same = f->header.len == h->len && f->header.version == h->version && f->header.options == h->options;
		if (!same)
			return NULL;
		tasks_finish(r->tasks, &p->looking);
		return f;
	}
	return NULL;
}

void readahead_use(struct readahead *r, const struct readahead_key *key)
{
	if (r->key.ring == key->ring && r->key.index == key->index)
		return;
	pthread_mutex_lock(&r->lock);
	r->key = *key;
	pthread_mutex_unlock(&r->lock);
}
