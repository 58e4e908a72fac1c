/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/content.h"

#include "base/array.h"
#include "base/xxh3.h"
#include "format/attributes.h"
#include "format/stream.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_BYTES 4096u

/* What the order is a row of. */
enum token { TOKEN_RUN = 1, TOKEN_JUMP, TOKEN_EMPTY, TOKEN_RECORD, TOKEN_LABEL };

/* The file of a session that is being read. */
struct open_file {
	const struct job *job;
	bool open;
	int32_t file_index;
	XXH3_state_t *data, *rest, *order;
	uint64_t bytes, next_address;
	bool in_run; /* data that follow each other without a gap: one run, however they are cut into records */
	uint32_t run_stream;
	uint64_t run_bytes;
	char name[NAME_BYTES];
};

struct content {
	int (*on_file)(void *arg, const struct content_file *file, struct err *e);
	void *arg;
	void **files; /* struct open_file, by job index */
	size_t count;
};

struct content *content_new(int (*on_file)(void *arg, const struct content_file *file, struct err *e), void *arg)
{
	struct content *c = calloc(1, sizeof *c);
	if (c) {
		c->on_file = on_file;
		c->arg = arg;
	}
	return c;
}

static void free_file(struct open_file *f)
{
	if (f == NULL)
		return;
	XXH3_freeState(f->data);
	XXH3_freeState(f->rest);
	XXH3_freeState(f->order);
	free(f);
}

void content_free(struct content *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++)
		free_file(c->files[i]);
	free(c->files);
	free(c);
}

static struct open_file *file_of(struct content *c, const struct job *job)
{
	struct open_file *f = array_row(&c->files, &c->count, job->index, sizeof *f);
	if (f == NULL || f->job)
		return f;
	f->data = XXH3_createState();
	f->rest = XXH3_createState();
	f->order = XXH3_createState();
	if (f->data == NULL || f->rest == NULL || f->order == NULL)
		return NULL;
	f->job = job;
	return f;
}

static struct content_hash digest(const XXH3_state_t *state)
{
	XXH128_hash_t h = XXH3_128bits_digest(state);
	return (struct content_hash){h.high64, h.low64};
}

static void hash_number(XXH3_state_t *state, uint64_t v)
{
	uint8_t bytes[8];
	struct wr w = wr_over(bytes, sizeof bytes);
	wr_be64(&w, v);
	xxh3_add(state, bytes, sizeof bytes);
}

static void note(struct open_file *f, enum token token, uint64_t what)
{
	hash_number(f->order, token);
	hash_number(f->order, what);
}

static void end_run(struct open_file *f)
{
	if (f->in_run)
		hash_number(f->order, f->run_bytes);
	f->in_run = false;
}

static void go_on(struct open_file *f, uint32_t stream, size_t bytes)
{
	if (!f->in_run || f->run_stream != stream) {
		end_run(f);
		note(f, TOKEN_RUN, stream);
		f->in_run = true;
		f->run_stream = stream;
		f->run_bytes = 0;
	}
	f->run_bytes += bytes;
}

static int close_file(struct content *c, struct open_file *f, struct err *e)
{
	if (f == NULL || !f->open)
		return 0;
	end_run(f);
	struct content_file file = {
		.job = f->job,
		.file_index = f->file_index,
		.data = digest(f->data),
		.rest = digest(f->rest),
		.order = digest(f->order),
		.bytes = f->bytes,
		.name = f->name,
	};
	f->open = false;
	return c->on_file(c->arg, &file, e);
}

static void open_next(struct open_file *f, int32_t file_index)
{
	f->open = true;
	f->file_index = file_index;
	XXH3_128bits_reset(f->data);
	XXH3_128bits_reset(f->rest);
	XXH3_128bits_reset(f->order);
	f->bytes = f->next_address = 0;
	f->name[0] = '\0';
}

/* head and body as one span where they are not both used: plain records have at most the address in head. */
static void add_data(struct open_file *f, uint32_t stream, const struct outrecord *r)
{
	bool has_prefix = stream_has_prefix(stream);
	struct rd head = rd_over(r->head.data, r->head.len);
	struct rd body = rd_over(r->body.data, r->body.len);
	/* Too short for its address: whatever it is, it is content. */
	if (has_prefix && outrecord_bytes(r) >= STREAM_PREFIX_BYTES) {
		uint64_t address = r->head.len > 0 ? rd_be64(&head) : rd_be64(&body);
		if (address != f->next_address || rd_left(&body) == 0) {
			/* A jump, or an empty chunk that marks an end: part of the content. */
			hash_number(f->data, 0x5eec000000000000u);
			hash_number(f->data, address);
		}
		if (address != f->next_address) {
			end_run(f);
			note(f, TOKEN_JUMP, address);
		}
		f->next_address = address;
	}
	size_t n = rd_left(&head);
	xxh3_add(f->data, head.p, n);
	xxh3_add(f->data, body.p, rd_left(&body));
	n += rd_left(&body);
	if (n > 0) {
		go_on(f, stream, n);
	} else {
		end_run(f);
		note(f, TOKEN_EMPTY, stream);
	}
	f->bytes += n;
	f->next_address += n;
}

static void add_rest(struct open_file *f, uint32_t stream, const struct outrecord *r)
{
	end_run(f);
	note(f, TOKEN_RECORD, stream);
	hash_number(f->rest, stream);
	hash_number(f->rest, r->len);
	xxh3_add(f->rest, r->head.data, r->head.len);
	xxh3_add(f->rest, r->body.data, r->body.len);
}

/* Addresses, totals and the time of the label itself differ between equal jobs. */
static void add_label(struct open_file *f, const struct plain_item *made, const struct outrecord *r)
{
	const struct session_label *label = made->label;
	struct span data = r->body;
	note(f, TOKEN_LABEL, made->item->stream);
	if (label && label->has_totals) {
		hash_number(f->rest, label->errors);
		hash_number(f->rest, label->status);
		data.len = label->totals_at;
	}
	/* Whose label it is, is no content: a conversion for the other product changes it. */
	struct rd rest = rd_over(data.data, data.len);
	rd_string(&rest);
	rd_be32(&rest);
	if (!rest.bad)
		data = (struct span){rest.p, rd_left(&rest)};
	xxh3_add(f->rest, data.data, data.len);
}

int content_add(struct content *c, const struct plain_item *made, struct err *e)
{
	const struct item *item = made->item;
	struct open_file *f = file_of(c, item->job);
	if (f == NULL)
		return err_memory(e, sizeof *f, "a file's content");
	if (!f->open || f->file_index != item->file_index) {
		int rc = close_file(c, f, e);
		if (rc != 0)
			return rc;
		open_next(f, item->file_index);
	}
	/* What could not be inflated for want of its other parts counts as it is stored. */
	bool as_stored = made->count > 0 && stream_form(made->records[0].stream) != STREAM_PLAIN;
	bool plain = item->file_index >= 0 && stream_form(item->stream) != STREAM_OPAQUE && !as_stored;
	uint32_t stream = plain ? stream_in_form(item->stream, STREAM_PLAIN) : item->stream;
	/* That the file has data of this kind at all is content, too. */
	if (plain && f->bytes == 0 && f->next_address == 0)
		hash_number(f->rest, stream);
	for (size_t i = 0; i < made->count; i++) {
		const struct outrecord *r = &made->records[i];
		if (plain)
			add_data(f, stream, r);
		else if (item->file_index < 0)
			add_label(f, made, r);
		else
			add_rest(f, stream_for(true, item->stream, item->len), r); /* in each product under its own number */
		if (item->file_index > 0 && attributes_are(item->stream))
			snprintf(f->name, sizeof f->name, "%s", item->attributes.name);
	}
	return 0;
}

int content_finish(struct content *c, struct err *e)
{
	for (size_t i = 0; i < c->count; i++) {
		int rc = close_file(c, c->files[i], e);
		if (rc != 0)
			return rc;
	}
	return 0;
}
