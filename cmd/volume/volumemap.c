/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/volumemap.h"

#include "base/array.h"
#include "cmd/command.h"
#include "medium/medium.h"

#include <stdlib.h>
#include <string.h>

/* ---- bins ---- */

static uint64_t *share_of(struct volumemap_bin *b, uint32_t job)
{
	for (uint32_t i = b->share_count; i-- > 0;) {
		if (b->shares[i].job == job)
			return &b->shares[i].bytes;
	}
	if (b->share_count == VOLUMEMAP_BIN_JOBS)
		return &b->kinds[VOLUMEMAP_OTHERS];
	if (b->share_count == b->share_room) {
		uint32_t room = b->share_room > 0 ? 2 * b->share_room : 2;
		struct volumemap_share *grown = realloc(b->shares, room * sizeof *grown);
		if (grown == NULL)
			return NULL;
		b->shares = grown;
		b->share_room = room;
	}
	b->shares[b->share_count] = (struct volumemap_share){.job = job};
	return &b->shares[b->share_count++].bytes;
}

static bool merge(struct volumemap_bin *into, struct volumemap_bin *from)
{
	bool whole = true;
	for (int i = 0; i < VOLUMEMAP_KINDS; i++)
		into->kinds[i] += from->kinds[i];
	into->damages += from->damages;
	into->wounds += from->wounds;
	into->begins += from->begins;
	into->ends += from->ends;
	for (uint32_t i = 0; i < from->share_count; i++) {
		uint64_t *bytes = share_of(into, from->shares[i].job);
		whole = whole && bytes;
		if (bytes)
			*bytes += from->shares[i].bytes;
	}
	free(from->shares);
	*from = (struct volumemap_bin){0};
	return whole;
}

/* Two become one, until the place is in one of them. */
static bool reach(struct volumemap_volume *v, uint64_t at)
{
	bool whole = true;
	while (at / v->bin_bytes >= VOLUMEMAP_BINS) {
		for (size_t i = 0; i < VOLUMEMAP_BINS; i += 2) {
			whole = merge(&v->bins[i], &v->bins[i + 1]) && whole;
			if (i > 0) {
				v->bins[i / 2] = v->bins[i];
				v->bins[i] = (struct volumemap_bin){0};
			}
		}
		v->bin_bytes *= 2;
	}
	return whole;
}

static struct volumemap_bin *bin_at(struct volumemap *m, struct volumemap_volume *v, uint64_t at)
{
	if (!reach(v, at))
		err_memory(&m->err, sizeof(struct volumemap_share), "a map");
	return &v->bins[at / v->bin_bytes];
}

/* The next so many bytes of the volume; job < 0: of kind. */
static void cover(struct volumemap *m, struct volumemap_volume *v, uint64_t bytes, enum volumemap_kind kind, int64_t job)
{
	while (bytes > 0) {
		struct volumemap_bin *b = bin_at(m, v, v->bytes);
		uint64_t room = v->bin_bytes - v->bytes % v->bin_bytes, n = bytes < room ? bytes : room;
		uint64_t *to = job >= 0 ? share_of(b, (uint32_t)job) : &b->kinds[kind];
		if (to == NULL) {
			err_memory(&m->err, sizeof(struct volumemap_share), "a map");
			return;
		}
		*to += n;
		v->bytes += n;
		bytes -= n;
	}
}

/* ---- what is read ---- */

static struct volumemap_volume *volume_of(struct volumemap *m, const struct volume_info *info)
{
	struct volumemap_volume *v = array_row(&m->volumes, &m->volume_room, info->index, sizeof *v);
	if (v && v->path == NULL) {
		v->path = strdup(info->path);
		v->bin_bytes = VOLUMEMAP_BIN_BYTES;
		/* A cloud's parts and a dedupable volume's blocks are no bytes. */
		v->linear = !info->medium->by_block && strcmp(info->medium->name, "cloud") != 0;
		v->size = v->linear && info->size > info->inside ? info->size - info->inside : 0;
	}
	if (v == NULL || v->path == NULL) {
		err_memory(&m->err, sizeof *v, "a map");
		return NULL;
	}
	if (info->has_label)
		memcpy(v->name, info->label.volume, sizeof v->name);
	return v;
}

static struct volumemap_job *job_of(struct volumemap *m, const struct job *job)
{
	struct volumemap_job *jobs = array_reach(m->jobs, &m->job_room, job->index, sizeof *jobs);
	if (jobs == NULL) {
		err_memory(&m->err, sizeof *jobs, "a map");
		return NULL;
	}
	m->jobs = jobs;
	struct volumemap_job *j = &jobs[job->index];
	/* Its label may come later. */
	if (!j->here || (job->has_label && strncmp(j->name, "job ", 4) != 0))
		job_describe(job, j->name, sizeof j->name);
	j->here = true;
	return j;
}

/* What lies between the last block and this address.  Of a block that cannot be read some say only a part. */
static void catch_up(struct volumemap *m, struct volumemap_volume *v, uint64_t addr)
{
	if (v->linear && addr > v->bytes)
		cover(m, v, addr - v->bytes, v->behind_damage ? VOLUMEMAP_DAMAGED : VOLUMEMAP_NOTHING, -1);
}

void volumemap_block(struct volumemap *m, const struct item *b)
{
	struct volumemap_volume *v = volume_of(m, b->volume);
	struct volumemap_job *j = b->job ? job_of(m, b->job) : NULL;
	if (v == NULL || (b->job && j == NULL))
		return;
	catch_up(m, v, b->addr);
	v->blocks++;
	v->encrypted = v->encrypted || b->verdict.encrypted || b->verdict.opened;
	/* One that was told of as damaged is there already. */
	bool there = v->linear ? b->addr < v->bytes : v->behind_damage && b->addr == v->damaged_at;
	v->behind_damage = false;
	v->block_addr = b->addr;
	v->block_at = v->bytes;
	if (there)
		return;
	if (j) {
		j->blocks++;
		j->bytes += b->len;
	}
	cover(m, v, b->len, b->verdict.encrypted ? VOLUMEMAP_ENCRYPTED : VOLUMEMAP_LABEL, j ? (int64_t)b->job->index : -1);
}

/* Where a place is, in bytes; of what is not counted so, as far as was read. */
static uint64_t position(const struct volumemap_volume *v, uint64_t addr, uint32_t offset)
{
	uint64_t end = v->bytes > 0 ? v->bytes - 1 : 0;
	return v->linear ? addr + offset : addr == v->block_addr && v->blocks > 0 ? v->block_at + offset : end;
}

void volumemap_record(struct volumemap *m, const struct item *r)
{
	bool begins = r->file_index == LABEL_SESSION_START;
	if (!begins && r->file_index != LABEL_SESSION_END)
		return;
	struct volumemap_volume *v = volume_of(m, r->volume);
	if (v == NULL || r->job == NULL || job_of(m, r->job) == NULL)
		return;
	struct volumemap_bin *b = bin_at(m, v, position(v, r->addr, r->offset));
	b->begins += begins;
	b->ends += !begins;
}

static void keep_mark(struct volumemap *m, struct volumemap_volume *v, const struct volumemap_mark *mark)
{
	if (v->mark_count == VOLUMEMAP_MARKS)
		return;
	struct volumemap_mark *marks = array_reach(v->marks, &v->mark_room, v->mark_count, sizeof *marks);
	if (marks == NULL) {
		err_memory(&m->err, sizeof *marks, "a map");
		return;
	}
	v->marks = marks;
	marks[v->mark_count++] = *mark;
}

void volumemap_finding(struct volumemap *m, const struct finding *f)
{
	if (f->kind == FINDING_NOTE)
		return;
	struct volumemap_volume *v = f->volume ? volume_of(m, f->volume) : NULL;
	if (v == NULL || !f->placed) {
		*(v ? &v->unplaced : &m->unplaced) += 1;
		return;
	}
	struct volumemap_mark mark = {.wound = f->kind != FINDING_DAMAGE, .bytes = f->block ? f->len : 0};
	/* Its block is not told of, or is, behind this. */
	if (f->block && f->len > 0 && (!v->linear || f->addr >= v->bytes)) {
		catch_up(m, v, f->addr);
		mark.at = v->linear ? f->addr + f->offset : v->bytes;
		cover(m, v, f->len, VOLUMEMAP_DAMAGED, -1);
		v->behind_damage = true;
		v->damaged_at = f->addr;
	} else {
		mark.at = position(v, f->addr, f->offset);
	}
	snprintf(mark.reason, sizeof mark.reason, "%s", f->reason);
	struct volumemap_bin *b = bin_at(m, v, mark.at);
	b->damages += !mark.wound;
	b->wounds += mark.wound;
	v->damages += !mark.wound;
	v->wounds += mark.wound;
	keep_mark(m, v, &mark);
}

void volumemap_end(struct volumemap *m, const struct volume_info *info)
{
	struct volumemap_volume *v = volume_of(m, info);
	if (v == NULL)
		return;
	v->ended = true;
	if (info->bytes > v->bytes)
		cover(m, v, info->bytes - v->bytes, v->behind_damage ? VOLUMEMAP_DAMAGED : VOLUMEMAP_NOTHING, -1);
}

/* ---- who looks on ---- */

static int on_job(void *arg, const struct course *course, struct err *e)
{
	const struct observer *to = ((struct volumemap *)arg)->to;
	return to->job ? to->job(to->arg, course, e) : 0;
}

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct volumemap *m = arg;
	volumemap_record(m, plain->item);
	return m->to->record(m->to->arg, plain, e);
}

static void on_finding(void *arg, const struct finding *f)
{
	struct volumemap *m = arg;
	m->to->finding(m->to->arg, f);
}

static void on_block(void *arg, const struct item *block)
{
	struct volumemap *m = arg;
	volumemap_block(m, block);
	if (m->to->block)
		m->to->block(m->to->arg, block);
}

static void on_end_volume(void *arg, const struct volume_info *v)
{
	struct volumemap *m = arg;
	volumemap_end(m, v);
	if (m->to->end_volume)
		m->to->end_volume(m->to->arg, v);
}

static int on_finish(void *arg, struct err *e)
{
	const struct observer *to = ((struct volumemap *)arg)->to;
	return to->finish ? to->finish(to->arg, e) : 0;
}

static bool on_proves(void *arg, const struct job *job)
{
	const struct observer *to = ((struct volumemap *)arg)->to;
	return to->proves(to->arg, job);
}

const struct observer *volumemap_observer(struct volumemap *m, const struct observer *to)
{
	m->to = to;
	m->observer = (struct observer){
		.arg = m,
		.job = on_job,
		.record = on_record,
		.finding = on_finding,
		.block = on_block,
		.end_volume = on_end_volume,
		.finish = on_finish,
		.proves = to->proves ? on_proves : NULL,
	};
	return &m->observer;
}

/* ---- the end ---- */

static int by_place(const void *a, const void *b)
{
	const struct volumemap_mark *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

static bool has_path(const struct volumemap *m, const char *path)
{
	for (size_t i = 0; i < m->volume_room; i++) {
		const struct volumemap_volume *v = m->volumes[i];
		if (v && v->path && strcmp(v->path, path) == 0)
			return true;
	}
	return false;
}

static void add_unread(struct volumemap *m, const char *path)
{
	size_t index = m->volume_room;
	while (index > 0 && m->volumes[index - 1] == NULL)
		index--;
	struct volumemap_volume *v = array_row(&m->volumes, &m->volume_room, index, sizeof *v);
	if (v == NULL || (v->path = strdup(path)) == NULL) {
		err_memory(&m->err, sizeof *v, "a map");
		return;
	}
	v->bin_bytes = VOLUMEMAP_BIN_BYTES;
	v->linear = true;
	v->size = command_total_bytes(&path, 1);
}

void volumemap_finish(struct volumemap *m, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!has_path(m, paths[i]))
			add_unread(m, paths[i]);
	}
	for (size_t i = 0; i < m->volume_room; i++) {
		struct volumemap_volume *v = m->volumes[i];
		if (v == NULL || v->path == NULL)
			continue;
		if (!v->ended && v->size > v->bytes)
			cover(m, v, v->size - v->bytes, VOLUMEMAP_UNREAD, -1);
		if (v->mark_count > 0)
			qsort(v->marks, v->mark_count, sizeof *v->marks, by_place);
	}
}

void volumemap_free(struct volumemap *m)
{
	for (size_t i = 0; i < m->volume_room; i++) {
		struct volumemap_volume *v = m->volumes[i];
		for (size_t n = 0; v && n < VOLUMEMAP_BINS; n++)
			free(v->bins[n].shares);
		if (v)
			free(v->marks);
		if (v)
			free(v->path);
		free(v);
	}
	free(m->volumes);
	free(m->jobs);
	m->volumes = NULL;
	m->jobs = NULL;
	m->volume_room = m->job_room = 0;
}
