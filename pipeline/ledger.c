/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/ledger.h"

#include "base/array.h"
#include "volume/attributes.h"
#include "volume/stream.h"

#include <stdio.h>
#include <stdlib.h>

void ledger_free(struct ledger *l)
{
	for (size_t i = 0; i < l->job_count; i++) {
		free(l->jobs[i].name);
		missing_free(&l->jobs[i].missing);
	}
	free(l->jobs);
	*l = (struct ledger){0};
}

struct ledger_job *ledger_job(struct ledger *l, const struct job *job, struct err *e)
{
	struct ledger_job *jobs = array_reach(l->jobs, &l->job_count, job->index, sizeof *jobs);
	if (jobs == NULL) {
		err_memory(e, job->index * sizeof *jobs, "jobs");
		return NULL;
	}
	l->jobs = jobs;
	struct ledger_job *entry = &l->jobs[job->index];
	entry->job = job;
	if (entry->seen_on != l->volume.info) {
		entry->seen_on = l->volume.info;
		l->volume.jobs++;
	}
	return entry;
}

int ledger_learn_file(struct ledger_job *entry, const struct item *item, struct err *e)
{
	if (item->file_index <= 0 || !attributes_are(item->stream))
		return 0;
	struct attributes a;
	attributes_read(item->data, &a);
	entry->attributes_of = item->file_index;
	return attributes_keep_name(&a, &entry->name, &entry->name_cap, e);
}

static void describe_place(const struct item *item, char *text, size_t text_bytes)
{
	char job[LABEL_NAME_BYTES + 64] = "", file[32] = "", where[64];
	volume_place(item->volume, item->addr, item->offset, where, sizeof where);
	if (item->job)
		job_describe(item->job, job, sizeof job);
	if (item->file_index > 0)
		snprintf(file, sizeof file, ", FileIndex %d", item->file_index);
	snprintf(text, text_bytes, "%s at %s%s%s%s%s", item->bad_block ? "block" : "record", where, job[0] ? " (" : "", job, file,
		 job[0] ? ")" : "");
}

int ledger_lose(struct ledger *l, const struct item *item, const char *reason, bool kept, const char *remedy,
		struct err *e)
{
	if (l->o->on_damage == ON_DAMAGE_STOP || item->encrypted) {
		char place[320];
		describe_place(item, place, sizeof place);
		err_volume(e, item->volume->name);
		return err_set(e, item->encrypted ? XE_KEY : XE_DAMAGE, "%s: %s; %s", place, reason, remedy);
	}
	l->damaged++;
	l->volume.counts.damaged++;
	if (!kept)
		l->volume.counts.dropped++;
	struct filter_loss loss = {
		.volume = item->volume,
		.job = item->job,
		.addr = item->addr,
		.offset = item->offset,
		.len = item->kind == ITEM_DAMAGE ? item->damage_len : item->len,
		.file_index = item->file_index,
		.stream = item->stream,
		.file = "",
		.block = item->bad_block,
		.kept = kept,
		.reason = reason,
	};
	if (item->job) {
		struct ledger_job *entry = ledger_job(l, item->job, e);
		if (entry == NULL)
			return e->code;
		if (entry->name && item->file_index > 0 && entry->attributes_of == item->file_index)
			loss.file = entry->name;
		entry->counts.damaged++;
		if (!kept)
			entry->counts.dropped++;
	}
	if (l->o->callbacks.loss)
		l->o->callbacks.loss(l->o->callbacks.arg, &loss);
	return 0;
}

int ledger_damage(struct ledger *l, const struct item *item, struct err *e)
{
	if (item->encrypted)
		return ledger_lose(l, item, "it is encrypted", false, "give its key, as with --decrypt --key FILE", e);
	/* Where whole blocks pass, so do the odd records in them. */
	bool kept = item->suspect || (l->pass_blocks && (item->salvaged || !item->bad_block));
	bool no_volume = item->bad_block && item->addr == 0 && item->volume->kind != IO_TAPE;
	return ledger_lose(l, item, item->reason, kept,
		    no_volume ? "if it is a damaged volume, --on-damage=skip looks for its blocks" :
				"rerun with --on-damage=skip to go on without it",
		    e);
}

static void count(struct filter_counts *to, const struct item *item, const struct converted *c,
		  const struct packer_record *records, bool pass)
{
	to->records++;
	if (item->file_index < 0)
		return;
	to->bytes_in += item->len;
	for (size_t i = 0; i < c->count; i++)
		to->bytes_out += records[i].len;
	if (pass)
		to->bytes_out += item->len;
	to->joined += item->joined;
	to->undoubled += item->doubled;
	to->recompressed += c->changed;
	to->inflate_in += c->inflate_in;
	to->inflate_out += c->inflate_out;
	to->deflate_in += c->deflate_in;
	to->deflate_out += c->deflate_out;
	if (c->from)
		to->from[c->from->id]++;
}

static void note(struct ledger *l, const struct job *job, const char *what)
{
	char name[LABEL_NAME_BYTES + 64], text[LABEL_NAME_BYTES + 256];
	if (l->o->callbacks.note == NULL)
		return;
	job_describe(job, name, sizeof name);
	snprintf(text, sizeof text, "%s %s", name, what);
	l->o->callbacks.note(l->o->callbacks.arg, &l->volume, text);
}

/* The job's data behind such a separator came from a device that wants it back as it was.  volume-format.md 10, 31 */
static void note_ndmp(struct ledger *l, struct ledger_job *entry, const struct item *item)
{
	if (!l->o->deflate || item->file_index <= 0 || entry->ndmp_noted ||
	    (item->stream & STREAM_NUMBER_MASK) != STREAM_NDMP_SEPARATOR)
		return;
	entry->ndmp_noted = true;
	note(l, item->job, "holds NDMP data: inflate the volume again before that is restored");
}

/* In a set that should be whole, a record that is not. */
static void note_incomplete(struct ledger *l, struct ledger_job *entry, const struct item *item,
			    const struct converted *c)
{
	bool passes = (item->head_missing || item->tail_missing) && c->status == STAGE_DONE;
	if (l->o->path_count == 1 || !passes || entry->incomplete_noted)
		return;
	entry->incomplete_noted = true;
	note(l, item->job, "has a record that is not whole in this set and passes as it is: are the volumes in order?");
}

static void note_doubled(struct ledger *l, struct ledger_job *entry, const struct item *item,
			 const struct converted *c)
{
	/* With repair that was judged already, by more than one record. */
	if (!c->doubled || entry->doubled_noted || l->o->repair)
		return;
	entry->doubled_noted = true;
	note(l, item->job, "holds sparse records that begin with their own address, as Bareos's autoxflate writes them: "
			   "such files restore shifted by 8 bytes; verify tells, --repair mends");
}

/* The label's totals against what was read.  bcopy leaves them stale, so this is no damage; but a volume of the set that
 * is missing shows nowhere else. */
static void check_totals(struct ledger *l, struct ledger_job *entry, const struct item *item)
{
	struct session_label label;
	bool missing = item->head_missing || item->tail_missing || l->pass_blocks;
	entry->ended = entry->ended || item->file_index == LABEL_SESSION_END;
	if (item->file_index != LABEL_SESSION_END || missing || !entry->begun || l->damaged > 0 ||
	    !label_read_session(item->data, true, &label) || label.job_bytes == entry->counts.bytes_in)
		return;
	char text[160];
	snprintf(text, sizeof text, "ends with a label that counts %llu bytes, but %llu were read: is a volume missing?",
		 (unsigned long long)label.job_bytes, (unsigned long long)entry->counts.bytes_in);
	note(l, item->job, text);
}

/* Which of the job's files are here. */
static int see_file(struct ledger_job *entry, const struct item *item, struct err *e)
{
	entry->missing.begun = entry->missing.begun || item->file_index == LABEL_SESSION_START;
	struct session_label end;
	if (item->file_index == LABEL_SESSION_END && label_read_session(item->data, true, &end) && end.has_totals)
		return missing_end(&entry->missing, end.job_files, e);
	return item->file_index > 0 ? missing_see(&entry->missing, item->file_index, e) : 0;
}

int ledger_enter(struct ledger *l, struct ledger_job *entry, const struct item *item, const struct converted *c,
		 const struct packer_record *records, struct err *e)
{
	note_ndmp(l, entry, item);
	note_incomplete(l, entry, item, c);
	note_doubled(l, entry, item, c);
	check_totals(l, entry, item);
	count(&l->volume.counts, item, c, records, l->pass_blocks);
	count(&entry->counts, item, c, records, l->pass_blocks);
	return see_file(entry, item, e);
}

/* Where nothing was damaged, a program left them out in order. */
static void lose_missing(struct ledger *l, struct ledger_job *entry)
{
	for (size_t i = 0; l->damaged > 0 && i < entry->missing.count; i++) {
		const struct missing_range *r = &entry->missing.ranges[i];
		struct filter_loss loss = {
			.volume = l->volume.info,
			.job = entry->job,
			.file_index = r->first,
			.last_index = r->last,
			.files = true,
			.file = "",
			.reason = r->first == r->last ? "nothing of this file is here" : "nothing of these files is here",
		};
		l->damaged++;
		l->volume.counts.damaged++;
		entry->counts.damaged++;
		if (l->o->callbacks.loss)
			l->o->callbacks.loss(l->o->callbacks.arg, &loss);
	}
}

void ledger_conclude(struct ledger *l)
{
	for (size_t i = 0; i < l->job_count; i++) {
		struct ledger_job *entry = &l->jobs[i];
		if (entry->job == NULL)
			continue;
		lose_missing(l, entry);
		if (!entry->ended && entry->counts.records > 0)
			note(l, entry->job, "has no end here: it was cancelled, goes on elsewhere, or was cut off");
	}
}

bool ledger_is_orphan(const struct ledger *l, struct ledger_job *entry, const struct item *item)
{
	entry->begun = entry->begun || item->file_index == LABEL_SESSION_START;
	if (item->file_index <= 0)
		return false;
	bool known = entry->begun || entry->attributes_of > 0;
	return l->o->on_damage == ON_DAMAGE_SKIP && l->damaged > 0 && known && entry->attributes_of != item->file_index &&
	       stream_needs_attributes(item->stream);
}
