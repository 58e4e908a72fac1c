/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/ledger.h"

#include "base/array.h"
#include "format/attributes.h"
#include "format/stream.h"

#include <stdio.h>
#include <stdlib.h>

void ledger_free(struct ledger *l)
{
	for (size_t i = 0; i < l->job_count; i++) {
		struct ledger_job *entry = l->jobs[i];
		if (entry)
			course_free(&entry->course);
		free(entry);
	}
	free(l->jobs);
	*l = (struct ledger){0};
}

struct ledger_job *ledger_job(struct ledger *l, const struct job *job, struct err *e)
{
	struct ledger_job *entry = array_row(&l->jobs, &l->job_count, job->index, sizeof *entry);
	if (entry == NULL) {
		err_memory(e, sizeof *entry, "a job");
		return NULL;
	}
	bool appears = entry->course.job == NULL;
	entry->course.job = job;
	const struct observer *o = l->o->observer;
	if (appears && o && o->job && o->job(o->arg, &entry->course, e) != 0)
		return NULL;
	if (entry->seen_on != l->volume.info->index + 1) {
		entry->seen_on = l->volume.info->index + 1;
		l->volume.jobs++;
	}
	return entry;
}

struct filter_job ledger_outline(const struct ledger_job *entry)
{
	return (struct filter_job){
		.job = entry->course.job,
		.counts = entry->counts,
		.first_index = entry->first_index,
		.last_index = entry->last_index,
		.begins_elsewhere = entry->begins_elsewhere,
		.ends_elsewhere = !entry->course.ended,
	};
}

static void take_index(struct ledger_job *entry, int32_t file_index)
{
	entry->begins_elsewhere = entry->met ? entry->begins_elsewhere : file_index != LABEL_SESSION_START;
	entry->met = true;
	if (file_index <= 0)
		return;
	entry->first_index = entry->first_index == 0 || file_index < entry->first_index ? file_index : entry->first_index;
	entry->last_index = file_index > entry->last_index ? file_index : entry->last_index;
}

int ledger_record(struct ledger *l, struct ledger_job *entry, const struct item *item, const struct session_label *label, struct err *e)
{
	if (item->file_index == LABEL_SESSION_START)
		entry->damaged_before = l->damaged;
	take_index(entry, item->file_index);
	return course_record(&entry->course, item, label, l->lost_blocks, e);
}

static void describe_place(const struct item *item, char *text, size_t text_bytes)
{
	char job[LABEL_NAME_BYTES + 64] = "", file[32] = "", where[64];
	item->volume->medium->place(item->addr, item->offset, where, sizeof where);
	if (item->job)
		job_describe(item->job, job, sizeof job);
	if (item->file_index > 0)
		snprintf(file, sizeof file, ", FileIndex %d", item->file_index);
	snprintf(text, text_bytes, "%s at %s%s%s%s%s", item->bad_block ? "block" : "record", where, job[0] ? " (" : "", job, file,
		 job[0] ? ")" : "");
}

/* Counts it and tells the caller; entry may be NULL. */
static void tell(struct ledger *l, struct ledger_job *entry, const struct finding *loss)
{
	l->damaged++;
	l->volume.counts.damaged++;
	if (entry)
		entry->counts.damaged++;
	if (l->o->observer)
		l->o->observer->finding(l->o->observer->arg, loss);
	else if (l->o->callbacks.loss)
		l->o->callbacks.loss(l->o->callbacks.arg, loss);
}

int ledger_lose(struct ledger *l, const struct item *item, const char *reason, bool kept, const char *remedy, struct err *e)
{
	if (l->o->on_damage == ON_DAMAGE_STOP || item->verdict.encrypted) {
		char place[320];
		describe_place(item, place, sizeof place);
		err_volume(e, item->volume->name);
		return err_set(e, item->verdict.encrypted ? XE_KEY : XE_DAMAGE, "%s: %s; %s", place, reason, remedy);
	}
	l->lost_blocks += item->bad_block;
	if (!kept)
		l->volume.counts.dropped++;
	struct finding loss = finding_at(item, reason);
	loss.file_index = item->file_index;
	loss.stream = item->stream;
	loss.block = item->bad_block;
	loss.kept = kept;
	struct ledger_job *entry = NULL;
	if (item->job) {
		entry = ledger_job(l, item->job, e);
		if (entry == NULL)
			return e->code;
		loss.file = course_file(&entry->course, item->file_index);
		entry->course.wounds += !item->bad_block;
		if (!kept && item->file_index > 0)
			entry->hurt_file = item->file_index;
		if (!kept)
			entry->counts.dropped++;
	}
	tell(l, entry, &loss);
	return 0;
}

/* One file in a block that is left out. */
struct lost_file {
	int32_t index; /* 0: none yet */
	uint32_t stream, offset;
	uint64_t bytes;
	const char *name;
};

static int lose_file(struct ledger *l, struct ledger_job *entry, const struct item *block, const struct lost_file *f, struct err *e)
{
	if (f->index == 0)
		return 0;
	struct finding loss = finding_at(block, "in the block that is left out");
	loss.offset = f->offset;
	loss.len = f->bytes;
	loss.file_index = f->index;
	loss.stream = f->stream;
	loss.file = f->name;
	/* This tells of it. */
	if (entry)
		entry->hurt_file = f->index;
	int rc = entry ? course_lose_file(&entry->course, f->index, f->name, l->lost_blocks, e) : 0;
	if (rc == 0)
		tell(l, entry, &loss);
	return rc;
}

/* Does a file begin here, or go on from the block before?  Its attributes repeat its FileIndex, or it follows the last one. */
static bool begins_file(const struct lost_file *f, int64_t last, const struct record_header *h, const struct attributes *a)
{
	if (h->file_index <= 0 || h->file_index == f->index)
		return false;
	return a->file_index == h->file_index || h->file_index == last + 1 || (f->index == 0 && (last == 0 || h->file_index == last));
}

/* Whose data a block held that is left out, as far as its bytes can be believed. */
static int lose_files(struct ledger *l, const struct item *block, struct err *e)
{
	struct ledger_job *entry = block->job ? ledger_job(l, block->job, e) : NULL;
	if (block->job && entry == NULL)
		return e->code;
	struct rd rest = block_records(block->data.data, block->data.len, block->form.version);
	struct record_header h;
	struct span part;
	struct lost_file f = {0};
	int64_t last = entry ? entry->course.missing.highest : 0;
	uint32_t at = (uint32_t)(rest.p - block->data.data);
	for (; record_next(&rest, block->form.version, &h, &part); at = (uint32_t)(rest.p - block->data.data)) {
		if (entry && h.file_index == LABEL_SESSION_START)
			entry->course.missing.begun = true;
		uint32_t stream = h.stream < 0 ? (uint32_t)-h.stream : (uint32_t)h.stream;
		struct attributes a = {0};
		if (h.file_index > 0 && h.stream > 0 && attributes_are(stream))
			attributes_read(part, &a);
		if (begins_file(&f, last, &h, &a)) {
			int rc = lose_file(l, entry, block, &f, e);
			if (rc != 0)
				return rc;
			f = (struct lost_file){h.file_index, stream, at, 0, entry ? course_file(&entry->course, h.file_index) : ""};
			last = h.file_index;
		}
		if (h.file_index <= 0 || h.file_index != f.index)
			continue;
		f.bytes += part.len;
		f.name = a.file_index == h.file_index && a.name[0] ? a.name : f.name;
	}
	return lose_file(l, entry, block, &f, e);
}

int ledger_damage(struct ledger *l, const struct item *item, struct err *e)
{
	if (item->verdict.encrypted)
		return ledger_lose(l, item, "it is encrypted", false, "give its key, as with --decrypt --key FILE", e);
	bool kept = item->bad_block && item->suspect;
	bool no_volume = item->bad_block && item->addr == 0 && !item->volume->medium->by_block;
	bool one_by_one = item->bad_block && item->data.len > 0 && !kept && !item->salvaged && l->o->on_damage != ON_DAMAGE_STOP;
	struct item block = *item;
	block.file_index = one_by_one ? 0 : item->file_index;
	int rc = ledger_lose(l, &block, item->verdict.reason, kept,
			     no_volume ? "if it is a damaged volume, --on-damage=skip looks for its blocks"
				       : "rerun with --on-damage=skip to go on without it",
			     e);
	/* Of a record that is damaged or not whole it is known all the same which file it is of. */
	if (rc == 0 && !item->bad_block && item->job && item->file_index > 0) {
		struct ledger_job *entry = ledger_job(l, item->job, e);
		rc = entry ? course_see(&entry->course, item, l->lost_blocks, e) : e->code;
	}
	return rc == 0 && one_by_one ? lose_files(l, item, e) : rc;
}

int ledger_reversed(struct ledger *l, const struct item *block, struct err *e)
{
	l->volume.reversed++;
	if (l->o->on_damage != ON_DAMAGE_STOP || l->o->repair)
		return 0;
	char place[320];
	struct item named = *block;
	named.bad_block = true;
	describe_place(&named, place, sizeof place);
	err_volume(e, block->volume->name);
	return err_set(e, XE_DAMAGE, "%s: " BLOCK_REVERSED_TEXT ": no other version takes it; rerun with --repair for right ones", place);
}

static void count_record(struct filter_counts *to, const struct item *item, const struct converted *c, const struct outrecord *records,
			 size_t count)
{
	to->records++;
	if (item->file_index < 0)
		return;
	to->bytes_in += item->len;
	for (size_t i = 0; i < count; i++)
		to->bytes_out += records[i].len;
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

static void tell_of_job(struct ledger *l, void (*callback)(void *, const struct filter_volume *, const char *),
			const struct ledger_job *entry, const char *what)
{
	char name[LABEL_NAME_BYTES + 64], text[LABEL_NAME_BYTES + 512];
	if (callback == NULL)
		return;
	job_describe(entry->course.job, name, sizeof name);
	snprintf(text, sizeof text, "%s %s", name, what);
	callback(l->o->callbacks.arg, &l->volume, text);
}

static void note(struct ledger *l, const struct ledger_job *entry, const char *what)
{
	tell_of_job(l, l->o->callbacks.note, entry, what);
}

/* What is told of a job the first time only. */
enum once { ONCE_NDMP = 1, ONCE_INCOMPLETE = 2, ONCE_DOUBLED = 4, ONCE_CUT = 8 };

static void note_once(struct ledger *l, struct ledger_job *entry, enum once once, const char *what)
{
	if ((entry->noted & once) == 0)
		note(l, entry, what);
	entry->noted |= once;
}

void ledger_note_volume(const struct ledger *l, const char *text)
{
	if (l->o->callbacks.note)
		l->o->callbacks.note(l->o->callbacks.arg, &l->volume, text);
}

static void note_ndmp(struct ledger *l, struct ledger_job *entry, const struct item *item)
{
	if (l->o->deflate && item->file_index > 0 && stream_is_ndmp_separator(item->stream))
		note_once(l, entry, ONCE_NDMP, "holds NDMP data: inflate the volume again before that is restored");
}

/* What a volume of Bacula holds that Bareos does not understand, and nobody can convert. */
static void count_unknown(const struct ledger *l, struct ledger_job *entry, const struct item *item)
{
	bool bareos = l->o->target_given && (l->o->target == PRODUCT_BAREOS || l->o->target == PRODUCT_BAREOS_22);
	if (!bareos || item->file_index <= 0)
		return;
	entry->unknown_to_target += !stream_known_to_bareos(stream_for(true, item->stream, item->len), item->len);
	entry->client_encrypted = entry->client_encrypted || stream_is_client_encrypted(item->stream);
}

static void note_unknown(struct ledger *l, const struct ledger_job *entry)
{
	char text[240];
	if (entry->unknown_to_target > 0) {
		snprintf(text, sizeof text,
			 "holds %llu records that Bareos does not know (digests of streams 39 and 40, or of "
			 "plugins): it warns of an unknown stream at each, and restores the files all the same",
			 (unsigned long long)entry->unknown_to_target);
		note(l, entry, text);
	}
	if (entry->client_encrypted && l->volume.info->product == PRODUCT_BACULA)
		note(l, entry, "holds data that the client encrypted: nobody sees whether ZSTD is inside, which Bareos cannot read");
}

/* In a set that should be whole, a record that is not. */
static void note_incomplete(struct ledger *l, struct ledger_job *entry, const struct item *item, const struct converted *c)
{
	bool passes = (item->head_missing || item->tail_missing) && c->status == STAGE_DONE;
	bool alone = l->o->path_count == 1 || (l->o->kin && l->volume.info->input == 0);
	if (passes && !alone)
		note_once(l, entry, ONCE_INCOMPLETE,
			  "has a record that is not whole in this set and passes as it is: are the volumes in order?");
}

static void note_doubled(struct ledger *l, struct ledger_job *entry, const struct converted *c)
{
	/* With repair that was judged already, by more than one record. */
	if (c->doubled && !l->o->repair)
		note_once(l, entry, ONCE_DOUBLED,
			  "holds sparse records that begin with their own address, as Bareos's autoxflate writes them: "
			  "such files restore shifted by 8 bytes; verify tells, --repair mends");
}

int ledger_block(struct ledger *l, const struct item *block, struct err *e)
{
	struct ledger_job *entry = block->job ? ledger_job(l, block->job, e) : NULL;
	if (entry)
		totals_block(&entry->course.totals, block);
	return block->job && entry == NULL ? e->code : 0;
}

void ledger_note_cut(struct ledger *l, struct ledger_job *entry, const struct item *item)
{
	char text[256];
	snprintf(text, sizeof text,
		 "ends inside a record of FileIndex %d here, which stays as it was: the job was cancelled, or goes on "
		 "on a volume that is not given; then convert both together, for a restore passes over that record",
		 item->file_index);
	note_once(l, entry, ONCE_CUT, text);
}

/* Where sizes have changed, a label that cannot be put right no longer fits. */
static void note_part(struct ledger *l, const struct ledger_job *entry, const struct session_label *end)
{
	char text[200];
	if (entry->course.totals.read == entry->course.totals.written)
		return;
	snprintf(text, sizeof text,
		 "keeps the totals in its end-of-session label (%llu bytes, %u files): not all of the job is here to "
		 "be counted",
		 (unsigned long long)end->job_bytes, end->job_files);
	note(l, entry, text);
}

int ledger_end_job(struct ledger *l, struct ledger_job *entry, const struct item *item, const struct session_label *end,
		   struct outrecord_totals *to, bool *known, struct err *e)
{
	*known = false;
	if (item->head_missing || item->tail_missing || end == NULL)
		return 0;
	char text[256];
	const struct totals *t = &entry->course.totals;
	enum totals_verdict verdict = totals_judge(t, end, l->damaged != entry->damaged_before);
	totals_describe(t, verdict, end, text, sizeof text);
	*known = totals_of_written(t, verdict, end, to);
	if (verdict == TOTALS_PART)
		note_part(l, entry, end);
	if (verdict == TOTALS_STALE)
		note(l, entry, text);
	return verdict == TOTALS_SHORT ? ledger_lose(l, item, text, true, "rerun with --on-damage=skip to go on without it", e) : 0;
}

void ledger_enter(struct ledger *l, struct ledger_job *entry, const struct item *item, const struct converted *c,
		  const struct outrecord *records, size_t count)
{
	note_ndmp(l, entry, item);
	note_incomplete(l, entry, item, c);
	note_doubled(l, entry, c);
	count_unknown(l, entry, item);
	count_record(&l->volume.counts, item, c, records, count);
	count_record(&entry->counts, item, c, records, count);
}

/* Where there was no damage, a program left them out in order. */
static void lose_missing(struct ledger *l, struct ledger_job *entry)
{
	const struct missing *m = &entry->course.missing;
	for (size_t i = 0; i < m->count; i++) {
		const struct finding loss = course_missing(&entry->course, i, l->volume.info);
		/* Those before its first one are on the volumes before, where there are such. */
		bool before = l->o->before_count > 0 && !entry->course.begun && m->ranges[i].first == 1;
		if (m->ranges[i].hurt && !before)
			tell(l, entry, &loss);
	}
}

void ledger_conclude(struct ledger *l)
{
	for (size_t i = 0; i < l->job_count; i++) {
		struct ledger_job *entry = l->jobs[i];
		if (entry == NULL)
			continue;
		if (l->o->ranges == NULL)
			lose_missing(l, entry);
		note_unknown(l, entry);
		if (!entry->course.ended && entry->counts.records > 0)
			tell_of_job(l, l->o->callbacks.remark, entry, COURSE_ENDLESS);
	}
}

static bool is_orphan(const struct ledger_job *entry, const struct item *item)
{
	const struct course *c = &entry->course;
	bool known = c->missing.begun || c->name.of > 0;
	return known && c->name.of != item->file_index && stream_needs_attributes(item->stream);
}

/* Can that be the beginning of a record's data, and not what the client's network layer cut off it (volume-format.md 5.3)? */
static bool begins_record(const struct item *item)
{
	struct rd r = rd_over(item->data.data, item->data.len);
	rd_bytes(&r, stream_has_prefix(item->stream) ? STREAM_PREFIX_BYTES : 0);
	switch (stream_form(item->stream)) {
	case STREAM_HEADED: return item->len > 0 && stage_declared_bytes(item) >= item->len;
	case STREAM_LEGACY: {
		unsigned head = rd_be16(&r);
		return !r.bad && (head >> 8 & 15) == 8 && head % 31 == 0;
	}
	case STREAM_PLAIN: return !r.bad;
	case STREAM_OPAQUE: break;
	}
	return true;
}

/* Does it go on from a record that may have been cut? */
static bool goes_on(const struct ledger_job *entry, const struct item *item)
{
	return entry->last.len == RECORD_NETWORK_BYTES && entry->last.file_index == item->file_index && entry->last.stream == item->stream;
}

const char *ledger_useless(const struct ledger *l, struct ledger_job *entry, const struct item *item)
{
	if (item->file_index <= 0 || l->o->on_damage != ON_DAMAGE_SKIP)
		return NULL;
	if (l->damaged > 0) {
		enum digest_kind kind;
		bool hurt = entry->hurt_file == item->file_index, whole = !item->head_missing && !item->tail_missing;
		if (is_orphan(entry, item))
			return "the attributes of its file are lost";
		if (hurt && whole && !goes_on(entry, item) && !begins_record(item))
			return "the first piece of this record is lost";
		if (hurt && stream_digest_kind(item->stream, item->len, &kind))
			return "the digest of content that is not whole here";
	}
	entry->last.file_index = item->file_index;
	entry->last.stream = item->stream;
	entry->last.len = item->len;
	return NULL;
}
