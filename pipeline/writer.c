/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/writer.h"

#include "pipeline/consumer.h"

#include <stdlib.h>

static int on_encrypt(void *arg, uint8_t *block, size_t len, struct err *e)
{
	struct writer *w = arg;
	if (w->sealing && xts_encrypt_block(w->sealing->xts, block, block, len))
		return 0;
	return err_set(e, XE_FAILED, "a block of %zu bytes cannot be encrypted; use a smaller --max-block", len);
}

struct writer *writer_new(const struct filter_options *options, const struct reshape *reshape, bool pass_blocks)
{
	struct writer *w = calloc(1, sizeof *w);
	if (w == NULL)
		return NULL;
	w->o = options;
	w->reshape = reshape;
	w->reshapes = reshape_wanted(reshape);
	w->consumer = options->observer ? &consumer_observe : pass_blocks ? &consumer_pass : &consumer_repack;
	w->out = IO_CLOSED;
	w->ledger = (struct ledger){.o = options};
	const struct packer_options po = {
		.max_block = options->max_block, .on_block = output_new_block, .encrypt = reshape->encrypt ? on_encrypt : NULL, .arg = w};
	w->packer = packer_new(&po);
	if (w->packer == NULL) {
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
	ledger_free(&w->ledger);
	free(w);
}

const struct ledger *writer_ledger(const struct writer *w)
{
	return &w->ledger;
}

size_t writer_failed_input(const struct writer *w)
{
	return w->failed_input;
}

uint64_t writer_bytes(const struct writer *w)
{
	return atomic_load_explicit(&w->bytes_out, memory_order_relaxed);
}

/* ---- records ---- */

/* What to do with a record that did not convert: false if it is dropped. */
static int settle(struct writer *w, struct ledger_job *entry, const struct item *item, struct converted *c, struct outrecord *as_is,
		  bool *write, struct err *e)
{
	bool keep = w->o->on_damage == ON_DAMAGE_KEEP;
	/* Readers drop what never ends. */
	bool never_ends = item->tail_missing && !item->head_missing && w->ledger.damaged == 0;
	*as_is = (struct outrecord){
		.stream = item->stream,
		.len = item->len,
		.continues = item->head_missing,
		.body = item->data,
	};
	switch (c->status) {
	case STAGE_DONE:
	case STAGE_ROOM:
	case STAGE_MEMORY: break;
	case STAGE_DAMAGE:
		/* Between converted records of its file, a record of another stream would cost the next one, too. */
		*write = keep && c->number_kept;
		return ledger_lose(&w->ledger, item, c->reason ? c->reason : "out of memory", *write,
				   "rerun with --on-damage=skip to go on without it", e);
	case STAGE_MISSING:
		*write = keep || w->o->incomplete_ok || never_ends;
		if (w->o->incomplete_ok)
			return 0;
		if (never_ends) {
			ledger_note_cut(&w->ledger, entry, item);
			return 0;
		}
		return ledger_lose(&w->ledger, item,
				   item->head_missing ? "this record begins on another volume" : "this record is not complete", keep,
				   "give all volumes of the job in their order, or rerun with --on-damage=skip to drop it or "
				   "keep to pass it as it is",
				   e);
	case STAGE_FOREIGN:
		err_volume(e, item->volume->name);
		return err_set(e, XE_USAGE, "%s; convert them with -r ALGORITHM, or inflate with -i", c->reason ? c->reason : "");
	}
	return 0;
}

int consumer_settle(struct writer *w, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c,
		    struct outrecord *as_is, struct outrecord **records, struct err *e)
{
	bool write = c->status == STAGE_DONE;
	const char *useless = ledger_useless(&w->ledger, entry, item);
	int rc;
	*records = c->count > 0 ? s->arena.records + c->first : NULL;
	if (useless) {
		c->count = 0;
		rc = ledger_lose(&w->ledger, item, useless, false, "", e);
	} else {
		rc = settle(w, entry, item, c, as_is, &write, e);
		if (rc == 0 && c->status != STAGE_DONE) {
			*records = as_is;
			c->count = write ? 1 : 0;
		}
	}
	if (rc == 0)
		ledger_enter(&w->ledger, entry, item, c, *records, c->count);
	return rc;
}

static int take_record(struct writer *w, struct slot *s, const struct item *item, struct converted *c, struct err *e)
{
	struct ledger_job *entry = ledger_job(&w->ledger, item->job, e);
	if (entry == NULL)
		return e->code;
	if (c->status == STAGE_MEMORY)
		return err_memory(e, item->len, "a record");
	int rc = ledger_record(&w->ledger, entry, item, c->label, e);
	rc = rc != 0 ? rc : w->consumer->record(w, s, entry, item, c, e);
	course_record_done(&entry->course, item);
	return rc;
}

/* ---- blocks, labels, volumes ---- */

static int take_block(struct writer *w, const struct item *item, struct err *e)
{
	w->ledger.volume.blocks_in++;
	int rc = ledger_block(&w->ledger, item, e);
	if (rc == 0 && item->verdict.reversed)
		rc = ledger_reversed(&w->ledger, item, e);
	if (rc != 0)
		return rc;
	if (w->o->callbacks.old_block)
		w->o->callbacks.old_block(w->o->callbacks.arg, item);
	return w->consumer->block(w, item, e);
}

static int take_label(struct writer *w, const struct item *item, struct err *e)
{
	w->ledger.volume.counts.records++;
	return w->consumer->label(w, item, e);
}

static int begin_volume(struct writer *w, const struct slot *s, const struct item *item, struct err *e)
{
	w->ledger.volume = (struct filter_volume){.info = item->volume, .policy = s->policy};
	return w->consumer->begin_volume(w, item, e);
}

static int take_item(struct writer *w, struct slot *s, size_t i, struct err *e)
{
	const struct item *item = &s->items[i];
	int rc = item->kind == ITEM_BLOCK || item->kind == ITEM_RECORD || item->kind == ITEM_VOLUME_LABEL ? 0 : w->consumer->flush(w, e);
	if (rc != 0)
		return rc;
	w->ledger.volume.policy = s->policy;
	w->sealing = s->cipher;
	/* What is known by now of the volume at hand.  (Records and damage may be of the one before.) */
	if (item->kind == ITEM_BLOCK || item->kind == ITEM_VOLUME_LABEL || item->kind == ITEM_VOLUME_END)
		w->ledger.volume.info = item->volume;
	switch (item->kind) {
	case ITEM_VOLUME_START: return begin_volume(w, s, item, e);
	case ITEM_VOLUME_LABEL: return take_label(w, item, e);
	case ITEM_BLOCK: return take_block(w, item, e);
	case ITEM_RECORD: return take_record(w, s, item, &s->done[i], e);
	case ITEM_DAMAGE: return ledger_damage(&w->ledger, item, e);
	case ITEM_FILE_MARK: return w->consumer->file_mark(w, e);
	case ITEM_FOREIGN: return w->consumer->foreign(w, item, e);
	case ITEM_VOLUME_END: return w->consumer->end_volume(w, item, e);
	case ITEM_END: break;
	}
	return 0;
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
	int written = w->consumer->flush(w, e);
	rc = rc != 0 ? rc : written;
	w->failed_input = rc != 0 && w->ledger.volume.info ? w->ledger.volume.info->input : s->input;
	if (w->volume_open)
		atomic_store_explicit(&w->bytes_out, w->sink.offset, memory_order_relaxed);
	if (rc == 0 && s->err.code != XE_OK) {
		*e = s->err;
		rc = s->err.code;
	}
	if (rc != 0 && w->ledger.volume.info)
		err_volume(e, w->ledger.volume.info->name);
	slot_empty(s);
	return rc;
}

void writer_save(struct writer *w)
{
	struct err ignored = {0};
	if (w->volume_open && packer_end_volume(w->packer, &ignored) == 0)
		atomic_store_explicit(&w->bytes_out, w->sink.offset, memory_order_relaxed);
}
