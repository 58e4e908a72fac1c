/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/map.h"

#include "base/array.h"
#include "volume/maptext.h"

#include <stdio.h>
#include <stdlib.h>

enum side { OLD, NEW, SIDES };

static const char *const names[SIDES] = {"old", "new"};

/* Blocks of one session that one line tells of, or that are summed up. */
struct blocks {
	uint64_t start, end; /* addresses of the first one and of the end of the last one */
	uint64_t bytes, count;
	uint32_t number;     /* of the first one */
	int32_t first, last; /* lowest and highest FileIndex of data, 0 if none */
};

/* What a session has on the volume at hand. */
struct session {
	const struct job *job;    /* NULL: nothing */
	struct blocks all[SIDES]; /* that have their line */
	struct blocks run[SIDES]; /* that have none yet; count 0: none */
};

/* What the blocks of a side say of the volume at hand. */
struct form {
	unsigned version;
	uint32_t longest;
};

/* What goes on from volume to volume, and what a set that failed takes back. */
struct count {
	uint64_t bytes[SIDES];
	unsigned chain;
};

struct map {
	struct maptext *text;
	struct count count, marked;
	const struct volume_info *volume;
	const struct medium *to;
	struct form form[SIDES];
	struct session *sessions; /* by job index */
	size_t session_count;
};

struct map *map_new(int fd)
{
	struct map *m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	m->text = maptext_new(fd);
	if (m->text == NULL) {
		free(m);
		return NULL;
	}
	maptext_line(m->text, "xflate-map\t2\n");
	return m;
}

void map_free(struct map *m)
{
	if (m == NULL)
		return;
	maptext_free(m->text);
	free(m->sessions);
	free(m);
}

void map_begin_set(struct map *m)
{
	m->count.chain++;
}

/* ---- the head of a volume ---- */

/* Tabs and newlines would end the field. */
static const char *clean(char to[static LABEL_NAME_BYTES], const char *name)
{
	snprintf(to, LABEL_NAME_BYTES, "%s", name);
	for (char *c = to; *c; c++) {
		if ((unsigned char)*c < 0x20)
			*c = '?';
	}
	return to;
}

/* The name in the label that was written is known when it was; lines of blocks that came before it wait. */
void map_begin_volume(struct map *m, const struct volume_info *v, const struct medium *to)
{
	m->volume = v;
	m->to = to;
	memset(m->form, 0, sizeof m->form);
	maptext_hold(m->text);
}

static const char *product_of(const struct volume_info *v)
{
	return !v->has_label ? "unknown" : v->product == PRODUCT_BACULA ? "bacula" : "bareos";
}

static void head(struct map *m, const char *new_name)
{
	char text[1024], name[LABEL_NAME_BYTES], now[LABEL_NAME_BYTES], type[LABEL_NAME_BYTES], pool[LABEL_NAME_BYTES];
	const struct volume_info *v = m->volume;
	const char *old_name = v->has_label ? v->label.volume : v->name;
	long long seconds = v->label.label_time > 0 ? v->label.label_time / 1000000 : 0;
	snprintf(text, sizeof text, "volume\t%s\t%s\t%s\t%s\t%u\nlabel\t%s\t%s\t%s\t%lld\n", clean(name, old_name), v->medium->name,
		 clean(now, new_name ? new_name : old_name), m->to->name, m->count.chain, product_of(v), clean(type, v->label.media_type),
		 clean(pool, v->label.pool), seconds);
	maptext_release(m->text, text);
}

/* What was written decides: the label may be a new one. */
static void read_label(struct map *m, const struct packed_block *b)
{
	struct block_header h;
	struct record_header record;
	struct volume_label label;
	struct span data;
	bool whole = b->data.len >= BLOCK_HEADER_MAX_BYTES && block_header_read(b->data.data, b->data.len, &h) && h.len <= b->data.len;
	struct rd rest = block_records(b->data.data, whole ? h.len : 0, whole ? h.version : 2);
	bool is = whole && record_next(&rest, h.version, &record, &data) && label_is_volume(record.file_index) &&
		  label_read_volume(data, &label);
	head(m, is ? label.volume : NULL);
}

/* ---- blocks ---- */

static void line(struct map *m, enum side side, const struct job *job, const struct blocks *b)
{
	maptext_line(m->text, "%s\t%llu\t%llu\t%u\t%u\t%u\t%d\t%d\t%llu\n", names[side], (unsigned long long)b->start,
		     (unsigned long long)b->end, job ? job->session_id : 0, job ? job->session_time : 0, b->number, b->first, b->last,
		     (unsigned long long)b->count);
}

static void join(struct blocks *to, const struct blocks *b)
{
	if (to->count == 0) {
		*to = *b;
		return;
	}
	to->end = b->end;
	to->bytes += b->bytes;
	to->count += b->count;
	if (b->first > 0 && (to->first == 0 || b->first < to->first))
		to->first = b->first;
	to->last = b->last > to->last ? b->last : to->last;
}

static void close_run(struct map *m, enum side side, struct session *s)
{
	if (s->run[side].count == 0)
		return;
	line(m, side, s->job, &s->run[side]);
	join(&s->all[side], &s->run[side]);
	s->run[side] = (struct blocks){0};
}

static struct session *session_of(struct map *m, const struct job *job)
{
	struct session *grown = array_reach(m->sessions, &m->session_count, job->index, sizeof *grown);
	if (grown == NULL) {
		struct err e = {0};
		err_memory(&e, job->index * sizeof *grown, "the map's sessions");
		maptext_fail(m->text, &e);
		return NULL;
	}
	m->sessions = grown;
	struct session *s = &grown[job->index];
	s->job = s->job ? s->job : job;
	return s;
}

/* The volume label's, or one whose session is not known. */
static bool is_alone(const struct job *job)
{
	return job == NULL || (job->session_id == 0 && job->session_time == 0);
}

static void take_block(struct map *m, enum side side, const struct job *job, unsigned version, const struct blocks *b)
{
	struct form *f = &m->form[side];
	f->version = version > f->version ? version : f->version;
	f->longest = b->bytes > f->longest ? (uint32_t)b->bytes : f->longest;
	m->count.bytes[side] += b->bytes;
	if (is_alone(job)) {
		line(m, side, NULL, b);
		return;
	}
	struct session *s = session_of(m, job);
	if (s == NULL)
		return;
	join(&s->run[side], b);
	if (s->run[side].bytes >= m->count.bytes[side] >> MAP_LINES_SHIFT)
		close_run(m, side, s);
}

void map_old_block(struct map *m, const struct item *b)
{
	const struct blocks one = {b->addr, b->volume->medium->end(b->addr, b->len), b->len, 1, b->number, b->first_index, b->last_index};
	take_block(m, OLD, b->job, b->form.version, &one);
}

void map_new_block(struct map *m, const struct volume_info *v, const struct packed_block *b)
{
	const struct blocks one = {b->addr, b->end, b->len, 1, b->number, b->first_index, b->last_index};
	if (maptext_holds(m->text)) {
		m->volume = v;
		read_label(m, b);
	}
	take_block(m, NEW, b->job, b->data.len >= BLOCK_PROBE_BYTES ? block_probe(b->data.data) : 0, &one);
}

/* ---- the end of a volume ---- */

void map_learn_job(struct map *m, const struct job *job)
{
	if (job->has_label && job->index < m->session_count && m->sessions[job->index].job)
		m->sessions[job->index].job = job;
}

static void session_line(struct map *m, const struct session *s)
{
	const struct blocks *o = &s->all[OLD], *n = &s->all[NEW];
	char job[LABEL_NAME_BYTES];
	bool known = s->job->has_label;
	maptext_line(m->text, "session\t%u\t%u\t%u\t%s\t%llu\t%llu\t%d\t%d\t%llu\t%llu\t%llu\t%d\t%d\t%llu\n", s->job->session_id,
		     s->job->session_time, known ? s->job->label.job_id : 0, clean(job, known ? s->job->label.job : ""),
		     (unsigned long long)o->start, (unsigned long long)o->end, o->first, o->last, (unsigned long long)o->count,
		     (unsigned long long)n->start, (unsigned long long)n->end, n->first, n->last, (unsigned long long)n->count);
}

static void forget_sessions(struct map *m)
{
	if (m->session_count > 0)
		memset(m->sessions, 0, m->session_count * sizeof *m->sessions);
}

static void form_line(struct map *m, enum side side, const struct map_side_end *end)
{
	const struct form *f = &m->form[side];
	maptext_line(m->text, "form\t%s\tBB%02u\t%u\t%s\t%s\n", names[side], f->version > 0 ? f->version : 1, f->longest,
		     end->encryption[0] ? end->encryption : "none", end->digest[0] ? end->digest : "-");
}

void map_end_volume(struct map *m, const struct map_side_end *old, const struct map_side_end *now, uint64_t damaged)
{
	head(m, NULL);
	for (size_t i = 0; i < m->session_count; i++) {
		close_run(m, OLD, &m->sessions[i]);
		close_run(m, NEW, &m->sessions[i]);
	}
	for (size_t i = 0; i < m->session_count; i++) {
		if (m->sessions[i].job)
			session_line(m, &m->sessions[i]);
	}
	forget_sessions(m);
	form_line(m, OLD, old);
	form_line(m, NEW, now);
	maptext_line(m->text, "damage\t%llu\n", (unsigned long long)damaged);
	maptext_line(m->text, "end\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\n", (unsigned long long)old->bytes, (unsigned long long)now->bytes,
		     (unsigned long long)old->blocks, (unsigned long long)now->blocks, (unsigned long long)old->files,
		     (unsigned long long)now->files);
}

/* ---- the map as a whole ---- */

int map_mark(struct map *m, struct err *e)
{
	m->marked = m->count;
	return maptext_mark(m->text, e);
}

void map_rewind(struct map *m)
{
	m->count = m->marked;
	forget_sessions(m);
	maptext_rewind(m->text);
}

int map_finish(struct map *m, int status, struct err *e)
{
	maptext_line(m->text, "exit\t%d\n", status);
	return maptext_finish(m->text, e);
}
