/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/join.h"

#include "format/stream.h"
#include "pipeline/stage.h"
#include "volume/session.h"

#include <stdlib.h>

/* A record whose pieces are being collected. */
struct pending {
	struct item item; /* len: of the whole, 0 if it is not known; data, buf: what is there */
	uint32_t charged; /* bytes, to the pool */
	struct pending *next;
};

struct joiner {
	struct reader *reader;
	struct buf_pool *pool;
	struct stage_ctx *stage; /* tells whether a record without a header is whole */
	struct pending *pending;
	struct pending *broken; /* its rest does not follow: what was collected is handed out as it came, */
	size_t given;           /* and so much of it was already */
	struct item queued;     /* read, but something pending comes first */
	bool has_queued;
	struct err fault; /* of the reader; what is pending comes first */
	bool goes_on;     /* the set does, on volumes that are not read */
	struct buf *lent;
};

struct joiner *joiner_new(struct reader *reader, struct buf_pool *pool)
{
	struct joiner *j = calloc(1, sizeof *j);
	struct stage_ctx *stage = stage_ctx_new();
	if (j == NULL || stage == NULL) {
		free(j);
		stage_ctx_free(stage);
		return NULL;
	}
	j->reader = reader;
	j->pool = pool;
	j->stage = stage;
	return j;
}

void joiner_goes_on(struct joiner *j)
{
	j->goes_on = true;
}

/* Without the buffer, which goes on. */
static void forget(struct joiner *j, struct pending *p)
{
	buf_pool_discharge(j->pool, p->charged);
	free(p);
}

static void pending_free(struct joiner *j, struct pending *p)
{
	if (p == NULL)
		return;
	buf_unref(p->item.buf);
	forget(j, p);
}

void joiner_free(struct joiner *j)
{
	if (j == NULL)
		return;
	for (struct pending *p = j->pending, *next; p; p = next) {
		next = p->next;
		pending_free(j, p);
	}
	pending_free(j, j->broken);
	buf_unref(j->lent);
	stage_ctx_free(j->stage);
	free(j);
}

/* Of the length at which the network layer cuts, and all of it here? */
static bool may_be_cut(const struct item *item)
{
	return item->kind == ITEM_RECORD && item->file_index > 0 && item->len == RECORD_NETWORK_BYTES && !item->head_missing &&
	       !item->tail_missing;
}

/* Length of the whole that item is the first piece of; 0 if it is none. */
static uint32_t whole_length(const struct item *item)
{
	uint64_t whole = stage_declared_bytes(item);
	return whole > item->len && whole <= RECORD_MAX_BYTES ? (uint32_t)whole : 0;
}

static int decodes(struct joiner *j, const struct item *item, bool *yes, struct err *e)
{
	struct span address, plain;
	enum stage_status status = stage_plain(j->stage, item, &address, &plain);
	*yes = status == STAGE_DONE;
	return status == STAGE_MEMORY ? err_memory(e, 0, "a record that may be cut") : 0;
}

/* Plain data can be cut anywhere, but what has no room for its address is no record of its own. */
static bool is_addressed(const struct item *item)
{
	return stream_form(item->stream) == STREAM_PLAIN && stream_has_prefix(item->stream);
}

/* *cut: item is the first piece of a record, of *whole bytes if that is known.  Without a header the decoder tells: what decodes
 * is whole.  Of plain data the next record tells. */
static int judge(struct joiner *j, const struct item *item, bool *cut, uint32_t *whole, struct err *e)
{
	enum stream_form form = may_be_cut(item) ? stream_form(item->stream) : STREAM_OPAQUE;
	bool decoded = true;
	int rc = form == STREAM_LEGACY ? decodes(j, item, &decoded, e) : 0;
	*whole = form == STREAM_HEADED ? whole_length(item) : 0;
	*cut = *whole > 0 || !decoded || (form == STREAM_PLAIN && is_addressed(item));
	return rc;
}

static struct pending **find(struct joiner *j, const struct job *job)
{
	struct pending **at = &j->pending;
	while (*at && (*at)->item.job->index != job->index)
		at = &(*at)->next;
	return at;
}

static int begin(struct joiner *j, const struct item *item, uint32_t whole, struct err *e)
{
	uint32_t room = whole ? whole : RECORD_MAX_BYTES; /* what is not written costs no memory */
	if (is_addressed(item))
		room = RECORD_NETWORK_BYTES + STREAM_PREFIX_BYTES;
	int rc = session_memory(j->pool, room, e);
	if (rc != 0)
		return rc;
	struct pending *p = calloc(1, sizeof *p);
	struct buf *b = buf_new(j->pool, room);
	if (p == NULL || b == NULL) {
		free(p);
		buf_unref(b);
		return err_memory(e, room, "a record that was cut");
	}
	buf_pool_charge(j->pool, room);
	p->charged = room;
	p->item = *item;
	p->item.buf = b;
	p->item.len = whole;
	memcpy(b->data, item->data.data, item->data.len);
	p->item.data = (struct span){b->data, item->data.len};
	p->next = j->pending;
	j->pending = p;
	return 0;
}

/* *yes: it is all there.  Without a header the decoder tells: what decodes is whole, also if its last piece is of the full
 * length. */
static int complete(struct joiner *j, const struct pending *p, bool *yes, struct err *e)
{
	struct item whole = p->item;
	whole.len = (uint32_t)whole.data.len;
	*yes = p->item.len == whole.len;
	return p->item.len ? 0 : decodes(j, &whole, yes, e);
}

/* Could item be the next piece, and *last: only the last one? */
static bool fits(const struct pending *p, const struct item *item, bool *last)
{
	size_t missing = (p->item.len ? p->item.len : RECORD_MAX_BYTES) - p->item.data.len;
	bool middle = item->len == RECORD_NETWORK_BYTES && item->len < missing;
	*last = p->item.len ? item->len == missing : item->len < RECORD_NETWORK_BYTES && item->len <= missing;
	if (is_addressed(&p->item)) {
		middle = false;
		*last = item->len > 0 && item->len < STREAM_PREFIX_BYTES;
	}
	return item->kind == ITEM_RECORD && item->file_index == p->item.file_index && item->stream == p->item.stream &&
	       !item->head_missing && !item->tail_missing && (*last || middle);
}

/* *added: item is the next piece, and it was added. */
static int add(struct joiner *j, struct pending *p, const struct item *item, bool *added, struct err *e)
{
	bool last, alone = false, whole;
	*added = false;
	if (!fits(p, item, &last))
		return 0;
	int rc = p->item.len == 0 ? decodes(j, item, &alone, e) : 0;
	if (rc != 0 || alone)
		return rc;
	memcpy(p->item.buf->data + p->item.data.len, item->data.data, item->len);
	p->item.data.len += item->len;
	rc = complete(j, p, &whole, e);
	*added = rc == 0 && (whole || !last);
	if (!*added) {
		p->item.data.len -= item->len;
		return rc;
	}
	/* Where a piece goes on to the next volume, so does the whole. */
	p->item.cuts = item->cuts;
	for (unsigned i = 0; i < item->cuts; i++)
		p->item.cut[i] = (uint32_t)(p->item.data.len - item->len) + item->cut[i];
	if (whole)
		p->item.len = (uint32_t)p->item.data.len;
	return 0;
}

/* The next piece of what is broken: all of them have the full length.  Where it goes on to the next volume, the last does. */
static void give_piece(struct joiner *j, struct item *item)
{
	struct pending *p = j->broken;
	*item = p->item;
	item->unjoined = j->given == 0 && !is_addressed(item);
	item->len = RECORD_NETWORK_BYTES;
	item->data = (struct span){p->item.data.data + j->given, item->len};
	bool last = j->given + item->len == p->item.data.len;
	item->cuts = last ? p->item.cuts : 0;
	for (unsigned i = 0; i < item->cuts; i++)
		item->cut[i] = p->item.cut[i] - (uint32_t)j->given;
	buf_ref(item->buf);
	j->lent = item->buf;
	j->given += item->len;
	if (last) {
		pending_free(j, p);
		j->broken = NULL;
	}
}

/* Hands out what is pending at *at: the whole, or the first of its pieces. */
static void take(struct joiner *j, struct pending **at, struct item *item)
{
	struct pending *p = *at;
	*at = p->next;
	if (p->item.data.len != p->item.len) {
		j->broken = p;
		j->given = 0;
		give_piece(j, item);
		return;
	}
	*item = p->item;
	item->joined = true;
	j->lent = item->buf;
	forget(j, p);
}

/* What has its next piece on the next volume is handed out with that one. */
static void carry_over(struct joiner *j)
{
	for (struct pending *p = j->pending; p; p = p->next)
		p->item.cuts = 0;
}

/* Whatever of its job comes between the pieces ends the collecting; so does the end of the last volume. */
static struct pending **interrupted(struct joiner *j, const struct item *item)
{
	if (item->kind == ITEM_VOLUME_END && !item->last_volume) {
		carry_over(j);
		return NULL;
	}
	if (item->kind == ITEM_VOLUME_END)
		return &j->pending;
	bool of_job = item->job && (item->kind == ITEM_RECORD || item->kind == ITEM_DAMAGE);
	return of_job ? find(j, item->job) : NULL;
}

/* Pieces that the volume ends with, where others may follow on one that is not of this set.  Plain data is whole by itself. */
static int refuse_apart(const struct joiner *j, const struct item *item, struct err *e)
{
	const struct pending *p = j->goes_on && item->kind == ITEM_VOLUME_END && item->last_volume ? j->pending : NULL;
	while (p && is_addressed(&p->item))
		p = p->next;
	if (p == NULL)
		return 0;
	return err_set(e, XE_USAGE,
		       "a compressed record of FileIndex %d was cut by the client's network layer, and its pieces lie on both sides of the "
		       "volume's end: give all volumes of the set as one",
		       p->item.file_index);
}

int joiner_next(struct joiner *j, struct item *item, struct err *e)
{
	buf_unref(j->lent);
	j->lent = NULL;
	if (j->broken) {
		give_piece(j, item);
		return 0;
	}
	for (;;) {
		if (j->has_queued) {
			*item = j->queued;
		} else {
			int rc = j->fault.code != XE_OK ? j->fault.code : reader_next(j->reader, item, &j->fault);
			if (rc != 0 && j->pending) {
				take(j, &j->pending, item);
				return 0;
			}
			if (rc != 0) {
				*e = j->fault;
				return rc;
			}
		}
		j->has_queued = false;
		int apart = refuse_apart(j, item, e);
		if (apart != 0)
			return apart;
		struct pending **at = interrupted(j, item);
		if (at && *at) {
			bool added;
			int rc = add(j, *at, item, &added, e);
			if (rc != 0)
				return rc;
			if (added && (*at)->item.data.len != (*at)->item.len)
				continue;
			j->queued = *item;
			j->has_queued = !added;
			take(j, at, item);
			return 0;
		}
		bool cut;
		uint32_t whole;
		int rc = judge(j, item, &cut, &whole, e);
		if (rc == 0 && cut)
			rc = begin(j, item, whole, e);
		if (rc != 0 || !cut)
			return rc;
	}
}
