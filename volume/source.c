/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window is a counted buffer: bytes [pos, fill) are read and not yet delivered.  Delivered blocks point into it, so
 * when somebody still holds it, the rest moves to a new one. */
#include "volume/source.h"

#include "volume/label.h"

#include <stdio.h>
#include <stdlib.h>

#define WINDOW_BYTES ((size_t)128 << 10)
#define TAPE_READ_BYTES ((size_t)1 << 20)
#define PADDING_UNIT 512u  /* fixed block sizes are multiples of it */
#define PADDING_SHORT 1024u /* what a drive in variable mode pads to */
#define KNOWN_SESSIONS 64u
#define LOOK_BYTES ((size_t)4 << 20) /* further than blocks inside the data of one record can follow each other */
#define ANSI_LABEL_BYTES 80u

struct known_session {
	uint32_t id, time;
	bool checksum;
};

struct source {
	struct io in;
	struct buf_pool *pool;
	struct digest *digest;
	struct buf *window;
	size_t pos, fill;
	bool end;	      /* nothing behind fill */
	uint64_t offset;      /* of pos in the volume */
	uint64_t bytes;	      /* read */
	uint64_t padding;
	uint32_t largest;
	bool padded;	      /* a dump of a tape: padding was seen */
	uint64_t label_bytes; /* of the first block with its padding, */
	uint64_t data_bytes;  /* and of the second */
	uint64_t blocks;      /* delivered */
	uint64_t last_addr;   /* of the block before pos, */
	uint32_t last_len;    /* and its length */
	struct known_session known[KNOWN_SESSIONS];
	unsigned known_next;
	struct buf *held;     /* the reference lent with the last item */
	struct opener *opener; /* NULL: encrypted blocks stay closed */
	struct source_item ahead; /* the block behind a label, read to prove the key first */
	struct buf *ahead_held;
	bool has_ahead;
	uint32_t tape_file, tape_block;
	bool tape_at_mark;
	size_t tape_read_bytes;
};

struct source *source_new(struct buf_pool *pool, struct io *in, struct digest *digest, const struct opener_keys *keys)
{
	struct source *s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->opener = keys ? opener_new(keys) : NULL;
	if (keys && s->opener == NULL) {
		free(s);
		return NULL;
	}
	s->in = *in;
	*in = IO_CLOSED;
	s->pool = pool;
	s->digest = digest;
	s->tape_read_bytes = TAPE_READ_BYTES;
	return s;
}

void source_free(struct source *s)
{
	if (s == NULL)
		return;
	buf_unref(s->held);
	buf_unref(s->ahead_held);
	buf_unref(s->window);
	opener_free(s->opener);
	io_close(&s->in);
	free(s);
}

uint64_t source_bytes(const struct source *s)
{
	return s->bytes;
}

uint64_t source_padding(const struct source *s)
{
	return s->padding;
}

void source_cipher(const struct source *s, char text[static OPENER_CIPHER_BYTES])
{
	text[0] = '\0';
	if (s->opener)
		opener_describe(s->opener, text);
}

static size_t left(const struct source *s)
{
	return s->fill - s->pos;
}

static const uint8_t *here(const struct source *s)
{
	return s->window->data + s->pos;
}

/* Room for n bytes from pos on: in place if nobody else holds the window, else in a new one. */
static int make_room(struct source *s, size_t n, struct err *e)
{
	size_t cap = n > WINDOW_BYTES ? n : WINDOW_BYTES;
	if (cap < s->largest)
		cap = s->largest;
	if (s->window && s->pos + n <= s->window->cap)
		return 0;
	struct buf *fresh = buf_new(s->pool, cap);
	if (fresh == NULL)
		return err_memory(e, cap, "reading");
	size_t rest = left(s);
	if (rest > 0)
		memcpy(fresh->data, here(s), rest);
	buf_unref(s->window);
	s->window = fresh;
	s->pos = 0;
	s->fill = rest;
	return 0;
}

/* Makes n bytes available from pos on, if the volume has them: left() tells. */
static int have(struct source *s, size_t n, struct err *e)
{
	if (left(s) >= n || s->end)
		return 0;
	int rc = make_room(s, n, e);
	if (rc != 0)
		return rc;
	size_t got;
	rc = io_read(&s->in, s->window->data + s->fill, n - left(s), s->window->cap - s->fill, &got, e);
	if (rc != 0)
		return rc;
	digest_add(s->digest, s->window->data + s->fill, got);
	s->fill += got;
	s->bytes += got;
	s->end = left(s) < n;
	return 0;
}

static void advance(struct source *s, size_t n)
{
	s->pos += n;
	s->offset += n;
}

static struct known_session *known(struct source *s, const struct block_header *h)
{
	for (unsigned i = 0; i < KNOWN_SESSIONS; i++) {
		struct known_session *k = &s->known[i];
		if (k->time != 0 && k->id == h->session_id && k->time == h->session_time)
			return k;
	}
	return NULL;
}

static void remember(struct source *s, const struct block_header *h)
{
	struct known_session *k = known(s, h);
	if (k == NULL)
		k = &s->known[s->known_next++ % KNOWN_SESSIONS];
	bool checksum = k->checksum && k->id == h->session_id && k->time == h->session_time;
	*k = (struct known_session){h->session_id, h->session_time, checksum || block_has_checksum(h)};
}

/* Finds an encrypted block's plain text.  Afterwards item->opened says whether there is any; if so item->buf holds it.  A
 * NULL-ciphered block is one whose checksum fits without any key (bacula-encryption.md 1.1). */
static int open_block(struct source *s, const uint8_t *block, const struct block_header *h, struct source_item *item,
		      struct err *e)
{
	if (!block_is_encrypted(h))
		return 0;
	item->encrypted = !item->checksum || block_checksum(block, h) != h->checksum;
	if (!item->encrypted || s->opener == NULL)
		return 0;
	enum opener_how how;
	int rc = opener_open(s->opener, s->pool, block, h, item->checksum, &item->buf, &how, e);
	item->opened = how != OPENER_SHUT;
	item->shut = how == OPENER_SHUT;
	item->encrypted = false;
	return rc;
}

/* Why the h->len bytes at block, plain by now, are not a good block; NULL if they are. */
static const char *plain_fault(const uint8_t *block, const struct block_header *h, bool expected,
			       struct source_item *item)
{
	uint64_t sum = item->checksum ? block_checksum(block, h) : 0;
	size_t at = 0;
	const char *fault = block_check_records(block, h, &at);
	item->sane_bytes = fault ? at : h->len;
	item->checksum_right = item->checksum && sum == h->checksum;
	if (h->version == 3 && (h->options & BLOCK_OPTION_BLOCK_ENCRYPTED) && !block_is_encrypted(h))
		return "its header is half that of an encrypted block";
	if (!block_has_checksum(h) && expected && (h->version == 3 || sum != 0))
		return "its checksum is gone, though the other blocks of its job have one";
	if (item->checksum && sum != h->checksum) {
		snprintf(item->reason, sizeof item->reason, "%s is %0*llx, header says %0*llx",
			 h->version == 3 ? "XXH3" : "CRC32", h->version == 3 ? 16 : 8, (unsigned long long)sum,
			 h->version == 3 ? 16 : 8, (unsigned long long)h->checksum);
		return item->reason;
	}
	return fault;
}

/* *fault: why the h->len bytes at block are not a good block; NULL if they are.  item->buf is the caller's afterwards. */
static int block_fault(struct source *s, const uint8_t *block, const struct block_header *h, struct source_item *item,
		       const char **fault, struct err *e)
{
	const struct known_session *k = h->version > 1 ? known(s, h) : NULL;
	bool expected = k && k->checksum;
	/* One CRC in four thousand million is 0, which otherwise stands for none. */
	item->checksum = block_has_checksum(h) || (h->version == 2 && expected);
	*fault = NULL;
	int rc = open_block(s, block, h, item, e);
	if (rc != 0 || item->encrypted)
		return rc;
	item->sane_bytes = block_header_bytes(h->version);
	if (item->shut)
		*fault = "no key opens it: it is damaged, or encrypted with another key";
	else
		*fault = plain_fault(item->opened ? item->buf->data : block, h, expected, item);
	return 0;
}

/* Is there a whole, good block at pos + off?  On success *len is its length. */
static int good_block_at(struct source *s, size_t off, bool *good, struct block_header *h, struct err *e)
{
	*good = false;
	int rc = have(s, off + BLOCK_HEADER_MAX_BYTES, e);
	if (rc != 0 || left(s) < off + BLOCK_PROBE_BYTES || !block_header_read(here(s) + off, left(s) - off, h))
		return rc;
	rc = have(s, off + h->len, e);
	if (rc != 0 || left(s) < off + h->len)
		return rc;
	/* Lengths first: a made-up header fails there, long before its millions of bytes are summed up. */
	size_t at;
	if (!block_is_encrypted(h) && block_check_records(here(s) + off, h, &at))
		return 0;
	struct source_item scratch = {0};
	const char *fault;
	rc = block_fault(s, here(s) + off, h, &scratch, &fault, e);
	buf_unref(scratch.buf);
	*good = rc == 0 && fault == NULL;
	if (!*good || (scratch.checksum && !scratch.encrypted))
		return rc;
	/* Nothing but the lengths speaks for it: the next block must stand where it ends. */
	rc = have(s, off + h->len + BLOCK_PROBE_BYTES, e);
	size_t behind = left(s) - off - h->len;
	*good = behind == 0 || (behind >= BLOCK_PROBE_BYTES && block_probe(here(s) + off + h->len));
	return rc;
}

/* Of a block without a checksum, behind which no other stands: does one of a session that this volume has begin inside of it?
 * Then bytes of the block are missing, and it reaches over the next one. */
static int reaches_over(struct source *s, size_t len, bool *yes, struct err *e)
{
	*yes = false;
	int rc = have(s, len + BLOCK_PROBE_BYTES, e);
	for (size_t at = 1; rc == 0 && !*yes && at < len && left(s) >= len + BLOCK_PROBE_BYTES; at++) {
		const uint8_t *id = memmem(here(s) + at + 12, len - at + 2, "BB0", 3);
		if (id == NULL)
			return 0;
		at = (size_t)(id - here(s)) - 12;
		struct block_header h;
		rc = good_block_at(s, at, yes, &h, e);
		*yes = *yes && h.version > 1 && known(s, &h) && at + h.len > len;
	}
	return rc;
}

/* Does a good block of a session that this volume has stand within LOOK_BYTES behind pos + off? */
static int known_block_behind(struct source *s, size_t off, bool *yes, struct err *e)
{
	*yes = false;
	size_t at = off;
	int rc = have(s, off + LOOK_BYTES, e);
	while (rc == 0 && !*yes && left(s) >= at + BLOCK_PROBE_BYTES && at < off + LOOK_BYTES) {
		const uint8_t *id = memmem(here(s) + at + 12, left(s) - at - 12, "BB0", 3);
		if (id == NULL)
			return 0;
		at = (size_t)(id - here(s)) - 12;
		struct block_header h;
		rc = good_block_at(s, at, yes, &h, e);
		*yes = *yes && known(s, &h);
		at++;
	}
	return rc;
}

/* May reading go on at pos after damage?  A block of a session that this volume has is believed at once.  Another may be
 * part of a backed-up volume inside file data.  Then the row of such blocks breaks off where the outer block ends, and
 * blocks of known sessions follow soon. */
static int believable(struct source *s, bool *yes, struct err *e)
{
	size_t off = 0;
	for (;;) {
		struct block_header h;
		int rc = good_block_at(s, off, yes, &h, e);
		if (rc != 0)
			return rc;
		if (!*yes && off == 0)
			return 0;
		if (!*yes)
			break;
		off += h.len;
		rc = have(s, off + 1, e);
		if (rc != 0 || known(s, &h) || off >= LOOK_BYTES || left(s) == off)
			return rc;
	}
	bool known_follows;
	int rc = known_block_behind(s, off, &known_follows, e);
	*yes = !known_follows;
	return rc;
}

/* Passes over bytes until pos stands on the next block to believe, or at the end. */
static int resync(struct source *s, struct err *e)
{
	advance(s, left(s) > 0 ? 1 : 0);
	for (;;) {
		/* Not at every step: that would move the window for a few bytes each time. */
		int rc = left(s) < BLOCK_PROBE_BYTES ? have(s, WINDOW_BYTES, e) : 0;
		if (rc != 0)
			return rc;
		if (left(s) < BLOCK_PROBE_BYTES) {
			advance(s, left(s));
			return 0;
		}
		const uint8_t *id = memmem(here(s) + 12, left(s) - 12, "BB0", 3);
		if (id == NULL) {
			advance(s, left(s) - (BLOCK_PROBE_BYTES - 1));
			continue;
		}
		advance(s, (size_t)(id - here(s)) - 12);
		bool yes = false;
		rc = left(s) >= BLOCK_PROBE_BYTES && block_probe(here(s)) ? believable(s, &yes, e) : 0;
		if (rc != 0 || yes)
			return rc;
		advance(s, 1);
	}
}

/* Does a block header, or the end of the volume, stand len bytes behind pos (or where padding would put it)? */
static int continues_behind(struct source *s, size_t len, bool *yes, struct err *e)
{
	size_t at = len;
	if (s->padded)
		at = (len + PADDING_SHORT - 1) / PADDING_SHORT * PADDING_SHORT;
	for (;; at = len) {
		int rc = have(s, at + BLOCK_HEADER_MAX_BYTES, e);
		if (rc != 0)
			return rc;
		struct block_header h;
		*yes = left(s) == at || (left(s) > at && block_header_read(here(s) + at, left(s) - at, &h) &&
					 (h.version == 1 || known(s, &h)));
		if (!*yes) {
			struct block_header good;
			rc = good_block_at(s, at, yes, &good, e);
		}
		if (rc != 0 || *yes || at == len)
			return rc;
	}
}

/* *over: a block without a checksum ends where no other begins, but one begins inside of it. */
static int check_end(struct source *s, size_t len, bool *over, struct err *e)
{
	bool goes_on;
	int rc = continues_behind(s, len, &goes_on, e);
	return rc != 0 || goes_on ? rc : reaches_over(s, len, over, e);
}

/* The bytes of the block at pos, plain, for the caller of source_next. */
static void lend(struct source *s, struct source_item *item)
{
	if (item->buf == NULL) {
		item->buf = s->window;
		item->data = here(s);
		buf_ref(item->buf);
	} else {
		item->data = item->buf->data;
	}
	s->held = item->buf;
}

/* Delivers the damage that begins at pos and goes on to the next block to believe. */
static int damage(struct source *s, struct source_item *item, const char *reason, struct err *e)
{
	if (reason != item->reason)
		snprintf(item->reason, sizeof item->reason, "%s", reason);
	item->event = SOURCE_DAMAGE;
	item->addr = s->offset;
	item->data = NULL;
	bool whole = false;
	if (item->header.len > 0 && left(s) >= item->header.len) {
		int rc = continues_behind(s, item->header.len, &whole, e);
		if (rc != 0)
			return rc;
	}
	if (whole) {
		lend(s, item);
		s->last_addr = s->offset;
		s->last_len = item->header.len;
		/* Its records may be taken up to the bad one: then it says as much of its session as a good block. */
		if (item->checksum_right && item->header.version > 1)
			remember(s, &item->header);
		advance(s, item->header.len);
	} else {
		buf_unref(item->buf);
		item->buf = NULL;
		int rc = resync(s, e);
		if (rc != 0)
			return rc;
	}
	item->len = s->offset - item->addr;
	return 0;
}

/* The sizes that a block of a tape can have with its padding: rounded up to 1024, or that of all blocks of a drive with
 * fixed blocks, which the label block (padded most) or the largest block so far show.  volume-format.md 1.6 */
static bool is_padded_size(const struct source *s, uint64_t bytes)
{
	uint64_t unit = PADDING_SHORT;
	uint64_t shortest = (s->last_len + unit - 1) / unit * unit;
	uint64_t largest = (s->largest + unit - 1) / unit * unit;
	/* The first block behind the label may show the size, too. */
	if (bytes == shortest || s->blocks == 1 || (s->blocks == 2 && s->padded))
		return true;
	return s->padded && (bytes == s->label_bytes || bytes == s->data_bytes || bytes == largest);
}

/* Zeros behind a block, up to where a tape drive would have begun the next one.  Passes over them if that is what they
 * are; left alone they are damage. */
static int skip_padding(struct source *s, bool *skipped, struct err *e)
{
	*skipped = false;
	if (s->blocks == 0)
		return 0;
	size_t most = s->padded || s->blocks == 1 ? BLOCK_MAX_BYTES : PADDING_SHORT;
	size_t zeros = 0;
	for (;;) {
		int rc = have(s, zeros * 2 + PADDING_SHORT, e);
		if (rc != 0)
			return rc;
		size_t n = left(s);
		while (zeros < n && zeros <= most && here(s)[zeros] == 0)
			zeros++;
		if (zeros < n || s->end)
			break;
	}
	if (zeros > most)
		return 0;
	/* A header may itself begin with zeros, but not with more than 12. */
	uint64_t first = s->offset + zeros - s->last_addr;
	uint64_t target = first / PADDING_UNIT * PADDING_UNIT;
	bool at_end = s->end && zeros == left(s);
	if (at_end ? target != first : first - target > 12 || target + s->last_addr < s->offset)
		return 0;
	if (!is_padded_size(s, target))
		return 0;
	size_t to = (size_t)(target + s->last_addr - s->offset);
	if (!at_end) {
		int rc = have(s, to + BLOCK_HEADER_MAX_BYTES, e);
		struct block_header h;
		if (rc != 0 || !block_header_read(here(s) + to, left(s) - to, &h))
			return rc;
	}
	if (s->blocks == 1)
		s->label_bytes = target;
	else if (s->blocks == 2)
		s->data_bytes = target;
	s->padded = true;
	s->padding += to;
	advance(s, to);
	*skipped = true;
	return 0;
}

static void deliver_block(struct source *s, struct source_item *item)
{
	item->event = SOURCE_BLOCK;
	item->len = item->header.len;
	lend(s, item);
	if (item->header.len > s->largest)
		s->largest = item->header.len;
	s->blocks++;
	if (item->header.version > 1)
		remember(s, &item->header);
}

static const char *what_stands_here(const struct source *s)
{
	if (s->offset == 0)
		return "this is no volume: no block header (BB01, BB02, BB03) at its beginning";
	return "no block header (BB01, BB02, BB03) where one should be";
}

static int next_in_stream(struct source *s, struct source_item *item, struct err *e)
{
	bool skipped;
	do {
		int rc = have(s, BLOCK_HEADER_MAX_BYTES, e);
		if (rc != 0)
			return rc;
		if (left(s) == 0) {
			item->event = SOURCE_END;
			return 0;
		}
		skipped = false;
		if (left(s) < BLOCK_PROBE_BYTES || !block_probe(here(s)))
			rc = skip_padding(s, &skipped, e);
		if (rc != 0)
			return rc;
	} while (skipped);

	if (left(s) < BLOCK_PROBE_BYTES)
		return damage(s, item, "the volume ends inside a block header", e);
	if (!block_probe(here(s)))
		return damage(s, item, what_stands_here(s), e);
	if (left(s) < block_header_bytes(block_probe(here(s))))
		return damage(s, item, "the volume ends inside a block header", e);
	if (!block_header_read(here(s), left(s), &item->header)) {
		snprintf(item->reason, sizeof item->reason, "block length %u is impossible", item->header.len);
		item->header.len = 0;
		return damage(s, item, item->reason, e);
	}
	int rc = have(s, item->header.len, e);
	if (rc != 0)
		return rc;
	if (left(s) < item->header.len) {
		snprintf(item->reason, sizeof item->reason, "block of %u bytes is cut short: the volume ends after %zu of them",
			 item->header.len, left(s));
		return damage(s, item, item->reason, e);
	}
	const char *fault;
	rc = block_fault(s, here(s), &item->header, item, &fault, e);
	if (rc == 0 && item->shut)
		rc = opener_shut(s->opener, e);
	bool over = false;
	if (rc == 0 && fault == NULL && !item->checksum && !item->encrypted)
		rc = check_end(s, item->header.len, &over, e);
	if (rc != 0)
		return rc;
	if (over) {
		item->header.len = 0;
		fault = "bytes of this block are missing: the next one begins inside of it";
	}
	if (fault)
		return damage(s, item, fault, e);

	item->addr = s->last_addr = s->offset;
	s->last_len = item->header.len;
	deliver_block(s, item);
	advance(s, item->header.len);
	return 0;
}

/* One read, one block. */
static int read_tape_block(struct source *s, size_t *got, struct err *e)
{
	for (;;) {
		bool too_small;
		s->fill = s->pos = 0;
		int rc = make_room(s, s->tape_read_bytes, e);
		if (rc != 0)
			return rc;
		if (s->window->refs > 1) {
			buf_unref(s->window);
			s->window = NULL;
			continue;
		}
		rc = io_read_tape(s->in.fd, s->window->data, s->tape_read_bytes, got, &too_small, e);
		if (rc != 0 || !too_small)
			return rc;
		if (s->tape_read_bytes >= BLOCK_MAX_BYTES)
			return err_set(e, XE_FAILED, "a tape block is larger than %u bytes", BLOCK_MAX_BYTES);
		s->tape_read_bytes *= 2;
	}
}

static int next_on_tape(struct source *s, struct source_item *item, struct err *e)
{
	size_t got;
	int rc = read_tape_block(s, &got, e);
	if (rc != 0)
		return rc;
	item->addr = (uint64_t)s->tape_file << 32 | s->tape_block;
	item->len = got;
	s->bytes += got;
	if (got == 0) {
		item->event = s->tape_at_mark ? SOURCE_END : SOURCE_FILE_MARK;
		s->tape_at_mark = true;
		s->tape_file++;
		s->tape_block = 0;
		return 0;
	}
	digest_add(s->digest, s->window->data, got);
	s->tape_at_mark = false;
	s->tape_block++;
	item->data = s->window->data;
	const char *fault = NULL;
	bool block = got >= BLOCK_PROBE_BYTES && block_probe(item->data);
	if (!block && got == ANSI_LABEL_BYTES) {
		item->event = SOURCE_FOREIGN;
		item->buf = s->held = s->window;
		buf_ref(s->held);
		return 0;
	}
	if (!block)
		fault = "no block header (BB01, BB02, BB03) where one should be";
	else if (!block_header_read(item->data, got, &item->header) || item->header.len > got)
		fault = "its length is impossible";
	else
		rc = block_fault(s, item->data, &item->header, item, &fault, e);
	if (rc == 0 && item->shut)
		rc = opener_shut(s->opener, e);
	if (rc != 0)
		return rc;
	if (fault == NULL) {
		deliver_block(s, item);
		return 0;
	}
	item->event = SOURCE_DAMAGE;
	if (fault != item->reason)
		snprintf(item->reason, sizeof item->reason, "%s", fault);
	bool whole = item->header.len > 0 && item->header.len <= got;
	lend(s, item);
	if (!whole)
		item->data = NULL;
	else if (item->checksum_right && item->header.version > 1)
		remember(s, &item->header);
	return 0;
}

static int fetch(struct source *s, struct source_item *item, struct err *e)
{
	s->held = NULL;
	*item = (struct source_item){.event = SOURCE_END};
	int rc = s->in.kind == IO_TAPE ? next_on_tape(s, item, e) : next_in_stream(s, item, e);
	if (rc != 0 && s->held == NULL)
		buf_unref(item->buf);
	if (rc == 0 && item->event == SOURCE_END && s->opener)
		rc = opener_end(s->opener, e);
	return rc;
}

/* A label says whose blocks follow.  Where it says that they are encrypted, the next one proves the key before anything of
 * the volume is handed out. */
static int prove_key(struct source *s, const struct source_item *label, struct span data, struct err *e)
{
	bool encrypted = label->header.version == 3 && (label->header.options & BLOCK_OPTION_VOLUME_ENCRYPTED);
	int rc = opener_end(s->opener, e);
	rc = rc != 0 ? rc : opener_begin(s->opener, data, encrypted, e);
	if (rc != 0 || !encrypted)
		return rc;
	struct buf *held = s->held;
	rc = fetch(s, &s->ahead, e);
	s->ahead_held = s->held;
	s->held = held;
	s->has_ahead = rc == 0;
	return rc;
}

int source_next(struct source *s, struct source_item *item, struct err *e)
{
	buf_unref(s->held);
	s->held = NULL;
	int rc = 0;
	if (s->has_ahead) {
		*item = s->ahead;
		s->held = s->ahead_held;
		s->ahead_held = NULL;
		s->has_ahead = false;
	} else {
		rc = fetch(s, item, e);
	}
	struct span label;
	if (rc == 0 && s->opener && source_begins_volume(item, &label))
		rc = prove_key(s, item, label, e);
	return rc;
}

bool source_begins_volume(const struct source_item *b, struct span *data)
{
	if (b->event != SOURCE_BLOCK || b->encrypted)
		return false;
	struct rd rest = rd_over(b->data, b->header.len);
	rd_bytes(&rest, block_header_bytes(b->header.version));
	struct record_header h;
	return record_next(&rest, b->header.version, &h, data) && label_is_volume(h.file_index) && h.len == data->len;
}
