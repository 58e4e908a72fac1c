/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/bsr.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

/* ---- stretches ---- */

static bool is_wanted(const struct mapped_range *run, const struct indexes *files)
{
	return files == NULL || indexes_meet(files, run->first, run->last);
}

static void widen(struct bsr_stretch *s, const struct mapped_range *run, size_t index)
{
	s->end = run->end;
	s->last_run = index;
	s->first = run->first < s->first ? run->first : s->first;
	s->last = run->last > s->last ? run->last : s->last;
}

static struct bsr_stretch begin_with(const struct mapped_range *run, size_t index)
{
	return (struct bsr_stretch){run->start, run->end, index, index, run->first, run->last};
}

/* Those with at most gap between them become one. */
static size_t join(struct bsr_stretch *all, size_t count, uint64_t gap)
{
	size_t to = 0;
	for (size_t i = 1; i < count; i++) {
		struct bsr_stretch *last = &all[to];
		if (all[i].start - last->end - 1 > gap) {
			all[++to] = all[i];
			continue;
		}
		last->end = all[i].end;
		last->last_run = all[i].last_run;
		last->first = all[i].first < last->first ? all[i].first : last->first;
		last->last = all[i].last > last->last ? all[i].last : last->last;
	}
	return count > 0 ? to + 1 : 0;
}

int bsr_stretches(const struct mapped_session *s, const struct indexes *files, struct bsr_stretch **stretches, size_t *count, struct err *e)
{
	struct bsr_stretch *all = NULL;
	size_t n = 0, room = 0;
	bool goes_on = false;
	for (size_t i = 0; i < s->run_count; i++) {
		const struct mapped_range *run = &s->runs[i];
		bool wanted = is_wanted(run, files);
		if (wanted && goes_on)
			widen(&all[n - 1], run, i);
		if (wanted && !goes_on) {
			struct bsr_stretch *grown = array_reach(all, &room, n, sizeof *all);
			if (grown == NULL) {
				free(all);
				return err_memory(e, (n + 1) * sizeof *all, "the bootstrap");
			}
			all = grown;
			all[n++] = begin_with(run, i);
		}
		goes_on = wanted;
	}
	for (uint64_t gap = 1; n > BSR_SECTIONS_MAX; gap *= 2)
		n = join(all, n, gap);
	*stretches = all;
	*count = n;
	return 0;
}

/* The first run that ends with this index or a later one. */
static size_t run_from(const struct mapped_session *s, int32_t index)
{
	size_t low = 0, high = s->run_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->runs[mid].last < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool bsr_hull(const struct mapped_session *s, const struct indexes *files, struct bsr_stretch *hull)
{
	bool bounded = files && files->count > 0 && !s->unordered;
	bool any = false;
	for (size_t i = bounded ? run_from(s, files->ranges[0].first) : 0; i < s->run_count; i++) {
		const struct mapped_range *run = &s->runs[i];
		if (bounded && run->first > files->ranges[files->count - 1].last)
			break;
		if (!is_wanted(run, files))
			continue;
		if (any)
			widen(hull, run, i);
		else
			*hull = begin_with(run, i);
		any = true;
	}
	return any;
}

/* ---- sections ---- */

bool bsr_name_fits(const char *name)
{
	for (const char *c = name; *c; c++) {
		if ((unsigned char)*c < 0x20 || strchr("\"\\|", *c))
			return false;
	}
	return *name != '\0';
}

void bsr_write_indexes(FILE *out, const struct indexes *files, int32_t first, int32_t last)
{
	const struct indexes_range whole = {first, last};
	const struct indexes all = {.ranges = (struct indexes_range *)&whole, .count = 1};
	const struct indexes *from = files ? files : &all;
	for (size_t i = indexes_from(from, first); i < from->count && from->ranges[i].first <= last; i++) {
		int32_t a = from->ranges[i].first > first ? from->ranges[i].first : first;
		int32_t b = from->ranges[i].last < last ? from->ranges[i].last : last;
		if (a == b)
			fprintf(out, "FileIndex=%d\n", a);
		else
			fprintf(out, "FileIndex=%d-%d\n", a, b);
	}
}

struct section {
	FILE *out;
	const struct bsr_options *o;
	const struct mapped_volume *v;
	uint32_t slot;
	const struct mapped_session *s;
	const struct indexes *files;
};

static void write_section(const struct section *w, const struct bsr_stretch *part)
{
	const char *type = w->o->media_type ? w->o->media_type : w->v->media_type;
	if (w->o->storage)
		fprintf(w->out, "Storage=\"%s\"\n", w->o->storage);
	fprintf(w->out, "Volume=\"%s\"\n", w->v->new_name);
	if (type[0])
		fprintf(w->out, "MediaType=\"%s\"\n", type);
	if (w->o->device)
		fprintf(w->out, "Device=\"%s\"\n", w->o->device);
	if (w->slot > 0)
		fprintf(w->out, "Slot=%u\n", w->slot);
	fprintf(w->out, "VolSessionId=%u\nVolSessionTime=%u\nVolAddr=%llu-%llu\n", w->s->id, w->s->time, (unsigned long long)part->start,
		(unsigned long long)part->end);
	bsr_write_indexes(w->out, w->files, part->first, part->last);
}

/* All of a job has its labels, too, as its rows have. */
static void take_labels(const struct mapped_session *s, struct bsr_stretch *all, size_t count)
{
	if (count == 0)
		return;
	all[0].start = s->side[MAPPED_NEW].start;
	all[count - 1].end = s->side[MAPPED_NEW].end;
}

static int write_volume(const struct section *w, struct err *e)
{
	struct bsr_stretch *parts;
	size_t count;
	int rc = bsr_stretches(w->s, w->files, &parts, &count, e);
	if (rc != 0)
		return rc;
	if (w->files == NULL)
		take_labels(w->s, parts, count);
	for (size_t i = 0; i < count; i++)
		write_section(w, &parts[i]);
	free(parts);
	return 0;
}

/* ---- what can be refused before a word is written ---- */

static int check_names(const struct mapped_volume *v, const struct bsr_options *o, struct err *e)
{
	if (!bsr_name_fits(v->new_name) || (o->media_type == NULL && v->media_type[0] && !bsr_name_fits(v->media_type)))
		return err_set(e, XE_USAGE, "%s: its name, or its media type, cannot stand in a bootstrap", v->path);
	return 0;
}

static int check_volume(const struct mapped_volume *v, const struct mapped_session *s, int32_t *last, struct indexes *here, struct err *e)
{
	const struct mapped_range *r = &s->side[MAPPED_NEW];
	if (r->first < *last)
		return err_set(e, XE_USAGE,
			       "volume %s has FileIndex %d of the job, and the one before has %d already: give volumes in the order in "
			       "which they were written",
			       v->new_name, r->first, *last);
	*last = r->last;
	return indexes_add(here, r->first, r->last, e);
}

static int check_files(const struct indexes *files, const struct indexes *here, struct err *e)
{
	struct indexes rest = {0};
	int rc = here->count == 0 ? err_set(e, XE_USAGE, "none of these volumes holds a file of the job") : 0;
	/* All of it: what lies between those that are here. */
	if (rc == 0 && files == NULL)
		rc = indexes_add_rest(&rest, here->ranges[0].first, here->ranges[here->count - 1].last, here, e);
	for (size_t i = 0; rc == 0 && files && i < files->count; i++)
		rc = indexes_add_rest(&rest, files->ranges[i].first, files->ranges[i].last, here, e);
	if (rc == 0 && rest.count > 0)
		rc = err_set(e, XE_USAGE, "FileIndex %d to %d of the job is on none of these volumes", rest.ranges[0].first,
			     rest.ranges[0].last);
	indexes_free(&rest);
	return rc;
}

int bsr_write(FILE *out, struct mapped_volume *const *volumes, size_t count, uint32_t session_id, uint32_t session_time,
	      const struct indexes *files, const struct bsr_options *o, struct err *e)
{
	struct indexes here = {0};
	int32_t last = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct mapped_session *s = mapped_find(volumes[i], session_id, session_time);
		if (s == NULL || s->run_count == 0)
			continue;
		rc = check_names(volumes[i], o, e);
		if (rc == 0)
			rc = check_volume(volumes[i], s, &last, &here, e);
	}
	if (rc == 0)
		rc = check_files(files, &here, e);
	indexes_free(&here);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct section w = {.out = out,
					  .o = o,
					  .v = volumes[i],
					  .slot = i < o->slot_count ? o->slots[i] : 0,
					  .s = mapped_find(volumes[i], session_id, session_time),
					  .files = files};
		rc = w.s ? write_volume(&w, e) : 0;
	}
	return rc;
}
