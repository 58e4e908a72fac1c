/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ahead.h"

#include <errno.h>
#include <sys/stat.h>

/* Adds what one block of its session has of the record.  Returns true if more is to come.  *number: of the last block that had
 * some. */
static bool take(struct session *s, const struct source_item *b, uint32_t *number)
{
	struct partial *p = &s->partial;
	struct rd rest = block_records(b->data, b->sane_bytes, b->header.version);
	struct record_header h;
	struct span part;
	while (record_next(&rest, b->header.version, &h, &part)) {
		if (b->header.version == 1 &&
		    (h.session_id != s->job.session_id || h.session_time != s->job.session_time))
			continue;
		bool fits = h.stream < 0 && (uint32_t)-h.stream == p->item.stream &&
			    h.file_index == p->item.file_index && h.len == p->item.len - p->have;
		/* A label that is not whole, or a block that stands here once more. */
		if (!fits)
			return label_is_volume(h.file_index) || (b->header.version > 1 && s->numbered && b->header.number <= *number);
		*number = b->header.number;
		partial_add(p, part);
		return !partial_complete(p);
	}
	return true;
}

static bool may_hold(const struct session *s, const struct source_item *b, const struct reader_options *o)
{
	bool salvaged = b->event == SOURCE_DAMAGE && b->data && !b->shut && (o->keep_suspect || b->checksum_right || !b->checksum);
	struct span label;
	bool ours = b->header.version == 1 || (b->header.session_id == s->job.session_id &&
					       b->header.session_time == s->job.session_time);
	return (b->event == SOURCE_BLOCK || salvaged) && !b->encrypted && ours && !source_begins_volume(b, &label);
}

/* Goes through one volume.  *more: the record is not complete, and the next volume may have the rest.  A volume without
 * any block of the session ends the search: a job goes on where it left off. */
static int search(struct session *s, const char *path, const struct reader_options *o, struct buf_pool *pool, bool *more,
		  struct err *e)
{
	struct io in;
	int rc = io_open_input(&in, path, e);
	if (rc != 0) {
		err_volume(e, path);
		return rc;
	}
	struct source *source = source_new(pool, &in, NULL, o->keys);
	if (source == NULL) {
		io_close(&in);
		return err_memory(e, 0, "reading ahead");
	}
	struct source_item b;
	uint32_t number = s->last_number;
	bool found = false;
	while (*more && (rc = source_next(source, &b, e)) == 0 && b.event != SOURCE_END) {
		s->torn = s->torn || b.event == SOURCE_DAMAGE;
		if (!may_hold(s, &b, o))
			continue;
		uint32_t before = s->partial.have;
		*more = take(s, &b, &number);
		found = found || s->partial.have != before;
	}
	*more = *more && found;
	source_free(source);
	if (rc != 0)
		err_volume(e, path);
	return rc;
}

int ahead_complete(struct session *s, const struct reader_options *o, size_t from, struct buf_pool *pool, struct err *e)
{
	struct partial *p = &s->partial;
	uint32_t here = p->have;
	bool more = true;
	s->torn = false;
	for (size_t i = from; more && i < o->path_count && p->item.cuts < ITEM_CUTS; i++) {
		struct stat st;
		/* What is not there at all is said when its turn comes. */
		bool there = stat(o->paths[i], &st) == 0;
		if (there ? !S_ISREG(st.st_mode) : errno == ENOENT)
			break;
		if (!there) {
			err_volume(e, o->paths[i]);
			return err_errno(e, XE_FAILED, errno, "cannot open");
		}
		p->item.cut[p->item.cuts++] = p->have;
		int rc = search(s, o->paths[i], o, pool, &more, e);
		if (rc != 0)
			return rc;
	}
	if (partial_complete(p)) {
		s->skip = p->have - here;
		s->skip_stream = p->item.stream;
		return 0;
	}
	p->have = here;
	p->kept = p->kept < here ? p->kept : here;
	p->item.data.len = p->kept;
	p->item.cuts = 0;
	return 0;
}
