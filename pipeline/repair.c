/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/repair.h"

#include "base/array.h"
#include "base/digest.h"
#include "format/attributes.h"
#include "format/doubling.h"
#include "format/stream.h"
#include "pipeline/stage.h"

#include <stdlib.h>

#define WAITING_MAX 16u       /* items of one job: a record or a few with holes between them, ACLs, the digest */
#define WAITING_JOBS_MAX 256u /* each pins a block */

/* The file of a job that is being read. */
struct tracked {
	int32_t file_index;
	uint64_t size;                 /* as its attributes say */
	enum doubling_finding finding; /* all records of a file are doubled, or none */
	struct doubling doubling;
	struct item *waiting; /* NULL or WAITING_MAX, from the first record that may be doubled on */
	size_t waiting_count;
};

struct repairer {
	struct joiner *joiner;
	struct stage_ctx *stage;
	void **jobs; /* struct tracked, by job index */
	size_t job_count, waiting_jobs;
	struct item *ready; /* in order, to be handed out; each holds its buf */
	size_t ready_count, ready_cap, ready_next;
	struct buf *lent;
};

struct repairer *repairer_new(struct joiner *joiner)
{
	struct repairer *r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->joiner = joiner;
	r->stage = stage_ctx_new();
	if (r->stage == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void repairer_free(struct repairer *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->job_count; i++) {
		struct tracked *t = r->jobs[i];
		for (size_t n = 0; t && n < t->waiting_count; n++)
			buf_unref(t->waiting[n].buf);
		free(t ? t->waiting : NULL);
		free(t);
	}
	for (size_t i = r->ready_next; i < r->ready_count; i++)
		buf_unref(r->ready[i].buf);
	buf_unref(r->lent);
	stage_ctx_free(r->stage);
	free(r->jobs);
	free(r->ready);
	free(r);
}

static struct tracked *tracked_of(struct repairer *r, const struct job *job)
{
	return array_row(&r->jobs, &r->job_count, job->index, sizeof(struct tracked));
}

/* ---- the order of what is handed out ---- */

/* Takes over the reference to item's buffer, also if it fails. */
static int make_ready(struct repairer *r, const struct item *item, struct err *e)
{
	if (r->ready_next == r->ready_count)
		r->ready_next = r->ready_count = 0;
	struct item *ready = array_reach(r->ready, &r->ready_cap, r->ready_count, sizeof *ready);
	if (ready == NULL) {
		buf_unref(item->buf);
		return err_memory(e, sizeof *ready, "records that wait");
	}
	r->ready = ready;
	r->ready[r->ready_count++] = *item;
	return 0;
}

static bool is_sparse(const struct item *item)
{
	return item->kind == ITEM_RECORD && item->file_index > 0 && stream_is_sparse(item->stream);
}

/* What waits goes on, now that it is known what it is. */
static int settle(struct repairer *r, struct tracked *t, enum doubling_finding finding, struct err *e)
{
	int rc = 0;
	t->finding = finding;
	for (size_t i = 0; i < t->waiting_count; i++) {
		struct item *item = &t->waiting[i];
		item->doubled = finding == DOUBLING_YES && is_sparse(item);
		if (rc == 0)
			rc = make_ready(r, item, e);
		else
			buf_unref(item->buf);
	}
	r->waiting_jobs -= t->waiting != NULL;
	free(t->waiting);
	t->waiting = NULL;
	t->waiting_count = 0;
	return rc;
}

/* ---- what tells ---- */

static int short_of_memory(struct err *e)
{
	return err_memory(e, 0, "a file to mend");
}

/* A record that does not decode tells nothing of its file. */
static int follow(struct repairer *r, struct tracked *t, const struct item *item, enum doubling_finding *finding, struct err *e)
{
	struct span address, plain;
	enum stage_status status = stage_plain(r->stage, item, &address, &plain);
	*finding = status == STAGE_DONE ? doubling_add(&t->doubling, address, plain) : DOUBLING_OPEN;
	return status == STAGE_MEMORY ? short_of_memory(e) : 0;
}

/* The digest of the records that wait, each without its first skip bytes. */
static int digest_waiting(struct repairer *r, const struct tracked *t, struct digest *d, size_t skip, struct err *e)
{
	digest_reset(d);
	for (size_t i = 0; i < t->waiting_count; i++) {
		struct span address, plain;
		enum stage_status status = is_sparse(&t->waiting[i]) ? stage_plain(r->stage, &t->waiting[i], &address, &plain)
								     : STAGE_DAMAGE;
		if (status == STAGE_MEMORY)
			return short_of_memory(e);
		if (status == STAGE_DONE && plain.len > skip)
			digest_add(d, plain.data + skip, plain.len - skip);
	}
	return 0;
}

/* item: a digest, if it tells anything.  That of the records that wait as they are, or of each without its first 8 bytes? */
static int compare(struct repairer *r, const struct tracked *t, const struct item *item, enum doubling_finding *finding, struct err *e)
{
	enum digest_kind kind;
	*finding = DOUBLING_OPEN;
	if (!stream_digest_kind(item->stream, item->data.len, &kind))
		return 0;
	struct digest *d = digest_new(kind);
	int rc = d ? 0 : short_of_memory(e);
	for (size_t skip = 0; rc == 0 && skip <= STREAM_PREFIX_BYTES; skip += STREAM_PREFIX_BYTES) {
		uint8_t value[DIGEST_MAX_BYTES];
		rc = digest_waiting(r, t, d, skip, e);
		size_t len = rc == 0 ? digest_value(d, value) : 0;
		if (len > 0 && len == item->data.len && memcmp(value, item->data.data, len) == 0)
			*finding = skip > 0 ? DOUBLING_YES : DOUBLING_NO;
	}
	digest_free(d);
	return rc;
}

static enum doubling_finding measure(const struct tracked *t)
{
	return doubling_judge(&t->doubling, t->size);
}

/* ---- items ---- */

static int settle_all(struct repairer *r, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->job_count; i++) {
		struct tracked *t = r->jobs[i];
		if (t && t->waiting_count > 0)
			rc = settle(r, t, measure(t), e);
	}
	return rc;
}

/* What is not told by the end of a volume of a set, the next one tells: it is handed out with that. */
static void carry_over(struct repairer *r)
{
	for (size_t i = 0; i < r->job_count; i++) {
		struct tracked *t = r->jobs[i];
		for (size_t n = 0; t && n < t->waiting_count; n++)
			t->waiting[n].cuts = 0;
	}
}

static void begin_file(struct tracked *t, const struct item *item)
{
	t->file_index = item->file_index;
	t->finding = DOUBLING_OPEN;
	t->doubling = (struct doubling){0};
	t->size = 0;
}

/* A record of the file at hand.  *wait: it has to. */
static int take_record(struct repairer *r, struct tracked *t, struct item *item, bool *wait, struct err *e)
{
	t->size = item->attributes.whole ? item->attributes.size : t->size;
	bool data = is_sparse(item) && item->data.len > 0;
	if (t->finding == DOUBLING_OPEN && (data || t->waiting_count > 0)) {
		enum doubling_finding finding;
		int rc = data ? follow(r, t, item, &finding, e) : compare(r, t, item, &finding, e);
		if (rc != 0)
			return rc;
		if (finding == DOUBLING_OPEN && t->waiting_count == WAITING_MAX)
			finding = measure(t);
		*wait = finding == DOUBLING_OPEN;
		rc = *wait ? 0 : settle(r, t, finding, e);
		if (rc != 0)
			return rc;
	}
	item->doubled = is_sparse(item) && t->finding == DOUBLING_YES;
	return 0;
}

/* Takes over the reference to item's buffer, also if it fails. */
static int let_wait(struct repairer *r, struct tracked *t, const struct item *item, struct err *e)
{
	if (t->waiting == NULL) {
		t->waiting = calloc(WAITING_MAX, sizeof *t->waiting);
		if (t->waiting == NULL) {
			buf_unref(item->buf);
			return err_memory(e, WAITING_MAX * sizeof *t->waiting, "records that wait");
		}
		r->waiting_jobs++;
	}
	t->waiting[t->waiting_count++] = *item;
	bool crowded = r->waiting_jobs > WAITING_JOBS_MAX;
	return crowded ? settle(r, t, measure(t), e) : 0;
}

/* A record of a job. */
static int take_job_record(struct repairer *r, struct tracked *t, struct item *item, bool *wait, struct err *e)
{
	if (item->file_index != t->file_index) {
		int rc = t->waiting_count > 0 ? settle(r, t, measure(t), e) : 0;
		if (rc != 0)
			return rc;
		begin_file(t, item);
	}
	return take_record(r, t, item, wait, e);
}

/* Damage within a job: what waits goes on waiting, and the damage with it, in its place. */
static int take_damage(struct repairer *r, struct tracked *t, bool *wait, struct err *e)
{
	*wait = t->waiting_count > 0 && t->waiting_count < WAITING_MAX;
	return t->waiting_count == WAITING_MAX ? settle(r, t, measure(t), e) : 0;
}

/* One item into the order.  Its buffer is held by whoever has it then. */
static int take_item(struct repairer *r, struct item *item, struct err *e)
{
	bool of_job = item->job && (item->kind == ITEM_RECORD || item->kind == ITEM_DAMAGE);
	bool last = item->kind == ITEM_VOLUME_END && item->last_volume;
	int rc = last ? settle_all(r, e) : 0;
	bool wait = false;
	struct tracked *t = NULL;
	if (item->kind == ITEM_VOLUME_END)
		carry_over(r);
	if (of_job) {
		t = tracked_of(r, item->job);
		if (t == NULL)
			return err_memory(e, sizeof *t, "a job");
		rc = item->kind == ITEM_RECORD ? take_job_record(r, t, item, &wait, e) : take_damage(r, t, &wait, e);
	}
	if (rc != 0)
		return rc;
	if (item->buf)
		buf_ref(item->buf);
	return wait ? let_wait(r, t, item, e) : make_ready(r, item, e);
}

int repairer_next(struct repairer *r, struct item *item, struct err *e)
{
	buf_unref(r->lent);
	r->lent = NULL;
	while (r->ready_next == r->ready_count) {
		struct item next;
		struct err fault = {0};
		int rc = joiner_next(r->joiner, &next, &fault);
		/* It fails again when all that waits has been handed out. */
		if (rc != 0 && r->waiting_jobs > 0) {
			rc = settle_all(r, e);
			if (rc == 0)
				continue;
		} else if (rc != 0) {
			*e = fault;
		}
		if (rc == 0)
			rc = take_item(r, &next, e);
		if (rc != 0)
			return rc;
	}
	*item = r->ready[r->ready_next++];
	r->lent = item->buf;
	return 0;
}
