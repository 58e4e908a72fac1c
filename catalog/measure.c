/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/measure.h"

#include "format/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_BYTES 16384u /* of split records: enough for labels and attributes */

struct measure {
	struct measure_options o;
	struct buf_pool *pool;
	struct reader *reader;
	struct mapped_list *list;
	size_t before; /* volumes of the list that were there */
};

struct measure *measure_new(const struct measure_options *options)
{
	struct measure *m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	m->o = *options;
	m->pool = buf_pool_new((size_t)4 << 20);
	if (m->pool && m->o.max_memory > 0)
		buf_pool_limit(m->pool, m->o.max_memory);
	const struct reader_options o = {.paths = m->o.paths,
					 .path_count = m->o.path_count,
					 .blocks = true,
					 .indexes = true,
					 .keys = m->o.keys,
					 .keep_bytes = KEEP_BYTES};
	m->reader = m->pool ? reader_new(&o, m->pool) : NULL;
	if (m->reader)
		return m;
	measure_free(m);
	return NULL;
}

void measure_free(struct measure *m)
{
	if (m == NULL)
		return;
	reader_free(m->reader);
	buf_pool_free(m->pool);
	free(m);
}

uint64_t measure_bytes(const struct measure *m)
{
	return reader_bytes(m->reader);
}

/* ---- what is known of volumes and jobs ---- */

static void learn_volume(struct mapped_volume *v, const struct volume_info *info)
{
	if (v->name[0] == '\0' && info->has_label) {
		const struct volume_label *l = &info->label;
		snprintf(v->name, sizeof v->name, "%s", l->volume);
		snprintf(v->new_name, sizeof v->new_name, "%s", l->volume);
		snprintf(v->media_type, sizeof v->media_type, "%s", l->media_type);
		snprintf(v->pool, sizeof v->pool, "%s", l->pool);
		v->label_time = l->label_time > 0 ? (uint64_t)l->label_time / 1000000 : 0;
	}
	v->product_known = info->product_known;
	v->product = info->product;
}

static int begin_volume(struct measure *m, const struct volume_info *info, struct err *e)
{
	struct mapped_volume *v = mapped_new();
	int rc = mapped_list_add(m->list, v, e);
	if (rc != 0)
		return rc;
	v->path = m->o.paths[info->input];
	v->chain = 1;
	v->side[MAPPED_OLD].tape = v->side[MAPPED_NEW].tape = info->medium->by_block;
	learn_volume(v, info);
	return 0;
}

static struct mapped_volume *volume_of(const struct measure *m, const struct item *item)
{
	struct mapped_volume *v = m->list->volumes[m->before + item->volume->index];
	learn_volume(v, item->volume);
	return v;
}

static char letter(uint32_t c)
{
	return c > 0x20 && c < 0x7f ? (char)c : 0;
}

/* Its labels may stand on other volumes than its blocks. */
static void learn_job(struct mapped_session *s, const struct session_label *l)
{
	if (s->job[0])
		return;
	s->job_id = l->job_id;
	snprintf(s->job, sizeof s->job, "%s", l->job[0] ? l->job : l->job_name);
	s->type = letter(l->type);
	s->level = letter(l->level);
}

static void read_session_label(struct mapped_session *s, const struct item *r)
{
	struct session_label l;
	bool end = r->file_index == LABEL_SESSION_END;
	if ((!end && r->file_index != LABEL_SESSION_START) || r->head_missing || r->tail_missing || !label_read_session(r->data, end, &l))
		return;
	learn_job(s, &l);
	if (end)
		s->status = l.status ? letter(l.status) : 'T';
	else
		s->began = l.time;
}

/* ---- items ---- */

/* In BB01 each record says whose it is, and what one block holds of two jobs no row and no bootstrap can tell apart. */
static bool is_mixed(const struct item *b)
{
	struct rd rest = block_records(b->data.data, b->verdict.sane_bytes, b->form.version);
	struct record_header first = {0}, h;
	struct span part;
	bool any = b->form.version == 1 && record_next(&rest, 1, &first, &part);
	bool mixed = false;
	while (any && !mixed && record_next(&rest, 1, &h, &part))
		mixed = h.session_id != first.session_id || h.session_time != first.session_time;
	return mixed;
}

static int on_block(struct measure *m, const struct item *b, struct err *e)
{
	if (is_mixed(b))
		return err_set(e, XE_USAGE,
			       "block at %llu holds records of several jobs (BB01), which a catalog cannot tell apart: xflate filter "
			       "--block-format bb02 makes a volume of it whose blocks have one job each",
			       (unsigned long long)b->addr);
	struct mapped_volume *v = volume_of(m, b);
	struct mapped_bytes *side = &v->side[MAPPED_OLD];
	const struct mapped_range block = {.start = b->addr,
					   .end = b->volume->medium->end(b->addr, b->len),
					   .first = b->first_index,
					   .last = b->last_index,
					   .blocks = 1};
	side->blocks++;
	side->longest = b->len > side->longest ? b->len : side->longest;
	snprintf(side->form, sizeof side->form, "BB%02u", b->form.version);
	uint32_t id = b->job ? b->job->session_id : 0, time = b->job ? b->job->session_time : 0;
	int rc = mapped_add(v, MAPPED_OLD, id, time, &block, e);
	if (rc == 0 && m->o.runs)
		rc = mapped_add(v, MAPPED_NEW, id, time, &block, e);
	if (rc != 0 || b->job == NULL)
		return rc;
	struct mapped_session *s = mapped_find(v, id, time);
	if (b->job->has_label)
		learn_job(s, &b->job->label);
	return m->o.block ? m->o.block(m->o.arg, v, s, &block, b->again, e) : 0;
}

static int on_record(struct measure *m, const struct item *r, struct err *e)
{
	struct mapped_volume *v = volume_of(m, r);
	struct mapped_session *s = mapped_session(v, r->job->session_id, r->job->session_time);
	if (s == NULL)
		return err_memory(e, sizeof *s, "a session");
	if (r->file_index < 0)
		read_session_label(s, r);
	else if (m->o.file && attributes_are(r->stream) && r->attributes.whole)
		return m->o.file(m->o.arg, s, r->file_index, &r->attributes, e);
	return 0;
}

static int on_damage(struct measure *m, const struct item *item, struct err *e)
{
	if (item->verdict.encrypted)
		return err_set(e, XE_KEY, "blocks are encrypted: --key-dir DIR, --key SOURCE or --key-command CMD opens them");
	const struct finding f = finding_at(item, item->verdict.reason);
	volume_of(m, item)->damage++;
	if (m->o.damage)
		m->o.damage(m->o.arg, &f);
	return 0;
}

static int refuse_dump(struct err *e)
{
	return err_set(e, XE_USAGE,
		       "a dump of a tape, whose addresses are not those of the tape: give the tape itself, or what filter made of it");
}

/* Addresses are those of the medium that a daemon reads. */
static int check_form(const struct volume_info *info, struct err *e)
{
	if (info->medium->no_catalog)
		return err_set(e, XE_USAGE, "is %s: only files, chunks and tapes are followed in a catalog", info->medium->no_catalog);
	if (info->padding > 0 || info->foreign > 0 || info->more_inputs > 0 || info->of_tape)
		return info->medium->by_block ? 0 : refuse_dump(e);
	if (info->inside > 0)
		return err_set(e, XE_USAGE,
			       "begins at byte %llu of its file, behind another volume, where no daemon finds it: xflate -o FOLDER/ takes "
			       "them apart",
			       (unsigned long long)info->inside);
	return 0;
}

static int end_volume(struct measure *m, const struct item *item, struct err *e)
{
	struct mapped_volume *v = volume_of(m, item);
	struct mapped_bytes *old = &v->side[MAPPED_OLD];
	err_volume(e, item->volume->name);
	int rc = check_form(item->volume, e);
	if (rc == 0 && v->name[0] == '\0')
		rc = err_set(e, XE_USAGE, "%s, and a catalog knows volumes by their names", volume_label_missing(item->volume));
	if (rc != 0)
		return rc;
	e->volume[0] = '\0';
	old->bytes = item->volume->bytes;
	old->files = old->tape ? (old->last >> 32) + 1 : old->bytes >> 32;
	snprintf(old->encryption, sizeof old->encryption, "%s", item->volume->cipher[0] ? item->volume->cipher : "none");
	v->side[MAPPED_NEW] = *old;
	for (size_t i = 0; i < v->session_count; i++)
		v->sessions[i]->side[MAPPED_NEW] = v->sessions[i]->side[MAPPED_OLD];
	return m->o.end_volume ? m->o.end_volume(m->o.arg, v, e) : 0;
}

static int on_item(struct measure *m, const struct item *item, struct err *e)
{
	switch (item->kind) {
	case ITEM_VOLUME_START: return begin_volume(m, item->volume, e);
	case ITEM_BLOCK: return on_block(m, item, e);
	case ITEM_RECORD: return on_record(m, item, e);
	case ITEM_DAMAGE: return on_damage(m, item, e);
	case ITEM_VOLUME_END: return end_volume(m, item, e);
	case ITEM_VOLUME_LABEL:
	case ITEM_FILE_MARK:
	case ITEM_FOREIGN:
	case ITEM_END: break;
	}
	return 0;
}

int measure_run(struct measure *m, struct mapped_list *l, struct err *e)
{
	struct item item = {.kind = ITEM_VOLUME_START};
	int rc = 0;
	m->list = l;
	m->before = l->count;
	while (rc == 0 && (rc = reader_next(m->reader, &item, e)) == 0 && item.kind != ITEM_END)
		rc = on_item(m, &item, e);
	if (rc != 0 && item.volume)
		err_volume(e, item.volume->name);
	return rc;
}

/* ---- its beginning alone ---- */

static int add_label(struct measure *m, const struct volume_info *info, const char *path, void *list, struct err *e)
{
	(void)m;
	struct mapped_list *l = list;
	if (!info->has_label)
		return err_set(e, XE_USAGE, "%s, and a catalog knows volumes by their names", volume_label_missing(info));
	struct mapped_volume *v = mapped_new();
	int rc = mapped_list_add(l, v, e);
	if (rc != 0)
		return rc;
	v->path = path;
	v->chain = 1;
	learn_volume(v, info);
	return 0;
}

/* What the first item says that is told when the label has been looked for. */
static int read_beginning(const char *path,
			  int (*use)(struct measure *m, const struct volume_info *info, const char *path, void *arg, struct err *e),
			  void *arg, struct err *e)
{
	const struct measure_options o = {.paths = &path, .path_count = 1};
	struct measure *m = measure_new(&o);
	struct item item = {0};
	int rc = m ? 0 : err_memory(e, 0, "reading");
	do {
		rc = rc == 0 ? reader_next(m->reader, &item, e) : rc;
	} while (rc == 0 && item.kind != ITEM_END && item.kind != ITEM_VOLUME_END && !item.volume->has_label);
	if (rc == 0)
		rc = use(m, item.volume, path, arg, e);
	err_volume(e, path);
	measure_free(m);
	return rc;
}

int measure_label(const char *path, struct mapped_list *l, struct err *e)
{
	return read_beginning(path, add_label, l, e);
}

/* Of padding a volume tells at its end only; where there is some, it stands behind the label's block, which fills none of a tape. */
static int judge_padding(struct measure *m, struct err *e)
{
	struct item item = {0};
	uint64_t end = 0;
	int rc;
	while ((rc = reader_next(m->reader, &item, e)) == 0) {
		if (item.kind == ITEM_BLOCK && !item.begins_volume)
			return end > 0 && item.addr > end ? refuse_dump(e) : 0;
		if (item.kind == ITEM_DAMAGE || item.kind == ITEM_VOLUME_END || item.kind == ITEM_END)
			return 0;
		end = item.kind == ITEM_BLOCK ? item.addr + item.data.len : end;
	}
	return rc;
}

static int judge_form(struct measure *m, const struct volume_info *info, const char *path, void *arg, struct err *e)
{
	int rc = check_form(info, e);
	(void)path;
	(void)arg;
	return rc == 0 && !info->medium->by_block ? judge_padding(m, e) : rc;
}

int measure_form(const char *path, struct err *e)
{
	return read_beginning(path, judge_form, NULL, e);
}
