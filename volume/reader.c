/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks come from a source one by one; each is taken apart into records.  A record that is not whole waits in its
 * session.  At the end of a volume such records are completed from the next volumes of the set, read ahead through a
 * source of their own, so that items keep one order whatever is interleaved. */
#include "volume/reader.h"

#include "volume/ahead.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum phase { PHASE_OPEN, PHASE_BLOCKS, PHASE_CUT_RECORDS, PHASE_CLOSE, PHASE_DONE };

struct reader {
	struct reader_options o;
	struct buf_pool *pool;
	enum phase phase;
	size_t input; /* index of the volume being read */
	struct source *source;
	struct volume_info *volume, *first_volume;
	struct session_table sessions;
	uint32_t largest;
	_Atomic uint64_t bytes;
	uint64_t bytes_before; /* of the inputs done */
	uint64_t volume_began; /* bytes before this volume */
	uint64_t stream_addr;  /* where it begins in its input */

	/* The block being taken apart */
	struct source_item block;
	bool peeked; /* block was read to learn the volume's name, and is still to be taken apart */
	bool in_block, block_announced, gap_checked;
	uint32_t record_at; /* offset of the record at hand in the block */
	unsigned damages, damages_before; /* bad blocks so far, and before this volume */
	struct rd rest;
	struct session *session; /* of the last record of the block */
	bool any_block;		 /* the volume has something on it */
	bool label_taken;	 /* the volume's label was handed out */
	bool another_volume;	 /* the block holds the label of a volume behind this one in the same stream */

	struct session *cut; /* PHASE_CUT_RECORDS: the session to look at next */
	struct buf *lent;    /* buffer of a joined record, until the next call */
};

struct reader *reader_new(const struct reader_options *options, struct buf_pool *pool)
{
	struct reader *r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->o = *options;
	if (r->o.keep_bytes == 0)
		r->o.keep_bytes = SIZE_MAX;
	r->pool = pool;
	return r;
}

void reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	buf_unref(r->lent);
	session_table_free(&r->sessions);
	source_free(r->source);
	for (struct volume_info *v = r->first_volume, *next; v; v = next) {
		next = v->next;
		free(v);
	}
	free(r);
}

uint64_t reader_bytes(const struct reader *r)
{
	return atomic_load_explicit(&r->bytes, memory_order_relaxed);
}

/* ---- volumes ---- */

static int add_volume(struct reader *r, const struct io *in, struct err *e)
{
	struct volume_info *v = calloc(1, sizeof *v);
	if (v == NULL)
		return err_memory(e, sizeof *v, "a volume");
	const char *path = r->o.paths[r->input];
	snprintf(v->path, sizeof v->path, "%s", path);
	v->name = strcmp(path, "-") == 0 ? "stdin" : v->path;
	v->input = (unsigned)r->input;
	if (in) {
		v->kind = in->kind;
		v->size = in->size;
	}
	v->next = r->first_volume;
	r->first_volume = v;
	r->volume = v;
	return 0;
}

/* Fills in what a label record says. */
static void learn_volume(struct volume_info *v, unsigned block_version, struct span data)
{
	struct volume_label label;
	if (v->has_label || !label_read_volume(data, &label))
		return;
	v->has_label = true;
	v->label = label;
	v->product = label_product(&label, block_version);
	v->product_known = true;
}

/* Before anything is said of the volume: what its first block tells of it. */
static void learn_from_first(struct reader *r)
{
	struct volume_info *v = r->volume;
	struct span data;
	if (source_begins_volume(&r->block, &data))
		learn_volume(v, r->block.header.version, data);
	if (strcmp(v->path, "-") == 0 && v->label.volume[0])
		v->name = v->label.volume;
}

static int open_volume(struct reader *r, struct item *item, struct err *e)
{
	const char *path = r->o.paths[r->input];
	struct io in;
	int rc = io_open_input(&in, path, e);
	if (rc != 0) {
		err_volume(e, strcmp(path, "-") == 0 ? "stdin" : path);
		return rc;
	}
	r->volume_began = r->bytes_before;
	r->stream_addr = 0;
	rc = add_volume(r, &in, e);
	r->source = rc == 0 ? source_new(r->pool, &in, r->o.digest, r->o.keys) : NULL;
	if (r->source == NULL) {
		io_close(&in);
		return rc != 0 ? rc : err_memory(e, 0, "reading");
	}
	/* Its name is wanted before anything is said about it. */
	rc = source_next(r->source, &r->block, e);
	if (rc != 0) {
		err_volume(e, r->volume->name);
		return rc;
	}
	r->peeked = true;
	learn_from_first(r);
	r->phase = PHASE_BLOCKS;
	*item = (struct item){.kind = ITEM_VOLUME_START, .volume = r->volume, .largest = r->largest};
	return 0;
}

static void close_volume(struct reader *r, struct item *item)
{
	*item = (struct item){.kind = ITEM_VOLUME_END, .volume = r->volume, .largest = r->largest};
	for (struct session *s = r->sessions.first; s; s = s->next)
		s->last_empty = false;
	r->label_taken = false;
	r->any_block = false;
	r->damages_before = r->damages;
	r->volume->padding = source_padding(r->source);
	r->volume->bytes = r->bytes_before + source_bytes(r->source) - r->volume_began;
	if (r->another_volume) {
		r->volume->bytes = r->bytes_before + r->block.addr - r->volume_began;
		r->phase = PHASE_OPEN;
		return;
	}
	r->bytes_before += source_bytes(r->source);
	source_free(r->source);
	r->source = NULL;
	r->phase = ++r->input < r->o.path_count ? PHASE_OPEN : PHASE_DONE;
}

/* ---- one block ---- */

static struct item item_here(const struct reader *r, enum item_kind kind)
{
	const struct block_header *h = &r->block.header;
	return (struct item){
		.kind = kind,
		.volume = r->volume,
		.job = r->session ? &r->session->job : NULL,
		.addr = r->block.addr - r->stream_addr,
		.form = {h->version, h->options, r->block.checksum},
		.offset = r->record_at,
		.largest = r->largest,
		.number = h->number,
	};
}

static void damage_item(struct reader *r, struct item *item, const struct session *s, const struct item *about,
			const char *reason)
{
	*item = item_here(r, ITEM_DAMAGE);
	item->job = &s->job;
	item->file_index = about->file_index;
	item->stream = about->stream;
	item->addr = about->addr;
	item->offset = about->offset;
	item->damage_len = about->len;
	snprintf(item->reason, sizeof item->reason, "%s", reason);
}

/* The session of a record, in BB01 its own; NULL without memory for it. */
static struct session *session_of(struct reader *r, const struct record_header *h, struct err *e)
{
	const struct block_header *b = &r->block.header;
	bool own = b->version == 1;
	uint32_t id = own ? h->session_id : b->session_id, time = own ? h->session_time : b->session_time;
	unsigned before = r->sessions.count;
	struct session *s = session_get(&r->sessions, id, time);
	if (s == NULL)
		err_memory(e, sizeof *s, "a session");
	if (s == NULL || r->sessions.count == before)
		return s;
	if (session_memory(r->pool, SESSION_BYTES, e) != 0)
		return NULL;
	buf_pool_charge(r->pool, SESSION_BYTES);
	return s;
}

/* First and last FileIndex of data in the block at hand; 0 if there is none. */
static void data_indexes(const struct reader *r, int32_t *first, int32_t *last)
{
	struct rd rest = rd_over(r->block.data, r->block.sane_bytes);
	rd_bytes(&rest, block_header_bytes(r->block.header.version));
	struct record_header h;
	struct span part;
	*first = *last = 0;
	while (record_next(&rest, r->block.header.version, &h, &part)) {
		if (h.file_index > 0 && *first == 0)
			*first = h.file_index;
		if (h.file_index > 0)
			*last = h.file_index;
	}
}

/* What map and list want to know of a block.  Returns 1, or < 0 on error. */
static int announce_block(struct reader *r, struct item *item, struct err *e)
{
	const struct block_header *h = &r->block.header;
	*item = item_here(r, ITEM_BLOCK);
	item->len = h->len;
	item->data = (struct span){r->block.data, h->len};
	item->buf = r->block.buf;
	item->encrypted = r->block.encrypted;
	item->opened = r->block.opened;
	struct rd rest = r->rest;
	struct record_header first;
	struct span part;
	if (r->block.encrypted || !record_next(&rest, h->version, &first, &part))
		return 1;
	/* The session in a label block's header says nothing (volume-corrections.md A6). */
	item->begins_volume = label_is_volume(first.file_index);
	if (!item->begins_volume) {
		const struct session *s = session_of(r, &first, e);
		if (s == NULL)
			return e->code;
		item->job = &s->job;
	}
	if (r->o.indexes)
		data_indexes(r, &item->first_index, &item->last_index);
	return 1;
}

static void begin_block(struct reader *r)
{
	const struct block_header *h = &r->block.header;
	r->rest = rd_over(r->block.data, r->block.sane_bytes);
	rd_bytes(&r->rest, block_header_bytes(h->version));
	r->in_block = true;
	r->block_announced = !r->o.blocks;
	r->gap_checked = h->version == 1;
	r->session = NULL;
	r->largest = h->len > r->largest ? h->len : r->largest;
}

/* Tweaks are made of the session and the block's number in it. */
static int count_opened(struct reader *r, struct err *e)
{
	const struct block_header *h = &r->block.header;
	if (!r->block.opened)
		return 0;
	struct session *s = session_get(&r->sessions, h->session_id, h->session_time);
	if (s == NULL)
		return err_memory(e, sizeof *s, "a session");
	if (r->volume->opened++ == 0)
		source_cipher(r->source, r->volume->cipher);
	if (s->sealed && h->number <= s->highest_number)
		r->volume->reused++;
	else
		s->highest_number = h->number;
	s->sealed = true;
	return 0;
}

/* The label's fields, once; a second start of session changes nothing. */
static void learn_job(struct session *s, int32_t file_index, struct span data)
{
	if (file_index != LABEL_SESSION_START || s->job.has_label)
		return;
	s->job.has_label = label_read_session(data, false, &s->job.label);
}

static void volume_label(struct reader *r, const struct record_header *h, struct span data, struct item *item)
{
	*item = item_here(r, ITEM_VOLUME_LABEL);
	item->job = NULL;
	item->file_index = h->file_index;
	item->stream = (uint32_t)h->stream;
	item->len = (uint32_t)data.len;
	/* One record of another block would be a second label. */
	if (r->label_taken || data.len < h->len || h->stream < 0) {
		item->kind = ITEM_DAMAGE;
		item->damage_len = data.len;
		snprintf(item->reason, sizeof item->reason, "%s", r->label_taken ? "the volume label stands here a second time" :
			 "the volume label is not whole");
		return;
	}
	r->label_taken = true;
	learn_volume(r->volume, r->block.header.version, data);
	size_t alone = block_header_bytes(r->block.header.version) + record_header_bytes(r->block.header.version);
	item->whole_block = r->block.header.len == alone + data.len;
	item->data = item->whole_block ? (struct span){r->block.data, r->block.header.len} : data;
	item->buf = r->block.buf;
}

/* The label of another volume behind the end of this one, as in `cat vol1 vol2`. */
static bool begins_another_volume(const struct reader *r)
{
	struct volume_label label;
	struct span data;
	return r->label_taken && source_begins_volume(&r->block, &data) && label_read_volume(data, &label) &&
	       strcmp(label.volume, r->volume->label.volume) != 0;
}

/* Hands out the session's joined record. */
static void take_partial(struct reader *r, struct session *s, struct item *item)
{
	*item = s->partial.item;
	item->largest = r->largest;
	r->lent = item->buf;
	s->partial.item.buf = NULL;
	partial_drop(&s->partial);
	if (item->file_index < 0 && !item->head_missing && !item->tail_missing)
		learn_job(s, item->file_index, item->data);
}

/* A part without its beginning.  Returns 1 if item was filled, 0 if not, < 0 on error. */
static int continuation(struct reader *r, struct session *s, const struct record_header *h, struct span part,
			struct item *item, struct err *e)
{
	uint32_t stream = (uint32_t)-h->stream;
	struct partial *p = &s->partial;
	struct item about = item_here(r, ITEM_RECORD);
	about.file_index = h->file_index;
	about.stream = stream;
	about.len = h->len;

	if (s->skip > 0) {
		if (s->skip == h->len && s->skip_stream == stream) {
			s->skip -= (uint32_t)part.len;
			return 0;
		}
		s->skip = 0;
	}
	if (p->open && p->item.stream == stream && p->item.file_index == h->file_index &&
	    p->item.len - p->have == h->len) {
		partial_add(p, part);
		if (!partial_complete(p))
			return 0;
		take_partial(r, s, item);
		return 1;
	}
	if (p->open) {
		damage_item(r, item, s, &p->item, "the rest of this record does not follow");
		partial_drop(p);
		r->rest.p -= part.len + record_header_bytes(r->block.header.version);
		return 1;
	}
	/* Bareos repeats the header of an empty record that ends with its block (volume-format.md 2.2). */
	if (s->last_empty && h->len == 0 && s->last_stream == stream && s->last_index == h->file_index)
		return 0;
	/* The session may have begun in what was lost. */
	if (s->seen || r->damages > r->damages_before) {
		damage_item(r, item, s, &about, "the beginning of this record is missing");
		item->damage_len = part.len;
		return 1;
	}
	about.head_missing = true;
	int rc = partial_open(p, &about, r->pool, r->o.keep_bytes, e);
	if (rc != 0)
		return rc;
	partial_add(p, part);
	if (!partial_complete(p))
		return 0;
	take_partial(r, s, item);
	return 1;
}

/* A record's first header.  Returns as above. */
static int beginning(struct reader *r, struct session *s, const struct record_header *h, struct span part,
		     struct item *item, struct err *e)
{
	if (s->partial.open) {
		damage_item(r, item, s, &s->partial.item, "the rest of this record does not follow");
		partial_drop(&s->partial);
		r->rest.p -= part.len + record_header_bytes(r->block.header.version);
		return 1;
	}
	s->skip = 0;
	*item = item_here(r, ITEM_RECORD);
	item->file_index = h->file_index;
	item->stream = (uint32_t)h->stream;
	item->len = h->len;
	if (part.len < h->len) {
		int rc = partial_open(&s->partial, item, r->pool, r->o.keep_bytes, e);
		if (rc == 0)
			partial_add(&s->partial, part);
		return rc;
	}
	item->data = part;
	item->buf = r->block.buf;
	if (h->file_index < 0)
		learn_job(s, h->file_index, part);
	s->last_empty = h->len == 0 && rd_left(&r->rest) == 0;
	s->last_stream = item->stream;
	s->last_index = h->file_index;
	return 1;
}

/* After damage the numbers of a session's blocks tell whether one of its own was lost there, and between which files.
 * Returns 1 if item was filled, 0 if not, < 0 on error. */
static int find_gap(struct reader *r, struct item *item, struct err *e)
{
	const struct block_header *h = &r->block.header;
	r->gap_checked = true;
	struct rd rest = r->rest;
	struct record_header first;
	struct span part;
	if (!record_next(&rest, h->version, &first, &part) || label_is_volume(first.file_index))
		return 0;
	struct session *s = session_of(r, &first, e);
	if (s == NULL)
		return e->code;
	bool gap = s->numbered && s->damages != r->damages && h->number > s->last_number + 1;
	uint32_t lost = h->number - s->last_number - 1;
	/* The file before one that has begun is whole. */
	int32_t before = s->partial.open ? s->partial.item.file_index : s->last_index;
	before = before > 0 ? before : 0;
	s->numbered = true;
	s->last_number = h->number;
	s->damages = r->damages;
	if (!gap)
		return 0;
	int32_t low, high;
	data_indexes(r, &low, &high);
	*item = item_here(r, ITEM_DAMAGE);
	item->job = &s->job;
	item->bad_block = true;
	item->file_index = before;
	snprintf(item->reason, sizeof item->reason, "%u of this job's blocks missing before here, with data of FileIndex %d to %d",
		 lost, before, low ? low : before);
	return 1;
}

/* The next item of the block at hand.  Returns 1 if item was filled, 0 at the block's end, < 0 on error. */
static int next_in_block(struct reader *r, struct item *item, struct err *e)
{
	unsigned version = r->block.header.version;
	if (!r->block_announced) {
		r->block_announced = true;
		return announce_block(r, item, e);
	}
	if (!r->gap_checked && !r->block.encrypted) {
		int rc = find_gap(r, item, e);
		if (rc != 0)
			return rc;
	}
	for (;;) {
		struct record_header h;
		struct span part;
		r->record_at = (uint32_t)(r->rest.p - r->block.data);
		bool more = !r->block.encrypted && record_next(&r->rest, version, &h, &part);
		if (!more) {
			if (r->session)
				r->session->seen = true;
			return 0;
		}
		if (label_is_volume(h.file_index)) {
			volume_label(r, &h, part, item);
			return 1;
		}
		struct session *s = session_of(r, &h, e);
		if (s == NULL)
			return e->code;
		if (r->session && r->session != s)
			r->session->seen = true;
		r->session = s;
		int rc = h.stream < 0 ? continuation(r, s, &h, part, item, e) : beginning(r, s, &h, part, item, e);
		if (rc == 0 || h.stream >= 0)
			s->seen = true;
		if (rc != 0)
			return rc;
	}
}

/* ---- the end of a volume ---- */

/* What cannot be read ahead (a pipe, a tape, another input of the same) is read in its turn: a record that a volume
 * change cuts is then handed out with the next volume, whole. */
static bool goes_on(const struct reader *r)
{
	struct stat st;
	const char *next = r->input + 1 < r->o.path_count ? r->o.paths[r->input + 1] : NULL;
	if (next == NULL || r->another_volume)
		return next != NULL || r->another_volume;
	return strcmp(next, "-") == 0 || (stat(next, &st) == 0 && !S_ISREG(st.st_mode));
}

static int next_cut_record(struct reader *r, struct item *item, struct err *e)
{
	while (r->cut && !goes_on(r)) {
		struct session *s = r->cut;
		r->cut = s->next;
		if (!s->partial.open)
			continue;
		int rc = ahead_complete(s, &r->o, r->input + 1, r->pool, e);
		if (rc != 0)
			return rc;
		s->partial.item.tail_missing = !partial_complete(&s->partial);
		/* Its rest may be what was lost. */
		if (s->partial.item.tail_missing && (r->damages > r->damages_before || s->torn) && !r->o.keep_suspect) {
			damage_item(r, item, s, &s->partial.item, "the rest of this record does not follow");
			partial_drop(&s->partial);
			return 1;
		}
		bool cut = s->partial.item.tail_missing;
		take_partial(r, s, item);
		/* Its rest on the next volume is then a part without a beginning, not damage. */
		s->seen = !cut;
		return 1;
	}
	r->phase = PHASE_CLOSE;
	return 0;
}

/* ---- items ---- */

/* Whose data a bad block held, as far as its own header can be believed: only a session that is known. */
static void name_bad_block(struct reader *r, struct item *item)
{
	const struct block_header *h = &r->block.header;
	item->bad_block = true;
	r->damages++;
	if (r->block.data == NULL || h->version == 1)
		return;
	struct session *s = session_find(&r->sessions, h->session_id, h->session_time);
	if (s == NULL) {
		size_t used = strlen(r->block.reason);
		snprintf(r->block.reason + used, sizeof r->block.reason - used, " (its header names session %u/%u)",
			 h->session_id, h->session_time);
		return;
	}
	item->job = &s->job;
	if (r->block.sane_bytes > 0)
		data_indexes(r, &item->first_index, &item->last_index);
	item->file_index = item->first_index;
	/* Its own number accounts for it. */
	if (s->numbered && h->number == s->last_number + 1) {
		s->last_number = h->number;
		s->last_index = item->last_index ? item->last_index : s->last_index;
	}
}

/* What of a bad block is used all the same: where its checksum is right, the records before the one that breaks the rules;
 * where only the checksum is wrong, all of it, if the caller wants such. */
static void salvage(struct reader *r, struct item *item)
{
	const struct source_item *b = &r->block;
	if (b->data == NULL)
		return;
	item->suspect = r->o.keep_suspect && b->sane_bytes == b->header.len;
	bool part = b->checksum_right && b->sane_bytes > block_header_bytes(b->header.version);
	if (!item->suspect && !part)
		return;
	begin_block(r);
	item->salvaged = !item->suspect;
	item->damage_len = item->suspect ? b->len : b->len - b->sane_bytes;
}

/* Where the label is missing or bad, blocks and start-of-session labels tell who wrote them. */
static void learn_product(struct reader *r)
{
	struct volume_info *v = r->volume;
	struct rd rest = r->rest;
	struct record_header h;
	struct span part;
	if (v->product_known || !record_next(&rest, r->block.header.version, &h, &part))
		return;
	if (label_is_volume(h.file_index)) {
		learn_volume(v, r->block.header.version, part);
		return;
	}
	struct session_label label;
	bool labelled = h.file_index == LABEL_SESSION_START && label_read_session(part, false, &label);
	bool bareos = labelled && strncmp(label.id, "Bareos", 6) == 0;
	v->product_known = bareos || r->block.header.version == 3;
	v->product = bareos ? PRODUCT_BAREOS : PRODUCT_BACULA;
}

static int next_block(struct reader *r, struct item *item, struct err *e)
{
	r->record_at = 0;
	int rc = r->peeked ? 0 : source_next(r->source, &r->block, e);
	r->peeked = false;
	atomic_store_explicit(&r->bytes, r->bytes_before + source_bytes(r->source), memory_order_relaxed);
	if (rc != 0) {
		err_volume(e, r->volume->name);
		return rc;
	}
	switch (r->block.event) {
	case SOURCE_END:
		if (!r->any_block) {
			err_volume(e, r->volume->name);
			return err_set(e, XE_FAILED, source_bytes(r->source) == 0 ? "is empty: not even a volume label" :
				       "is no volume: there is no block (BB01, BB02, BB03) in it");
		}
		r->phase = PHASE_CUT_RECORDS;
		r->cut = r->sessions.first;
		return 0;
	case SOURCE_BLOCK:
		r->any_block = true;
		begin_block(r);
		rc = count_opened(r, e);
		if (rc != 0)
			return rc;
		if (begins_another_volume(r)) {
			r->another_volume = true;
			r->phase = PHASE_CLOSE;
			return 0;
		}
		learn_product(r);
		if (!r->block.encrypted)
			return 0;
		/* fall through */
	case SOURCE_DAMAGE:
		r->session = NULL;
		*item = item_here(r, ITEM_DAMAGE);
		name_bad_block(r, item);
		item->damage_len = r->block.len;
		item->encrypted = r->block.encrypted;
		snprintf(item->reason, sizeof item->reason, "%s",
			 r->block.encrypted ? "the block is encrypted" : r->block.reason);
		if (r->block.event == SOURCE_DAMAGE)
			salvage(r, item);
		return 1;
	case SOURCE_FILE_MARK:
	case SOURCE_FOREIGN:
		r->session = NULL;
		*item = item_here(r, r->block.event == SOURCE_FOREIGN ? ITEM_FOREIGN : ITEM_FILE_MARK);
		item->data = (struct span){r->block.data, r->block.len};
		item->buf = r->block.buf;
		return 1;
	}
	return 0;
}

/* The block at hand is the first of another volume in the same stream. */
static int start_another(struct reader *r, struct item *item, struct err *e)
{
	r->another_volume = false;
	r->volume_began = r->bytes_before + r->block.addr;
	r->stream_addr = r->block.addr;
	r->any_block = true;
	int rc = add_volume(r, NULL, e);
	if (rc != 0)
		return rc;
	learn_from_first(r);
	r->phase = PHASE_BLOCKS;
	*item = (struct item){.kind = ITEM_VOLUME_START, .volume = r->volume, .largest = r->largest};
	return 0;
}

int reader_next(struct reader *r, struct item *item, struct err *e)
{
	buf_unref(r->lent);
	r->lent = NULL;
	int rc = 0;
	while (rc == 0) {
		switch (r->phase) {
		case PHASE_OPEN:
			return r->another_volume ? start_another(r, item, e) : open_volume(r, item, e);
		case PHASE_BLOCKS:
			rc = r->in_block ? next_in_block(r, item, e) : 0;
			if (rc == 0 && r->phase == PHASE_BLOCKS) {
				r->in_block = false;
				rc = next_block(r, item, e);
			}
			break;
		case PHASE_CUT_RECORDS:
			rc = next_cut_record(r, item, e);
			break;
		case PHASE_CLOSE:
			close_volume(r, item);
			return 0;
		case PHASE_DONE:
			*item = (struct item){.kind = ITEM_END, .largest = r->largest};
			return 0;
		}
	}
	if (rc < 0 && r->volume)
		err_volume(e, r->volume->name);
	return rc < 0 ? rc : 0;
}
