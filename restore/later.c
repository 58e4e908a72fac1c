/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/later.h"

#include "base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct waiting {
	char *path;
	bool recorded; /* else made on the way */
	size_t order;
	struct meta meta;
	uint8_t *kept; /* what its extras lend, and they themselves */
};

struct later {
	struct waiting *all;
	size_t count, room;
};

struct later *later_new(void)
{
	return calloc(1, sizeof(struct later));
}

static void free_waiting(struct waiting *w)
{
	free(w->path);
	free(w->kept);
}

static void forget(struct later *l)
{
	for (size_t i = 0; i < l->count; i++)
		free_waiting(&l->all[i]);
	free(l->all);
	*l = (struct later){0};
}

void later_free(struct later *l)
{
	if (l == NULL)
		return;
	forget(l);
	free(l);
}

static struct waiting *add(struct later *l, const char *path, size_t n, struct err *e)
{
	struct waiting *all = array_reach(l->all, &l->room, l->count, sizeof *all);
	if (all == NULL) {
		err_memory(e, (l->count + 1) * sizeof *all, "folders");
		return NULL;
	}
	l->all = all;
	struct waiting *w = &l->all[l->count];
	*w = (struct waiting){.path = strndup(path, n), .order = l->count};
	if (w->path == NULL) {
		err_memory(e, n, "a folder's name");
		return NULL;
	}
	l->count++;
	return w;
}

int later_made(struct later *l, const char *path, size_t n, struct err *e)
{
	return add(l, path, n, e) ? 0 : e->code;
}

/* They themselves first, then their data. */
static int keep_extras(struct waiting *w, const struct meta *m, struct err *e)
{
	size_t bytes = m->extra_count * sizeof *m->extras;
	for (size_t i = 0; i < m->extra_count; i++)
		bytes += m->extras[i].data.len;
	w->kept = malloc(bytes);
	if (w->kept == NULL)
		return err_memory(e, bytes, "what belongs to a folder");
	struct extra *copies = (struct extra *)(void *)w->kept;
	uint8_t *at = w->kept + m->extra_count * sizeof *m->extras;
	for (size_t i = 0; i < m->extra_count; i++) {
		const struct span data = m->extras[i].data;
		if (data.len > 0)
			memcpy(at, data.data, data.len);
		copies[i] = (struct extra){m->extras[i].stream, {at, data.len}};
		at += data.len;
	}
	w->meta.extras = copies;
	w->meta.extra_count = m->extra_count;
	return 0;
}

int later_add(struct later *l, const char *path, const struct meta *m, struct err *e)
{
	struct waiting *w = add(l, path, strlen(path), e);
	if (w == NULL)
		return e->code;
	w->recorded = true;
	w->meta = *m;
	w->meta.extra_count = 0;
	return m->extra_count > 0 ? keep_extras(w, m, e) : 0;
}

/* What is below a folder comes before it; of one folder the last record first. */
static int deepest_first(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;
	int order = strcmp(y->path, x->path);
	if (order == 0 && x->recorded != y->recorded)
		order = x->recorded ? -1 : 1;
	return order != 0 ? order : x->order < y->order ? 1 : -1;
}

static mode_t umask_now(void)
{
	mode_t mask = umask(0);
	umask(mask);
	return mask;
}

static bool set(const struct waiting *w, struct folder *f, mode_t mask, char why[static FOLDER_WHY_BYTES])
{
	char reason[META_WHY_BYTES];
	int fd = folder_at(f, w->path, strlen(w->path), false, why);
	if (fd < 0)
		return false;
	bool right = w->recorded ? meta_set(fd, &w->meta, reason) : fchmod(fd, 0755 & ~mask) == 0;
	if (!right)
		snprintf(why, FOLDER_WHY_BYTES, "%.90s: %s", w->path, w->recorded ? reason : "its mode cannot be set");
	return right;
}

uint64_t later_set(struct later *l, struct folder *f, char why[static FOLDER_WHY_BYTES])
{
	mode_t mask = umask_now();
	uint64_t wrong = 0;
	if (l->count > 1)
		qsort(l->all, l->count, sizeof *l->all, deepest_first);
	for (size_t i = 0; i < l->count; i++) {
		if (i == 0 || strcmp(l->all[i].path, l->all[i - 1].path) != 0)
			wrong += !set(&l->all[i], f, mask, why);
	}
	forget(l);
	return wrong;
}
