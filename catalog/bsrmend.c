/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/bsrmend.h"

#include <string.h>

struct mending {
	FILE *out;
	const struct bsrfile *b;
	struct mapped_volume *const *volumes;
	size_t count;
	const struct bsr_options *o;
	const struct bsrfile_section *section;
	/* The section before, if it was of one session: its rows go on in this one. */
	const struct mapped_session *session;
	struct bsr_stretch before;
	int32_t before_last; /* FileIndex that it asked for */
};

static int refuse(const struct mending *m, const struct err *why, struct err *e)
{
	return err_set(e, XE_USAGE, "the section of line %lu: %s", m->b->lines[m->section->first_line].number, why->text);
}

static const struct mapped_volume *given(const struct mending *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->volumes[i]->new_name, name) == 0)
			return m->volumes[i];
	}
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->volumes[i]->name, name) == 0)
			return m->volumes[i];
	}
	return NULL;
}

static bool takes_session(const struct bsrfile_section *s, const struct mapped_session *of)
{
	return bsrfile_takes(&s->ids, of->id) && bsrfile_takes(&s->times, of->time) && of->run_count > 0;
}

/* ---- addresses ---- */

static void unite(struct bsr_stretch *all, const struct bsr_stretch *with, bool first)
{
	if (first) {
		*all = *with;
		return;
	}
	all->start = with->start < all->start ? with->start : all->start;
	all->end = with->end > all->end ? with->end : all->end;
	all->first = with->first < all->first ? with->first : all->first;
	all->last = with->last > all->last ? with->last : all->last;
}

/* Rows of one session shall not overlap: what the section before has is not asked for again, but for a block whose rest is this one's. */
static void go_on(const struct mending *m, const struct mapped_session *s, struct bsr_stretch *part)
{
	const struct bsr_stretch *before = &m->before;
	bool behind = !m->section->all_files && m->section->files.ranges[0].first >= m->before_last;
	if (s != m->session || s->unordered || !behind || part->first_run > before->last_run)
		return;
	bool shared = s->runs[before->last_run].last > m->before_last;
	part->first_run = before->last_run + !shared;
	if (part->first_run > part->last_run)
		part->first_run = part->last_run;
	part->start = s->runs[part->first_run].start;
}

static void remember(struct mending *m, const struct mapped_session *s, const struct bsr_stretch *part)
{
	const struct indexes *files = &m->section->files;
	m->session = s;
	m->before = *part;
	m->before_last = m->section->all_files ? part->last : files->ranges[files->count - 1].last;
}

static int check_here(const struct mending *m, const struct mapped_volume *v, const struct indexes *here, struct err *e)
{
	const struct indexes *want = &m->section->files;
	struct indexes rest = {0};
	struct err why = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < want->count; i++)
		rc = indexes_add_rest(&rest, want->ranges[i].first, want->ranges[i].last, here, e);
	if (rc == 0 && here->count == 0)
		rc = err_set(&why, XE_USAGE, "volume %s has nothing of its session: written anew since", v->new_name);
	/* Of several volumes each has its part. */
	else if (rc == 0 && rest.count > 0 && m->section->volume_count == 1)
		rc = err_set(&why, XE_USAGE, "volume %s has no FileIndex %d to %d of its session", v->new_name, rest.ranges[0].first,
			     rest.ranges[0].last);
	indexes_free(&rest);
	return why.code ? refuse(m, &why, e) : rc;
}

/* What the section's files have on v; *found false where, of several volumes, v has none of them. */
static int find(struct mending *m, const struct mapped_volume *v, struct bsr_stretch *all, bool *found, struct err *e)
{
	const struct indexes *files = m->section->all_files ? NULL : &m->section->files;
	const struct mapped_session *only = NULL;
	struct indexes here = {0};
	size_t sessions = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < v->session_count; i++) {
		struct bsr_stretch part;
		const struct mapped_session *s = v->sessions[i];
		if (!takes_session(m->section, s))
			continue;
		rc = indexes_add(&here, s->side[MAPPED_NEW].first, s->side[MAPPED_NEW].last, e);
		if (!bsr_hull(s, files, &part))
			continue;
		go_on(m, s, &part);
		unite(all, &part, sessions++ == 0);
		only = s;
	}
	if (rc == 0)
		rc = check_here(m, v, &here, e);
	indexes_free(&here);
	m->session = NULL;
	*found = sessions > 0;
	if (rc == 0 && sessions == 1)
		remember(m, only, all);
	return rc;
}

/* ---- lines ---- */

static void put_line(const struct mending *m, const struct bsrfile_line *l)
{
	fprintf(m->out, "%.*s\n", (int)l->text.len, (const char *)l->text.data);
}

static void put_named(const struct mending *m, const struct bsrfile_line *l, const char *keyword, const char *name)
{
	if (name)
		fprintf(m->out, "%s=\"%s\"\n", keyword, name);
	else
		put_line(m, l);
}

static void put_slot(const struct mending *m, const struct bsrfile_line *l, const struct mapped_volume *v)
{
	size_t i = 0;
	while (i < m->count && m->volumes[i] != v)
		i++;
	if (i < m->o->slot_count && m->o->slots[i] > 0)
		fprintf(m->out, "Slot=%u\n", m->o->slots[i]);
	else
		put_line(m, l);
}

/* The first line of its kind is what the volume has of it, for all. */
static void put_addresses(const struct mending *m, const struct bsr_stretch *part, bool *put)
{
	if (part && !*put)
		fprintf(m->out, "VolAddr=%llu-%llu\n", (unsigned long long)part->start, (unsigned long long)part->end);
	*put = true;
}

static void put_indexes(const struct mending *m, const struct bsr_stretch *part, bool *put)
{
	if (!*put)
		bsr_write_indexes(m->out, &m->section->files, part->first, part->last);
	*put = true;
}

/* v, part: NULL where the section has no addresses; name: NULL, the names stay. */
static void put_section(const struct mending *m, const struct mapped_volume *v, const char *name, const struct bsr_stretch *part)
{
	bool split = m->section->volume_count > 1 && part, placed = false, listed = false;
	for (size_t i = 0; i < m->section->lines; i++) {
		const struct bsrfile_line *l = &m->b->lines[m->section->first_line + i];
		switch (l->kind) {
		case BSRFILE_VOLUME: put_named(m, l, "Volume", name); break;
		case BSRFILE_MEDIA_TYPE: put_named(m, l, "MediaType", m->o->media_type); break;
		case BSRFILE_DEVICE: put_named(m, l, "Device", m->o->device); break;
		case BSRFILE_STORAGE: put_named(m, l, "Storage", m->o->storage); break;
		case BSRFILE_SLOT: put_slot(m, l, v); break;
		case BSRFILE_ADDRESS: put_addresses(m, part, &placed); break;
		case BSRFILE_FILE_INDEX:
			if (split)
				put_indexes(m, part, &listed);
			else
				put_line(m, l);
			break;
		case BSRFILE_COUNT:
			if (!split)
				put_line(m, l);
			break;
		default: put_line(m, l);
		}
	}
}

static int mend_volume(struct mending *m, const char *name, struct err *e)
{
	const struct mapped_volume *v = given(m, name);
	struct err why = {0};
	if (v == NULL)
		err_set(&why, XE_USAGE, "volume %s is not among those that are given, nor in a map", name);
	else if (!bsr_name_fits(v->new_name))
		err_set(&why, XE_USAGE, "the name of volume %s cannot stand in a bootstrap", v->new_name);
	if (why.code)
		return refuse(m, &why, e);
	struct bsr_stretch part = {0};
	bool found;
	int rc = find(m, v, &part, &found, e);
	bool renamed = m->section->volume_count > 1 || strcmp(v->new_name, name) != 0;
	if (rc == 0 && found)
		put_section(m, v, renamed ? v->new_name : NULL, &part);
	return rc;
}

static int mend_section(struct mending *m, struct err *e)
{
	int rc = 0;
	if (!m->section->placed) {
		const struct mapped_volume *v = given(m, m->section->volumes[0]);
		bool renamed = v && m->section->volume_count == 1 && strcmp(v->new_name, m->section->volumes[0]) != 0;
		put_section(m, v, renamed ? v->new_name : NULL, NULL);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < m->section->volume_count; i++)
		rc = mend_volume(m, m->section->volumes[i], e);
	return rc;
}

static void put_between(const struct mending *m, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct bsrfile_line *l = &m->b->lines[i];
		put_named(m, l, "Storage", l->kind == BSRFILE_STORAGE ? m->o->storage : NULL);
	}
}

int bsrmend_write(FILE *out, const struct bsrfile *b, struct mapped_volume *const *volumes, size_t count, const struct bsr_options *o,
		  struct err *e)
{
	struct mending m = {.out = out, .b = b, .volumes = volumes, .count = count, .o = o};
	size_t at = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < b->section_count; i++) {
		m.section = &b->sections[i];
		put_between(&m, at, m.section->first_line);
		rc = mend_section(&m, e);
		at = m.section->first_line + m.section->lines;
	}
	put_between(&m, at, b->line_count);
	return rc;
}
