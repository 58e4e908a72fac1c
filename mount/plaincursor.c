/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenSSL keeps the last block of cipher text back until more comes, for it may be padding.  So of each record something is kept, too: the
 * block before that one, and as much of it as came. */
#include "mount/plaincursor.h"

#include "crypt/pkisessions.h"
#include "format/packets.h"
#include "format/stream.h"

#include <stdlib.h>
#include <string.h>

/* The cipher text of one stream, as far as one record brings it on: in bytes the block before, what came before and did not come out, and
 * what the record has. */
struct ciphertext {
	uint32_t stream; /* 0: none is at hand */
	bool broken, ended;
	size_t block_bytes;
	uint8_t *bytes;
	size_t cap;
	size_t pending, len;                 /* bytes behind the block before: those of before the record, and all */
	size_t out;                          /* how many of them came out: a number of blocks */
	struct bytemap_place pending_at, at; /* where the first of those, and of the record's, stands */
	bool doubt_before, doubt;            /* of the record before, and of this one */
};

struct plaincursor {
	const struct filebytes_options *o;
	struct filecursor *cursor;
	uint8_t *session;
	size_t session_len;
	struct cbc *cbc;
	struct pki_session pki; /* its spans are session's */
	struct err locked;
	bool is_locked;
	/* Of the place that it began at, until that was used. */
	bool resumes;
	uint8_t before[PKI_IV_MAX_BYTES];
	size_t skip, drop;
	struct ciphertext text;
	struct packets packets;
	struct filecursor_record held; /* waits for what comes of the cipher text before it */
	bool has_held, ended;
	struct item last; /* of the text's records, without its data */
	bool lost;        /* before what comes next */
	uint8_t *plain;
	size_t plain_cap;
	struct span left;            /* of what came out, what has not become packets */
	size_t left_at;              /* and where in it that stands */
	struct bytemap_place begins; /* where the packet at hand does */
	bool doubt;                  /* of it */
};

void plaincursor_free(struct plaincursor *c)
{
	if (c == NULL)
		return;
	filecursor_free(c->cursor);
	cbc_free(c->cbc);
	packets_free(&c->packets);
	free(c->text.bytes);
	free(c->session);
	free(c->plain);
	free(c);
}

/* ---- sessions ---- */

static void forget_session(struct plaincursor *c)
{
	free(c->session);
	cbc_free(c->cbc);
	c->session = NULL;
	c->session_len = 0;
	c->cbc = NULL;
}

/* That it does not open is what stands in locked, and no error. */
static int open_session(struct plaincursor *c, struct span record, struct err *e)
{
	struct err why = {0};
	if (c->session)
		return 0;
	c->session = malloc(record.len ? record.len : 1);
	if (c->session == NULL)
		return err_memory(e, record.len, "a session");
	if (record.len > 0)
		memcpy(c->session, record.data, record.len);
	c->session_len = record.len;
	int rc = pkisessions_open(c->o->sessions, (struct span){c->session, record.len}, &c->pki, &c->cbc, &why);
	if (rc == 0)
		return 0;
	forget_session(c);
	if (rc != XE_KEY && rc != XE_DAMAGE)
		return err_pass(e, &why);
	c->is_locked = rc == XE_KEY;
	c->locked = why;
	return 0;
}

struct plaincursor *plaincursor_new(const struct filebytes_options *options, const struct bytemap_place *at, struct span session)
{
	struct plaincursor *c = calloc(1, sizeof *c);
	struct err ignored = {0};
	if (c == NULL)
		return NULL;
	c->o = options;
	c->cursor = filecursor_new(options, at);
	c->resumes = at && at->inside;
	if (c->resumes) {
		memcpy(c->before, at->before, sizeof c->before);
		c->skip = at->skip;
		c->drop = at->drop;
	}
	bool opened = session.len == 0 || (open_session(c, session, &ignored) == 0 && c->cbc);
	if (c->cursor && opened)
		return c;
	plaincursor_free(c);
	return NULL;
}

struct span plaincursor_session(const struct plaincursor *c)
{
	return (struct span){c->session, c->session_len};
}

const char *plaincursor_locked(const struct plaincursor *c)
{
	return c->is_locked ? c->locked.text : NULL;
}

bool plaincursor_lost(const struct plaincursor *c)
{
	return filecursor_lost(c->cursor) || c->lost;
}

enum stage_status plaincursor_plain(struct plaincursor *c, const struct item *item, struct span *address, struct span *plain)
{
	return filecursor_plain(c->cursor, item, address, plain);
}

/* ---- cipher text ---- */

static int library(struct err *e)
{
	return err_set(e, XE_FAILED, "OpenSSL cannot decrypt");
}

static bool make_room(uint8_t **bytes, size_t *cap, size_t wanted)
{
	if (wanted <= *cap)
		return true;
	uint8_t *grown = realloc(*bytes, wanted);
	if (grown == NULL)
		return false;
	*bytes = grown;
	*cap = wanted;
	return true;
}

/* At its beginning, or at the block of the place that the cursor went to. */
static int begin_text(struct plaincursor *c, uint32_t stream, struct err *e)
{
	struct ciphertext *t = &c->text;
	const uint8_t *before = c->resumes ? c->before : c->pki.iv.data;
	*t = (struct ciphertext){.stream = stream, .block_bytes = pki_cipher_block_bytes(c->pki.cipher), .bytes = t->bytes, .cap = t->cap};
	if (!make_room(&t->bytes, &t->cap, PKI_IV_MAX_BYTES))
		return err_memory(e, PKI_IV_MAX_BYTES, "cipher text");
	memcpy(t->bytes, before, t->block_bytes);
	c->resumes = false;
	packets_reset(&c->packets);
	c->left = (struct span){NULL, 0};
	return cbc_resume(c->cbc, before) ? 0 : library(e);
}

/* Where the block begins that became byte at of what came out. */
static struct bytemap_place place_of(const struct ciphertext *t, size_t at)
{
	size_t block = at - at % t->block_bytes;
	struct bytemap_place place = block < t->pending ? t->pending_at : t->at;
	place.skip += (uint32_t)(block < t->pending ? block : block - t->pending);
	place.drop = (uint8_t)(at - block);
	place.inside = true;
	memcpy(place.before, t->bytes + block, t->block_bytes);
	return place;
}

/* Ready for the next record: what has not come out stays, with the block before it. */
static void advance(struct ciphertext *t)
{
	if (t->len > t->out)
		t->pending_at = place_of(t, t->out);
	memmove(t->bytes, t->bytes + t->out, t->block_bytes + t->len - t->out);
	t->len -= t->out;
	t->pending = t->len;
	t->out = 0;
}

/* got bytes are in plain. */
static int take_plain(struct plaincursor *c, size_t got)
{
	size_t drop = got > 0 ? c->drop : 0;
	if (drop > got)
		return -1;
	c->drop = got > 0 ? 0 : c->drop;
	c->left = (struct span){c->plain + drop, got - drop};
	c->left_at = drop;
	return 0;
}

static int feed(struct plaincursor *c, const struct filecursor_record *r, struct err *e)
{
	struct ciphertext *t = &c->text;
	struct span data = r->item.data;
	size_t got = 0, skip = c->skip < data.len ? c->skip : data.len;
	advance(t);
	t->at = r->place;
	t->at.skip = (uint32_t)skip;
	c->skip = 0;
	data = (struct span){data.data + skip, data.len - skip};
	if (!make_room(&t->bytes, &t->cap, t->block_bytes + t->len + data.len) ||
	    !make_room(&c->plain, &c->plain_cap, data.len + 2 * PKI_IV_MAX_BYTES))
		return err_memory(e, data.len, "cipher text");
	if (data.len > 0)
		memcpy(t->bytes + t->block_bytes + t->len, data.data, data.len);
	t->len += data.len;
	if (!cbc_add(c->cbc, data.data, data.len, c->plain, &got) || got > t->len || take_plain(c, got) != 0)
		return library(e);
	t->out = got;
	t->doubt_before = t->doubt;
	t->doubt = r->doubt;
	c->doubt = c->doubt || r->doubt;
	return 0;
}

/* One record: nothing of the text can be followed from here on. */
static int break_text(struct plaincursor *c, struct filecursor_record *record)
{
	struct bytemap_place place = c->text.at;
	c->text.broken = true;
	c->left = (struct span){NULL, 0};
	place.skip = 0;
	*record = (struct filecursor_record){.item = c->last, .place = place, .doubt = c->doubt, .lost = c->lost, .broken = true};
	record->item.stream = stream_decrypted(c->text.stream);
	c->lost = c->doubt = false;
	return 1;
}

/* The next packet of what is left: 1; 0: more is to come. */
static int next_packet(struct plaincursor *c, struct filecursor_record *record, struct err *e)
{
	struct span packet, before = c->left;
	if (packets_is_whole(&c->packets)) {
		c->begins = place_of(&c->text, c->left_at);
		c->doubt = c->text.doubt || c->text.doubt_before;
	}
	enum packets_got got = packets_next(&c->packets, &c->left, &packet);
	c->left_at += before.len - c->left.len;
	switch (got) {
	case PACKETS_MORE: return 0;
	case PACKETS_BAD: return break_text(c, record);
	case PACKETS_MEMORY: return err_memory(e, before.len, "a packet");
	case PACKETS_WHOLE: break;
	}
	*record = (struct filecursor_record){.item = c->last, .place = c->begins, .doubt = c->doubt, .lost = c->lost};
	record->item.stream = stream_decrypted(c->text.stream);
	record->item.data = packet;
	record->item.len = (uint32_t)packet.len;
	c->lost = false;
	return 1;
}

/* No more of the text comes: it is to end with padding, between two packets. */
static int end_text(struct plaincursor *c, struct filecursor_record *record)
{
	struct ciphertext *t = &c->text;
	size_t got = 0;
	if (!t->broken && !t->ended) {
		advance(t);
		t->ended = true;
		if (!cbc_end(c->cbc, c->plain, &got) || take_plain(c, got) != 0)
			return break_text(c, record);
		if (got > 0)
			return 0;
	}
	if (!t->broken && !packets_is_whole(&c->packets))
		return break_text(c, record);
	t->stream = 0;
	return 0;
}

/* ---- records ---- */

static bool is_cipher_text(const struct plaincursor *c, const struct item *item)
{
	return c->cbc && stream_decrypted(item->stream) != 0;
}

/* Where what comes of it was. */
static void remember(struct plaincursor *c, const struct item *item)
{
	c->last = *item;
	c->last.data = (struct span){NULL, 0};
	c->last.head_missing = c->last.tail_missing = false;
}

static int take_text(struct plaincursor *c, const struct filecursor_record *r, struct filecursor_record *record, struct err *e)
{
	const struct item *item = &r->item;
	int rc = c->text.stream == 0 ? begin_text(c, item->stream, e) : 0;
	c->has_held = false;
	remember(c, item);
	if (rc != 0 || c->text.broken)
		return rc;
	if (!r->lost && !item->head_missing && !item->tail_missing)
		return feed(c, r, e);
	/* What was lost before it may have been some of the text. */
	c->lost = true;
	c->text.at = r->place;
	return break_text(c, record);
}

/* Any other record, once what came of the cipher text before it has gone. */
static int give_held(struct plaincursor *c, struct filecursor_record *record, struct err *e)
{
	const struct item *item = &c->held.item;
	bool session = c->o->sessions && stream_number(item->stream) == STREAM_ENCRYPTED_SESSION && !item->head_missing &&
		       !item->tail_missing;
	bool another = session && c->session &&
		       (c->session_len != item->data.len || memcmp(c->session, item->data.data, item->data.len) != 0);
	int rc = session ? open_session(c, item->data, e) : 0;
	c->has_held = false;
	*record = c->held;
	/* Of two keys only one is right. */
	record->lost = record->lost || c->lost || another;
	c->lost = false;
	return rc == 0 ? 1 : rc;
}

/* The next record of the volumes. */
static int fetch(struct plaincursor *c, bool enough, struct err *e)
{
	int rc = filecursor_next(c->cursor, enough, &c->held, e);
	c->has_held = rc > 0;
	c->ended = rc == 0;
	return rc < 0 ? rc : 0;
}

int plaincursor_next(struct plaincursor *c, bool enough, struct filecursor_record *record, struct err *e)
{
	int rc = 0;
	while (rc == 0) {
		bool goes_on = c->has_held && is_cipher_text(c, &c->held.item) && c->text.stream == c->held.item.stream;
		if (c->left.len > 0)
			rc = next_packet(c, record, e);
		else if (!c->has_held && !c->ended)
			rc = fetch(c, enough, e);
		else if (c->text.stream != 0 && !goes_on)
			rc = end_text(c, record);
		else if (c->ended)
			return 0;
		else if (is_cipher_text(c, &c->held.item))
			rc = take_text(c, &c->held, record, e);
		else
			rc = give_held(c, record, e);
	}
	return rc;
}
