/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/joiner.h"

#include "volume/before.h"

struct item joiner_item_here(const struct assembler *a, enum item_kind kind)
{
	const struct block_header *h = &a->block->header;
	/* What is taken from a block with option bits that make no sense, or lie, must not hand them on. */
	uint32_t options = block_options_known(h) ? h->options & ~BLOCK_OPTION_CHECKSUM : 0;
	options |= h->version == 3 && a->block->verdict.checksum ? BLOCK_OPTION_CHECKSUM : 0;
	return (struct item){
		.kind = kind,
		.volume = volume_known(a->volume),
		.job = a->session ? session_job(a->session) : NULL,
		.addr = a->block->addr - a->began,
		.form = {h->version, options, a->block->verdict.checksum},
		.offset = a->record_at,
		.largest = a->largest,
		.number = h->number,
	};
}

struct item joiner_damage(const struct assembler *a, const struct session *s, uint64_t len, const char *reason)
{
	struct item item = joiner_item_here(a, ITEM_DAMAGE);
	item.job = s ? session_job(s) : item.job;
	item.damage_len = len;
	judge_say(&item.verdict, "%s", reason);
	return item;
}

static struct session *find_session(struct assembler *a, const struct record_header *h, struct err *e)
{
	const struct block_header *b = &a->block->header;
	bool own = b->version == 1;
	uint32_t id = own ? h->session_id : b->session_id, time = own ? h->session_time : b->session_time;
	unsigned before = a->sessions.count;
	struct session *s = session_get(&a->sessions, id, time);
	if (s == NULL)
		err_memory(e, sizeof *s, "a session");
	if (s == NULL || a->sessions.count == before)
		return s;
	if (session_memory(a->pool, SESSION_BYTES, e) != 0)
		return NULL;
	buf_pool_charge(a->pool, SESSION_BYTES);
	return s;
}

/* May a file, of which this record is, have begun in what is damaged behind the blocks that were passed over? */
static bool may_have_begun(const struct assembler *a, const struct record_header *h)
{
	unsigned here = a->block->event == SOURCE_DAMAGE;
	return a->damages - a->damages_by_then > here || (here && h->stream >= 0);
}

struct session *joiner_session(struct assembler *a, const struct record_header *h, struct err *e)
{
	struct session *s = find_session(a, h, e);
	if (s && s->passed_over != a->passed_over) {
		s->passed_over = a->passed_over;
		session_come_back(s, &a->block->header, h, may_have_begun(a, h));
	}
	return s;
}

void joiner_release(struct assembler *a)
{
	buf_unref(a->lent);
	a->lent = NULL;
}

static void damage_item(struct assembler *a, struct item *item, const struct session *s, const struct item *about, const char *reason)
{
	*item = joiner_damage(a, s, about->len, reason);
	item->file_index = about->file_index;
	item->stream = about->stream;
	item->addr = about->addr;
	item->offset = about->offset;
	item->suspect = about->suspect;
}

/* The session's record that waits will not be whole.  Returns 1. */
static int break_off(struct assembler *a, struct session *s, struct item *item)
{
	damage_item(a, item, s, &s->partial.item, "the rest of this record does not follow");
	partial_drop(&s->partial);
	return 1;
}

/* The record at hand comes once more, behind what must be told of first. */
static void go_back(struct assembler *a, struct span part)
{
	a->rest.p -= part.len + record_header_bytes(a->block->header.version);
}

/* Where a part of the block at hand could be read again. */
static struct recall_place place_of(const struct assembler *a, struct span part)
{
	const struct volume_info *v = &a->volume->now;
	return (struct recall_place){
		.known = v->rereadable && !a->block->verdict.opened,
		.input = v->input + v->more_inputs,
		.at = a->block->position + (uint64_t)(part.data - a->block->data),
	};
}

static int add_part(struct assembler *a, struct partial *p, struct span part, struct err *e)
{
	const struct recall_place place = place_of(a, part);
	return partial_add(p, part, &place, &a->files, a->pool, e);
}

static int open_partial(struct assembler *a, struct partial *p, const struct item *item, struct span part, struct err *e)
{
	size_t bytes = item->len < a->o->keep_bytes ? item->len : a->o->keep_bytes;
	bool recall = recall_wanted(a->sessions.count, bytes) && place_of(a, part).known;
	int rc = partial_open(p, item, a->pool, a->o->keep_bytes, recall, e);
	return rc != 0 ? rc : add_part(a, p, part, e);
}

/* What all who see the record want to know of it. */
static void look_into(struct session *s, struct item *item)
{
	if (item->file_index < 0 && !item->head_missing && !item->tail_missing)
		session_learn_job(s, item->file_index, item->data);
	if (item->file_index >= 0 && attributes_are(item->stream))
		attributes_read(item->head_missing ? (struct span){0} : item->data, &item->attributes);
	item->job = session_job(s);
}

/* Hands out the session's joined record.  Returns 1, or < 0 on error. */
static int take_partial(struct assembler *a, struct session *s, struct item *item, struct err *e)
{
	int rc = partial_gather(&s->partial, &a->files, a->pool, e);
	if (rc != 0)
		return rc;
	*item = s->partial.item;
	item->largest = a->largest;
	a->lent = item->buf;
	s->partial.item.buf = NULL;
	partial_drop(&s->partial);
	look_into(s, item);
	return 1;
}

/* Its checksum is wrong, and its records are taken all the same. */
static bool in_suspect_block(const struct assembler *a)
{
	return a->block->event == SOURCE_DAMAGE && !a->block->verdict.checksum_right;
}

static int refuse_before(const struct assembler *a, const struct session *s, const struct record_header *h, bool found, struct err *e)
{
	char job[LABEL_NAME_BYTES + 64];
	job_describe(session_job(s), job, sizeof job);
	const char *nearest = a->o->before[a->o->before_count - 1];
	if (!found)
		return err_set(e, XE_USAGE,
			       "%s goes on here with the rest of a record, %u bytes of FileIndex %d, and has no block on %s: give the "
			       "volumes before this one, the nearest last, with --before",
			       job, h->len, h->file_index, a->o->before_count == 1 ? nearest : "any of the volumes before");
	return err_set(
		e, XE_USAGE,
		"%s goes on here with the rest of a record, %u bytes of FileIndex %d, and that is not what it has open at the end of %s: "
		"there is another volume between them; give the volumes before this one, the nearest last, with --before",
		job, h->len, h->file_index, nearest);
}

/* The first that is here of s is the rest of a record: where the volumes before the set are known, it is of one that is theirs.  *theirs:
 * nothing is to be taken of it.  *hurt: damage there may have been its beginning. */
static int ask_before(struct assembler *a, struct session *s, const struct record_header *h, bool *theirs, bool *hurt, struct err *e)
{
	struct before_record r;
	*theirs = *hurt = false;
	if (s->seen || a->o->before_count == 0)
		return 0;
	int rc = before_record(a->o, a->pool, s->job.session_id, s->job.session_time, &r, e);
	*theirs = rc == 0 && before_fits(&r, h);
	*hurt = r.hurt;
	bool lost = r.hurt || a->damages > a->damages_before;
	return rc != 0 || *theirs || lost ? rc : refuse_before(a, s, h, r.found, e);
}

int joiner_go_on(struct assembler *a, struct session *s, const struct record_header *h, struct span part, struct item *item, struct err *e)
{
	uint32_t stream = (uint32_t)-h->stream;
	struct partial *p = &s->partial;
	struct item about = joiner_item_here(a, ITEM_RECORD);
	about.file_index = h->file_index;
	about.stream = stream;
	about.len = h->len;
	about.suspect = in_suspect_block(a);

	if (s->skip > 0) {
		if (s->skip == h->len && s->skip_stream == stream) {
			s->skip -= (uint32_t)part.len;
			return 0;
		}
		s->skip = 0;
	}
	if (partial_goes_on(p, h)) {
		int rc = add_part(a, p, part, e);
		return rc != 0 || !partial_complete(p) ? rc : take_partial(a, s, item, e);
	}
	if (p->open) {
		go_back(a, part);
		return break_off(a, s, item);
	}
	/* Bareos repeats the header of an empty record that ends with its block (volume-format.md 2.2). */
	if (s->last_empty && h->len == 0 && s->last_stream == stream && s->last_index == h->file_index)
		return 0;
	bool theirs, hurt;
	int rc = ask_before(a, s, h, &theirs, &hurt, e);
	if (rc != 0 || theirs) {
		s->skip = h->len - (uint32_t)part.len;
		s->skip_stream = stream;
		return rc;
	}
	/* The session may have begun in what was lost. */
	if (s->seen || hurt || a->damages > a->damages_before) {
		damage_item(a, item, s, &about, "the beginning of this record is missing");
		item->damage_len = part.len;
		return 1;
	}
	about.head_missing = true;
	rc = open_partial(a, p, &about, part, e);
	return rc != 0 || !partial_complete(p) ? rc : take_partial(a, s, item, e);
}

int joiner_begin(struct assembler *a, struct session *s, const struct record_header *h, struct span part, struct item *item, struct err *e)
{
	if (s->partial.open) {
		go_back(a, part);
		/* A job that was cancelled, and run again under its session. */
		if (session_runs_again(s, h->file_index, part) && a->damages == a->damages_before) {
			s->partial.item.tail_missing = true;
			return take_partial(a, s, item, e);
		}
		return break_off(a, s, item);
	}
	s->skip = 0;
	s->last_index = h->file_index;
	*item = joiner_item_here(a, ITEM_RECORD);
	item->file_index = h->file_index;
	item->stream = (uint32_t)h->stream;
	item->len = h->len;
	item->suspect = in_suspect_block(a);
	if (part.len < h->len)
		return open_partial(a, &s->partial, item, part, e);
	item->data = part;
	item->buf = a->block->buf;
	look_into(s, item);
	s->last_empty = h->len == 0 && rd_left(&a->rest) == 0;
	s->last_stream = item->stream;
	return 1;
}

int joiner_leave(struct assembler *a, struct session *s, struct span part, struct item *item, struct err *e)
{
	go_back(a, part);
	s->partial.item.tail_missing = true;
	return take_partial(a, s, item, e);
}

bool joiner_is_hurt(const struct assembler *a, const struct session *s)
{
	return a->damages > a->damages_before || s->torn;
}

int joiner_cut(struct assembler *a, struct session *s, struct item *item, struct err *e)
{
	bool cut = !partial_complete(&s->partial);
	s->partial.item.tail_missing = cut;
	/* Its rest may be what was lost.  Where the volume behind leaves that out, it is lost for good. */
	bool tells = !a->o->keep_suspect || a->o->after_count > 0;
	if (cut && joiner_is_hurt(a, s) && tells && a->passed_over == 0)
		return break_off(a, s, item);
	int rc = take_partial(a, s, item, e);
	/* Its rest on the next volume is then a part without a beginning, not damage. */
	s->seen = !cut;
	return rc;
}
