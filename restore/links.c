/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/links.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct links {
	void *root;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct links_name *)a)->name, ((const struct links_name *)b)->name);
}

static void free_name(void *name)
{
	struct links_name *n = name;
	free(n->name);
	free(n->path);
	free(n);
}

struct links *links_new(void)
{
	return calloc(1, sizeof(struct links));
}

void links_free(struct links *l)
{
	if (l == NULL)
		return;
	tdestroy(l->root, free_name);
	free(l);
}

static struct links_name *find(const struct links *l, const char *name)
{
	const struct links_name key = {.name = (char *)(uintptr_t)name};
	struct links_name *const *node = tfind(&key, &l->root, by_name);
	return node ? *node : NULL;
}

const struct links_name *links_find(const struct links *l, const char *name)
{
	return find(l, name);
}

static int change(struct links_name *n, const char *path, enum links_state state, struct err *e)
{
	char *copy = strdup(path);
	if (copy == NULL)
		return err_memory(e, strlen(path), "a path");
	free(n->path);
	n->path = copy;
	n->state = state;
	return 0;
}

int links_add(struct links *l, const char *name, const char *path, enum links_state state, struct err *e)
{
	struct links_name *n = find(l, name);
	if (n)
		return change(n, path, state, e);
	n = calloc(1, sizeof *n);
	if (n)
		n->name = strdup(name);
	if (n == NULL || n->name == NULL || change(n, path, state, e) != 0 || tsearch(n, &l->root, by_name) == NULL) {
		if (n)
			free_name(n);
		return err_memory(e, strlen(name), "the name of a linked file");
	}
	return 0;
}
