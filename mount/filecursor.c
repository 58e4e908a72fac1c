/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/filecursor.h"

#include "format/stream.h"
#include "pipeline/join.h"
#include "volume/reader.h"

#include <stdlib.h>

#define RENEW "; the volume is not what it was when it was indexed: mount it again, with an index that is up to date"

#define POOL_KEEP_BYTES ((size_t)1 << 20)

struct filecursor {
	const struct filebytes_options *o;
	struct bytemap_place at;
	bool anywhere; /* in its block: the place of its first record is known by its block alone */
	const char **paths;
	struct reader_range *ranges;
	struct buf_pool *pool; /* what readers charge it with is given back with it alone */
	struct reader *reader;
	struct joiner *joiner;
	struct stage_ctx *stage;
	bool begun, over;
	bool doubt, lost; /* of what comes next */
	/* Of a block whose records on both sides of a gap follow: where that is. */
	struct {
		bool ahead;
		size_t input;
		uint64_t addr;
		uint32_t from;
	} gap;
};

static bool plan(struct filecursor *c)
{
	size_t count = c->o->volume_count - c->at.input;
	c->paths = calloc(count, sizeof *c->paths);
	c->ranges = calloc(count, sizeof *c->ranges);
	if (c->paths == NULL || c->ranges == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		c->paths[i] = c->o->volumes[c->at.input + i].path;
		c->ranges[i] = (struct reader_range){.input = i, .from = i == 0 ? c->at.addr : 0, .to = UINT64_MAX};
	}
	const struct reader_options ro = {
		.paths = c->paths,
		.path_count = count,
		.blocks = true,
		.keep_suspect = true,
		.keys = c->o->keys,
		.ranges = c->ranges,
		.range_count = count,
		.inside_files = true,
	};
	c->pool = buf_pool_new(POOL_KEEP_BYTES);
	c->reader = c->pool ? reader_new(&ro, c->pool) : NULL;
	c->joiner = c->reader ? joiner_new(c->reader, c->pool) : NULL;
	c->stage = stage_ctx_new();
	return c->joiner && c->stage;
}

struct filecursor *filecursor_new(const struct filebytes_options *options, const struct bytemap_place *at)
{
	struct filecursor *c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	c->o = options;
	c->anywhere = at == NULL;
	c->at = at ? *at : (struct bytemap_place){.addr = options->from};
	if (plan(c))
		return c;
	filecursor_free(c);
	return NULL;
}

void filecursor_free(struct filecursor *c)
{
	if (c == NULL)
		return;
	stage_ctx_free(c->stage);
	joiner_free(c->joiner);
	reader_free(c->reader);
	buf_pool_free(c->pool);
	free(c->ranges);
	free(c->paths);
	free(c);
}

bool filecursor_lost(const struct filecursor *c)
{
	return c->lost || c->gap.ahead;
}

enum stage_status filecursor_plain(struct filecursor *c, const struct item *item, struct span *address, struct span *plain)
{
	return stage_plain(c->stage, item, address, plain);
}

/* ---- is it what it was? ---- */

static int not_there(const struct filecursor *c, struct err *e)
{
	err_volume(e, c->paths[0]);
	return err_set(e, XE_DAMAGE, "FileIndex %d of session %u/%u is not at byte %llu" RENEW, c->o->file_index, c->o->session_id,
		       c->o->session_time, (unsigned long long)c->at.addr);
}

static int check_label(const struct filecursor *c, const struct volume_info *v, struct err *e)
{
	const struct filebytes_volume *was = &c->o->volumes[c->at.input + v->input];
	if (was->name[0] == '\0' || !v->has_label || (strcmp(v->label.volume, was->name) == 0 && v->label.label_time == was->label_time))
		return 0;
	err_volume(e, was->path);
	return err_set(e, XE_DAMAGE, "here is the volume %s, labelled at another time than %s was" RENEW, v->label.volume, was->name);
}

static bool is_place(const struct filecursor *c, const struct item *item)
{
	bool same = item->volume->input == 0 && item->addr == c->at.addr;
	return same && (c->anywhere || (item->offset == c->at.offset && item->len == c->at.len));
}

/* The file begins with its attributes, and they have its name. */
static bool is_first(const struct filecursor *c, const struct item *item)
{
	if (!c->anywhere || c->o->name == NULL)
		return true;
	return attributes_are(item->stream) && item->attributes.whole && strcmp(item->attributes.name, c->o->name) == 0;
}

static bool is_ours(const struct filecursor *c, const struct job *job)
{
	return job && job->session_id == c->o->session_id && job->session_time == c->o->session_time;
}

/* ---- one item after the other ---- */

/* Blocks are numbered within their job, so one that is lost is told of before the next one of it; only those of BB01 are not. */
static int take_damage(struct filecursor *c, const struct item *item, struct err *e)
{
	if (item->verdict.encrypted) {
		err_volume(e, item->volume->name);
		return err_set(e, XE_KEY, "the block at byte %llu is encrypted, and no key that was given opens it",
			       (unsigned long long)item->addr);
	}
	bool ours = is_ours(c, item->job) || (item->job == NULL && item->form.version < 2);
	c->doubt = c->doubt || (item->suspect && (ours || item->job == NULL));
	c->lost = c->lost || (ours && !item->suspect && c->begun);
	if (ours && item->salvaged) {
		c->gap.ahead = true;
		c->gap.input = item->volume->input;
		c->gap.addr = item->addr;
		c->gap.from = item->offset;
	}
	return 0;
}

/* The gap was told before the records of its block: it is met between two of them, or behind the last. */
static void pass_gap(struct filecursor *c, const struct item *item)
{
	bool same = item->volume->input == c->gap.input;
	bool before = item->volume->input < c->gap.input || (same && item->addr < c->gap.addr) ||
		      (same && item->addr == c->gap.addr && item->offset < c->gap.from);
	if (!c->gap.ahead || before)
		return;
	c->gap.ahead = false;
	c->lost = c->lost || c->begun;
}

/* The one where it begins has to be one of its job, or what follows would be looked for to the end. */
static int take_block(const struct filecursor *c, const struct item *item, struct err *e)
{
	bool first = item->volume->input == 0 && item->addr == c->at.addr;
	return first && !is_ours(c, item->job) ? not_there(c, e) : 0;
}

static bool is_behind(const struct filecursor *c, const struct item *item)
{
	size_t input = c->at.input + item->volume->input;
	return input > c->o->last_volume || (input == c->o->last_volume && item->addr > c->o->last);
}

/* 1: it is the file's next one, 0: it is none of it. */
static int take_record(struct filecursor *c, bool enough, const struct item *item, struct err *e)
{
	bool ours = is_ours(c, item->job);
	bool next = ours && item->file_index == c->o->file_index;
	pass_gap(c, item);
	if (!c->begun) {
		c->begun = next && is_place(c, item);
		bool behind = ours && (item->volume->input > 0 || item->addr > c->at.addr);
		if (c->begun ? !is_first(c, item) : behind)
			return not_there(c, e);
		return c->begun;
	}
	/* What is lost behind another file is not of this one. */
	c->gap.ahead = c->gap.ahead && (!ours || next);
	c->over = c->over || (ours && !next) || (!ours && enough && is_behind(c, item));
	return next && !c->over;
}

static void fill(struct filecursor *c, const struct item *item, struct filecursor_record *record)
{
	*record = (struct filecursor_record){
		.item = *item,
		.place = {.input = (uint32_t)(c->at.input + item->volume->input),
			  .offset = item->offset,
			  .len = item->len,
			  .addr = item->addr},
		.doubt = c->doubt || item->suspect,
		.lost = c->lost,
	};
	c->doubt = c->lost = false;
}

int filecursor_next(struct filecursor *c, bool enough, struct filecursor_record *record, struct err *e)
{
	struct item item;
	int rc = 0;
	while (rc == 0 && !c->over) {
		rc = joiner_next(c->joiner, &item, e);
		if (rc != 0)
			return rc;
		switch (item.kind) {
		/* Nothing of the job says that the file was at its end. */
		case ITEM_END: c->over = c->lost = true; break;
		case ITEM_VOLUME_LABEL: rc = check_label(c, item.volume, e); break;
		case ITEM_BLOCK: rc = take_block(c, &item, e); break;
		case ITEM_DAMAGE: rc = take_damage(c, &item, e); break;
		case ITEM_RECORD: rc = take_record(c, enough, &item, e); break;
		default: break;
		}
	}
	if (rc == 0 && !c->begun)
		return not_there(c, e);
	if (rc > 0)
		fill(c, &item, record);
	return rc;
}
