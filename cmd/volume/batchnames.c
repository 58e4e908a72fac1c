/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/batchnames.h"

#include "base/inodes.h"
#include "base/msg.h"
#include "cmd/volume/report.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct batchnames_one {
	char *name;
	char *file;        /* what that leads to: of names with one file only one has it */
	const char *input; /* that it comes from */
	bool side;         /* it stands beside what comes from there */
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

/* ---- what a name leads to ---- */

/* In the folder: a name there; elsewhere: that folder's device and number, and the name in it. */
static int place_in_folder(const char *folder, const struct place *p, char **file)
{
	char around[PLACE_PATH_BYTES];
	struct stat here, there;
	place_folder(p->path, around);
	if (stat(folder, &here) != 0 || stat(around, &there) != 0 || (here.st_dev == there.st_dev && here.st_ino == there.st_ino))
		return asprintf(file, "%s", place_name(p->path));
	return asprintf(file, "%jx:%jx/%s", (uintmax_t)there.st_dev, (uintmax_t)there.st_ino, place_name(p->path));
}

/* Only a link leads to what is called otherwise; one that leads nowhere is told of where it is to be opened. */
static int find_file(const char *folder, const char *name, char **file, struct err *e)
{
	char path[PLACE_PATH_BYTES];
	struct place p;
	struct stat st;
	struct err lost = {0};
	int rc = in_folder(folder, name, "", path, e);
	if (rc != 0)
		return rc;
	bool leads = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && place_find(&p, path, &lost) == 0;
	if ((leads ? place_in_folder(folder, &p, file) : asprintf(file, "%s", name)) >= 0)
		return 0;
	*file = NULL;
	return err_memory(e, 0, "the names of the volumes");
}

/* ---- each has its own ---- */

static int add(struct batchnames *n, const char *name, const char *side, const char *input, struct err *e)
{
	struct batchnames_one *one = &n->all[n->count];
	if (asprintf(&one->name, "%s%s", name, side) < 0)
		return err_memory(e, 0, "the names of the volumes");
	n->count++;
	one->input = input;
	one->side = side[0] != '\0';
	one->file = NULL;
	return find_file(n->folder, one->name, &one->file, e);
}

static int add_volume(struct batchnames *n, const struct filter_request *q, const struct batchunits *u, size_t i, struct err *e)
{
	char base[PLACE_PATH_BYTES];
	place_base(u->paths[i], base);
	const char *renamed = u->labels[i] ? reshape_new_name(q->names, q->o.name_count, u->labels[i]) : NULL;
	int rc = add(n, renamed ? renamed : base, "", u->paths[i], e);
	n->called[i] = rc == 0 ? n->all[n->count - 1].name : NULL;
	return rc;
}

static int add_sides(struct batchnames *n, const char *first, struct err *e)
{
	char base[PLACE_PATH_BYTES];
	batchnames_unit(first, base);
	int rc = add(n, base, BATCHNAMES_REPORT, first, e);
	return rc == 0 ? add(n, base, BATCHNAMES_MAP, first, e) : rc;
}

static int by_file(const void *a, const void *b)
{
	const struct batchnames_one *x = a, *y = b;
	return strcmp(x->file, y->file);
}

static const char *beside(const struct batchnames_one *one)
{
	return one->side ? "what stands beside " : "";
}

static int refuse_twins(const struct batchnames *n, struct err *e)
{
	for (size_t i = 1; i < n->count; i++) {
		const struct batchnames_one *a = &n->all[i - 1], *b = &n->all[i];
		/* What is beside another is named behind it. */
		const struct batchnames_one *x = a->side || (!b->side && strcmp(a->input, b->input) > 0) ? b : a, *y = x == a ? b : a;
		if (strcmp(a->file, b->file) == 0)
			return err_set(e, XE_USAGE,
				       "%s%s and %s%s would be one file, %s/%s: convert one of them in a batch of its own, "
				       "into another folder",
				       beside(x), x->input, beside(y), y->input, n->folder, y->name);
	}
	return 0;
}

static int refuse_unnamed(const struct batchunits *u, struct err *e)
{
	char name[PLACE_PATH_BYTES];
	for (size_t i = 0; i < u->path_count; i++) {
		place_base(u->paths[i], name);
		if (name[0] == '\0' || name[0] == '/' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
			err_volume(e, u->paths[i]);
			return err_set(e, XE_USAGE, "its output has no name: name the volume from the folder that it lies in");
		}
	}
	return 0;
}

static int list_all(struct batchnames *n, const struct filter_request *q, const struct batchunits *u, struct err *e)
{
	int rc = refuse_unnamed(u, e);
	for (size_t i = 0; rc == 0 && i < u->path_count; i++)
		rc = add_volume(n, q, u, i, e);
	for (size_t i = 0; rc == 0 && i < u->count; i++)
		rc = add_sides(n, u->all[i].paths[0], e);
	if (rc == 0)
		qsort(n->all, n->count, sizeof *n->all, by_file);
	return rc;
}

/* ---- none of them is read ---- */

static int meet(struct inodes *read, const char *path, struct err *e)
{
	struct stat st;
	bool first;
	return path && stat(path, &st) == 0 ? inodes_meet(read, &st, &first, e) : 0;
}

static int meet_all(struct inodes *read, const struct filter_request *q, const struct batchunits *u, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < u->path_count; i++)
		rc = meet(read, u->paths[i], e);
	for (size_t i = 0; rc == 0 && i < q->out.source_count; i++)
		rc = meet(read, q->out.sources[i], e);
	return rc;
}

/* Only a link leads into another folder than ours. */
static bool leads_into(const struct inodes *read, const struct batchnames_one *one, const char *path)
{
	char around[PLACE_PATH_BYTES];
	struct place p;
	struct stat st;
	struct err lost = {0};
	if (strcmp(one->name, one->file) == 0 || place_find(&p, path, &lost) != 0)
		return false;
	place_folder(p.path, around);
	return stat(around, &st) == 0 && inodes_met(read, &st);
}

static int refuse_read(const struct batchnames *n, const struct inodes *read, struct err *e)
{
	char path[PLACE_PATH_BYTES];
	struct stat st;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n->count; i++) {
		rc = in_folder(n->folder, n->all[i].name, "", path, e);
		bool same = rc == 0 && stat(path, &st) == 0 && inodes_met(read, &st);
		if (rc != 0 || !(same || leads_into(read, &n->all[i], path)))
			continue;
		err_volume(e, path);
		rc = err_set(e, XE_USAGE,
			     same ? "is an input, too: it would be overwritten while it is read" : "leads into a volume that is read");
	}
	return rc;
}

/* A unit looks at its own inputs alone. */
static int refuse_inputs(const struct batchnames *n, const struct filter_request *q, const struct batchunits *u, struct err *e)
{
	struct inodes read = INODES_NONE;
	int rc = meet_all(&read, q, u, e);
	if (rc == 0)
		rc = refuse_read(n, &read, e);
	inodes_free(&read);
	return rc;
}

/* ---- and nothing is there ---- */

/* The report of a unit that came to nothing is not in the way of whoever tries again. */
static bool is_in_the_way(const struct batchnames_one *one, const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && !(one->side && report_is_of_failure(path));
}

static int refuse_existing(const struct batchnames *n, struct err *e)
{
	char path[PLACE_PATH_BYTES];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n->count; i++) {
		rc = in_folder(n->folder, n->all[i].name, "", path, e);
		if (rc != 0 || !is_in_the_way(&n->all[i], path))
			continue;
		err_volume(e, path);
		rc = err_set(e, XE_FAILED, "exists already; --skip-done goes on with what is not done yet, --force replaces all");
	}
	return rc;
}

int batchnames_give(struct batchnames *n, const struct filter_request *q, const struct batchunits *u, struct err *e)
{
	*n = (struct batchnames){.folder = q->out.path, .called = calloc(u->path_count, sizeof *n->called)};
	n->all = calloc(u->path_count + 2 * u->count, sizeof *n->all);
	int rc = n->all && n->called ? list_all(n, q, u, e) : err_memory(e, 0, "the names of the volumes");
	if (rc == 0)
		rc = refuse_twins(n, e);
	if (rc == 0)
		rc = refuse_inputs(n, q, u, e);
	return rc == 0 && !q->skip_done && !q->out.replace ? refuse_existing(n, e) : rc;
}

int batchnames_taken(void *arg, const char *name, bool *taken, struct err *e)
{
	const struct batchnames *n = arg;
	struct batchnames_one wanted = {.name = NULL};
	int rc = find_file(n->folder, name, &wanted.file, e);
	*taken = rc == 0 && bsearch(&wanted, n->all, n->count, sizeof *n->all, by_file) != NULL;
	free(wanted.file);
	return rc;
}

void batchnames_free(struct batchnames *n)
{
	for (size_t i = 0; i < n->count; i++) {
		free(n->all[i].name);
		free(n->all[i].file);
	}
	free(n->all);
	free(n->called);
	*n = BATCHNAMES_NONE;
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
