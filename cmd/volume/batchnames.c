/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/batchnames.h"

#include "base/msg.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct named {
	char *name;
	const char *input; /* that it comes from */
};

struct list {
	struct named *all;
	size_t count;
};

void batchnames_unit(const char *input, char name[static PLACE_PATH_BYTES])
{
	place_base(input, name);
}

static int in_folder(const char *folder, const char *name, const char *side, char path[static PLACE_PATH_BYTES], struct err *e)
{
	size_t len = strlen(folder);
	int n = snprintf(path, PLACE_PATH_BYTES, "%s%s%s%s", folder, len > 0 && folder[len - 1] == '/' ? "" : "/", name, side);
	return n > 0 && n < PLACE_PATH_BYTES ? 0 : err_set(e, XE_FAILED, "the path of an output is too long");
}

int batchnames_side(const char *folder, const char *input, const char *side, char path[static PLACE_PATH_BYTES], struct err *e)
{
	char name[PLACE_PATH_BYTES];
	batchnames_unit(input, name);
	return in_folder(folder, name, side, path, e);
}

/* ---- each has its own ---- */

static int add(struct list *l, const char *input, const char *side, struct err *e)
{
	char name[PLACE_PATH_BYTES], *copy;
	place_base(input, name);
	if (asprintf(&copy, "%s%s", name, side) < 0)
		return err_memory(e, 0, "the names of the volumes");
	l->all[l->count++] = (struct named){copy, input};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static int refuse_twins(const struct list *l, const char *folder, struct err *e)
{
	for (size_t i = 1; i < l->count; i++) {
		if (strcmp(l->all[i - 1].name, l->all[i].name) == 0)
			return err_set(e, XE_USAGE,
				       "%s and what stands beside %s would be one file, %s/%s: convert one of them in a batch of its own, "
				       "into another folder",
				       l->all[i - 1].input, l->all[i].input, folder, l->all[i].name);
	}
	return 0;
}

static int refuse_unnamed(const struct filter_request *q, struct err *e)
{
	char name[PLACE_PATH_BYTES];
	for (size_t i = 0; i < q->o.path_count; i++) {
		place_base(q->o.paths[i], name);
		if (name[0] == '\0' || name[0] == '/' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
			err_volume(e, q->o.paths[i]);
			return err_set(e, XE_USAGE, "its output has no name: name the volume from the folder that it lies in");
		}
	}
	return 0;
}

static int list_all(struct list *l, const struct filter_request *q, const char *const *firsts, size_t count, struct err *e)
{
	int rc = refuse_unnamed(q, e);
	for (size_t i = 0; rc == 0 && i < q->o.path_count; i++)
		rc = add(l, q->o.paths[i], "", e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = add(l, firsts[i], BATCHNAMES_REPORT, e);
		if (rc == 0)
			rc = add(l, firsts[i], BATCHNAMES_MAP, e);
	}
	if (rc == 0)
		qsort(l->all, l->count, sizeof *l->all, by_name);
	return rc;
}

/* ---- and nothing is there ---- */

/* A report alone is that of a unit that came to nothing. */
static bool is_report(const char *name)
{
	size_t n = strlen(name), side = sizeof BATCHNAMES_REPORT - 1;
	return n > side && strcmp(name + n - side, BATCHNAMES_REPORT) == 0;
}

static int refuse_existing(const struct list *l, const char *folder, struct err *e)
{
	struct stat st;
	char path[PLACE_PATH_BYTES];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < l->count; i++) {
		rc = in_folder(folder, l->all[i].name, "", path, e);
		if (rc != 0 || is_report(l->all[i].name) || lstat(path, &st) != 0)
			continue;
		err_volume(e, path);
		rc = err_set(e, XE_FAILED, "exists already; --skip-done goes on with what is not done yet, --force replaces all");
	}
	return rc;
}

int batchnames_check(const struct filter_request *q, const char *const *firsts, size_t count, struct err *e)
{
	struct list l = {.all = calloc(q->o.path_count + 2 * count, sizeof *l.all)};
	int rc = l.all ? list_all(&l, q, firsts, count, e) : err_memory(e, 0, "the names of the volumes");
	if (rc == 0)
		rc = refuse_twins(&l, q->out.path, e);
	if (rc == 0 && !q->skip_done && !q->out.replace)
		rc = refuse_existing(&l, q->out.path, e);
	for (size_t i = 0; i < l.count; i++)
		free(l.all[i].name);
	free(l.all);
	return rc;
}

/* ---- and what is left ---- */

static bool is_unfinished(const char *name)
{
	static const char head[] = ".xflate-", tail[] = ".tmp";
	size_t n = strlen(name);
	return n > sizeof head + sizeof tail && strncmp(name, head, sizeof head - 1) == 0 &&
	       strcmp(name + n - (sizeof tail - 1), tail) == 0;
}

void batchnames_tell_left(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *d;
	size_t count = 0;
	while (dir && (d = readdir(dir)) != NULL)
		count += is_unfinished(d->d_name);
	if (dir)
		closedir(dir);
	if (count > 0)
		msg_warning("%s: %zu unfinished file%s of earlier runs, .xflate-*.tmp: remove %s, unless another run is at work there",
			    folder, count, count == 1 ? "" : "s", count == 1 ? "it" : "them");
}
