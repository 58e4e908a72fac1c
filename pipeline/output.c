/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/output.h"

#include "base/place.h"
#include "format/label.h"
#include "format/relabel.h"

#include <stdio.h>

int output_old_block(struct writer *w, const struct item *item, struct err *e)
{
	int rc = item->verdict.reversed ? ledger_reversed(&w->ledger, item, e) : 0;
	if (rc == 0 && w->o->callbacks.old_block)
		w->o->callbacks.old_block(w->o->callbacks.arg, item);
	return rc;
}

void output_new_block(void *arg, const struct packed_block *b)
{
	struct writer *w = arg;
	w->ledger.volume.blocks_out++;
	if (w->o->callbacks.new_block)
		w->o->callbacks.new_block(w->o->callbacks.arg, &w->ledger.volume, b);
}

/* ---- its label ---- */

/* What the volume before in the set, and the first job, tell of one that has lost its label. */
static struct relabel_lost what_is_known(const struct writer *w, const struct item *item, const struct session_label *session)
{
	const struct volume_label *before = w->before ? &w->before->label : NULL;
	struct relabel_lost lost = {
		.bacula = item->form.version == 3 || w->ledger.volume.policy->target == PRODUCT_BACULA,
		.bb03 = item->form.version == 3,
		.pool = before ? before->pool : "Default",
		.media_type = before ? before->media_type : "File",
		.time = before ? before->write_time : 0,
	};
	if (before)
		lost.bacula = label_id_is_bacula(before->id);
	if (session) {
		lost.bacula = label_id_is_bacula(session->id);
		lost.pool = session->pool;
		lost.time = session->time;
	}
	lost.bacula = w->reshape->owner == RELABEL_AS_IT_IS ? lost.bacula : w->reshape->owner == RELABEL_BACULA;
	return lost;
}

/* A volume's label, as it is to be written. */
int output_put_label(struct writer *w, const struct item *item, struct err *e)
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
	return output_put_label(w, &label, e);
}

/* The name of the file has to be the Volume Name; where it cannot be, or there is none, the job's session makes one. */
static const char *make_name(const struct item *item, const char *file, char *text, size_t text_bytes)
{
	if (item->volume->rereadable && label_names_volume(file))
		return file;
	if (item->job)
		snprintf(text, text_bytes, "rescued-%u-%u", item->job->session_id, item->job->session_time);
	else
		snprintf(text, text_bytes, "rescued");
	return text;
}

static int make_label(struct writer *w, const struct item *item, const struct session_label *session, struct err *e)
{
	struct relabel_lost lost = what_is_known(w, item, session);
	uint8_t data[RELABEL_MAX_BYTES];
	char file[PLACE_PATH_BYTES], name[64], text[LABEL_NAME_BYTES + 64];
	place_base(item->volume->path, file);
	lost.volume = make_name(item, file, name, sizeof name);
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

/* Bareos and Bacula read no volume without a label at its beginning.  item: the first thing behind it; session: its label, if it is
 * that of a session. */
static int replace_label(struct writer *w, const struct item *item, const struct session_label *session, struct err *e)
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
	return item->volume->late.data ? put_late_label(w, item->volume, e) : make_label(w, item, session, e);
}

int output_need_label(struct writer *w, const struct item *item, const struct session_label *session, struct err *e)
{
	return w->labelled ? 0 : replace_label(w, item, session, e);
}

/* Bacula's devices read no encrypted block that is larger than what the label says of them. */
static void limit_encrypted(struct writer *w, const struct volume_info *v)
{
	uint32_t device = v->label.block_size;
	bool smaller = device >= PACKER_BLOCK_MIN_BYTES && device < BLOCK_DEFAULT_BYTES;
	packer_limit_encrypted(w->packer, smaller ? device : BLOCK_DEFAULT_BYTES);
}

int output_label(struct writer *w, const struct item *item, bool *again, struct err *e)
{
	*again = w->label_made;
	if (*again)
		return ledger_lose(&w->ledger, item, "a volume label behind the data", false, "", e);
	w->labelled = true;
	limit_encrypted(w, item->volume);
	w->before = item->volume->has_label ? item->volume : w->before;
	return 0;
}

/* ---- beginning and end ---- */

/* By marks, behind, or at once. */
static int choose_way(struct writer *w, struct err *e)
{
	if (w->o->marks.high > 0)
		return sink_queue(&w->sink, &w->o->marks, e);
	/* What comes by a descriptor may have another writer. */
	bool own = io_is_file(&w->out) && !w->out.standard && !w->out.given;
	return own && w->tasks ? sink_write_behind(&w->sink, w->tasks, w->o->threads, e) : 0;
}

int output_begin_volume(struct writer *w, const struct item *item, struct err *e)
{
	int rc = w->o->callbacks.open_output(w->o->callbacks.arg, &w->ledger.volume, &w->out, e);
	if (rc != 0)
		return rc;
	w->volume_open = true;
	w->file_marks = 0;
	w->labelled = w->label_made = false;
	w->damaged_before = w->ledger.damaged;
	limit_encrypted(w, item->volume);
	/* Bareos's default is 16 times Bacula's, whose readers lose records of blocks that are larger than their device's. */
	bool bareos = item->volume->product_known && item->volume->product != PRODUCT_BACULA;
	packer_limit(w->packer, bareos && w->reshape->owner == RELABEL_BACULA ? BLOCK_DEFAULT_BYTES : 0);
	sink_open(&w->sink, &w->out, w->o->form, w->o->digest_out, w->volume_digest);
	packer_begin_volume(w->packer, &w->sink);
	return choose_way(w, e);
}

/* With no record left there is still a volume. */
static int label_empty(struct writer *w, const struct item *end, struct err *e)
{
	struct item item = *end;
	item.form = (struct block_form){.version = 2, .checksum = true};
	return w->labelled || w->o->on_damage == ON_DAMAGE_STOP ? 0 : replace_label(w, &item, NULL, e);
}

int output_end_volume(struct writer *w, const struct item *item, struct err *e)
{
	int rc = label_empty(w, item, e);
	if (rc == 0)
		rc = packer_end_volume(w->packer, e);
	/* Also behind a fault, which e keeps: the descriptor is lent until here. */
	int finished = sink_finish(&w->sink, e);
	rc = rc != 0 ? rc : finished;
	w->ledger.volume.volume_out = w->sink.offset;
	w->ledger.volume.files_out = sink_files(&w->sink);
	const struct medium *in = item->volume->medium;
	w->ledger.volume.files_in = in->files(in->by_block ? w->file_marks << 32 : item->volume->bytes);
	digest_text(w->sink.volume_digest, w->ledger.volume.digest_out);
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

int output_file_mark(struct writer *w, const struct item *item, struct err *e)
{
	(void)item;
	w->file_marks++;
	return packer_file_mark(w->packer, e);
}

int output_foreign(struct writer *w, const struct item *item, struct err *e)
{
	return sink_write_foreign(&w->sink, item->data.data, item->data.len, e);
}
