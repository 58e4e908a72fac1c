/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/batchunits.h"

#include "volume/units.h"

#include <stdlib.h>

/* Those that could be looked at. */
struct looked {
	struct glance *glances;
	struct units_input *inputs;
	size_t count;
	struct units units;
};

void batchunits_free(struct batchunits *u)
{
	free(u->paths);
	free(u->all);
	*u = (struct batchunits){.paths = NULL};
}

static void forget(struct looked *l)
{
	units_free(&l->units);
	for (size_t i = 0; i < l->count; i++)
		glance_free(&l->glances[i]);
	free(l->glances);
	free(l->inputs);
}

/* The others come to the end of u->paths. */
static int look_at_all(struct batchunits *u, struct looked *l, const char *const *paths, size_t count, struct err *e)
{
	struct glance_room room = GLANCE_ROOM_NONE;
	l->glances = calloc(count, sizeof *l->glances);
	l->inputs = calloc(count, sizeof *l->inputs);
	if (l->glances == NULL || l->inputs == NULL)
		return err_memory(e, count * sizeof *l->glances, "the volumes");
	for (size_t i = 0; i < count; i++) {
		struct glance *g = &l->glances[l->count];
		struct err unread = {0};
		if (glance_at(g, paths[i], false, &room, &unread) == 0) {
			l->inputs[l->count++] = (struct units_input){paths[i], g};
			continue;
		}
		glance_free(g);
		u->paths[count - 1 - (i - l->count)] = paths[i];
	}
	glance_room_free(&room);
	return units_find(&l->units, l->inputs, l->count, e);
}

static void add(struct batchunits *u, const char **paths, size_t count, uint64_t bytes)
{
	u->all[u->count++] = (struct batch_unit){paths, count, bytes};
	u->bytes += bytes;
}

static void take(struct batchunits *u, const struct looked *l, size_t count)
{
	for (size_t i = 0; i < l->count; i++)
		u->paths[i] = l->inputs[l->units.volumes[i]].path;
	for (size_t i = 0; i < l->units.count; i++) {
		const struct unit *unit = &l->units.all[i];
		add(u, u->paths + unit->first, unit->count, unit->bytes);
	}
	for (size_t i = count; i > l->count; i--)
		add(u, u->paths + i - 1, 1, 0);
}

int batchunits_find(struct batchunits *u, const char *const *paths, size_t count, struct err *e)
{
	struct looked l = {.glances = NULL};
	*u = (struct batchunits){.paths = calloc(count, sizeof *u->paths), .all = calloc(count, sizeof *u->all)};
	if (u->paths == NULL || u->all == NULL)
		return err_memory(e, count * sizeof *u->all, "the units");
	int rc = look_at_all(u, &l, paths, count, e);
	if (rc == 0)
		take(u, &l, count);
	forget(&l);
	return rc;
}
