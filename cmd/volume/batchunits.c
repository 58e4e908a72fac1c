/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/batchunits.h"

#include "volume/neighbours.h"
#include "volume/units.h"

#include <stdlib.h>
#include <string.h>

/* Those that could be looked at. */
struct looked {
	struct glance *glances;
	struct units_input *inputs;
	size_t count;
	struct units units;
	struct err **unread; /* of the others, from the end of all paths on; NULL: it is no volume */
	size_t all;
};

void batchunits_free(struct batchunits *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->all[i].unread);
		free(u->all[i].near);
	}
	for (size_t i = 0; u->labels && i < u->path_count; i++)
		free(u->labels[i]);
	free(u->labels);
	free(u->paths);
	free(u->all);
	*u = (struct batchunits){.paths = NULL};
}

static void forget(struct looked *l)
{
	units_free(&l->units);
	for (size_t i = 0; i < l->count; i++)
		glance_free(&l->glances[i]);
	for (size_t i = 0; l->unread && i < l->all; i++)
		free(l->unread[i]);
	free(l->unread);
	free(l->glances);
	free(l->inputs);
}

static int keep_error(struct err **to, const struct err *why, struct err *e)
{
	if (why->errnum == 0)
		return 0;
	*to = malloc(sizeof **to);
	if (*to == NULL)
		return err_memory(e, sizeof **to, "the volumes");
	**to = *why;
	return 0;
}

/* The others come to the end of u->paths. */
static int look_at_all(struct batchunits *u, struct looked *l, const char *const *paths, size_t count, struct err *e)
{
	struct glance_room room = GLANCE_ROOM_NONE;
	l->glances = calloc(count, sizeof *l->glances);
	l->inputs = calloc(count, sizeof *l->inputs);
	l->unread = calloc(count, sizeof(struct err *));
	l->all = count;
	int rc = l->glances && l->inputs && l->unread ? 0 : err_memory(e, count * sizeof *l->glances, "the volumes");
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct glance *g = &l->glances[l->count];
		struct err unread = {0};
		if (glance_at(g, paths[i], false, &room, &unread) == 0) {
			l->inputs[l->count++] = (struct units_input){paths[i], g};
			continue;
		}
		glance_free(g);
		size_t place = count - 1 - (i - l->count);
		u->paths[place] = paths[i];
		rc = keep_error(&l->unread[place], &unread, e);
	}
	glance_room_free(&room);
	return rc == 0 ? units_find(&l->units, l->inputs, l->count, e) : rc;
}

/* The first that the system did not let us look at; NULL: none. */
static const struct err *first_unread(const struct looked *l)
{
	const struct err *first = NULL;
	for (size_t i = l->all; i-- > l->count && first == NULL;)
		first = l->unread[i];
	return first;
}

/* What it lacks may be that one: converted now, it would be in the way of both. */
static int hold_back(struct batch_unit *unit, const struct err *first, struct err *e)
{
	struct err why = {.errnum = first->errnum};
	err_set(&why, XE_FAILED, "goes on with a volume that is not here, perhaps with %s, which could not be looked at: %s", first->volume,
		first->text);
	err_volume(&why, unit->paths[0]);
	return keep_error(&unit->unread, &why, e);
}

/* Of the volumes from the first-th on. */
static struct batch_unit *add(struct batchunits *u, size_t first, size_t count, uint64_t bytes)
{
	struct batch_unit *unit = &u->all[u->count++];
	*unit = (struct batch_unit){.first = first, .paths = u->paths + first, .count = count, .bytes = bytes};
	u->bytes += bytes;
	return unit;
}

/* The index-th volume of a unit, whose volumes begin with the first-th, with its neighbours among them. */
static int add_volume(struct batchunits *u, size_t first, size_t index, const struct glance *glance, const struct neighbours_of *of,
		      struct err *e)
{
	const char *const *paths = u->paths + first;
	struct batch_unit *unit = add(u, first + index, 1, glance->bytes);
	const char **near = calloc(1 + of->after_count + of->before_count, sizeof(const char *));
	if (near == NULL)
		return err_memory(e, 0, "the volumes' neighbours");
	near[0] = paths[index];
	for (size_t i = 0; i < of->after_count; i++)
		near[1 + i] = paths[of->after[i]];
	for (size_t i = 0; i < of->before_count; i++)
		near[1 + of->after_count + i] = paths[of->before[i]];
	unit->paths = unit->near = near;
	unit->after_count = of->after_count;
	unit->before = near + 1 + of->after_count;
	unit->before_count = of->before_count;
	return 0;
}

/* Each of its volumes, as a unit by itself. */
static int add_volumes(struct batchunits *u, const struct looked *l, const struct unit *unit, struct err *e)
{
	const struct glance **glances = calloc(unit->count, sizeof(const struct glance *));
	struct neighbours n = NEIGHBOURS_NONE;
	if (glances == NULL)
		return err_memory(e, 0, "the volumes' neighbours");
	for (size_t i = 0; i < unit->count; i++)
		glances[i] = l->inputs[l->units.volumes[unit->first + i]].glance;
	int rc = neighbours_find(&n, glances, unit->count, e);
	for (size_t i = 0; rc == 0 && i < unit->count; i++)
		rc = add_volume(u, unit->first, i, glances[i], &n.all[i], e);
	neighbours_free(&n);
	free(glances);
	return rc;
}

static int add_unit(struct batchunits *u, const struct looked *l, const struct unit *unit, bool by_volume, struct err *e)
{
	const struct err *first = unit->incomplete ? first_unread(l) : NULL;
	size_t begun = u->count;
	int rc = by_volume ? add_volumes(u, l, unit, e) : 0;
	if (!by_volume)
		add(u, unit->first, unit->count, unit->bytes);
	for (size_t i = begun; rc == 0 && first && i < u->count; i++)
		rc = hold_back(&u->all[i], first, e);
	return rc;
}

static int take_path(struct batchunits *u, size_t i, const struct units_input *in, struct err *e)
{
	u->paths[i] = in->path;
	u->labels[i] = in->glance->labelled ? strdup(in->glance->label.volume) : NULL;
	return u->labels[i] || !in->glance->labelled ? 0 : err_memory(e, 0, "the names of the volumes");
}

static int take(struct batchunits *u, struct looked *l, size_t count, bool by_volume, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < l->count; i++)
		rc = take_path(u, i, &l->inputs[l->units.volumes[i]], e);
	for (size_t i = 0; rc == 0 && i < l->units.count; i++)
		rc = add_unit(u, l, &l->units.all[i], by_volume, e);
	for (size_t i = count; rc == 0 && i-- > l->count;) {
		add(u, i, 1, 0)->unread = l->unread[i];
		l->unread[i] = NULL;
	}
	return rc;
}

int batchunits_find(struct batchunits *u, const char *const *paths, size_t count, bool by_volume, struct err *e)
{
	struct looked l = {.glances = NULL};
	*u = (struct batchunits){.paths = calloc(count, sizeof *u->paths), .all = calloc(count, sizeof *u->all), .path_count = count};
	u->labels = calloc(count, sizeof *u->labels);
	if (u->paths == NULL || u->labels == NULL || u->all == NULL)
		return err_memory(e, count * sizeof *u->all, "the units");
	int rc = look_at_all(u, &l, paths, count, e);
	if (rc == 0)
		rc = take(u, &l, count, by_volume, e);
	forget(&l);
	return rc;
}
