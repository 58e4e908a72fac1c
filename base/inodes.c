/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/inodes.h"

#include "base/array.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct inodes_one {
	char text[40]; /* device and number: a row of struct names */
};

static void name_it(struct inodes_one *one, const struct stat *st)
{
	snprintf(one->text, sizeof one->text, "%jx:%jx", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
}

int inodes_meet(struct inodes *s, const struct stat *st, bool *first, struct err *e)
{
	struct inodes_one *all = array_reach(s->all, &s->room, s->count, sizeof *all);
	if (all == NULL)
		return err_memory(e, 0, "the files that were met");
	s->all = all;
	name_it(&all[s->count], st);
	*first = names_find(&s->met, all, sizeof *all, all[s->count].text) == NAMES_ABSENT;
	return *first ? names_add(&s->met, all, sizeof *all, s->count++, e) : 0;
}

bool inodes_met(const struct inodes *s, const struct stat *st)
{
	struct inodes_one wanted;
	name_it(&wanted, st);
	return names_find(&s->met, s->all, sizeof *s->all, wanted.text) != NAMES_ABSENT;
}

void inodes_free(struct inodes *s)
{
	names_free(&s->met);
	free(s->all);
	*s = INODES_NONE;
}
