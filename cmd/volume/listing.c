/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/listing.h"

#include "base/array.h"
#include "format/stream.h"
#include "medium/medium.h"

#include <stdlib.h>

static struct listing_job *job_of(struct listing *l, const struct job *job)
{
	struct listing_job *jobs = array_reach(l->jobs, &l->job_count, job->index, sizeof *jobs);
	if (jobs == NULL)
		return NULL;
	l->jobs = jobs;
	l->jobs[job->index].job = job;
	return &l->jobs[job->index];
}

const struct codec *listing_codec(const struct item *item, struct compression_header *header)
{
	enum stream_form form = stream_form(item->stream);
	*header = (struct compression_header){0};
	if (form == STREAM_LEGACY)
		return &codec_gzip;
	if (form != STREAM_HEADED || item->head_missing)
		return NULL;
	struct rd r = rd_over(item->data.data, item->data.len);
	rd_bytes(&r, stream_has_prefix(item->stream) ? STREAM_PREFIX_BYTES : 0);
	return compression_header_read(&r, header) ? codec_by_magic(header->magic) : NULL;
}

static void count_record(struct listing_stored *t, const struct item *item)
{
	t->records++;
	if (item->file_index < 0)
		return;
	t->bytes += item->len;
	enum stream_form form = stream_form(item->stream);
	struct compression_header header;
	const struct codec *c = listing_codec(item, &header);
	if (c)
		t->by_codec[c->id]++;
	else if (form == STREAM_HEADED && item->head_missing)
		t->incomplete++;
	else if (form == STREAM_HEADED)
		t->unknown++;
	else if (form == STREAM_PLAIN)
		t->plain++;
	else if (stream_is_of_encryption(item->stream))
		t->encrypted++;
}

int listing_block(struct listing *l, const struct item *b, struct err *e)
{
	l->block_count++;
	l->block_max = b->len > l->block_max ? b->len : l->block_max;
	l->block_min = l->block_min == 0 || b->len < l->block_min ? b->len : l->block_min;
	l->versions |= 1u << b->form.version;
	l->checksums = l->checksums || b->form.checksum;
	l->no_checksums = l->no_checksums || !b->form.checksum;
	l->encrypted = l->encrypted || b->verdict.encrypted;
	l->reversed += b->verdict.reversed;
	struct listing_job *k = b->job ? job_of(l, b->job) : NULL;
	if (b->job && k == NULL)
		return err_memory(e, 0, "a job");
	if (k) {
		if (k->blocks++ == 0)
			k->first_addr = b->addr;
		k->last_end = l->volume->medium->end(b->addr, b->len);
	}
	return 0;
}

int listing_record(struct listing *l, const struct item *r, struct err *e)
{
	struct listing_job *k = job_of(l, r->job);
	if (k == NULL)
		return err_memory(e, 0, "a job");
	count_record(&k->stored, r);
	if (r->file_index == LABEL_SESSION_END && !r->head_missing && !r->tail_missing)
		k->has_end = label_read_session(r->data, true, &k->end);
	return 0;
}

void listing_free(struct listing *l)
{
	free(l->jobs);
	*l = (struct listing){0};
}
