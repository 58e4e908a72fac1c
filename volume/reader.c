/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks come from a source one by one; the assembler takes each apart into records.  A record that is not whole waits in
 * its session.  At the end of a volume such records are completed from the next volumes of the set, read ahead through a
 * source of their own, so that items keep one order whatever is interleaved. */
#include "volume/reader.h"

#include "format/foreign.h"
#include "volume/assembler.h"
#include "volume/searchlabel.h"

#include <stdatomic.h>
#include <stdlib.h>

/* An input, and what stands first in it. */
struct input {
	struct source *source; /* NULL: none */
	struct source_item first;
	struct medium_input described; /* it is the source's */
};

enum phase { PHASE_OPEN, PHASE_BLOCKS, PHASE_CUT_RECORDS, PHASE_CLOSE, PHASE_DONE };

struct reader {
	struct reader_options o;
	struct buf_pool *pool;
	struct assembler *assembler;
	enum phase phase;
	size_t input; /* index of the volume being read */
	struct source *source;
	struct input next; /* the one behind it, if it had to be looked into */
	struct volume *volume, *first_volume;
	unsigned volumes; /* so far */
	_Atomic uint64_t bytes;
	uint64_t bytes_before;   /* of the inputs done */
	uint64_t volume_began;   /* bytes before this volume */
	uint64_t volume_at;      /* address in this input where it begins, or began: 0 less what the inputs before have of it */
	uint64_t padding_before; /* of its bytes in inputs before this one */

	struct source_item block; /* at hand */
	bool peeked;              /* it was read to learn the volume's name, and is still to be taken apart */
	bool any_block;           /* the volume has something on it */
	bool another_volume;      /* the block holds the label of a volume behind this one in the same stream */

	/* Where only ranges are read: */
	size_t range; /* first of those that are not passed, */
	size_t begun; /* and how many were begun */
	bool heading; /* of the input at hand nothing was taken yet but tape labels */
};

struct reader *reader_new(const struct reader_options *options, struct buf_pool *pool)
{
	struct reader *r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->o = *options;
	if (r->o.ranges)
		r->o.hash_volumes = false;
	if (r->o.keep_bytes == 0)
		r->o.keep_bytes = SIZE_MAX;
	r->pool = pool;
	r->assembler = assembler_new(&r->o, pool);
	if (r->assembler == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	assembler_free(r->assembler);
	source_free(r->source);
	source_free(r->next.source);
	for (struct volume *v = r->first_volume, *next; v; v = next) {
		next = v->next;
		volume_free(v);
	}
	free(r);
}

size_t reader_input(const struct reader *r)
{
	return r->input;
}

uint64_t reader_bytes(const struct reader *r)
{
	return atomic_load_explicit(&r->bytes, memory_order_relaxed);
}

/* ---- volumes ---- */

static int add_volume(struct reader *r, const struct medium_input *in, struct err *e)
{
	struct volume *v = volume_new(r->o.paths[r->input], r->volumes, (unsigned)r->input, in, in ? NULL : r->volume);
	if (v == NULL)
		return err_memory(e, sizeof *v, "a volume");
	v->next = r->first_volume;
	r->first_volume = v;
	r->volume = v;
	r->volumes++;
	return 0;
}

/* The volume whose first block is at hand, at address addr of its input. */
static void start_volume(struct reader *r, uint64_t addr, struct item *item)
{
	assembler_begin_volume(r->assembler, r->volume, addr);
	volume_learn_first(r->volume, &r->block);
	r->phase = PHASE_BLOCKS;
	*item = (struct item){.kind = ITEM_VOLUME_START, .volume = volume_known(r->volume), .largest = assembler_largest(r->assembler)};
}

static int open_input(struct reader *r, const char *path, struct input *i, struct err *e)
{
	struct medium_input in;
	int rc = medium_open(&in, path, e);
	if (rc == 0 && r->o.ranges && (!in.rereadable || in.medium->no_catalog)) {
		rc = err_set(e, XE_USAGE, "only of a file can parts be read, and this is none");
		medium_close(&in);
	}
	if (rc == 0) {
		i->described = in;
		i->source = source_new(r->pool, &in, r->o.digest, r->o.keys);
		if (i->source && r->o.expect_volumes)
			source_expect_volume(i->source);
		rc = i->source ? 0 : err_memory(e, 0, "reading");
		if (rc == 0 && r->o.ranges)
			source_place(i->source);
		else if (rc == 0 && r->o.tasks)
			rc = source_read_ahead(i->source, r->o.tasks, r->o.threads, e);
		if (rc == 0 && r->o.hash_volumes)
			rc = source_hash_volumes(i->source, e);
		if (rc == 0)
			rc = source_next(i->source, &i->first, e);
	}
	if (rc == 0)
		return 0;
	err_volume(e, strcmp(path, "-") == 0 ? "stdin" : path);
	source_free(i->source);
	i->source = NULL;
	return rc;
}

/* The input that was looked into is the one at hand. */
static void take_input(struct reader *r)
{
	r->source = r->next.source;
	r->block = r->next.first;
	r->peeked = r->heading = true;
	r->next.source = NULL;
}

/* One that begins with something else may have its label behind it. */
static int search_label(struct reader *r, struct err *e)
{
	const struct source_item *b = &r->block;
	struct volume_info *v = &r->volume->now;
	struct span label;
	if (b->event == SOURCE_FOREIGN)
		v->of_tape = !foreign_begins_tape(b->data);
	if (!v->rereadable)
		return 0;
	/* Not in one that is damage to its end, or was given up. */
	bool ends = b->event == SOURCE_DAMAGE && b->data == NULL && (r->o.expect_volumes || b->len == v->size);
	bool other = b->event == SOURCE_BLOCK ? !source_begins_volume(b, &label) : b->event == SOURCE_DAMAGE && !ends;
	return other ? searchlabel(r->volume, r->pool, e) : 0;
}

/* What the contract of struct reader_options says of ranges: out of order, some would be passed over without a word. */
static int check_ranges(const struct reader *r, struct err *e)
{
	const struct reader_range *all = r->o.ranges;
	for (size_t i = 0; i < r->o.range_count; i++) {
		const struct reader_range *before = i > 0 ? &all[i - 1] : NULL;
		bool behind = before == NULL || all[i].input > before->input || (all[i].input == before->input && all[i].from > before->to);
		if (!behind || all[i].from > all[i].to || all[i].input >= r->o.path_count)
			return err_set(e, XE_USAGE, "the index or bootstrap names parts of the volumes that are not in their order");
	}
	return 0;
}

static int open_volume(struct reader *r, struct item *item, struct err *e)
{
	r->volume_began = r->bytes_before;
	r->volume_at = r->padding_before = 0;
	/* Its name is wanted before anything is said about it. */
	int rc = r->volumes == 0 ? check_ranges(r, e) : 0;
	if (rc == 0 && r->next.source == NULL)
		rc = open_input(r, r->o.paths[r->input], &r->next, e);
	if (rc == 0)
		rc = add_volume(r, &r->next.described, e);
	if (rc != 0)
		return rc;
	take_input(r);
	rc = search_label(r, e);
	start_volume(r, 0, item);
	return rc;
}

/* Bytes of the input before the block at hand, of those that were read. */
static uint64_t bytes_to_block(const struct reader *r)
{
	return r->o.ranges ? source_bytes(r->source) : r->block.addr;
}

/* The block at hand is the first of another volume in the same stream. */
static int start_another(struct reader *r, struct item *item, struct err *e)
{
	r->another_volume = false;
	r->volume_began = r->bytes_before + bytes_to_block(r);
	r->volume_at = r->block.addr;
	r->any_block = true;
	int rc = add_volume(r, NULL, e);
	if (rc == 0) {
		r->volume->now.inside = r->block.addr;
		start_volume(r, r->block.addr, item);
	}
	return rc;
}

static void close_volume(struct reader *r, struct item *item)
{
	uint64_t end = r->bytes_before + (r->another_volume ? bytes_to_block(r) : source_bytes(r->source));
	struct volume_info *v = &r->volume->now;
	v->hashed = source_end_volume(r->source, r->another_volume, &v->xxh64) && v->more_inputs == 0;
	volume_learn_end(r->volume, end - r->volume_began, r->padding_before + source_padding(r->source));
	*item = (struct item){.kind = ITEM_VOLUME_END, .volume = volume_known(r->volume), .largest = assembler_largest(r->assembler)};
	assembler_end_volume(r->assembler);
	r->any_block = false;
	if (r->another_volume) {
		r->phase = PHASE_OPEN;
		return;
	}
	r->bytes_before += source_bytes(r->source);
	source_free(r->source);
	r->source = NULL;
	item->last_volume = ++r->input == r->o.path_count;
	r->phase = item->last_volume ? PHASE_DONE : PHASE_OPEN;
}

/* What cannot be read ahead (a pipe, a tape, another input of the same), or is not to be read whole, is read in its turn: a record that a
 * volume change cuts is then handed out with the next volume, whole. */
static bool goes_on(const struct reader *r)
{
	struct stat st;
	const char *next = r->input + 1 < r->o.path_count ? r->o.paths[r->input + 1] : NULL;
	if (next == NULL || r->another_volume || r->o.ranges)
		return next != NULL || r->another_volume;
	return strcmp(next, "-") == 0 || (stat(next, &st) == 0 && !medium_rereadable(next));
}

/* What comes behind this input is none of its set, unless a job waits for more of its blocks and has some there. */
static int end_set(struct reader *r, struct err *e)
{
	size_t next;
	if (r->o.kin == NULL || r->input + 1 == r->o.path_count)
		return 0;
	if (assembler_waits(r->assembler)) {
		int rc = kin_next(r->o.kin, r->o.kin_at + r->input + 1, assembler_waits_for, r->assembler, &next, e);
		if (rc != 0 || next < r->o.kin_at + r->o.path_count)
			return rc;
	}
	r->o.path_count = r->input + 1;
	return 0;
}

/* A tape that was read file by file: the next input has no label, and goes on with this volume.  Only dumps of tapes are cut
 * so. */
static bool goes_on_in(const struct reader *r, const struct input *next)
{
	const struct source_item *b = &next->first;
	struct span label;
	if (b->event == SOURCE_FOREIGN)
		return !foreign_begins_tape(b->data);
	return b->event == SOURCE_BLOCK && (!r->any_block || !source_begins_volume(b, &label));
}

/* Looks whether the next input is of the same volume.  What is wrong with it is said in its turn. */
static bool next_file(struct reader *r)
{
	struct err unsaid = {0};
	const char *next = r->input + 1 < r->o.path_count ? r->o.paths[r->input + 1] : NULL;
	bool dump = !r->volume->now.medium->by_block && r->padding_before + source_padding(r->source) + r->volume->now.foreign > 0;
	if (!dump || next == NULL || !medium_rereadable(next))
		return false;
	return open_input(r, next, &r->next, &unsaid) == 0 && goes_on_in(r, &r->next);
}

/* As between the files of a tape. */
static int go_on_in_next(struct reader *r, struct item *item, struct err *e)
{
	const struct source_item mark = {.event = SOURCE_FILE_MARK, .addr = source_bytes(r->source)};
	int rc = assembler_other(r->assembler, &mark, item, e);
	r->volume_at -= r->o.ranges ? source_size(r->source) : source_bytes(r->source);
	r->bytes_before += source_bytes(r->source);
	r->padding_before += source_padding(r->source);
	source_free(r->source);
	take_input(r);
	r->input++;
	r->volume->now.more_inputs++;
	assembler_next_file(r->assembler, 0 - r->volume_at);
	return rc == 0 ? 1 : rc;
}

/* ---- only ranges of the inputs ---- */

/* The first range of the input at hand that ends at addr or behind it; NULL if there is none. */
static const struct reader_range *range_from(struct reader *r, uint64_t addr)
{
	const struct reader_range *all = r->o.ranges;
	while (r->range < r->o.range_count &&
	       (all[r->range].input < r->input || (all[r->range].input == r->input && all[r->range].to < addr)))
		r->range++;
	return r->range < r->o.range_count && all[r->range].input == r->input ? &all[r->range] : NULL;
}

/* Of what an input begins with, its label is wanted, with a tape's before it, and what is in a range, or is damage up to there. */
static bool is_wanted(struct reader *r)
{
	const struct source_item *b = &r->block;
	struct span label;
	if (b->event == SOURCE_END || b->event == SOURCE_FOREIGN || source_begins_volume(b, &label))
		return true;
	const struct reader_range *range = range_from(r, b->addr);
	bool in = range && (range->from <= b->addr || (b->event == SOURCE_DAMAGE && range->from < b->addr + b->len));
	r->begun = in ? r->range + 1 : r->begun;
	return in;
}

static int misfit(const struct reader *r, const struct reader_range *range, struct err *e)
{
	char place[64];
	r->volume->now.medium->place(range->from, 0, place, sizeof place);
	return err_set(e, XE_FAILED,
		       "at %s should begin a block, and none does: the index or bootstrap that says so does not fit this volume, which was "
		       "changed since, or is damaged there; make it anew, or read all of the volume",
		       place);
}

/* A range that does not begin with the volume begins with a block, as bad as that may be; or inside of damage, which was told. */
static int begin_range(struct reader *r, const struct reader_range *range, struct err *e)
{
	uint64_t at = source_at(r->source);
	bool inside = at > range->from;
	bool told = inside && r->block.event == SOURCE_DAMAGE && r->block.addr < range->from;
	r->begun = r->range + 1;
	bool behind_end = range->from > 0 && range->from >= source_size(r->source);
	if (behind_end || (inside && range->from > 0 && !told))
		return misfit(r, range, e);
	if (at < range->from)
		assembler_pass_over(r->assembler);
	source_go(r->source, inside ? at : range->from, range->to);
	int rc = source_next(r->source, &r->block, e);
	const struct source_item *b = &r->block;
	bool block = b->addr == range->from && (b->event == SOURCE_BLOCK || (b->event == SOURCE_DAMAGE && b->data));
	return rc != 0 || inside || block || range->from == 0 ? rc : misfit(r, range, e);
}

/* As source_next, of what is wanted of the input at hand. */
static int next_wanted(struct reader *r, struct err *e)
{
	if (r->heading) {
		int rc = r->peeked ? 0 : source_next(r->source, &r->block, e);
		r->heading = rc == 0 && r->block.event == SOURCE_FOREIGN;
		if (rc != 0 || is_wanted(r))
			return rc;
		r->any_block = r->any_block || r->block.event == SOURCE_BLOCK;
		assembler_pass_over(r->assembler);
	}
	const struct reader_range *range = range_from(r, source_at(r->source));
	if (range)
		return r->begun == r->range + 1 ? source_next(r->source, &r->block, e) : begin_range(r, range, e);
	assembler_pass_over(r->assembler);
	r->block = (struct source_item){.event = SOURCE_END};
	return source_stop(r->source, e);
}

/* ---- items ---- */

/* Is this a block of a volume, bad as it may be?  Its checksum is right, or its records fill it. */
static bool is_filled_block(const struct source_item *b)
{
	return b->event == SOURCE_DAMAGE && b->data && (b->verdict.checksum_right || b->verdict.sane_bytes == b->header.len) &&
	       b->header.len > block_header_bytes(b->header.version);
}

/* Returns as next_block. */
static int end_of_input(struct reader *r, struct item *item, struct err *e)
{
	if (next_file(r))
		return go_on_in_next(r, item, e);
	if (!r->any_block) {
		err_volume(e, r->volume->now.name);
		return err_set(e, XE_FAILED,
			       source_bytes(r->source) == 0 ? "is empty: not even a volume label"
							    : "is no volume: there is no block (BB01, BB02, BB03) in it");
	}
	r->phase = PHASE_CUT_RECORDS;
	int rc = end_set(r, e);
	return rc != 0 || goes_on(r) ? rc : assembler_begin_cut(r->assembler, r->input + 1, e);
}

/* Returns 1 if item was filled, 0 if the block's items, or the next phase, follow, < 0 on error. */
static int next_block(struct reader *r, struct item *item, struct err *e)
{
	int rc = r->o.ranges ? next_wanted(r, e) : r->peeked ? 0 : source_next(r->source, &r->block, e);
	r->peeked = false;
	atomic_store_explicit(&r->bytes, r->bytes_before + source_bytes(r->source), memory_order_relaxed);
	if (rc != 0) {
		err_volume(e, r->volume->now.name);
		return rc;
	}
	switch (r->block.event) {
	case SOURCE_END: return end_of_input(r, item, e);
	case SOURCE_BLOCK:
		r->any_block = true;
		if (r->block.verdict.opened && r->volume->now.opened == 0)
			source_cipher(r->source, r->volume->now.cipher);
		rc = assembler_block(r->assembler, &r->block, e);
		if (rc != 0)
			return rc;
		if (assembler_at_other_volume(r->assembler)) {
			r->another_volume = true;
			r->phase = PHASE_CLOSE;
			return 0;
		}
		volume_learn_product(r->volume, &r->block);
		if (!r->block.verdict.encrypted)
			return 0;
		/* fall through */
	case SOURCE_DAMAGE:
		r->any_block = r->any_block || is_filled_block(&r->block);
		if (r->block.data && r->block.verdict.checksum_right)
			volume_learn_product(r->volume, &r->block);
		/* fall through */
	case SOURCE_FILE_MARK:
	case SOURCE_FOREIGN:
		r->volume->now.foreign += r->block.event == SOURCE_FOREIGN;
		rc = assembler_other(r->assembler, &r->block, item, e);
		return rc == 0 ? 1 : rc;
	}
	return 0;
}

int reader_next(struct reader *r, struct item *item, struct err *e)
{
	int rc = 0;
	while (rc == 0) {
		switch (r->phase) {
		case PHASE_OPEN: return r->another_volume ? start_another(r, item, e) : open_volume(r, item, e);
		case PHASE_BLOCKS:
			rc = assembler_next(r->assembler, item, e);
			if (rc == 0)
				rc = next_block(r, item, e);
			break;
		case PHASE_CUT_RECORDS:
			rc = goes_on(r) ? 0 : assembler_next_cut(r->assembler, item, e);
			if (rc == 0)
				r->phase = PHASE_CLOSE;
			break;
		case PHASE_CLOSE: close_volume(r, item); return 0;
		case PHASE_DONE: *item = (struct item){.kind = ITEM_END, .largest = assembler_largest(r->assembler)}; return 0;
		}
	}
	if (rc < 0 && r->volume)
		err_volume(e, r->volume->now.name);
	return rc < 0 ? rc : 0;
}
