/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ahead.h"

#include <errno.h>
#include <sys/stat.h>

struct search {
	struct session_table *sessions;
	const struct reader_options *o;
	unsigned open;           /* sessions whose record is looked for */
	struct block_trace last; /* block of the volume before, then of this one */
	bool first;              /* the next block is the first behind the label */
	size_t input;            /* of the volume */
	struct recall_files *files;
	struct buf_pool *pool;
};

static void give_up(struct search *a, struct session *s)
{
	s->ahead = false;
	a->open--;
}

/* Does the block stand here once more, or hold a label that is not whole? */
static bool says_nothing(const struct session *s, const struct record_header *h, const struct source_item *b)
{
	return label_is_volume(h->file_index) || (b->header.version > 1 && s->numbered && b->header.number <= s->ahead_number);
}

/* The next record of s that comes must be the rest of the one that waits. */
static int take_part(struct search *a, struct session *s, const struct record_header *h, struct span part, const struct source_item *b,
		     struct err *e)
{
	struct partial *p = &s->partial;
	bool fits = partial_goes_on(p, h);
	if (!fits && says_nothing(s, h, b))
		return 0;
	const struct recall_place place = {!b->verdict.opened, a->input, b->position + (uint64_t)(part.data - b->data)};
	int rc = fits ? partial_add(p, part, &place, a->files, a->pool, e) : 0;
	s->ahead_number = b->header.number;
	/* A job that was broken off may begin again under its session. */
	s->misfit = !fits && h->file_index != LABEL_SESSION_START;
	if (!fits || partial_complete(p))
		give_up(a, s);
	return rc;
}

/* In BB01 each record says whose it is. */
static int take(struct search *a, const struct source_item *b, struct err *e)
{
	bool own = b->header.version == 1;
	struct rd rest = block_records(b->data, b->verdict.sane_bytes, b->header.version);
	struct record_header h;
	struct span part;
	int rc = 0;
	while (rc == 0 && record_next(&rest, b->header.version, &h, &part)) {
		struct session *s =
			session_find(a->sessions, own ? h.session_id : b->header.session_id, own ? h.session_time : b->header.session_time);
		if (s && s->ahead)
			rc = take_part(a, s, &h, part, b, e);
		if (!own)
			break;
	}
	return rc;
}

static void tear(struct search *a)
{
	for (struct session *s = a->sessions->first; s; s = s->next)
		s->torn = s->torn || s->ahead;
}

/* Is this the last block of the volume before, written again? */
static bool stands_again(struct search *a, const struct source_item *b)
{
	struct block_trace trace;
	block_trace(&trace, &b->header, b->verdict.encrypted ? NULL : b->data);
	bool again = a->first && block_trace_same(&trace, &a->last);
	a->first = false;
	a->last = trace;
	return again;
}

static int look_at(struct search *a, const struct source_item *b, struct err *e)
{
	/* What is kept in spite of its checksum is told when its volume is read; nobody reads those behind the set. */
	bool keeps = a->o->keep_suspect && a->input < a->o->path_count;
	bool salvaged = b->event == SOURCE_DAMAGE && b->data && !b->verdict.shut &&
			(keeps || b->verdict.checksum_right || !b->verdict.checksum);
	struct span label;
	if (b->event == SOURCE_DAMAGE)
		tear(a);
	if ((b->event != SOURCE_BLOCK && !salvaged) || source_begins_volume(b, &label))
		return 0;
	bool again = b->event == SOURCE_BLOCK && stands_again(a, b);
	return again || b->verdict.encrypted ? 0 : take(a, b, e);
}

/* Goes through one volume, until nothing is wanted any more. */
static int search(struct search *a, const char *path, struct err *e)
{
	struct medium_input in;
	int rc = medium_open(&in, path, e);
	if (rc != 0) {
		err_volume(e, path);
		return rc;
	}
	struct source *source = source_new(a->pool, &in, NULL, a->o->keys);
	if (source == NULL)
		return err_memory(e, 0, "reading ahead");
	struct source_item b;
	a->first = true;
	while (rc == 0 && a->open > 0 && (rc = source_next(source, &b, e)) == 0 && b.event != SOURCE_END)
		rc = look_at(a, &b, e);
	source_free(source);
	if (rc != 0)
		err_volume(e, path);
	return rc;
}

/* The volume change behind what is there of their records; what lies behind the set stays whole. */
static void cut(struct search *a, size_t input)
{
	if (input >= a->o->path_count)
		return;
	for (struct session *s = a->sessions->first; s; s = s->next) {
		struct item *item = &s->partial.item;
		if (s->ahead && item->cuts == ITEM_CUTS)
			give_up(a, s);
		if (s->ahead)
			item->cut[item->cuts++] = s->partial.have;
	}
}

static void begin(struct search *a)
{
	for (struct session *s = a->sessions->first; s; s = s->next) {
		s->torn = s->misfit = false;
		s->ahead = s->partial.open;
		s->here = s->partial.have;
		s->ahead_number = s->last_number;
		a->open += s->ahead;
	}
}

/* A record that is not complete now is as it was before. */
static void end(struct search *a)
{
	for (struct session *s = a->sessions->first; s; s = s->next) {
		struct partial *p = &s->partial;
		s->ahead = false;
		if (!p->open)
			continue;
		if (partial_complete(p)) {
			s->skip = p->have - s->here;
			s->skip_stream = p->item.stream;
			continue;
		}
		s->misfit = s->misfit || p->have > s->here;
		partial_cut(p, s->here);
		p->item.cuts = 0;
	}
}

/* Is it there?  *turn: it can only be read in its turn, or that it is not there is said then. */
static int look_for(const struct reader_options *o, size_t i, bool *turn, struct err *e)
{
	struct stat st;
	const char *path = o->paths[i];
	bool there = stat(path, &st) == 0, in_set = i < o->path_count;
	int why = there ? 0 : errno;
	*turn = in_set && (there ? !medium_rereadable(path) : why == ENOENT);
	if (*turn || (there && medium_rereadable(path)))
		return 0;
	err_volume(e, path);
	return there ? reading_once_only(e) : err_errno(e, XE_FAILED, why, "cannot open for reading");
}

int ahead_complete(struct session_table *sessions, const struct block_trace *last, const struct reader_options *o, size_t from,
		   struct recall_files *files, struct buf_pool *pool, struct err *e)
{
	struct search a = {.sessions = sessions, .o = o, .last = *last, .files = files, .pool = pool};
	begin(&a);
	int rc = 0;
	for (size_t i = from; rc == 0 && a.open > 0 && i < o->path_count + o->after_count; i++) {
		bool turn = false;
		rc = look_for(o, i, &turn, e);
		if (rc != 0 || turn)
			break;
		cut(&a, i);
		a.input = i;
		rc = search(&a, o->paths[i], e);
	}
	end(&a);
	return rc;
}
