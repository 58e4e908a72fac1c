/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/packer.h"

#include "base/array.h"
#include "volume/outblock.h"

#include <stdlib.h>

/* The output of a record that a volume change cuts: what belongs to the next volumes. */
struct tail {
	struct outrecord *records; /* their bytes are in data */
	size_t count, next;
	uint8_t *data;
	struct item item;          /* where it came from; its buf is not held */
	unsigned bounds;           /* volume changes still to come inside it */
	uint64_t bound[ITEM_CUTS]; /* output bytes before each, counted from the tail's beginning */
};

struct out_session {
	struct outblock block; /* that waits for more records */
	struct tail *tail;
};

struct packer {
	struct packer_options o;
	struct outblocks blocks;
	void **sessions; /* struct out_session, by job index */
	size_t session_count;
	bool tails;         /* some session has a tail to write on this volume */
	uint64_t label_end; /* address of the label block's end in the output */
	uint64_t old_label_end;
};

static void free_tail(struct tail *t)
{
	if (t == NULL)
		return;
	free(t->records);
	free(t->data);
	free(t);
}

struct packer *packer_new(const struct packer_options *options)
{
	struct packer *p = calloc(1, sizeof *p);
	if (p) {
		p->o = *options;
		p->blocks = (struct outblocks){.o = &p->o, .max_encrypted = BLOCK_DEFAULT_BYTES};
	}
	return p;
}

void packer_free(struct packer *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->session_count; i++) {
		struct out_session *s = p->sessions[i];
		if (s) {
			free_tail(s->tail);
			outblock_free(&p->blocks, &s->block);
			free(s);
		}
	}
	free(p->sessions);
	free(p);
}

static struct out_session *session_of(struct packer *p, const struct job *job, uint32_t number, struct err *e)
{
	struct out_session *s = array_row(&p->sessions, &p->session_count, job->index, sizeof *s);
	if (s == NULL) {
		err_memory(e, sizeof *s, "a session");
	} else if (s->block.job == NULL) {
		s->block.job = job;
		s->block.number = number;
	}
	return s;
}

static bool same_form(const struct block_form *a, const struct block_form *b)
{
	return a->version == b->version && a->options == b->options && a->checksum == b->checksum;
}

/* ---- records ---- */

/* Session labels are never split; an empty record whose header would end the block goes to the next one, because
 * products disagree on what follows it (volume-format.md 2.2, 2.4). */
static bool must_flush(const struct outblock *b, const struct item *item, const struct outrecord *r)
{
	size_t space = b->capacity - b->used;
	size_t header = record_header_bytes(b->form.version);
	bool only_header = b->used == block_header_bytes(b->form.version);
	if (space < header)
		return true;
	if (only_header)
		return false;
	if (item->file_index < 0)
		return space < header + r->len;
	return r->len == 0 && space == header;
}

static void copy_data(uint8_t *to, const struct outrecord *r, size_t from, size_t n)
{
	if (from < r->head.len) {
		size_t part = n < r->head.len - from ? n : r->head.len - from;
		memcpy(to, r->head.data + from, part);
		to += part;
		from += part;
		n -= part;
	}
	if (n > 0)
		memcpy(to, r->body.data + (from - r->head.len), n);
}

/* What fills a short encrypted block up would be taken for more of a record that does not end in it: a piece of such has so many
 * bytes. */
static size_t least_piece(const struct block_form *f)
{
	return block_form_is_encrypted(f) ? BLOCK_ENCRYPTED_BODY_MIN_BYTES - record_header_bytes(3) : 0;
}

/* How many of rest bytes go into a block with so much room. */
static size_t piece(size_t room, size_t rest, size_t least)
{
	if (room >= rest)
		return rest;
	size_t left = rest > least ? rest - least : 0;
	return room < left ? room : left;
}

/* Writes the first limit bytes of r.  What is cut off must go on with a continuation. */
static int put_record(struct packer *p, struct out_session *s, const struct item *item, const struct outrecord *r, size_t limit,
		      struct err *e)
{
	struct outblock *b = &s->block;
	size_t have = outrecord_bytes(r);
	size_t end = limit < have ? limit : have;
	size_t at = 0;
	bool continues = r->continues;
	int rc = 0;
	if (b->used > 0 && !same_form(&b->form, &item->form))
		rc = outblock_flush(&p->blocks, b, e);
	while (rc == 0) {
		if (b->used == 0)
			rc = outblock_begin(&p->blocks, b, item, e);
		if (rc == 0 && must_flush(b, item, r)) {
			rc = outblock_flush(&p->blocks, b, e);
			continue;
		}
		size_t header = record_header_bytes(b->form.version);
		size_t n = piece(b->capacity - b->used - header, end - at, end < r->len ? least_piece(&item->form) : 0);
		if (rc == 0)
			rc = outblock_ensure(&p->blocks, b, b->used + header + n, e);
		if (rc != 0)
			break;
		struct record_header h = {
			.session_id = b->job->session_id,
			.session_time = b->job->session_time,
			.file_index = item->file_index,
			.stream = continues ? -(int32_t)r->stream : (int32_t)r->stream,
			.len = r->len - (uint32_t)at,
		};
		struct wr w = wr_over(b->data + b->used, header);
		record_header_write(&w, b->form.version, &h);
		copy_data(b->data + b->used + header, r, at, n);
		b->used += header + n;
		at += n;
		if (item->file_index > 0) {
			if (b->first_index == 0)
				b->first_index = item->file_index;
			b->last_index = item->file_index;
		}
		if (at == end)
			break;
		continues = true;
		rc = outblock_flush(&p->blocks, b, e);
	}
	/* Behind a record that is not whole nothing may stand in its block. */
	if (rc == 0 && at < r->len)
		rc = outblock_flush(&p->blocks, b, e);
	return rc;
}

/* ---- volume changes inside records ---- */

/* Writes records from first on until bound output bytes are out; keeps the rest as the session's tail. */
static int put_until(struct packer *p, struct out_session *s, const struct item *item, const struct outrecord *records, size_t count,
		     uint64_t bound, size_t *done, size_t *done_bytes, struct err *e)
{
	uint64_t out = 0;
	for (size_t i = 0; i < count; i++) {
		const struct outrecord *r = &records[i];
		size_t have = outrecord_bytes(r);
		*done = i;
		*done_bytes = 0;
		if (out + have <= bound) {
			int rc = put_record(p, s, item, r, SIZE_MAX, e);
			if (rc != 0)
				return rc;
			out += have;
			continue;
		}
		*done_bytes = (size_t)(bound - out);
		/* Between two records nothing needs cutting; before the first the header alone is on this volume. */
		if (*done_bytes == 0 && i > 0)
			return 0;
		size_t least = least_piece(&item->form);
		*done_bytes = *done_bytes > least ? *done_bytes : have < least ? have : least;
		int rc = put_record(p, s, item, r, *done_bytes, e);
		if (*done_bytes == have) {
			*done = i + 1;
			*done_bytes = 0;
		}
		return rc;
	}
	*done = count;
	return 0;
}

/* Copies what is left of records (the first without its first skip bytes) into a tail. */
static struct tail *make_tail(const struct item *item, const struct outrecord *records, size_t count, size_t skip, bool first_begun)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += outrecord_bytes(&records[i]);
	struct tail *t = calloc(1, sizeof *t);
	if (t == NULL)
		return NULL;
	t->records = calloc(count, sizeof *t->records);
	t->data = malloc(bytes);
	if (t->records == NULL || t->data == NULL) {
		free_tail(t);
		return NULL;
	}
	t->count = count;
	t->item = *item;
	t->item.buf = NULL;
	t->item.cuts = 0;
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		size_t from = i == 0 ? skip : 0;
		size_t n = outrecord_bytes(&records[i]) - from;
		copy_data(t->data + at, &records[i], from, n);
		t->records[i] = (struct outrecord){
			.stream = records[i].stream,
			.len = records[i].len - (uint32_t)from,
			.continues = records[i].continues || (i == 0 && first_begun),
			.body = {t->data + at, n},
		};
		at += n;
	}
	return t;
}

/* bounds[0] output bytes belong here, the rest to the next volumes. */
static int put_cut(struct packer *p, struct out_session *s, const struct item *item, const struct outrecord *records, size_t count,
		   const uint64_t *bounds, unsigned bound_count, struct err *e)
{
	size_t done = 0, done_bytes = 0;
	int rc = put_until(p, s, item, records, count, bounds[0], &done, &done_bytes, e);
	if (rc != 0 || done == count)
		return rc;
	bool begun = done_bytes > 0 || done == 0;
	s->tail = make_tail(item, records + done, count - done, done_bytes, begun);
	if (s->tail == NULL)
		return err_memory(e, item->len, "a record that a volume change cuts");
	s->tail->bounds = bound_count - 1;
	for (unsigned i = 1; i < bound_count; i++)
		s->tail->bound[i - 1] = bounds[i] - bounds[0];
	return 0;
}

/* The job had nothing on this volume: the tail waits for the next. */
static bool passes_over(struct tail *t)
{
	if (t->bounds == 0 || t->bound[0] > 0)
		return false;
	t->bounds--;
	memmove(t->bound, t->bound + 1, t->bounds * sizeof t->bound[0]);
	return true;
}

/* Writes the tails that the volume before left, behind this volume's label. */
static int put_tails(struct packer *p, struct err *e)
{
	p->tails = false;
	for (size_t i = 0; i < p->session_count; i++) {
		struct out_session *s = p->sessions[i];
		struct tail *t = s ? s->tail : NULL;
		if (t == NULL || passes_over(t))
			continue;
		s->tail = NULL;
		int rc = 0;
		if (t->bounds > 0)
			rc = put_cut(p, s, &t->item, t->records, t->count, t->bound, t->bounds, e);
		for (size_t k = 0; rc == 0 && t->bounds == 0 && k < t->count; k++)
			rc = put_record(p, s, &t->item, &t->records[k], SIZE_MAX, e);
		free_tail(t);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* ---- end of session ---- */

/* Does this product's End address name the position behind the last block (Bacula) or its last byte (Bareos)?  Told by
 * the value itself where it can be, else by who wrote the volume.  volume-format.md 3.4, 8.4 */
static bool end_is_position(const struct packer *p, const struct item *item, const struct session_label *l)
{
	/* A label that has become one of the other product's. */
	if (item->data.len >= 6 && memcmp(l->id, item->data.data, 6) != 0)
		return label_id_is_bacula(l->id);
	uint64_t end = (uint64_t)l->end_file << 32 | l->end_block;
	if (end == item->addr || end == p->old_label_end + 1)
		return true;
	if (end + 1 == item->addr || end == p->old_label_end)
		return false;
	return item->form.version == 3 || item->volume->product == PRODUCT_BACULA;
}

/* Addresses as the daemon that wrote the volume would have put them on the new one. */
static void update_addresses(const struct packer *p, const struct out_session *s, const struct item *item, struct session_label *l)
{
	uint64_t start, end;
	if (end_is_position(p, item, l)) {
		end = p->blocks.sink->at;
		start = s->block.on_volume ? s->block.first_addr : end;
	} else {
		start = s->block.on_volume ? s->block.first_addr : 0;
		end = s->block.on_volume ? s->block.last_end : p->label_end;
	}
	l->start_file = (uint32_t)(start >> 32);
	l->start_block = (uint32_t)start;
	l->end_file = (uint32_t)(end >> 32);
	l->end_block = (uint32_t)end;
}

static int put_session_end(struct packer *p, struct out_session *s, const struct item *item, const struct outrecord *r, struct err *e)
{
	uint8_t *copy = malloc(r->body.len ? r->body.len : 1);
	if (copy == NULL)
		return err_memory(e, r->body.len, "an end-of-session label");
	memcpy(copy, r->body.data, r->body.len);
	int rc = 0;
	/* Whether a block of the session precedes it on the volume is known only when it has its block. */
	if (s->block.used > 0 && (!same_form(&s->block.form, &item->form) || must_flush(&s->block, item, r)))
		rc = outblock_flush(&p->blocks, &s->block, e);
	struct session_label label;
	if (rc == 0 && label_read_session(r->body, true, &label) && label.has_totals) {
		update_addresses(p, s, item, &label);
		label.job_bytes = r->totals ? r->totals->bytes : label.job_bytes;
		label.job_files = r->totals ? r->totals->files : label.job_files;
		label_patch_totals(copy, r->body.len, &label);
	}
	struct outrecord patched = *r;
	patched.body.data = copy;
	if (rc == 0)
		rc = put_record(p, s, item, &patched, SIZE_MAX, e);
	free(copy);
	if (rc == 0)
		rc = outblock_flush(&p->blocks, &s->block, e);
	if (rc == 0)
		outblock_free(&p->blocks, &s->block);
	/* A job that is run again has addresses of its own. */
	s->block.on_volume = false;
	return rc;
}

/* ---- the interface ---- */

void packer_limit(struct packer *p, uint32_t bytes)
{
	p->blocks.max_plain = bytes;
}

void packer_limit_encrypted(struct packer *p, uint32_t bytes)
{
	p->blocks.max_encrypted = bytes;
}

int packer_put(struct packer *p, const struct item *item, const struct outrecord *records, size_t count, struct err *e)
{
	int rc = p->tails ? put_tails(p, e) : 0;
	struct out_session *s = rc == 0 ? session_of(p, item->job, item->number, e) : NULL;
	if (s == NULL)
		return rc != 0 ? rc : e->code;
	/* Of a record in parts, each volume's parts count where they are. */
	uint64_t out = 0;
	for (size_t i = 0; i < count; i++)
		out += outrecord_bytes(&records[i]);
	if (item->file_index == LABEL_SESSION_END && count == 1 && !records[0].continues)
		return put_session_end(p, s, item, &records[0], e);
	if (item->cuts > 0 && count > 0) {
		uint64_t bounds[ITEM_CUTS];
		for (unsigned i = 0; i < item->cuts; i++) {
			bounds[i] = item->len ? out * item->cut[i] / item->len : 0;
			if (out > 0 && bounds[i] >= out)
				bounds[i] = out - 1;
		}
		return put_cut(p, s, item, records, count, bounds, item->cuts, e);
	}
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = put_record(p, s, item, &records[i], SIZE_MAX, e);
	return rc;
}

/* The label's block, *len bytes, made anew around its record; malloc'ed.  NULL without memory. */
static uint8_t *seal_label(const struct item *item, size_t *len, struct err *e)
{
	size_t header = block_header_bytes(item->form.version), record = record_header_bytes(item->form.version);
	struct block_header h = {
		.version = item->form.version,
		.options = item->form.options,
		.len = (uint32_t)(header + record + item->data.len),
		.number = item->number,
	};
	uint8_t *block = malloc(h.len);
	if (block == NULL) {
		err_memory(e, h.len, "a label block");
		return NULL;
	}
	struct record_header rec = {.file_index = item->file_index, .stream = (int32_t)item->stream, .len = item->len};
	struct wr w = wr_over(block + header, record + item->data.len);
	record_header_write(&w, h.version, &rec);
	wr_bytes(&w, item->data.data, item->data.len);
	block_seal(block, &h, item->form.checksum);
	*len = h.len;
	return block;
}

static int write_label(struct packer *p, const struct item *item, struct span block, struct err *e)
{
	struct packed_block b = {.addr = p->blocks.sink->at, .len = (uint32_t)block.len, .number = item->number, .data = block};
	int rc = sink_write(p->blocks.sink, block.data, block.len, true, e);
	if (rc != 0)
		return rc;
	b.end = p->blocks.sink->medium->end(b.addr, b.len);
	p->label_end = b.end;
	size_t old = block_header_bytes(item->form.version) + record_header_bytes(item->form.version) + item->len;
	p->old_label_end = item->whole_block ? item->volume->medium->end(item->addr, old) : item->addr;
	if (p->o.on_block)
		p->o.on_block(p->o.arg, &b);
	return 0;
}

int packer_label(struct packer *p, const struct item *item, struct err *e)
{
	if (item->whole_block)
		return write_label(p, item, item->data, e);
	size_t len;
	uint8_t *block = seal_label(item, &len, e);
	if (block == NULL)
		return e->code;
	int rc = write_label(p, item, (struct span){block, len}, e);
	free(block);
	return rc;
}

void packer_begin_volume(struct packer *p, struct sink *sink)
{
	p->blocks.sink = sink;
	p->label_end = p->old_label_end = 0;
	for (size_t i = 0; i < p->session_count; i++) {
		struct out_session *s = p->sessions[i];
		if (s == NULL)
			continue;
		s->block.on_volume = false;
		p->tails = p->tails || s->tail;
	}
}

int packer_end_volume(struct packer *p, struct err *e)
{
	int rc = p->tails ? put_tails(p, e) : 0;
	for (size_t i = 0; rc == 0 && i < p->session_count; i++) {
		struct out_session *s = p->sessions[i];
		if (s && s->block.data) {
			rc = outblock_flush(&p->blocks, &s->block, e);
			outblock_free(&p->blocks, &s->block);
		}
	}
	return rc;
}

int packer_file_mark(struct packer *p, struct err *e)
{
	int rc = packer_end_volume(p, e);
	return rc != 0 ? rc : sink_file_mark(p->blocks.sink, e);
}
