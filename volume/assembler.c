/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/assembler.h"

#include "volume/ahead.h"

#include <stdio.h>
#include <stdlib.h>

struct assembler {
	const struct reader_options *o;
	struct buf_pool *pool;
	struct session_table sessions;
	struct recall_files files; /* to read parts again */
	uint32_t largest;
	unsigned damages, damages_before; /* bad blocks so far, and before this volume */

	/* The volume at hand */
	struct volume_info *volume;
	uint64_t began;	  /* address in its input */
	bool label_taken; /* its label was handed out */
	bool first_block; /* no block of a job was read yet */
	struct block_trace last; /* block that was read, on this volume or the one before */

	/* The block being taken apart */
	const struct source_item *block;
	bool in_block, block_announced, gap_checked;
	bool again; /* it ended the volume before, too: nothing of it is taken */
	uint32_t record_at; /* offset of the record at hand in the block */
	struct rd rest;
	struct session *session; /* of the last record of the block */

	struct session *cut; /* at the end of a volume: the session to look at next */
	struct buf *lent;    /* buffer of a joined record, until the next call */
};

struct assembler *assembler_new(const struct reader_options *options, struct buf_pool *pool)
{
	struct assembler *a = calloc(1, sizeof *a);
	if (a == NULL)
		return NULL;
	a->o = options;
	a->pool = pool;
	a->files = (struct recall_files){.paths = options->paths, .in = IO_CLOSED};
	return a;
}

void assembler_free(struct assembler *a)
{
	if (a == NULL)
		return;
	buf_unref(a->lent);
	session_table_free(&a->sessions);
	io_close(&a->files.in);
	free(a);
}

uint32_t assembler_largest(const struct assembler *a)
{
	return a->largest;
}

/* The buffer lent with the last item goes back. */
static void release(struct assembler *a)
{
	buf_unref(a->lent);
	a->lent = NULL;
}

void assembler_begin_volume(struct assembler *a, struct volume_info *v, uint64_t addr)
{
	a->volume = v;
	a->began = addr;
	a->first_block = true;
}

void assembler_next_file(struct assembler *a, uint64_t bytes)
{
	a->began = 0 - bytes;
}

void assembler_end_volume(struct assembler *a)
{
	release(a);
	a->label_taken = false;
	a->damages_before = a->damages;
}

/* ---- one block ---- */

static struct item item_here(const struct assembler *a, enum item_kind kind)
{
	const struct block_header *h = &a->block->header;
	/* What is taken from a block with option bits that make no sense must not hand them on. */
	uint32_t options = block_options_known(h) ? h->options : h->options & BLOCK_OPTION_CHECKSUM;
	return (struct item){
		.kind = kind,
		.volume = a->volume,
		.job = a->session ? &a->session->job : NULL,
		.addr = a->block->addr - a->began,
		.form = {h->version, options, a->block->checksum},
		.offset = a->record_at,
		.largest = a->largest,
		.number = h->number,
	};
}

static void damage_item(struct assembler *a, struct item *item, const struct session *s, const struct item *about,
			const char *reason)
{
	*item = item_here(a, ITEM_DAMAGE);
	item->job = &s->job;
	item->file_index = about->file_index;
	item->stream = about->stream;
	item->addr = about->addr;
	item->offset = about->offset;
	item->damage_len = about->len;
	item->suspect = about->suspect;
	snprintf(item->reason, sizeof item->reason, "%s", reason);
}

/* The session of a record, in BB01 its own; NULL without memory for it. */
static struct session *session_of(struct assembler *a, const struct record_header *h, struct err *e)
{
	const struct block_header *b = &a->block->header;
	bool own = b->version == 1;
	uint32_t id = own ? h->session_id : b->session_id, time = own ? h->session_time : b->session_time;
	unsigned before = a->sessions.count;
	struct session *s = session_get(&a->sessions, id, time);
	if (s == NULL)
		err_memory(e, sizeof *s, "a session");
	if (s == NULL || a->sessions.count == before)
		return s;
	if (session_memory(a->pool, SESSION_BYTES, e) != 0)
		return NULL;
	buf_pool_charge(a->pool, SESSION_BYTES);
	return s;
}

/* First and last FileIndex of data in the block at hand; 0 if there is none. */
static void data_indexes(const struct assembler *a, int32_t *first, int32_t *last)
{
	struct rd rest = block_records(a->block->data, a->block->sane_bytes, a->block->header.version);
	struct record_header h;
	struct span part;
	*first = *last = 0;
	while (record_next(&rest, a->block->header.version, &h, &part)) {
		if (h.file_index > 0 && *first == 0)
			*first = h.file_index;
		if (h.file_index > 0)
			*last = h.file_index;
	}
}

/* What map and list want to know of a block.  Returns 1, or < 0 on error. */
static int announce_block(struct assembler *a, struct item *item, struct err *e)
{
	const struct block_header *h = &a->block->header;
	*item = item_here(a, ITEM_BLOCK);
	item->len = h->len;
	item->data = (struct span){a->block->data, h->len};
	item->buf = a->block->buf;
	item->encrypted = a->block->encrypted;
	item->opened = a->block->opened;
	item->again = a->again;
	struct rd rest = a->rest;
	struct record_header first;
	struct span part;
	if (a->block->encrypted || !record_next(&rest, h->version, &first, &part))
		return 1;
	/* The session in a label block's header says nothing (volume-corrections.md A6). */
	item->begins_volume = label_is_volume(first.file_index);
	if (!item->begins_volume) {
		const struct session *s = session_of(a, &first, e);
		if (s == NULL)
			return e->code;
		item->job = &s->job;
	}
	if (a->o->indexes)
		data_indexes(a, &item->first_index, &item->last_index);
	return 1;
}

static void begin_block(struct assembler *a)
{
	const struct block_header *h = &a->block->header;
	a->rest = block_records(a->block->data, a->block->sane_bytes, h->version);
	a->in_block = true;
	a->block_announced = !a->o->blocks;
	a->gap_checked = h->version == 1;
	a->session = NULL;
	a->largest = h->len > a->largest ? h->len : a->largest;
}

/* Tweaks are made of the session and the block's number in it. */
static int count_opened(struct assembler *a, struct err *e)
{
	const struct block_header *h = &a->block->header;
	if (!a->block->opened)
		return 0;
	struct session *s = session_get(&a->sessions, h->session_id, h->session_time);
	if (s == NULL)
		return err_memory(e, sizeof *s, "a session");
	a->volume->opened++;
	if (s->sealed && h->number <= s->highest_number)
		a->volume->reused++;
	else
		s->highest_number = h->number;
	s->sealed = true;
	return 0;
}

/* Drives that warn early of their end write a block, and it is written again on the next volume (volume-format.md 1.8). */
static bool is_again(struct assembler *a)
{
	struct span label;
	struct block_trace trace;
	if (source_begins_volume(a->block, &label))
		return false;
	block_trace(&trace, &a->block->header, a->block->encrypted ? NULL : a->block->data);
	bool again = a->first_block && block_trace_same(&trace, &a->last);
	a->first_block = false;
	a->last = trace;
	return again;
}

int assembler_block(struct assembler *a, const struct source_item *block, struct err *e)
{
	a->record_at = 0;
	a->block = block;
	begin_block(a);
	a->again = is_again(a);
	a->volume->again += a->again;
	return count_opened(a, e);
}

bool assembler_at_other_volume(const struct assembler *a)
{
	struct volume_label label;
	struct span data;
	return a->label_taken && source_begins_volume(a->block, &data) && label_read_volume(data, &label) &&
	       strcmp(label.volume, a->volume->label.volume) != 0;
}

/* The label's fields, once; a second start of session changes nothing. */
static void learn_job(struct session *s, int32_t file_index, struct span data)
{
	if (file_index != LABEL_SESSION_START || s->job.has_label)
		return;
	s->job.has_label = label_read_session(data, false, &s->job.label);
}

/* The session of a bad block, as far as its own header can be believed: one that is known, or that begins in it, for then the
 * block has a start-of-session label to speak for it.  NULL if neither, or without memory. */
static struct session *session_of_bad_block(struct assembler *a, struct err *e)
{
	const struct block_header *h = &a->block->header;
	struct session *s = session_find(&a->sessions, h->session_id, h->session_time);
	struct rd rest = block_records(a->block->data, a->block->sane_bytes, h->version);
	struct record_header first;
	struct span part;
	struct session_label label;
	if (s || !record_next(&rest, h->version, &first, &part) || first.file_index != LABEL_SESSION_START ||
	    !label_read_session(part, false, &label))
		return s;
	s = session_of(a, &first, e);
	if (s)
		learn_job(s, first.file_index, part);
	return s;
}

/* Whose data it held. */
static int name_bad_block(struct assembler *a, struct item *item, struct err *e)
{
	const struct block_header *h = &a->block->header;
	item->bad_block = true;
	a->damages++;
	if (a->block->data && a->block->sane_bytes > 0) {
		item->data = (struct span){a->block->data, a->block->sane_bytes};
		item->buf = a->block->buf;
	}
	if (a->block->data == NULL || h->version == 1)
		return 0;
	struct session *s = session_of_bad_block(a, e);
	if (s == NULL && e->code != XE_OK)
		return e->code;
	if (s == NULL && !item->encrypted) {
		size_t used = strlen(item->reason);
		snprintf(item->reason + used, sizeof item->reason - used, " (its header names session %u/%u)",
			 h->session_id, h->session_time);
	}
	if (s == NULL)
		return 0;
	item->job = &s->job;
	if (a->block->sane_bytes > 0)
		data_indexes(a, &item->first_index, &item->last_index);
	item->file_index = item->first_index;
	/* Its own number accounts for it. */
	if (s->numbered && h->number == s->last_number + 1) {
		s->last_number = h->number;
		s->last_index = item->last_index ? item->last_index : s->last_index;
	}
	return 0;
}

/* What of a bad block is used all the same: where its checksum is right, the records before the one that breaks the rules;
 * where only the checksum is wrong, all of it, if the caller wants such. */
static void salvage(struct assembler *a, struct item *item)
{
	const struct source_item *b = a->block;
	if (b->data == NULL)
		return;
	item->suspect = a->o->keep_suspect && b->sane_bytes == b->header.len;
	bool part = b->checksum_right && b->sane_bytes > block_header_bytes(b->header.version);
	if (!item->suspect && !part)
		return;
	begin_block(a);
	item->salvaged = !item->suspect;
	item->damage_len = item->suspect ? b->len : b->len - b->sane_bytes;
}

int assembler_other(struct assembler *a, const struct source_item *block, struct item *item, struct err *e)
{
	a->record_at = 0;
	a->block = block;
	a->session = NULL;
	a->again = false;
	if (block->event == SOURCE_FILE_MARK || block->event == SOURCE_FOREIGN) {
		*item = item_here(a, block->event == SOURCE_FOREIGN ? ITEM_FOREIGN : ITEM_FILE_MARK);
		item->data = (struct span){block->data, block->len};
		item->buf = block->buf;
		return 0;
	}
	*item = item_here(a, ITEM_DAMAGE);
	item->damage_len = block->len;
	item->encrypted = block->encrypted;
	snprintf(item->reason, sizeof item->reason, "%s", block->encrypted ? "the block is encrypted" : block->reason);
	int rc = name_bad_block(a, item, e);
	if (rc == 0 && block->event == SOURCE_DAMAGE)
		salvage(a, item);
	return rc;
}

/* ---- its records ---- */

static void volume_label(struct assembler *a, const struct record_header *h, struct span data, struct item *item)
{
	*item = item_here(a, ITEM_VOLUME_LABEL);
	item->job = NULL;
	item->file_index = h->file_index;
	item->stream = (uint32_t)h->stream;
	item->len = (uint32_t)data.len;
	/* One record of another block would be a second label. */
	if (a->label_taken || data.len < h->len || h->stream < 0) {
		item->kind = ITEM_DAMAGE;
		item->damage_len = data.len;
		snprintf(item->reason, sizeof item->reason, "%s", a->label_taken ?
			 "the volume label stands here a second time: another volume of this name, or the same once more, begins here" :
			 "the volume label is not whole");
		return;
	}
	a->label_taken = true;
	volume_learn_label(a->volume, a->block->header.version, data);
	size_t alone = block_header_bytes(a->block->header.version) + record_header_bytes(a->block->header.version);
	item->whole_block = a->block->header.len == alone + data.len;
	item->data = item->whole_block ? (struct span){a->block->data, a->block->header.len} : data;
	item->buf = a->block->buf;
}

/* Where a part of the block at hand could be read again. */
static struct recall_place place_of(const struct assembler *a, struct span part)
{
	const struct volume_info *v = a->volume;
	return (struct recall_place){
		.known = v->kind == IO_FILE && strcmp(v->path, "-") != 0 && !a->block->opened,
		.input = v->input + v->more_inputs,
		.at = a->block->addr + (uint64_t)(part.data - a->block->data),
	};
}

static int add_part(struct assembler *a, struct partial *p, struct span part, struct err *e)
{
	const struct recall_place place = place_of(a, part);
	return partial_add(p, part, &place, &a->files, a->pool, e);
}

static int open_partial(struct assembler *a, struct partial *p, const struct item *item, struct span part, struct err *e)
{
	size_t bytes = item->len < a->o->keep_bytes ? item->len : a->o->keep_bytes;
	bool recall = recall_wanted(a->sessions.count, bytes) && place_of(a, part).known;
	int rc = partial_open(p, item, a->pool, a->o->keep_bytes, recall, e);
	return rc != 0 ? rc : add_part(a, p, part, e);
}

/* Hands out the session's joined record.  Returns 1, or < 0 on error. */
static int take_partial(struct assembler *a, struct session *s, struct item *item, struct err *e)
{
	int rc = partial_gather(&s->partial, &a->files, a->pool, e);
	if (rc != 0)
		return rc;
	*item = s->partial.item;
	item->largest = a->largest;
	a->lent = item->buf;
	s->partial.item.buf = NULL;
	partial_drop(&s->partial);
	if (item->file_index < 0 && !item->head_missing && !item->tail_missing)
		learn_job(s, item->file_index, item->data);
	return 1;
}

/* Its checksum is wrong, and its records are taken all the same. */
static bool in_suspect_block(const struct assembler *a)
{
	return a->block->event == SOURCE_DAMAGE && !a->block->checksum_right;
}

/* A part without its beginning.  Returns 1 if item was filled, 0 if not, < 0 on error. */
static int continuation(struct assembler *a, struct session *s, const struct record_header *h, struct span part,
			struct item *item, struct err *e)
{
	uint32_t stream = (uint32_t)-h->stream;
	struct partial *p = &s->partial;
	struct item about = item_here(a, ITEM_RECORD);
	about.file_index = h->file_index;
	about.stream = stream;
	about.len = h->len;
	about.suspect = in_suspect_block(a);

	if (s->skip > 0) {
		if (s->skip == h->len && s->skip_stream == stream) {
			s->skip -= (uint32_t)part.len;
			return 0;
		}
		s->skip = 0;
	}
	if (p->open && p->item.stream == stream && p->item.file_index == h->file_index &&
	    p->item.len - p->have == h->len) {
		int rc = add_part(a, p, part, e);
		return rc != 0 || !partial_complete(p) ? rc : take_partial(a, s, item, e);
	}
	if (p->open) {
		damage_item(a, item, s, &p->item, "the rest of this record does not follow");
		partial_drop(p);
		a->rest.p -= part.len + record_header_bytes(a->block->header.version);
		return 1;
	}
	/* Bareos repeats the header of an empty record that ends with its block (volume-format.md 2.2). */
	if (s->last_empty && h->len == 0 && s->last_stream == stream && s->last_index == h->file_index)
		return 0;
	/* The session may have begun in what was lost. */
	if (s->seen || a->damages > a->damages_before) {
		damage_item(a, item, s, &about, "the beginning of this record is missing");
		item->damage_len = part.len;
		return 1;
	}
	about.head_missing = true;
	int rc = open_partial(a, p, &about, part, e);
	return rc != 0 || !partial_complete(p) ? rc : take_partial(a, s, item, e);
}

/* A record's first header.  Returns as above. */
static int beginning(struct assembler *a, struct session *s, const struct record_header *h, struct span part,
		     struct item *item, struct err *e)
{
	if (s->partial.open) {
		damage_item(a, item, s, &s->partial.item, "the rest of this record does not follow");
		partial_drop(&s->partial);
		a->rest.p -= part.len + record_header_bytes(a->block->header.version);
		return 1;
	}
	s->skip = 0;
	s->last_index = h->file_index;
	*item = item_here(a, ITEM_RECORD);
	item->file_index = h->file_index;
	item->stream = (uint32_t)h->stream;
	item->len = h->len;
	item->suspect = in_suspect_block(a);
	if (part.len < h->len)
		return open_partial(a, &s->partial, item, part, e);
	item->data = part;
	item->buf = a->block->buf;
	if (h->file_index < 0)
		learn_job(s, h->file_index, part);
	s->last_empty = h->len == 0 && rd_left(&a->rest) == 0;
	s->last_stream = item->stream;
	return 1;
}

/* After damage the numbers of a session's blocks tell whether one of its own was lost there, and between which files.
 * Returns 1 if item was filled, 0 if not, < 0 on error. */
static int find_gap(struct assembler *a, struct item *item, struct err *e)
{
	const struct block_header *h = &a->block->header;
	a->gap_checked = true;
	struct rd rest = a->rest;
	struct record_header first;
	struct span part;
	if (!record_next(&rest, h->version, &first, &part) || label_is_volume(first.file_index))
		return 0;
	struct session *s = session_of(a, &first, e);
	if (s == NULL)
		return e->code;
	if (a->block->checksum)
		session_remember_block(s, h);
	bool gap = s->numbered && s->damages != a->damages && h->number > s->last_number + 1;
	uint32_t lost = h->number - s->last_number - 1;
	int32_t before = s->last_index > 0 ? s->last_index : 0;
	s->numbered = true;
	s->last_number = h->number;
	s->damages = a->damages;
	if (!gap)
		return 0;
	int32_t low, high;
	data_indexes(a, &low, &high);
	*item = item_here(a, ITEM_DAMAGE);
	item->job = &s->job;
	item->bad_block = true;
	item->file_index = before;
	char files[64] = "";
	if (low > before)
		snprintf(files, sizeof files, ", with data of FileIndex %d to %d", before, low);
	else if (before > 0)
		snprintf(files, sizeof files, ", with data of FileIndex %d", before);
	snprintf(item->reason, sizeof item->reason, "%u of this job's blocks missing before here%s", lost, files);
	return 1;
}

/* A block that stands here once more, as tape drives that write again after an error leave it, and copies that went wrong:
 * one that the session had before, and that does not go on where the session is.  Identical ones that do are in order: the
 * numbers of spooled jobs begin anew (volume-corrections.md A5), and content may repeat. */
static bool is_repeated(struct assembler *a, struct item *item)
{
	const struct block_header *h = &a->block->header;
	struct rd rest = a->rest;
	struct record_header first;
	struct span part;
	const struct session *s = h->version == 1 || !a->block->checksum || a->block->event != SOURCE_BLOCK ?
					  NULL : session_find(&a->sessions, h->session_id, h->session_time);
	if (s == NULL || h->number > s->last_number || !record_next(&rest, h->version, &first, &part) ||
	    label_is_volume(first.file_index) || session_follows(s, &first) || !session_had_block(s, h))
		return false;
	*item = item_here(a, ITEM_DAMAGE);
	item->job = &s->job;
	item->bad_block = true;
	item->damage_len = h->len;
	snprintf(item->reason, sizeof item->reason, "a block of this job stands here once more; nothing is missing for it");
	return true;
}

int assembler_next(struct assembler *a, struct item *item, struct err *e)
{
	release(a);
	if (!a->in_block)
		return 0;
	unsigned version = a->block->header.version;
	if (!a->again && !a->gap_checked && !a->block->encrypted && is_repeated(a, item)) {
		a->in_block = false;
		return 1;
	}
	if (!a->block_announced) {
		a->block_announced = true;
		return announce_block(a, item, e);
	}
	if (a->again) {
		a->in_block = false;
		return 0;
	}
	if (!a->gap_checked && !a->block->encrypted) {
		int rc = find_gap(a, item, e);
		if (rc != 0)
			return rc;
	}
	for (;;) {
		struct record_header h;
		struct span part;
		a->record_at = (uint32_t)(a->rest.p - a->block->data);
		bool more = !a->block->encrypted && record_next(&a->rest, version, &h, &part);
		if (!more) {
			if (a->session)
				a->session->seen = true;
			a->in_block = false;
			return 0;
		}
		if (label_is_volume(h.file_index)) {
			volume_label(a, &h, part, item);
			return 1;
		}
		struct session *s = session_of(a, &h, e);
		if (s == NULL)
			return e->code;
		if (a->session && a->session != s)
			a->session->seen = true;
		a->session = s;
		int rc = h.stream < 0 ? continuation(a, s, &h, part, item, e) : beginning(a, s, &h, part, item, e);
		if (rc == 0 || h.stream >= 0)
			s->seen = true;
		if (rc != 0)
			return rc;
	}
}

/* ---- the end of a volume ---- */

int assembler_begin_cut(struct assembler *a, size_t from, struct err *e)
{
	a->cut = a->sessions.first;
	return ahead_complete(&a->sessions, &a->last, a->o, from, &a->files, a->pool, e);
}

int assembler_next_cut(struct assembler *a, struct item *item, struct err *e)
{
	release(a);
	while (a->cut) {
		struct session *s = a->cut;
		a->cut = s->next;
		if (!s->partial.open)
			continue;
		s->partial.item.tail_missing = !partial_complete(&s->partial);
		/* Its rest may be what was lost. */
		bool hurt = a->damages > a->damages_before || s->torn;
		if (s->partial.item.tail_missing && hurt && !a->o->keep_suspect) {
			damage_item(a, item, s, &s->partial.item, "the rest of this record does not follow");
			partial_drop(&s->partial);
			return 1;
		}
		bool cut = s->partial.item.tail_missing;
		int rc = take_partial(a, s, item, e);
		/* Its rest on the next volume is then a part without a beginning, not damage. */
		s->seen = !cut;
		return rc;
	}
	return 0;
}
