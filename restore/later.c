/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/later.h"

#include "base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder that has a record. */
struct waiting {
	char *path;
	size_t order;
	struct meta meta;
	struct extra *kept; /* its extras */
};

/* Folders that were made one below the other on the way to something: one path for all of them, for names on volumes may be deep. */
struct way {
	char *path;
	size_t first, len; /* bytes of the path of the first of them, and of the last */
};

struct later {
	struct waiting *all;
	size_t count, room;
	struct way *ways;
	size_t way_count, way_room;
};

struct later *later_new(void)
{
	return calloc(1, sizeof(struct later));
}

static void forget(struct later *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->all[i].path);
		free(l->all[i].kept);
	}
	for (size_t i = 0; i < l->way_count; i++)
		free(l->ways[i].path);
	free(l->all);
	free(l->ways);
	*l = (struct later){0};
}

void later_free(struct later *l)
{
	if (l == NULL)
		return;
	forget(l);
	free(l);
}

static struct waiting *add(struct later *l, const char *path, struct err *e)
{
	struct waiting *all = array_reach(l->all, &l->room, l->count, sizeof *all);
	if (all == NULL) {
		err_memory(e, (l->count + 1) * sizeof *all, "folders");
		return NULL;
	}
	l->all = all;
	struct waiting *w = &l->all[l->count];
	*w = (struct waiting){.path = strdup(path), .order = l->count};
	if (w->path == NULL) {
		err_memory(e, strlen(path), "a folder's name");
		return NULL;
	}
	l->count++;
	return w;
}

/* Is path one level below where w ends? */
static bool goes_on(const struct way *w, const char *path, size_t n)
{
	return n > w->len && path[w->len] == '/' && memcmp(path, w->path, w->len) == 0 &&
	       memchr(path + w->len + 1, '/', n - w->len - 1) == NULL;
}

static bool set_path(struct way *w, const char *path, size_t n)
{
	char *grown = realloc(w->path, n + 1);
	if (grown == NULL)
		return false;
	memcpy(grown, path, n);
	grown[n] = '\0';
	w->path = grown;
	w->len = n;
	return true;
}

int later_made(struct later *l, const char *path, size_t n, struct err *e)
{
	struct way *last = l->way_count ? &l->ways[l->way_count - 1] : NULL;
	if (last && goes_on(last, path, n))
		return set_path(last, path, n) ? 0 : err_memory(e, n, "a folder's name");
	struct way *ways = array_reach(l->ways, &l->way_room, l->way_count, sizeof *ways);
	if (ways == NULL)
		return err_memory(e, (l->way_count + 1) * sizeof *ways, "folders");
	l->ways = ways;
	ways[l->way_count] = (struct way){.first = n};
	if (!set_path(&ways[l->way_count], path, n))
		return err_memory(e, n, "a folder's name");
	l->way_count++;
	return 0;
}

int later_add(struct later *l, const char *path, const struct meta *m, struct err *e)
{
	struct waiting *w = add(l, path, e);
	if (w == NULL)
		return e->code;
	w->meta = *m;
	if (m->extra_count == 0)
		return 0;
	w->meta.extras = w->kept = extra_dup(m->extras, m->extra_count);
	if (w->kept)
		return 0;
	w->meta.extra_count = 0;
	return err_memory(e, m->extra_count * sizeof *m->extras, "what belongs to a folder");
}

/* What is below a folder comes before it; of one folder the last record first. */
static int deepest_first(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;
	int order = strcmp(y->path, x->path);
	return order != 0 ? order : x->order < y->order ? 1 : -1;
}

static int by_path(const void *path, const void *waiting)
{
	return strcmp(((const struct waiting *)waiting)->path, path);
}

static mode_t umask_now(void)
{
	mode_t mask = umask(0);
	umask(mask);
	return mask;
}

static bool set_recorded(const struct waiting *w, struct folder *f, char why[static FOLDER_WHY_BYTES])
{
	char reason[META_WHY_BYTES];
	int fd = folder_at(f, w->path, strlen(w->path), false, why);
	if (fd < 0)
		return false;
	bool right = meta_set(fd, &w->meta, reason);
	if (!right)
		snprintf(why, FOLDER_WHY_BYTES, "%.90s: %s", w->path, reason);
	return right;
}

static bool set_made(const char *path, struct folder *f, mode_t mask, char why[static FOLDER_WHY_BYTES])
{
	int fd = folder_at(f, path, strlen(path), false, why);
	if (fd < 0)
		return false;
	bool right = fchmod(fd, 0755 & ~mask) == 0;
	if (!right)
		snprintf(why, FOLDER_WHY_BYTES, "%.90s: its mode cannot be set", path);
	return right;
}

/* From the first of them down; those that have a record, too, wait for that. */
static uint64_t set_way(const struct later *l, const struct way *w, struct folder *f, mode_t mask, char why[static FOLDER_WHY_BYTES])
{
	uint64_t wrong = 0;
	for (size_t end = w->first;; end += 1 + strcspn(w->path + end + 1, "/")) {
		bool last = end == w->len;
		w->path[end] = '\0';
		if (l->count == 0 || bsearch(w->path, l->all, l->count, sizeof *l->all, by_path) == NULL)
			wrong += !set_made(w->path, f, mask, why);
		if (last)
			return wrong;
		w->path[end] = '/';
	}
	return wrong;
}

uint64_t later_set(struct later *l, struct folder *f, char why[static FOLDER_WHY_BYTES])
{
	mode_t mask = umask_now();
	uint64_t wrong = 0;
	if (l->count > 1)
		qsort(l->all, l->count, sizeof *l->all, deepest_first);
	for (size_t i = 0; i < l->way_count; i++)
		wrong += set_way(l, &l->ways[i], f, mask, why);
	for (size_t i = 0; i < l->count; i++) {
		if (i == 0 || strcmp(l->all[i].path, l->all[i - 1].path) != 0)
			wrong += !set_recorded(&l->all[i], f, why);
	}
	forget(l);
	return wrong;
}
