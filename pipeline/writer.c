/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/writer.h"

#include "pipeline/output.h"

#include <stdlib.h>
#include <sys/stat.h>

static int on_encrypt(void *arg, uint8_t *block, size_t len, struct err *e)
{
	struct writer *w = arg;
	if (w->sealing && xts_encrypt_block(w->sealing->xts, block, block, len))
		return 0;
	return err_set(e, XE_FAILED, "a block of %zu bytes cannot be encrypted; use a smaller --max-block", len);
}

struct writer *writer_new(const struct filter_options *options, const struct reshape *reshape, struct tasks *tasks,
			  const struct consumer *consumer)
{
	struct writer *w = calloc(1, sizeof *w);
	if (w == NULL)
		return NULL;
	w->o = options;
	w->reshape = reshape;
	w->reshapes = reshape_wanted(reshape);
	w->consumer = consumer;
	w->tasks = tasks;
	w->out = IO_CLOSED;
	w->sink = SINK_CLOSED;
	w->ledger = (struct ledger){.o = options};
	const struct packer_options po = {
		.max_block = options->max_block, .on_block = output_new_block, .encrypt = reshape->encrypt ? on_encrypt : NULL, .arg = w};
	w->packer = packer_new(&po);
	w->volume_digest = options->hash_volumes ? digest_new(DIGEST_XXH64) : NULL;
	if (w->packer == NULL || (options->hash_volumes && w->volume_digest == NULL)) {
		writer_free(w);
		return NULL;
	}
	return w;
}

void writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	packer_free(w->packer);
	free(w->scratch.data);
	sink_close(&w->sink);
	digest_free(w->volume_digest);
	ledger_free(&w->ledger);
	free(w);
}

uint64_t writer_bytes(const struct writer *w)
{
	return atomic_load_explicit(&w->bytes_out, memory_order_relaxed);
}

/* Whoever wants to know is told.  entry, label: of a session. */
static int tell(struct writer *w, enum milestone_kind kind, const struct item *item, const struct ledger_job *entry,
		const struct session_label *label, struct err *e)
{
	const struct filter_callbacks *c = &w->o->callbacks;
	if (c->milestone == NULL)
		return 0;
	const struct filter_job job = entry ? ledger_outline(entry) : (struct filter_job){0};
	const struct milestone m = {kind, item, &w->ledger.volume, entry ? &job : NULL, label};
	return c->milestone(c->arg, &m, e);
}

static int take_record(struct writer *w, struct slot *s, const struct item *item, struct converted *c, struct err *e)
{
	struct ledger_job *entry = ledger_job(&w->ledger, item->job, e);
	if (entry == NULL)
		return e->code;
	if (c->status == STAGE_MEMORY)
		return err_memory(e, item->len, "a record");
	bool starts = item->file_index == LABEL_SESSION_START || !entry->met;
	const struct session_label *label = item->file_index < 0 ? c->label : NULL;
	int rc = ledger_record(&w->ledger, entry, item, c->label, e);
	if (rc == 0 && starts)
		rc = tell(w, MILESTONE_SESSION_START, item, entry, label, e);
	if (rc == 0)
		rc = w->consumer->record(w, s, entry, item, c, e);
	course_record_done(&entry->course, item);
	return rc == 0 && item->file_index == LABEL_SESSION_END ? tell(w, MILESTONE_SESSION_END, item, entry, label, e) : rc;
}

static int take_block(struct writer *w, const struct item *item, struct err *e)
{
	w->ledger.volume.blocks_in++;
	return ledger_block(&w->ledger, item, e);
}

static int flush(struct writer *w, struct err *e)
{
	return w->consumer->flush ? w->consumer->flush(w, e) : 0;
}

/* What is known by now of the volume at hand.  (Records and damage may be of the one before.) */
static void learn_volume(struct writer *w, const struct slot *s, const struct item *item)
{
	if (item->kind == ITEM_VOLUME_START)
		w->ledger.volume = (struct filter_volume){0};
	if (item->kind != ITEM_RECORD && item->kind != ITEM_DAMAGE)
		w->ledger.volume.info = item->volume;
	w->ledger.volume.policy = s->policy;
	w->sealing = s->cipher;
}

static int take_item(struct writer *w, struct slot *s, size_t i, struct err *e)
{
	const struct item *item = &s->items[i];
	int rc = item->kind == ITEM_BLOCK || item->kind == ITEM_RECORD || item->kind == ITEM_VOLUME_LABEL ? 0 : flush(w, e);
	if (rc != 0)
		return rc;
	learn_volume(w, s, item);
	if (item->kind == ITEM_RECORD)
		return take_record(w, s, item, &s->done[i], e);
	if (item->kind == ITEM_DAMAGE)
		return ledger_damage(&w->ledger, item, e);
	if (item->kind == ITEM_BLOCK)
		rc = take_block(w, item, e);
	w->ledger.volume.counts.records += item->kind == ITEM_VOLUME_LABEL;
	if (rc == 0 && item->kind == ITEM_VOLUME_START)
		rc = tell(w, MILESTONE_VOLUME_START, item, NULL, NULL, e);
	if (rc == 0 && item->kind == ITEM_VOLUME_LABEL)
		rc = tell(w, MILESTONE_LABEL, item, NULL, NULL, e);
	if (rc == 0 && w->consumer->take[item->kind])
		rc = w->consumer->take[item->kind](w, item, e);
	return rc == 0 && item->kind == ITEM_VOLUME_END ? tell(w, MILESTONE_VOLUME_END, item, NULL, NULL, e) : rc;
}

int writer_slot(struct writer *w, struct slot *s, struct stage_ctx *ctx, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->item_count; i++) {
		if (i == s->done_count) {
			/* The arena is written: use it again for what is left. */
			arena_empty(&s->arena);
			slot_convert(s, ctx, w->consumer->whole_blocks);
		}
		rc = take_item(w, s, i, e);
	}
	/* Also behind a fault, which e keeps: what the run is of goes with the slot. */
	int written = flush(w, e);
	if (rc == 0)
		rc = written;
	w->failed_input = rc != 0 && w->ledger.volume.info ? w->ledger.volume.info->input : s->input;
	if (w->volume_open)
		atomic_store_explicit(&w->bytes_out, w->sink.offset, memory_order_relaxed);
	w->failed_reading = rc == 0 && s->err.code != XE_OK;
	if (w->failed_reading) {
		*e = s->err;
		rc = s->err.code;
	}
	if (rc != 0 && w->ledger.volume.info)
		err_volume(e, w->ledger.volume.info->name);
	slot_empty(s);
	return rc;
}

void writer_save(struct writer *w, bool keep)
{
	struct err ignored = {0};
	/* A folder that is not kept is not finished either. */
	if (!w->volume_open || (!keep && S_ISDIR(w->out.type)))
		return;
	int rc = keep ? packer_end_volume(w->packer, &ignored) : 0;
	if (sink_finish(&w->sink, &ignored) == 0 && rc == 0)
		atomic_store_explicit(&w->bytes_out, w->sink.offset, memory_order_relaxed);
	/* The descriptor is no longer lent. */
	sink_close(&w->sink);
}
