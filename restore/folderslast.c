/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/folderslast.h"

#include "base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kept {
	struct object object; /* what it points to is the folder's own */
	struct filestat stat;
	char *path;
	struct extra *extras;
};

struct folderslast {
	struct target target;
	const struct target *behind;
	struct kept *all;
	size_t count, room;
};

static void forget(struct kept *k)
{
	free(k->extras);
	free(k->path);
}

/* ---- as they come ---- */

static int keep_extras(struct kept *k, const struct object *o, struct err *e)
{
	if (o->extra_count == 0)
		return 0;
	k->object.extras = k->extras = extra_dup(o->extras, o->extra_count);
	if (k->extras == NULL)
		return err_memory(e, o->extra_count * sizeof *k->extras, "what belongs to a folder");
	k->object.extra_count = o->extra_count;
	return 0;
}

static int keep(struct folderslast *f, const struct object *o, struct err *e)
{
	struct kept *all = array_reach(f->all, &f->room, f->count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (f->count + 1) * sizeof *all, "folders");
	f->all = all;
	struct kept *k = &all[f->count];
	*k = (struct kept){.object = {.kind = o->kind, .mode = o->mode}, .stat = *o->stat, .path = strdup(o->path)};
	k->stat.name = k->stat.link = k->stat.extended = "";
	if (k->path == NULL)
		return err_memory(e, strlen(o->path), "a folder's name");
	f->count++;
	return keep_extras(k, o, e);
}

static int begin(void *arg, const struct object *o, struct made *m, struct err *e)
{
	const struct target *t = ((struct folderslast *)arg)->behind;
	return t->begin(t->arg, o, m, e);
}

static int write_at(void *arg, uint64_t at, struct span data, struct made *m, struct err *e)
{
	const struct target *t = ((struct folderslast *)arg)->behind;
	return t->write(t->arg, at, data, m, e);
}

static int end(void *arg, const struct object *o, enum ending how, uint64_t size, struct made *m, struct err *e)
{
	const struct target *t = ((struct folderslast *)arg)->behind;
	return t->end(t->arg, o, how, size, m, e);
}

static int make(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct folderslast *f = arg;
	*m = (struct made){.how = MADE, .path = o->path};
	return o->kind == OBJECT_FOLDER ? keep(f, o, e) : f->behind->make(f->behind->arg, o, m, e);
}

/* ---- in the end ---- */

/* What lies in a folder first: to make it changes the time of that. */
static int deepest_first(const void *a, const void *b)
{
	return strcmp(((const struct kept *)b)->path, ((const struct kept *)a)->path);
}

static int hand_on(struct folderslast *f, struct kept *k, uint64_t *bare, char why[static MADE_WHY_BYTES], struct err *e)
{
	struct made m;
	k->object.path = k->path;
	k->object.stat = &k->stat;
	int rc = f->behind->make(f->behind->arg, &k->object, &m, e);
	if (rc != 0 || m.how == MADE || m.how == MADE_THERE)
		return rc;
	(*bare)++;
	snprintf(why, MADE_WHY_BYTES, "%.200s: %.250s", k->path, m.why);
	return 0;
}

static int finish(void *arg, bool whole, struct finished *done, struct err *e)
{
	struct folderslast *f = arg;
	struct err late = {0};
	char why[MADE_WHY_BYTES] = "";
	uint64_t bare = 0;
	int rc = 0;
	if (f->count > 1)
		qsort(f->all, f->count, sizeof *f->all, deepest_first);
	for (size_t i = 0; whole && rc == 0 && i < f->count; i++)
		rc = hand_on(f, &f->all[i], &bare, why, e);
	int finished = f->behind->finish(f->behind->arg, whole && rc == 0, done, &late);
	if (bare > 0 && done->bare_folders == 0)
		memcpy(done->why, why, sizeof done->why);
	done->bare_folders += bare;
	if (rc == 0 && finished != 0)
		*e = late;
	return rc != 0 ? rc : finished;
}

/* ---- the whole ---- */

struct folderslast *folderslast_new(const struct target *behind)
{
	struct folderslast *f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->behind = behind;
	f->target = (struct target){.arg = f, .begin = begin, .write = write_at, .end = end, .make = make, .finish = finish};
	return f;
}

void folderslast_free(struct folderslast *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++)
		forget(&f->all[i]);
	free(f->all);
	free(f);
}

const struct target *folderslast_target(struct folderslast *f)
{
	return &f->target;
}
