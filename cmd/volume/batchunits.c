/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/batchunits.h"

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
	for (size_t i = 0; i < u->count; i++)
		free(u->all[i].unread);
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

static void add(struct batchunits *u, const char **paths, size_t count, uint64_t bytes)
{
	u->all[u->count++] = (struct batch_unit){paths, count, bytes, NULL};
	u->bytes += bytes;
}

static int take_path(struct batchunits *u, size_t i, const struct units_input *in, struct err *e)
{
	u->paths[i] = in->path;
	u->labels[i] = in->glance->labelled ? strdup(in->glance->label.volume) : NULL;
	return u->labels[i] || !in->glance->labelled ? 0 : err_memory(e, 0, "the names of the volumes");
}

static int take(struct batchunits *u, struct looked *l, size_t count, struct err *e)
{
	const struct err *first = first_unread(l);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < l->count; i++)
		rc = take_path(u, i, &l->inputs[l->units.volumes[i]], e);
	for (size_t i = 0; rc == 0 && i < l->units.count; i++) {
		const struct unit *unit = &l->units.all[i];
		add(u, u->paths + unit->first, unit->count, unit->bytes);
		if (first && unit->incomplete)
			rc = hold_back(&u->all[u->count - 1], first, e);
	}
	for (size_t i = count; rc == 0 && i-- > l->count;) {
		add(u, u->paths + i, 1, 0);
		u->all[u->count - 1].unread = l->unread[i];
		l->unread[i] = NULL;
	}
	return rc;
}

int batchunits_find(struct batchunits *u, const char *const *paths, size_t count, struct err *e)
{
	struct looked l = {.glances = NULL};
	*u = (struct batchunits){.paths = calloc(count, sizeof *u->paths), .all = calloc(count, sizeof *u->all), .path_count = count};
	u->labels = calloc(count, sizeof *u->labels);
	if (u->paths == NULL || u->labels == NULL || u->all == NULL)
		return err_memory(e, count * sizeof *u->all, "the units");
	int rc = look_at_all(u, &l, paths, count, e);
	if (rc == 0)
		rc = take(u, &l, count, e);
	forget(&l);
	return rc;
}
