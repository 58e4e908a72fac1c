/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/indexparts.h"

#include "base/array.h"
#include "cmd/command.h"
#include "index/volumeid.h"
#include "medium/medium.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS_BITS 48 /* of a file */

struct indexparts_volume {
	int64_t id;
	char name[LABEL_NAME_BYTES];
	char *path; /* where the index has seen it */
	bool wanted;
	size_t place; /* in the order; and in the end its index among the run's inputs */
	size_t step;  /* on the way of the last job that went over it */
};

/* Blocks of the at-th volume. */
struct indexparts_part {
	size_t at;
	uint64_t from, to;
};

/* ---- volumes and their order ---- */

/* The volume's index; volume_count if it is not there.  Files come in the order of their volumes, mostly: it is the one of before. */
static size_t find(struct indexparts *p, int64_t id)
{
	size_t i = 0;
	if (p->found < p->volume_count && p->volumes[p->found].id == id)
		return p->found;
	while (i < p->volume_count && p->volumes[i].id != id)
		i++;
	p->found = i;
	return i;
}

static int add_volume(struct indexparts *p, const struct fileindex_volume *v, struct err *e)
{
	struct indexparts_volume *volumes = array_reach(p->volumes, &p->volume_room, p->volume_count, sizeof *volumes);
	if (volumes == NULL)
		return err_memory(e, p->volume_count * sizeof *volumes, "volumes");
	p->volumes = volumes;
	size_t *order = array_reach(p->order, &p->order_room, p->volume_count, sizeof *order);
	if (order == NULL)
		return err_memory(e, p->volume_count * sizeof *order, "volumes");
	p->order = order;
	struct indexparts_volume *h = &volumes[p->volume_count];
	*h = (struct indexparts_volume){.id = v->id, .path = strdup(v->path)};
	memcpy(h->name, v->name, sizeof h->name);
	if (h->path == NULL)
		return err_memory(e, strlen(v->path), "a path");
	/* Behind the one before it of this job, where that is. */
	size_t at = p->way_count > 0 ? volumes[p->way[p->way_count - 1]].place + 1 : p->volume_count;
	memmove(order + at + 1, order + at, (p->volume_count - at) * sizeof *order);
	order[at] = p->volume_count++;
	for (size_t i = at; i < p->volume_count; i++)
		volumes[order[i]].place = i;
	return 0;
}

static int see_volume(void *arg, const struct fileindex_volume *v, struct err *e)
{
	struct indexparts *p = arg;
	size_t at = find(p, v->id);
	int rc = at == p->volume_count ? add_volume(p, v, e) : 0;
	size_t *way = rc == 0 ? array_reach(p->way, &p->way_room, p->way_count, sizeof *way) : NULL;
	if (way == NULL)
		return rc != 0 ? rc : err_memory(e, p->way_count * sizeof *way, "volumes");
	p->way = way;
	if (p->way_count > 0 && p->volumes[way[p->way_count - 1]].place >= p->volumes[at].place)
		return err_set(
			e, XE_USAGE,
			"the jobs go over the volumes %s and %s in different orders, so that they cannot be read in one go with the index; "
			"leave --index out",
			p->volumes[way[p->way_count - 1]].name, p->volumes[at].name);
	p->volumes[at].step = p->way_count;
	way[p->way_count++] = at;
	return 0;
}

int indexparts_job(struct indexparts *p, int64_t job, struct err *e)
{
	p->way_count = 0;
	return fileindex_job_volumes(p->index, job, see_volume, p, e);
}

uint64_t indexparts_rank(struct indexparts *p, const struct fileindex_place *place)
{
	size_t at = find(p, place->volume);
	uint64_t rank = at < p->volume_count ? p->volumes[at].place + 1 : 0;
	return rank << ADDRESS_BITS | (place->addr & (((uint64_t)1 << ADDRESS_BITS) - 1));
}

/* ---- where files lie ---- */

static int add_part(struct indexparts *p, size_t at, uint64_t from, uint64_t to, struct err *e)
{
	struct indexparts_part *grown = array_reach(p->parts, &p->part_room, p->part_count, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, p->part_count * sizeof *grown, "blocks");
	p->parts = grown;
	p->volumes[at].wanted = true;
	/* Files stand in their order, mostly: what touches the part before is one with it. */
	struct indexparts_part *last = p->part_count > 0 ? &grown[p->part_count - 1] : NULL;
	if (last && last->at == at && from >= last->from && from <= last->to)
		last->to = to > last->to ? to : last->to;
	else
		grown[p->part_count++] = (struct indexparts_part){at, from, to};
	return 0;
}

/* Which one on the way it is; way_count if the job does not go there. */
static size_t step_of(struct indexparts *p, int64_t volume)
{
	size_t at = find(p, volume), step = at < p->volume_count ? p->volumes[at].step : p->way_count;
	return step < p->way_count && p->way[step] == at ? step : p->way_count;
}

int indexparts_file(struct indexparts *p, const struct fileindex_file *f, struct err *e)
{
	size_t first = step_of(p, f->first.volume), last = step_of(p, f->last.volume);
	if (first > last || last >= p->way_count)
		return err_set(e, XE_DAMAGE, "FileIndex %d lies on volumes that its job does not: the index is damaged; make it anew",
			       f->file_index);
	int rc = 0;
	for (size_t i = first; rc == 0 && i <= last; i++)
		rc = add_part(p, p->way[i], i == first ? f->first.addr : 0, i == last ? f->last.addr : UINT64_MAX, e);
	return rc;
}

bool indexparts_none(const struct indexparts *p)
{
	return p->part_count == 0;
}

/* ---- where volumes are ---- */

/* What is at path has to be what is in the index. */
static int fits(struct indexparts *p, const char *path, int64_t *volume, struct err *e)
{
	enum volumeid_state state;
	struct fileindex_volume known;
	int rc = volumeid_look(p->index, path, NULL, &state, &known, e);
	*volume = rc == 0 && (state == VOLUMEID_SAME || state == VOLUMEID_GROWN) ? known.id : 0;
	if (rc != 0 || *volume > 0)
		return rc;
	err_volume(e, path);
	if (state != VOLUMEID_GONE && !medium_has_ranges(path))
		return err_set(e, XE_USAGE, "only volumes in files and chunks can be gone straight into; extract it without --index");
	if (state == VOLUMEID_GONE)
		return err_set(e, XE_FAILED, "it is not there, or cannot be opened; name the volumes where they are now");
	return err_set(e, XE_USAGE,
		       "the index does not know this volume as it is now: xflate find --index DB --update brings it up to date");
}

static int take_given(struct indexparts *p, const struct filter_options *run, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < run->path_count; i++) {
		int64_t volume;
		rc = fits(p, run->paths[i], &volume, e);
		size_t at = rc == 0 ? find(p, volume) : p->volume_count;
		if (at < p->volume_count)
			p->inputs[p->volumes[at].place] = run->paths[i];
	}
	for (size_t at = 0; rc == 0 && at < p->volume_count; at++) {
		if (p->volumes[at].wanted && p->inputs[p->volumes[at].place] == NULL)
			rc = err_set(e, XE_USAGE,
				     "some of it lies on the volume %s, which is not given; without volumes they are taken from where "
				     "the index has seen them",
				     p->volumes[at].name);
	}
	return rc;
}

static int take_known(struct indexparts *p, struct err *e)
{
	int rc = 0;
	for (size_t at = 0; rc == 0 && at < p->volume_count; at++) {
		const struct indexparts_volume *h = &p->volumes[at];
		int64_t volume;
		if (!h->wanted)
			continue;
		rc = fits(p, h->path, &volume, e);
		if (rc == 0 && volume != h->id)
			rc = err_set(
				e, XE_USAGE,
				"%s: this begins with another volume than %s: name the volumes where they are now; if it stands behind "
				"another one in this file, leave --index out",
				h->path, h->name);
		p->inputs[h->place] = h->path;
	}
	return rc;
}

/* Only those that something wanted lies on. */
static int set_inputs(struct indexparts *p, struct filter_options *run, struct err *e)
{
	size_t n = 0;
	p->ranges = calloc(p->part_count + 1, sizeof *p->ranges);
	if (p->ranges == NULL)
		return err_memory(e, p->part_count * sizeof *p->ranges, "blocks");
	for (size_t i = 0; i < p->volume_count; i++) {
		struct indexparts_volume *v = &p->volumes[p->order[i]];
		v->place = n;
		if (v->wanted)
			p->inputs[n++] = p->inputs[i];
	}
	p->input_count = n;
	for (size_t i = 0; i < p->part_count; i++)
		p->ranges[i] = (struct reader_range){p->volumes[p->parts[i].at].place, p->parts[i].from, p->parts[i].to};
	p->range_count = reading_settle(p->ranges, p->part_count);
	run->paths = p->inputs;
	run->path_count = p->input_count;
	run->ranges = p->ranges;
	run->range_count = p->range_count;
	return 0;
}

int indexparts_inputs(struct indexparts *p, struct filter_options *run, struct err *e)
{
	p->inputs = calloc(p->volume_count + 1, sizeof *p->inputs);
	if (p->inputs == NULL)
		return err_memory(e, 0, "the volumes");
	int rc = run->path_count > 0 ? take_given(p, run, e) : take_known(p, e);
	return rc == 0 ? set_inputs(p, run, e) : rc;
}

uint64_t indexparts_bytes(const struct indexparts *p)
{
	return command_range_bytes(p->inputs, p->ranges, p->range_count);
}

void indexparts_free(struct indexparts *p)
{
	for (size_t i = 0; i < p->volume_count; i++)
		free(p->volumes[i].path);
	free(p->volumes);
	free(p->order);
	free(p->way);
	free(p->parts);
	free(p->inputs);
	free(p->ranges);
	*p = (struct indexparts){.index = p->index};
}
