/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/writer.h"

#include "format/relabel.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct writer {
	const struct filter_options *o;
	const struct reshape *reshape;
	bool reshapes;
	bool pass_blocks;
	struct packer *packer;
	struct ledger ledger;
	struct io out;
	struct sink sink;
	bool volume_open;
	bool labelled;                       /* the volume at hand has its label, or is not to have one */
	bool label_made;                     /* here, in the place of one that is lost */
	const struct volume_info *before;    /* the last volume that had its label, NULL: none */
	uint64_t damaged_before;             /* the volume */
	struct span run;                     /* blocks to pass that follow one another in memory */
	const struct cipher_volume *sealing; /* what the volume at hand is encrypted with */
	struct reshape_buffer scratch;
	size_t failed_input;
	_Atomic uint64_t bytes_out;
};

static void on_new_block(void *arg, const struct packed_block *b)
{
	struct writer *w = arg;
	w->ledger.volume.blocks_out++;
	if (w->o->callbacks.new_block)
		w->o->callbacks.new_block(w->o->callbacks.arg, b);
}

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
	w->pass_blocks = pass_blocks;
	w->out = IO_CLOSED;
	w->ledger = (struct ledger){.o = options, .pass_blocks = pass_blocks};
	const struct packer_options po = {
		.max_block = options->max_block, .on_block = on_new_block, .encrypt = reshape->encrypt ? on_encrypt : NULL, .arg = w};
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
	case STAGE_ROOM: return 0;
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
	case STAGE_MEMORY: break;
	}
	return err_memory(e, item->len, "a record");
}

/* What the volume before in the set, and the first job, tell of one that has lost its label. */
static struct relabel_lost what_is_known(const struct writer *w, const struct item *item, struct session_label *start)
{
	const struct volume_label *before = w->before ? &w->before->label : NULL;
	const char *slash = strrchr(item->volume->path, '/');
	struct relabel_lost lost = {
		.bacula = item->form.version == 3 || w->ledger.volume.policy->target == PRODUCT_BACULA,
		.bb03 = item->form.version == 3,
		.volume = slash ? slash + 1 : item->volume->path,
		.pool = before ? before->pool : "Default",
		.media_type = before ? before->media_type : "File",
		.time = before ? before->write_time : 0,
	};
	if (before)
		lost.bacula = strncmp(before->id, "Bacula", 6) == 0;
	bool end = item->file_index == LABEL_SESSION_END;
	if ((end || item->file_index == LABEL_SESSION_START) && label_read_session(item->data, end, start)) {
		lost.bacula = strncmp(start->id, "Bacula", 6) == 0;
		lost.pool = start->pool;
		lost.time = start->time;
	}
	lost.bacula = w->reshape->owner == RELABEL_AS_IT_IS ? lost.bacula : w->reshape->owner == RELABEL_BACULA;
	return lost;
}

/* A volume's label, as it is to be written. */
static int put_label(struct writer *w, const struct item *item, struct err *e)
{
	if (!w->reshapes)
		return packer_label(w->packer, item, e);
	struct item label = *item;
	int rc = reshape_label(w->reshape, w->sealing, item, false, &w->scratch, &label.data, e);
	label.whole_block = true;
	return rc != 0 ? rc : packer_label(w->packer, &label, e);
}

/* The one that stands behind data. */
static int put_late_label(struct writer *w, const struct volume_info *v, struct err *e)
{
	const struct item label = {
		.kind = ITEM_VOLUME_LABEL,
		.volume = v,
		.form = {v->late.block.version, v->late.block.options, v->late.checksum},
		.number = v->late.block.number,
		.file_index = v->late.record.file_index,
		.stream = (uint32_t)v->late.record.stream,
		.len = (uint32_t)v->late.len,
		.data = {v->late.data, v->late.len},
	};
	ledger_note_volume(&w->ledger, "its label stands behind data: it is written first");
	w->before = v;
	return put_label(w, &label, e);
}

/* The name of the file has to be the Volume Name; where it cannot be, or there is none, the job's session makes one. */
static const char *make_name(const struct item *item, const char *file, char *text, size_t text_bytes)
{
	if (item->volume->kind == IO_FILE && strcmp(item->volume->path, "-") != 0 && label_names_volume(file))
		return file;
	if (item->job)
		snprintf(text, text_bytes, "rescued-%u-%u", item->job->session_id, item->job->session_time);
	else
		snprintf(text, text_bytes, "rescued");
	return text;
}

static int make_label(struct writer *w, const struct item *item, struct err *e)
{
	struct session_label start;
	struct relabel_lost lost = what_is_known(w, item, &start);
	uint8_t data[RELABEL_MAX_BYTES];
	char name[64], text[LABEL_NAME_BYTES + 64];
	lost.volume = make_name(item, lost.volume, name, sizeof name);
	size_t len = relabel_lost(&lost, data);
	if (w->reshape->encrypt || len == 0) {
		err_volume(e, item->volume->name);
		return err_set(e, XE_FAILED,
			       "its label is lost, and no key belongs to a volume without one; --on-damage=skip "
			       "without --encrypt makes a volume with a new label, which can be encrypted then");
	}
	snprintf(text, sizeof text, "its label is lost: it gets one with the %s%s",
		 lost.volume == name ? "made-up name " : "name of its file", lost.volume == name ? name : "");
	ledger_note_volume(&w->ledger, text);
	const struct item label = {
		.kind = ITEM_VOLUME_LABEL,
		.volume = item->volume,
		.form = item->form,
		.file_index = LABEL_VOLUME,
		.len = (uint32_t)len,
		.data = {data, len},
	};
	return packer_label(w->packer, &label, e);
}

/* At the end of a job its label is put right. */
static int settle_end(struct writer *w, struct ledger_job *entry, const struct item *item, struct outrecord *record,
		      struct outrecord_totals *totals, struct err *e)
{
	bool known;
	int rc = ledger_end_job(&w->ledger, entry, item, totals, &known, e);
	if (rc == 0 && known)
		record->totals = totals;
	return rc;
}

/* Bareos and Bacula read no volume without a label at its beginning.  item: the first thing behind it. */
static int replace_label(struct writer *w, const struct item *item, struct err *e)
{
	w->labelled = w->label_made = true;
	/* What is said already of a bad one is enough. */
	if (w->ledger.damaged == w->damaged_before) {
		const struct item place = {.kind = ITEM_DAMAGE, .volume = item->volume, .bad_block = true};
		const char *reason = item->volume->of_tape ? volume_label_missing(item->volume)
							   : "there is no volume label at the beginning";
		int rc = ledger_lose(&w->ledger, &place, reason, false, "rerun with --on-damage=skip to make one", e);
		if (rc != 0)
			return rc;
	}
	return item->volume->late.data ? put_late_label(w, item->volume, e) : make_label(w, item, e);
}

static int write_record(struct writer *w, struct slot *s, const struct item *item, struct converted *c, struct err *e)
{
	struct ledger_job *entry = ledger_job(&w->ledger, item->job, e);
	if (entry == NULL)
		return e->code;
	totals_read(&entry->totals, item, w->ledger.damaged);
	int rc = ledger_learn_file(&w->ledger, entry, item, e);
	if (rc != 0)
		return rc;
	if (!w->labelled && !w->o->callbacks.plain)
		rc = replace_label(w, item, e);
	if (rc != 0)
		return rc;
	struct outrecord as_is;
	struct outrecord *records = c->count > 0 ? s->records + c->first : NULL;
	bool write = c->status == STAGE_DONE;
	const char *useless = ledger_useless(&w->ledger, entry, item);
	if (useless) {
		c->count = 0;
		rc = ledger_lose(&w->ledger, item, useless, false, "", e);
		if (rc != 0)
			return rc;
	} else if (!w->pass_blocks) {
		rc = settle(w, entry, item, c, &as_is, &write, e);
		if (rc != 0)
			return rc;
		if (c->status != STAGE_DONE) {
			records = &as_is;
			c->count = write ? 1 : 0;
		}
	}
	ledger_enter(&w->ledger, entry, item, c, records);
	if (w->o->callbacks.plain) {
		bool whole = c->status == STAGE_DONE && !item->head_missing && !item->tail_missing;
		struct plain_item plain = {item, records, c->count, whole};
		return w->o->callbacks.plain(w->o->callbacks.arg, &plain, e);
	}
	if (w->pass_blocks)
		return 0;
	uint64_t bytes = 0;
	for (size_t i = 0; i < c->count; i++)
		bytes += outrecord_bytes(&records[i]);
	totals_wrote(&entry->totals, item, c->count, bytes);
	struct outrecord_totals totals;
	bool end = item->file_index == LABEL_SESSION_END;
	rc = end && c->count == 1 ? settle_end(w, entry, item, records, &totals, e) : 0;
	if (end)
		totals_end(&entry->totals);
	return rc != 0 ? rc : packer_put(w->packer, item, records, c->count, e);
}

/* ---- blocks that pass ---- */

static int write_run(struct writer *w, struct err *e)
{
	int rc = w->run.len > 0 ? sink_write(&w->sink, w->run.data, w->run.len, false, e) : 0;
	w->run = (struct span){NULL, 0};
	return rc;
}

/* A block that was opened with the key that it gets again keeps its number; others get one that their session has not had
 * here. */
static int choose_number(struct writer *w, const struct item *item, uint32_t *number, struct err *e)
{
	*number = item->number;
	if (!w->reshape->encrypt || item->job == NULL)
		return 0;
	struct ledger_job *entry = ledger_job(&w->ledger, item->job, e);
	if (entry == NULL)
		return e->code;
	bool as_it_was = item->opened && w->sealing->same_key;
	if (!as_it_was && entry->next_number > *number)
		*number = (uint32_t)entry->next_number;
	if (entry->next_number > UINT32_MAX)
		return err_set(e, XE_FAILED, "a session has more blocks than can be numbered");
	if (entry->next_number <= *number)
		entry->next_number = (uint64_t)*number + 1;
	return 0;
}

/* What is written in the place of a block that keeps it. */
static int new_form(struct writer *w, const struct item *item, struct span *block, uint32_t *number, struct err *e)
{
	*block = item->data;
	*number = item->number;
	if (!w->reshapes)
		return 0;
	if (item->begins_volume)
		return reshape_label(w->reshape, w->sealing, item, true, &w->scratch, block, e);
	/* BB02 blocks of a mixed volume are clear already. */
	if (!w->reshape->encrypt && item->form.version != 3)
		return 0;
	int rc = choose_number(w, item, number, e);
	return rc != 0 ? rc : reshape_block(w->reshape, w->sealing, item, *number, &w->scratch, block, e);
}

static int write_block(struct writer *w, const struct item *item, struct err *e)
{
	w->ledger.volume.blocks_in++;
	int counted = ledger_block(&w->ledger, item, e);
	if (counted == 0 && item->reversed)
		counted = ledger_reversed(&w->ledger, item, e);
	if (counted != 0)
		return counted;
	if (w->o->callbacks.old_block)
		w->o->callbacks.old_block(w->o->callbacks.arg, item);
	if (!w->pass_blocks)
		return 0;
	struct span block;
	uint32_t number;
	int rc = new_form(w, item, &block, &number, e);
	bool joins = w->run.len > 0 && w->run.data + w->run.len == block.data && w->out.kind != IO_TAPE;
	rc = rc != 0 || joins ? rc : write_run(w, e);
	if (rc != 0)
		return rc;
	struct packed_block b = {
		.job = item->job,
		.addr = sink_address(&w->sink) + w->run.len,
		.len = (uint32_t)block.len,
		.number = number,
		.first_index = item->first_index,
		.last_index = item->last_index,
	};
	b.end = sink_end_address(&w->sink, b.addr, b.len);
	w->run = joins ? (struct span){w->run.data, w->run.len + block.len} : block;
	on_new_block(w, &b);
	/* The next block comes to the same place. */
	return w->reshapes ? write_run(w, e) : 0;
}

/* ---- volumes ---- */

/* Bacula's devices read no encrypted block that is larger than what the label says of them. */
static void limit_encrypted(struct writer *w, const struct volume_info *v)
{
	uint32_t device = v->label.block_size;
	bool smaller = device >= PACKER_BLOCK_MIN_BYTES && device < BLOCK_DEFAULT_BYTES;
	packer_limit_encrypted(w->packer, smaller ? device : BLOCK_DEFAULT_BYTES);
}

static int write_label(struct writer *w, const struct item *item, struct err *e)
{
	w->ledger.volume.counts.records++;
	if (w->o->callbacks.plain)
		return 0;
	if (w->label_made)
		return ledger_lose(&w->ledger, item, "a volume label behind the data", false, "", e);
	w->labelled = true;
	limit_encrypted(w, item->volume);
	w->before = item->volume->has_label ? item->volume : w->before;
	return w->pass_blocks ? 0 : put_label(w, item, e);
}

static int start_volume(struct writer *w, const struct slot *s, const struct item *item, struct err *e)
{
	w->ledger.volume = (struct filter_volume){.info = item->volume, .policy = s->policy};
	if (w->o->callbacks.plain)
		return 0;
	int rc = w->o->callbacks.open_output(w->o->callbacks.arg, &w->ledger.volume, &w->out, e);
	if (rc != 0)
		return rc;
	w->volume_open = true;
	w->labelled = w->label_made = false;
	w->damaged_before = w->ledger.damaged;
	limit_encrypted(w, item->volume);
	/* Bareos's default is 16 times Bacula's, whose readers lose records of blocks that are larger than their device's. */
	bool bareos = item->volume->product_known && item->volume->product != PRODUCT_BACULA;
	packer_limit(w->packer, bareos && w->reshape->owner == RELABEL_BACULA ? BLOCK_DEFAULT_BYTES : 0);
	sink_open(&w->sink, &w->out, w->o->digest_out);
	packer_begin_volume(w->packer, &w->sink);
	return 0;
}

/* With no record left there is still a volume. */
static int label_empty(struct writer *w, const struct item *end, struct err *e)
{
	struct item item = *end;
	item.form = (struct block_form){.version = 2, .checksum = true};
	return w->labelled || w->o->on_damage == ON_DAMAGE_STOP ? 0 : replace_label(w, &item, e);
}

static int end_volume(struct writer *w, const struct item *item, struct err *e)
{
	if (w->o->callbacks.end_volume)
		w->o->callbacks.end_volume(w->o->callbacks.arg, w->ledger.volume.info);
	if (w->o->callbacks.plain)
		return 0;
	int rc = label_empty(w, item, e);
	rc = rc != 0 ? rc : packer_end_volume(w->packer, e);
	w->ledger.volume.volume_out = w->sink.offset;
	if (w->ledger.volume.reversed > 0)
		ledger_note_volume(&w->ledger, "the " BLOCK_REVERSED_TEXT " is replaced by the right one");
	w->ledger.volume.decrypt = w->reshape->decrypt;
	if (w->sealing)
		snprintf(w->ledger.volume.encrypted_with, sizeof w->ledger.volume.encrypted_with, "%s", w->sealing->text);
	w->volume_open = false;
	sink_close(&w->sink);
	if (item->last_volume)
		ledger_conclude(&w->ledger);
	return rc != 0 ? rc : w->o->callbacks.close_output(w->o->callbacks.arg, &w->ledger.volume, e);
}

static int write_item(struct writer *w, struct slot *s, size_t i, struct err *e)
{
	const struct item *item = &s->items[i];
	int rc = item->kind == ITEM_BLOCK || item->kind == ITEM_RECORD || item->kind == ITEM_VOLUME_LABEL ? 0 : write_run(w, e);
	if (rc != 0)
		return rc;
	w->ledger.volume.policy = s->policy;
	w->sealing = s->cipher;
	/* What is known by now of the volume at hand.  (Records and damage may be of the one before.) */
	if (item->kind == ITEM_BLOCK || item->kind == ITEM_VOLUME_LABEL || item->kind == ITEM_VOLUME_END)
		w->ledger.volume.info = item->volume;
	switch (item->kind) {
	case ITEM_VOLUME_START: return start_volume(w, s, item, e);
	case ITEM_VOLUME_LABEL: return write_label(w, item, e);
	case ITEM_BLOCK: return write_block(w, item, e);
	case ITEM_RECORD: return write_record(w, s, item, &s->done[i], e);
	case ITEM_DAMAGE: return ledger_damage(&w->ledger, item, e);
	case ITEM_FILE_MARK: return w->o->callbacks.plain ? 0 : packer_file_mark(w->packer, e);
	case ITEM_FOREIGN: return sink_write_foreign(&w->sink, item->data.data, item->data.len, e);
	case ITEM_VOLUME_END: return end_volume(w, item, e);
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
			s->arena.used = 0;
			s->record_count = 0;
			slot_convert(s, ctx, w->pass_blocks);
		}
		rc = write_item(w, s, i, e);
	}
	/* Also behind a fault, which e keeps: what the run is of goes with the slot. */
	int written = write_run(w, e);
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
