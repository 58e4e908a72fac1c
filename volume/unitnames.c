/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/unitnames.h"

#include "base/names.h"
#include "base/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void name_unit(struct unit *unit, const struct units_input *first)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:.-_";
	char base[PLACE_PATH_BYTES];
	place_base(first->path, base);
	const char *name = first->glance->labelled ? first->glance->label.volume : base;
	snprintf(unit->name, sizeof unit->name, "%.*s", (int)LABEL_NAME_BYTES, name[0] ? name : "_");
	for (char *c = unit->name; *c; c++) {
		bool begins = c == unit->name && (*c == '.' || *c == '-');
		*c = begins || strchr(allowed, *c) == NULL ? '_' : *c;
	}
}

/* Of several with one name, which follow each other, the second is NAME-2, unless that is another's. */
static int name_apart(struct units *u, struct err *e)
{
	struct names taken = NAMES_NONE;
	char name[UNIT_NAME_BYTES] = "";
	unsigned n = 1;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < u->count; i++)
		rc = names_add(&taken, u->all, sizeof *u->all, i, e);
	for (size_t i = 0; rc == 0 && i < u->count; i++) {
		bool again = strcmp(u->all[i].name, name) == 0;
		snprintf(name, sizeof name, "%s", u->all[i].name);
		n = again ? n : 1;
		while (again && names_find(&taken, u->all, sizeof *u->all, u->all[i].name) != NAMES_ABSENT)
			snprintf(u->all[i].name, UNIT_NAME_BYTES, "%.*s-%u", (int)LABEL_NAME_BYTES, name, ++n);
		if (again)
			rc = names_add(&taken, u->all, sizeof *u->all, i, e);
	}
	names_free(&taken);
	return rc;
}

struct titled {
	struct unit unit;
	const char *path; /* of its first volume */
};

static int by_title(const void *a, const void *b)
{
	const struct titled *x = a, *y = b;
	int order = strcmp(x->unit.name, y->unit.name);
	return order != 0 ? order : strcmp(x->path, y->path);
}

int unitnames_give(struct units *u, const struct units_input *inputs, struct err *e)
{
	struct titled *all = calloc(u->count + 1, sizeof *all);
	if (all == NULL)
		return err_memory(e, u->count * sizeof *all, "the units");
	for (size_t i = 0; i < u->count; i++) {
		const struct units_input *first = &inputs[u->volumes[u->all[i].first]];
		all[i] = (struct titled){u->all[i], first->path};
		name_unit(&all[i].unit, first);
	}
	qsort(all, u->count, sizeof *all, by_title);
	for (size_t i = 0; i < u->count; i++)
		u->all[i] = all[i].unit;
	free(all);
	return name_apart(u, e);
}
