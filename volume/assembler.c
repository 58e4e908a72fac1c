/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/assembler.h"

#include "volume/ahead.h"
#include "volume/before.h"
#include "volume/joiner.h"

#include <stdio.h>
#include <stdlib.h>

struct assembler *assembler_new(const struct reader_options *options, struct buf_pool *pool)
{
	struct assembler *a = calloc(1, sizeof *a);
	if (a == NULL)
		return NULL;
	a->o = options;
	a->pool = pool;
	a->files = (struct recall_files){.paths = options->paths, .in = MEDIUM_CLOSED};
	return a;
}

void assembler_free(struct assembler *a)
{
	if (a == NULL)
		return;
	buf_unref(a->lent);
	session_table_free(&a->sessions);
	pastblocks_free(&a->past);
	medium_close(&a->files.in);
	free(a);
}

uint32_t assembler_largest(const struct assembler *a)
{
	return a->largest;
}

void assembler_begin_volume(struct assembler *a, struct volume *v, uint64_t addr)
{
	a->volume = v;
	a->began = addr;
	a->first_block = true;
}

void assembler_next_file(struct assembler *a, uint64_t bytes)
{
	a->began = 0 - bytes;
}

void assembler_end_volume(struct assembler *a)
{
	joiner_release(a);
	a->label_taken = a->data_seen = false;
	a->damages_before = a->damages;
}

void assembler_pass_over(struct assembler *a)
{
	a->passed_over++;
	a->damages_by_then = a->damages;
}

/* ---- one block ---- */

/* First and last FileIndex of data in the block at hand; 0 if there is none. */
static void data_indexes(const struct assembler *a, int32_t *first, int32_t *last)
{
	struct rd rest = block_records(a->block->data, a->block->verdict.sane_bytes, a->block->header.version);
	struct record_header h;
	struct span part;
	*first = *last = 0;
	while (record_next(&rest, a->block->header.version, &h, &part)) {
		if (h.file_index > 0 && *first == 0)
			*first = h.file_index;
		if (h.file_index > 0)
			*last = h.file_index;
	}
}

/* What map and list want to know of a block.  Returns 1, or < 0 on error. */
static int announce_block(struct assembler *a, struct item *item, struct err *e)
{
	const struct block_header *h = &a->block->header;
	*item = joiner_item_here(a, ITEM_BLOCK);
	item->len = h->len;
	item->data = (struct span){a->block->data, h->len};
	item->buf = a->block->buf;
	item->verdict = a->block->verdict;
	item->again = a->again;
	struct rd rest = a->rest;
	struct record_header first;
	struct span part;
	if (a->block->verdict.encrypted || !record_next(&rest, h->version, &first, &part))
		return 1;
	/* The session in a label block's header says nothing (volume-format.md 1.9). */
	item->begins_volume = label_is_volume(first.file_index);
	if (!item->begins_volume) {
		const struct session *s = joiner_session(a, &first, e);
		if (s == NULL)
			return e->code;
		item->job = session_job(s);
		item->goes_on = session_goes_on(s, &first);
	}
	if (a->o->indexes)
		data_indexes(a, &item->first_index, &item->last_index);
	return 1;
}

static void begin_block(struct assembler *a)
{
	const struct block_header *h = &a->block->header;
	a->rest = block_records(a->block->data, a->block->verdict.sane_bytes, h->version);
	a->in_block = true;
	a->block_announced = !a->o->blocks;
	a->repeat_checked = a->block->verdict.encrypted;
	a->gap = (struct gap){h->len, h->len, 0};
	a->gap_told = true;
	a->gap_checked = h->version == 1;
	a->session = NULL;
	a->largest = h->len > a->largest ? h->len : a->largest;
}

/* Tweaks are made of the session and the block's number in it. */
static int count_opened(struct assembler *a, struct err *e)
{
	const struct block_header *h = &a->block->header;
	if (!a->block->verdict.opened)
		return 0;
	struct session *s = session_get(&a->sessions, h->session_id, h->session_time);
	if (s == NULL)
		return err_memory(e, sizeof *s, "a session");
	a->volume->now.opened++;
	if (s->sealed && h->number <= s->highest_number)
		a->volume->now.reused++;
	else
		s->highest_number = h->number;
	s->sealed = true;
	return 0;
}

/* Drives that warn early of their end write a block, and it is written again on the next volume (volume-format.md 1.8). */
static bool is_again(struct assembler *a)
{
	struct span label;
	struct block_trace trace;
	if (source_begins_volume(a->block, &label))
		return false;
	block_trace(&trace, &a->block->header, a->block->verdict.encrypted ? NULL : a->block->data);
	bool again = a->first_block && block_trace_same(&trace, &a->last);
	a->first_block = false;
	a->last = trace;
	return again;
}

/* What the volume before the set ends with may stand here again. */
static int learn_last(struct assembler *a, struct err *e)
{
	if (a->o->before_count == 0 || a->before_seen)
		return 0;
	a->before_seen = true;
	return before_last_block(a->o, a->pool, &a->last, e);
}

int assembler_block(struct assembler *a, const struct source_item *block, struct err *e)
{
	a->record_at = 0;
	a->block = block;
	begin_block(a);
	int rc = learn_last(a, e);
	if (rc != 0)
		return rc;
	a->again = is_again(a);
	a->repeat_checked = a->repeat_checked || a->again;
	a->data_seen = a->data_seen || a->again;
	a->volume->now.again += a->again;
	return count_opened(a, e);
}

bool assembler_at_other_volume(const struct assembler *a)
{
	struct volume_label label;
	struct span data;
	return a->label_taken && source_begins_volume(a->block, &data) && label_read_volume(data, &label) &&
	       label_volume_fault(data) == NULL && strcmp(label.volume, a->volume->now.label.volume) != 0;
}

/* Are the records of a bad block used all the same?  Where its checksum is right, or it has none, those that keep the rules; where
 * the checksum is wrong, too, if the caller wants such. */
static bool is_used(const struct assembler *a)
{
	const struct source_item *b = a->block;
	bool sane = b->verdict.sane_bytes == b->header.len;
	if (b->event != SOURCE_DAMAGE || b->data == NULL || b->verdict.shut)
		return false;
	return a->o->keep_suspect || b->verdict.checksum_right || (!sane && !b->verdict.checksum);
}

/* The session of a bad block, as far as its own header can be believed: one that is known, or that begins in it, for then the
 * block has a start-of-session label to speak for it; any, where its records are used.  NULL if neither, or without memory. */
static struct session *session_of_bad_block(struct assembler *a, struct err *e)
{
	const struct block_header *h = &a->block->header;
	struct session *s = session_find(&a->sessions, h->session_id, h->session_time);
	struct rd rest = block_records(a->block->data, a->block->verdict.sane_bytes, h->version);
	struct record_header first;
	struct span part;
	struct session_label label;
	if (s || !record_next(&rest, h->version, &first, &part) || label_is_volume(first.file_index))
		return s;
	bool begins = first.file_index == LABEL_SESSION_START && label_read_session(part, false, &label);
	if (!begins && !is_used(a))
		return NULL;
	s = joiner_session(a, &first, e);
	if (s && begins)
		session_learn_job(s, first.file_index, part);
	return s;
}

/* Whose data it held. */
static int name_bad_block(struct assembler *a, struct item *item, struct err *e)
{
	const struct block_header *h = &a->block->header;
	item->bad_block = true;
	a->damages++;
	if (a->block->data && a->block->verdict.sane_bytes > 0) {
		item->data = (struct span){a->block->data, a->block->verdict.sane_bytes};
		item->buf = a->block->buf;
	}
	if (a->block->data == NULL || h->version == 1)
		return 0;
	struct session *s = session_of_bad_block(a, e);
	if (s == NULL && e->code != XE_OK)
		return e->code;
	if (s == NULL && !item->verdict.encrypted)
		judge_say(&item->verdict, "%s (its header names session %u/%u)", a->block->verdict.reason, h->session_id, h->session_time);
	if (s == NULL)
		return 0;
	item->job = session_job(s);
	if (a->block->verdict.sane_bytes > 0)
		data_indexes(a, &item->first_index, &item->last_index);
	item->file_index = item->first_index;
	/* Its own number accounts for it. */
	if (!is_used(a) && s->numbered && h->number == s->last_number + 1) {
		s->last_number = h->number;
		s->last_index = item->last_index ? item->last_index : s->last_index;
	}
	return 0;
}

/* The records from there on, up to the next gap. */
static void go_on_at(struct assembler *a, size_t from, int32_t last)
{
	const struct source_item *b = a->block;
	a->gap_told = !gap_next(b->data, &b->header, from, last, &a->gap);
	a->rest = rd_over(b->data, a->gap.from);
	rd_bytes(&a->rest, from);
}

/* Of its records, if they are used, those around the first gap follow. */
static void salvage(struct assembler *a, struct item *item)
{
	const struct block_header *h = &a->block->header;
	size_t begin = block_header_bytes(h->version);
	begin_block(a);
	item->suspect = a->block->verdict.sane_bytes == h->len;
	if (item->suspect)
		return;
	const struct session *s = h->version == 1 ? NULL : session_find(&a->sessions, h->session_id, h->session_time);
	go_on_at(a, begin, s && s->last_index > 0 ? s->last_index : 0);
	a->gap_told = true;
	item->salvaged = a->in_block = a->gap.from > begin || a->gap.to < h->len;
	if (!item->salvaged)
		return;
	item->offset = a->gap.from > begin ? (uint32_t)a->gap.from : 0;
	item->damage_len = a->gap.to - a->gap.from;
	item->file_index = a->gap.file_index;
}

int assembler_other(struct assembler *a, const struct source_item *block, struct item *item, struct err *e)
{
	a->record_at = 0;
	a->block = block;
	a->session = NULL;
	a->again = false;
	if (block->event == SOURCE_FILE_MARK || block->event == SOURCE_FOREIGN) {
		*item = joiner_item_here(a, block->event == SOURCE_FOREIGN ? ITEM_FOREIGN : ITEM_FILE_MARK);
		item->data = (struct span){block->data, (size_t)block->len};
		item->buf = block->buf;
		return 0;
	}
	*item = joiner_item_here(a, ITEM_DAMAGE);
	item->damage_len = block->len;
	item->verdict = block->verdict;
	if (block->verdict.encrypted)
		judge_say(&item->verdict, "the block is encrypted");
	int rc = name_bad_block(a, item, e);
	if (rc == 0 && is_used(a))
		salvage(a, item);
	return rc;
}

/* ---- its records ---- */

static const char *label_fault(struct assembler *a, const struct record_header *h, struct span data)
{
	if (a->label_taken)
		return "the volume label stands here a second time: another volume of this name, or the same once more, begins here";
	if (data.len < h->len || h->stream < 0)
		return "the volume label is not whole";
	const char *fault = label_volume_fault(data);
	if (fault || !a->data_seen)
		return fault;
	a->label_taken = true;
	return "the volume label stands here, behind data, and not at the beginning";
}

static void volume_label(struct assembler *a, const struct record_header *h, struct span data, struct item *item)
{
	const char *fault = label_fault(a, h, data);
	*item = fault ? joiner_damage(a, NULL, data.len, fault) : joiner_item_here(a, ITEM_VOLUME_LABEL);
	item->job = NULL;
	item->stream = (uint32_t)h->stream;
	item->len = (uint32_t)data.len;
	if (fault)
		return;
	item->file_index = h->file_index;
	a->label_taken = true;
	volume_learn_label(a->volume, a->block->header.version, data);
	item->volume = volume_known(a->volume);
	size_t alone = block_header_bytes(a->block->header.version) + record_header_bytes(a->block->header.version);
	/* One that is not right, or has another checksum, is made anew around its record. */
	bool good = a->block->event == SOURCE_BLOCK && !a->block->verdict.reversed;
	item->whole_block = good && a->block->header.len == alone + data.len;
	item->data = item->whole_block ? (struct span){a->block->data, a->block->header.len} : data;
	item->buf = a->block->buf;
}

/* After damage the numbers of a session's blocks tell whether one of its own was lost there, and between which files.
 * Returns 1 if item was filled, 0 if not, < 0 on error. */
static int find_gap(struct assembler *a, struct item *item, struct err *e)
{
	const struct block_header *h = &a->block->header;
	a->gap_checked = true;
	struct rd rest = a->rest;
	struct record_header first;
	struct span part;
	if (!record_next(&rest, h->version, &first, &part) || label_is_volume(first.file_index))
		return 0;
	struct session *s = joiner_session(a, &first, e);
	if (s == NULL)
		return e->code;
	bool gap = s->numbered && s->damages != a->damages && h->number > s->last_number + 1;
	uint32_t lost = h->number - s->last_number - 1;
	int32_t before = s->last_index > 0 ? s->last_index : 0;
	/* The block with which they began anew may be lost. */
	bool lower = s->numbered && h->number <= s->last_number;
	s->restarted = s->restarted || (lower && (h->number == 0 || (h->version == 3 && s->damages != a->damages)));
	s->numbered = true;
	s->last_number = h->number;
	s->damages = a->damages;
	if (!gap)
		return 0;
	int32_t low, high;
	data_indexes(a, &low, &high);
	*item = joiner_item_here(a, ITEM_DAMAGE);
	item->job = session_job(s);
	item->bad_block = true;
	item->file_index = before;
	char files[64] = "";
	if (low > before)
		snprintf(files, sizeof files, ", with data of FileIndex %d to %d", before, low);
	else if (before > 0)
		snprintf(files, sizeof files, ", with data of FileIndex %d", before);
	judge_say(&item->verdict, "%u of this job's blocks missing before here%s", lost, files);
	return 1;
}

/* A block that stands here once more, as tape drives that write again after an error leave it, and copies that went wrong:
 * one that was read before, and that does not go on where its session is.  Identical ones that do are in order where the numbers
 * may have begun anew with 0, as those of spooled jobs do (volume-format.md 1.8): content may repeat. */
static bool is_repeated(struct assembler *a, struct item *item, struct err *e)
{
	const struct source_item *b = a->block;
	const struct block_header *h = &b->header;
	struct rd rest = a->rest;
	struct record_header first;
	struct span part;
	a->repeat_checked = true;
	if (!record_next(&rest, h->version, &first, &part) || label_is_volume(first.file_index))
		return false;
	const struct session *s = joiner_session(a, &first, e);
	uint32_t print = pastblocks_print(b->data, h, b->verdict.checksum && b->event == SOURCE_BLOCK);
	bool had = s && pastblocks_had(&a->past, print);
	bool back = had && h->number > 0 && (h->version == 1 || !s->restarted || (h->number <= s->last_number && s->damages == a->damages));
	bool wounded = s && h->version > 1 && h->number <= s->last_number && pastblocks_had(&a->past, pastblocks_place(h));
	if ((!had && !wounded) || (!back && session_follows(s, &first))) {
		pastblocks_add(&a->past, print, a->pool);
		if (b->event == SOURCE_DAMAGE)
			pastblocks_add(&a->past, pastblocks_place(h), a->pool);
		return false;
	}
	*item = joiner_damage(a, s, h->len, "a block of this job stands here once more; nothing is missing for it");
	item->bad_block = true;
	return true;
}

/* What lies between two runs of records of a bad block; the first such place was told with the block.  Returns true if item was
 * filled. */
static bool pass_gap(struct assembler *a, struct item *item)
{
	struct gap passed = a->gap;
	bool tell = !a->gap_told && passed.to > passed.from;
	if (tell) {
		a->record_at = (uint32_t)passed.from;
		*item = joiner_damage(a, NULL, passed.to - passed.from, "these bytes of the block are no records");
		item->file_index = passed.file_index;
	}
	int32_t last = a->session && a->session->last_index > 0 ? a->session->last_index : 0;
	go_on_at(a, passed.to, last > passed.file_index ? last : passed.file_index);
	return tell;
}

/* A record of a session.  Returns 1 if item was filled, 0 if the next one is to come, < 0 on error. */
static int take_record(struct assembler *a, const struct record_header *h, struct span part, struct item *item, struct err *e)
{
	a->data_seen = true;
	struct session *s = joiner_session(a, h, e);
	if (s == NULL)
		return e->code;
	if (a->session && a->session != s)
		a->session->seen = true;
	a->session = s;
	if (s->left && s->partial.open)
		return joiner_leave(a, s, part, item, e);
	s->left = false;
	if (s->is_inside && !a->o->inside_files && session_is_inside(s, h))
		return 0;
	int rc = h->stream < 0 ? joiner_go_on(a, s, h, part, item, e) : joiner_begin(a, s, h, part, item, e);
	if (rc == 0 || h->stream >= 0)
		s->seen = true;
	return rc;
}

int assembler_next(struct assembler *a, struct item *item, struct err *e)
{
	joiner_release(a);
	if (!a->in_block)
		return 0;
	unsigned version = a->block->header.version;
	if (!a->repeat_checked) {
		if (is_repeated(a, item, e)) {
			a->in_block = false;
			return 1;
		}
		if (e->code != XE_OK)
			return e->code;
	}
	if (!a->block_announced) {
		a->block_announced = true;
		return announce_block(a, item, e);
	}
	if (a->again) {
		a->in_block = false;
		return 0;
	}
	if (!a->gap_checked && !a->block->verdict.encrypted) {
		int rc = find_gap(a, item, e);
		if (rc != 0)
			return rc;
	}
	for (;;) {
		struct record_header h;
		struct span part;
		a->record_at = (uint32_t)(a->rest.p - a->block->data);
		bool more = !a->block->verdict.encrypted && record_next(&a->rest, version, &h, &part);
		if (!more && a->gap.from < a->block->header.len) {
			if (pass_gap(a, item))
				return 1;
			continue;
		}
		if (!more) {
			if (a->session)
				a->session->seen = true;
			a->in_block = false;
			return 0;
		}
		if (label_is_volume(h.file_index)) {
			volume_label(a, &h, part, item);
			return 1;
		}
		int rc = take_record(a, &h, part, item, e);
		if (rc != 0)
			return rc;
	}
}

/* ---- the end of a volume ---- */

static bool waits(const struct session *s)
{
	return s->partial.open || s->skip > 0 || (s->seen && s->last_index != LABEL_SESSION_END);
}

bool assembler_waits(const struct assembler *a)
{
	const struct session *s = a->sessions.first;
	while (s && !waits(s))
		s = s->next;
	return s != NULL;
}

bool assembler_waits_for(const void *arg, uint32_t session_id, uint32_t session_time)
{
	const struct assembler *a = arg;
	const struct session *s = session_find(&a->sessions, session_id, session_time);
	return s && waits(s);
}

/* What is wrong with the volumes behind the set, unless damage may account for it. */
static int refuse_misfit(const struct assembler *a, struct err *e)
{
	const struct session *s = a->sessions.first;
	while (s && (!s->misfit || joiner_is_hurt(a, s)))
		s = s->next;
	if (s == NULL || a->o->after_count == 0)
		return 0;
	char job[LABEL_NAME_BYTES + 64];
	job_describe(session_job(s), job, sizeof job);
	return err_set(
		e, XE_USAGE,
		"%s is in a record of FileIndex %d of which %u bytes are still to come, and on the volumes behind this one it goes on "
		"with another, or not to its end: give the next volumes in their order with --after",
		job, s->partial.item.file_index, s->partial.item.len - s->partial.have);
}

int assembler_begin_cut(struct assembler *a, size_t from, struct err *e)
{
	a->cut = a->sessions.first;
	int rc = ahead_complete(&a->sessions, &a->last, a->o, from, &a->files, a->pool, e);
	return rc == 0 ? refuse_misfit(a, e) : rc;
}

int assembler_next_cut(struct assembler *a, struct item *item, struct err *e)
{
	joiner_release(a);
	while (a->cut) {
		struct session *s = a->cut;
		a->cut = s->next;
		if (s->partial.open)
			return joiner_cut(a, s, item, e);
	}
	return 0;
}
